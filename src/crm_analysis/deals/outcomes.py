"""How do leads end, and by when: lost, won and void as competing endings, open leads censored."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crm_analysis.estimates import Estimate, refuse, segment
from crm_analysis.language import Text
from crm_analysis.survival.competing import CumulativeIncidence, aalen_johansen
from crm_analysis.survival.curves import kaplan_meier
from crm_analysis.survival.spells import CAUSES, OPEN

ENDINGS: dict[str, Text] = {
    "lost": Text("lost", "丢单"),
    "won": Text("won", "成交"),
    "void": Text("void", "作废"),
}

HORIZONS_DAYS = (30, 60, 90, 180)


def outcome_estimates(
    risk: pd.DataFrame, *, horizons_days: Sequence[int] = HORIZONS_DAYS, alpha: float = 0.05
) -> tuple[Estimate, ...]:
    """What share of leads is lost, won or void by each horizon, and what would be said naively?

    Parameters
    ----------
    risk : DataFrame
        A risk table of all leads: time_days, cause, n.
    horizons_days : sequence of int
        Days after opening at which the shares are read.
    alpha : float
        One minus the level of the intervals.

    Returns
    -------
    tuple of Estimate
        `outcome_probability` by cause and horizon (Aalen–Johansen, role result), one minus
        Kaplan–Meier beside it and `closed_share` per cause (role naive). Refused where fewer than
        10 leads are at risk.

    Notes
    -----
    Describes the leads of the past; does not say why they ended so.

    Source: methods M05, scenario S05, reference R12.
    """
    shares = aalen_johansen(risk, alpha=alpha)
    n_closed = int(risk.loc[risk["cause"] != OPEN, "n"].sum())
    rows: list[Estimate] = []
    for code in CAUSES:
        if not (risk["cause"] == code).any():
            continue
        rows += [_share(shares, code, day) for day in sorted(set(horizons_days))]
        rows += _one_minus_survival(risk, code, sorted(set(horizons_days)), alpha)
        rows.append(_closed_share(risk, code, n_closed))
    return tuple(rows)


def leads_counts(risk: pd.DataFrame) -> tuple[Estimate, ...]:
    """How many leads are open, lost, won and void?"""
    total = int(risk["n"].sum())
    names = {OPEN: "open", **CAUSES}
    return tuple(
        Estimate(
            module="M05",
            quantity="leads_count",
            segment=segment(state=name),
            method="count",
            estimate=float(risk.loc[risk["cause"] == code, "n"].sum()),
            n=total,
            evidence="exact",
        )
        for code, name in names.items()
    )


def curve_numbers(risk: pd.DataFrame, *, alpha: float = 0.05) -> pd.DataFrame:
    """Give the steps of each ending's share, as far as at least 10 leads are at risk.

    Returns
    -------
    DataFrame
        series_en, series_zh, x (days), y, lo, hi (shares).
    """
    shares = aalen_johansen(risk, alpha=alpha)
    shown = shares.times <= shares.last_shown_day()
    parts = []
    for row, code in enumerate(shares.causes):
        if not shares.events[row].any():
            continue
        ending = ENDINGS[CAUSES[code]]
        part = pd.DataFrame(
            {
                "x": shares.times[shown].astype(float),
                "y": shares.cif[row][shown],
                "lo": shares.ci_lo[row][shown],
                "hi": shares.ci_hi[row][shown],
            }
        )
        start = pd.DataFrame({"x": [0.0], "y": [0.0], "lo": [0.0], "hi": [0.0]})
        part = part if (part["x"] == 0).any() else pd.concat([start, part], ignore_index=True)
        part.insert(0, "series_zh", ending.zh)
        part.insert(0, "series_en", ending.en)
        parts.append(part)
    columns = ["series_en", "series_zh", "x", "y", "lo", "hi"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _share(shares: CumulativeIncidence, code: int, day: int) -> Estimate:
    read = shares.at(day, code)
    row = Estimate(
        module="M05",
        quantity="outcome_probability",
        segment=segment(cause=CAUSES[code], horizon_days=day),
        method="aalen_johansen",
        estimate=read.estimate,
        ci_lo=read.ci_lo,
        ci_hi=read.ci_hi,
        n=shares.n,
        events=read.events,
    )
    return row if read.shown else refuse(row, "few_at_risk")


def _one_minus_survival(
    risk: pd.DataFrame, code: int, days: Sequence[int], alpha: float
) -> list[Estimate]:
    curve = kaplan_meier(risk, causes=(code,), alpha=alpha)
    rows = []
    for day in days:
        read = curve.at(day)
        row = Estimate(
            module="M05",
            quantity="outcome_probability",
            segment=segment(cause=CAUSES[code], horizon_days=day),
            method="one_minus_kaplan_meier",
            role="naive",
            estimate=1 - read.estimate,
            ci_lo=1 - read.ci_hi,
            ci_hi=1 - read.ci_lo,
            n=curve.n,
            events=read.events,
            note="competing_ignored",
        )
        rows.append(row if read.shown else refuse(row, "few_at_risk"))
    return rows


def _closed_share(risk: pd.DataFrame, code: int, n_closed: int) -> Estimate:
    events = int(risk.loc[risk["cause"] == code, "n"].sum())
    return Estimate(
        module="M05",
        quantity="closed_share",
        segment=segment(cause=CAUSES[code]),
        method="share_of_closed",
        role="naive",
        estimate=events / n_closed,
        n=n_closed,
        events=events,
        note="not_a_probability",
    )
