"""Ninety per cent people, ten per cent product? What explains losing, by side (A-69).

Decisions:
* The measured counterparts are three groups: people, product, customer and place. What a group
  explains is the gain in log partial likelihood of loss, averaged over all orders in which the
  groups can enter (Shapley; for variance explained: Lindeman, Merenda and Gold, 1980). The shares
  add up to one.
* A side gains a little by chance for each of its columns, so a share near 0 is not exactly 0.
* The interval comes from leaving out one tenth of the leads at a time (jackknife), over at most
  10,000 leads.
* Refused where all sides together do not beat chance by a likelihood-ratio test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd

from crm_analysis.deals.revealed.counterparts import SIDES
from crm_analysis.deals.revealed.effects import Revealed
from crm_analysis.estimates import Estimate, refuse, segment
from crm_analysis.survival.cox import cox_efron
from crm_analysis.survival.normal import chi_square_tail, critical
from crm_analysis.survival.spells import CAUSES

N_GROUPS = 10
_LOST = next(code for code, name in CAUSES.items() if name == "lost")
_MOST_LEADS = 10_000


def side_estimates(
    revealed: Revealed, *, min_events: int = 10, alpha: float = 0.05
) -> tuple[Estimate, ...]:
    """Which share of what the counterparts explain of losing falls to people, product, customer?

    Parameters
    ----------
    revealed : Revealed
        The joint design; its sides decide the groups.
    min_events, alpha : int, float
        Events per parameter for ok; one minus the level of the intervals, and the level of the
        test against chance.

    Returns
    -------
    tuple of Estimate
        `explained_share_of_side` for each side that is measured. It is about differences between
        these leads only: what is equally bad everywhere explains nothing.
    """
    groups = _groups(revealed)
    n, events = revealed.fits["lost"].n, revealed.fits["lost"].events
    rows = {
        side: Estimate(
            module="M06",
            quantity="explained_share_of_side",
            segment=segment(landmark_days=revealed.landmark_days, side=side),
            method="shapley_log_likelihood",
            n=n,
            events=events,
            evidence="adjusted",
        )
        for side in groups
    }
    if len(groups) < 2 or revealed.fits["lost"].status != "ok":
        return tuple(refuse(row, "too_few_events") for row in rows.values())
    sample = revealed.design.iloc[:: -(-len(revealed.design) // _MOST_LEADS)]
    shares = _shares(sample, groups, alpha)
    if shares is None:
        return tuple(refuse(row, "nothing_explained") for row in rows.values())
    se = _jackknife(sample, groups, alpha)
    if se is None:
        return tuple(refuse(row, "nothing_explained") for row in rows.values())
    half = {side: critical(alpha) * se[side] for side in groups}
    return tuple(
        replace(
            row,
            estimate=shares[side],
            ci_lo=max(shares[side] - half[side], 0.0),
            ci_hi=min(shares[side] + half[side], 1.0),
        )
        for side, row in rows.items()
    )


def _groups(revealed: Revealed) -> dict[str, list[str]]:
    """Give each side its columns that were estimated; what marks missing values goes along."""
    usable = set(revealed.fits["lost"].names)
    groups: dict[str, list[str]] = {}
    for side in SIDES:
        own = [one.column for one in revealed.counterparts if one.side == side]
        names = [name for column in own for name in (column, f"{column}_missing") if name in usable]
        if names:
            groups[side] = names
    return groups


def _shares(
    frame: pd.DataFrame, groups: Mapping[str, Sequence[str]], alpha: float
) -> dict[str, float] | None:
    """Return the Shapley shares, or nothing where all together are no better than chance."""
    gains = {
        chosen: _gain(frame, [name for side in chosen for name in groups[side]])
        for size in range(len(groups) + 1)
        for chosen in combinations(groups, size)
    }
    whole = gains[tuple(groups)]
    n_columns = sum(len(names) for names in groups.values())
    if chi_square_tail(max(2 * whole, 0.0), n_columns) > alpha:
        return None
    values = {side: max(shapley(gains, side, tuple(groups)), 0.0) for side in groups}
    total = sum(values.values())
    return {side: value / total for side, value in values.items()} if total > 0 else None


def shapley(gains: Mapping[tuple[str, ...], float], player: str, all_: tuple[str, ...]) -> float:
    """Average what a player adds over all orders of entry.

    Parameters
    ----------
    gains : mapping of tuple to float
        What each set of players is worth, the players in the order of `all_`.

    Examples
    --------
    Two players worth 4 and 2 alone and 8 together share the surplus of 2 equally.

    >>> worth = {(): 0, ("a",): 4, ("b",): 2, ("a", "b"): 8}
    >>> shapley(worth, "a", ("a", "b")), shapley(worth, "b", ("a", "b"))
    (5.0, 3.0)
    """
    others = tuple(name for name in all_ if name != player)
    value = 0.0
    for size in range(len(others) + 1):
        weight = factorial(size) * factorial(len(others) - size) / factorial(len(all_))
        for chosen in combinations(others, size):
            with_player = tuple(name for name in all_ if name in chosen or name == player)
            value += weight * (gains[with_player] - gains[chosen])
    return value


def _gain(frame: pd.DataFrame, columns: Sequence[str]) -> float:
    if not columns:
        return 0.0
    fit = cox_efron(
        frame.assign(event=frame["cause"] == _LOST), covariates=columns, entry="entry_days"
    )
    return 0.0 if fit.loglik is None or fit.loglik_null is None else fit.loglik - fit.loglik_null


def _jackknife(
    frame: pd.DataFrame, groups: Mapping[str, Sequence[str]], alpha: float
) -> dict[str, float] | None:
    """Return the standard error of each share from leaving out a tenth at a time.

    None where most of the leave-out fits explain nothing.
    """
    part = np.arange(len(frame)) % N_GROUPS
    kept = [_shares(frame[part != left], groups, alpha) for left in range(N_GROUPS)]
    found = [shares for shares in kept if shares is not None]
    if 2 * len(found) < N_GROUPS:
        return None
    scale = (len(found) - 1) ** 2 / len(found)
    return {
        side: float(np.sqrt(scale * np.var([shares[side] for shares in found], ddof=1)))
        for side in groups
    }
