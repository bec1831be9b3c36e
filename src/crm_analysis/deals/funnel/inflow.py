"""Leads still to come: how many a day, and what share of them is won before the period ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_analysis.survival.competing import CumulativeIncidence, aalen_johansen
from crm_analysis.survival.spells import CAUSES

RATE_DAYS = 182
COHORT_DAYS = 730
WON = next(code for code, name in CAUSES.items() if name == "won")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inflow:
    """New leads a day, their spread, and their share won within the days that are left.

    Parameters
    ----------
    per_day : float
        Leads received a day over the last half year.
    n : int
        Leads that this rests on.
    dispersion : float
        Variance of the months' counts over their mean, at least 1 (Poisson).
    won_share, won_share_se : float
        Share of a new lead to be won by the end of the period, whenever it comes in it.
    """

    per_day: float
    n: int
    dispersion: float
    won_share: float
    won_share_se: float


def spells_at(stages: pd.DataFrame, *, until: int, typed_until: int | None = None) -> pd.DataFrame:
    """Return each lead's days and cause up to the end of `until`.

    Parameters
    ----------
    stages : DataFrame
        One row per lead, from `features.pipeline.lead_stages`.
    until : int
        The last day that is looked at.
    typed_until : int, optional
        The last day on which an end may have been typed in; None means `until`. Where it is the
        typing margin later, the ends of the last days are not missing.

    Returns
    -------
    DataFrame
        lead_id, opened_day, time_days, cause (0 open, 1 lost, 2 won, 3 void).
    """
    known = stages[(stages["opened_day"] <= until) & (stages["known_day"] <= until)]
    typed = until if typed_until is None else typed_until
    ended = (known["closed_day"] <= until) & (known["closed_known_day"] <= typed)
    codes = {name: code for code, name in CAUSES.items()}
    last = known["closed_day"].where(ended, until)
    return pd.DataFrame(
        {
            "lead_id": known["lead_id"],
            "opened_day": known["opened_day"],
            "time_days": (last - known["opened_day"]).astype("int64"),
            "cause": known["status"].map(codes).where(ended, 0).fillna(0).astype("int64"),
        }
    )


def incidence(spells: pd.DataFrame, *, alpha: float = 0.05) -> CumulativeIncidence | None:
    """Estimate the share of leads won (and lost, void) by each day; None without leads."""
    if spells.empty:
        return None
    risk = spells.groupby(["time_days", "cause"], as_index=False).agg(n=("lead_id", "size"))
    return aalen_johansen(risk, alpha=alpha)


def inflow_at(stages: pd.DataFrame, *, until: int, left: int, margin: int) -> Inflow | None:
    """Learn from the last half year how many leads come, and from two years what they do.

    Parameters
    ----------
    stages : DataFrame
        One row per lead, from `features.pipeline.lead_stages`.
    until : int
        The last known day.
    left : int
        Days until the period ends.
    margin : int
        Days that typing of ends takes; shares are read up to so long before `until`.

    Returns
    -------
    Inflow or None
        None where no lead came in the last half year.
    """
    known = stages[stages["known_day"] <= until]
    recent = known["opened_day"].between(until - RATE_DAYS + 1, until)
    if left < 1 or not recent.any():
        return None
    first = int(max(known["opened_day"].min(), until - RATE_DAYS + 1))
    days = until - first + 1
    cohort = known[known["opened_day"] > until - COHORT_DAYS]
    spells = spells_at(cohort, until=until - margin, typed_until=until)
    shares = incidence(spells)
    won, se = (0.0, 0.0) if shares is None else _won_in(shares, left)
    return Inflow(
        per_day=float(recent.sum()) / days,
        n=int(recent.sum()),
        dispersion=_dispersion(known, until=until),
        won_share=won,
        won_share_se=se,
    )


def _won_in(shares: CumulativeIncidence, left: int) -> tuple[float, float]:
    """Average the share won over leads that come on each of the days that are left."""
    reads = [shares.at(day, WON) for day in range(left)]
    found = [(one.estimate, one.se) for one in reads]
    return float(np.mean([one for one, _ in found])), float(np.mean([se for _, se in found]))


def _dispersion(known: pd.DataFrame, *, until: int) -> float:
    """Compare the spread of 12 whole months' counts with that of a Poisson law."""
    opened = known.loc[known["opened_day"].between(until - 364, until), "opened_day"]
    counts = opened.groupby((until - opened) // 30).size()
    whole = counts[counts.index < 12].reindex(range(12), fill_value=0)
    if known["opened_day"].min() > until - RATE_DAYS:
        return 1.0
    return max(1.0, float(whole.var(ddof=1) / whole.mean()))
