"""What lists of deals add up to: how many, what is at stake, what a contact can be worth."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crm_analysis.deals.advice.advice import ADVICE
from crm_analysis.deals.advice.obstacles import OBSTACLES
from crm_analysis.estimates import Estimate, segment

TO_DO = ("act", "remove_obstacle")


def counted(quantity: str, of: str, count: int, n: int) -> Estimate:
    """Tell how many of n deals on a list are so.

    Examples
    --------
    >>> counted("lost_deals_due_count", "", 2, 5).estimate
    2.0
    """
    return Estimate(
        module="M04",
        quantity=quantity,
        segment=of,
        method="count",
        estimate=float(count),
        n=n,
        evidence="exact",
    )


def advice_estimates(
    listed: pd.DataFrame, *, n_open: int, by_lot: bool = False
) -> tuple[Estimate, ...]:
    """How many deals are advised what, what is at stake, and what can a contact be worth?

    Parameters
    ----------
    listed : DataFrame
        From `advised`.
    n_open : int
        How many open deals were looked at.
    by_lot : bool
        Whether values rest on an effect that was drawn by lot; else they are the most they can be.
    """
    worth = "contact_value_by_lot" if by_lot else "contact_value_at_most"
    rows = [counted("open_deals_on_track_count", "", int(listed["pattern"].notna().sum()), n_open)]
    for advice in ADVICE:
        own = int((listed["advice"] == advice).sum())
        rows.append(counted("open_deals_advised_count", segment(advice=advice), own, n_open))
        tracked = int(((listed["advice"] == advice) & listed["pattern"].notna()).sum())
        rows.append(counted("open_deals_on_track_count", segment(advice=advice), tracked, n_open))
    for name in OBSTACLES:
        own = int((listed["obstacle"] == name).sum())
        rows.append(counted("open_deals_with_obstacle_count", segment(obstacle=name), own, n_open))
    priced = listed[listed["stake"].notna()]
    for name, own_rows in _by_advice(priced):
        rows.append(_money("margin_at_stake", name, own_rows["stake"]))
    for name, own_rows in _by_advice(priced[priced["pattern"].notna()]):
        rows.append(_money("margin_at_stake_on_track", name, own_rows["stake"]))
    todo = priced[priced["advice"].isin(TO_DO)]
    for name, own_rows in _by_advice(todo, TO_DO):
        rows.append(_money(worth, name, own_rows[worth].clip(lower=0)))
    return (*rows, *_break_even(todo))


def _by_advice(
    rows: pd.DataFrame, advices: Sequence[str] = tuple(ADVICE)
) -> list[tuple[str, pd.DataFrame]]:
    """Part the deals by what is advised: the whole first, under no name."""
    parts = [(segment(advice=advice), rows[rows["advice"] == advice]) for advice in advices]
    return [("", rows), *parts]


def _break_even(todo: pd.DataFrame) -> tuple[Estimate, ...]:
    """What share of the losses ahead must one contact of each deal turn, taken together?"""
    stakes = float(todo["stake"].sum())
    payable = todo[todo["break_even_share"].notna()]
    if payable.empty or not stakes:
        return ()
    cost = float((payable["break_even_share"] * payable["stake"]).sum())
    share = cost / float(payable["stake"].sum())
    return (
        Estimate(
            module="M04",
            quantity="contact_break_even_share",
            segment="",
            method="cost_by_stake",
            estimate=share,
            n=len(payable),
        ),
    )


def _money(quantity: str, of: str, values: pd.Series) -> Estimate:
    return Estimate(
        module="M04",
        quantity=quantity,
        segment=of,
        method="sum",
        estimate=float(values.sum()),
        n=len(values),
    )
