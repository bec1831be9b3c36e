"""Do customers who gave up or postponed buy later? Its own time to event, from the lost lead on.

Decisions:
* The clock starts on the day on which the lead was lost; the event is the customer's first order
  dated after it; who has none is followed to the last watched day.
* It says when they buy, not why, and not that a call would make them.

Source: Kaplan and Meier (1958).
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from crm_analysis.deals.outcome_kinds.lost_leads import KINDS
from crm_analysis.estimates import Estimate, refuse, segment
from crm_analysis.survival.curves import kaplan_meier
from crm_analysis.survival.risk_table import compress

HORIZONS_DAYS = (90, 180, 365)
LEAST_LEADS = 10


def later_purchase_estimates(
    lost: pd.DataFrame, *, until: date, alpha: float
) -> tuple[Estimate, ...]:
    """What share of lost customers has bought within 90, 180 and 365 days, by where they went?

    Parameters
    ----------
    lost : DataFrame
        From `lost_leads.lost_leads`.
    until : date
        Last day that was watched.
    alpha : float
        One minus the level of the intervals.
    """
    return tuple(
        row
        for kind, part in follow_up(lost, until=until).groupby("lost_to", sort=True)
        if kind in KINDS and len(part) >= LEAST_LEADS
        for row in _of_kind(str(kind), part, alpha)
    )


def follow_up(lost: pd.DataFrame, *, until: date) -> pd.DataFrame:
    """Give each lost lead its days until the first later order, or until the last watched day.

    Returns
    -------
    DataFrame
        lead_id, lost_to, duration_days, cause (1 bought, 0 not yet).
    """
    closed, bought = pd.to_datetime(lost["closed"]), pd.to_datetime(lost["first_order_after"])
    stop = bought.fillna(pd.Timestamp(until))
    return pd.DataFrame(
        {
            "lead_id": lost["lead_id"],
            "lost_to": lost["lost_to"],
            "duration_days": (stop - closed).dt.days.astype("int64"),
            "cause": bought.notna().astype("int64"),
        }
    )


def _of_kind(kind: str, part: pd.DataFrame, alpha: float) -> list[Estimate]:
    curve = kaplan_meier(compress(part[["duration_days", "cause"]]), causes=(1,), alpha=alpha)
    rows = []
    for day in HORIZONS_DAYS:
        read = curve.at(day)
        row = Estimate(
            module="M05",
            quantity="later_purchase_probability",
            segment=segment(lost_to=kind, horizon_days=day),
            method="kaplan_meier",
            estimate=1 - read.estimate,
            ci_lo=1 - read.ci_hi,
            ci_hi=1 - read.ci_lo,
            n=curve.n,
            events=read.events,
        )
        rows.append(row if read.shown else refuse(row, "few_at_risk"))
    return rows


def curve_frame(lost: pd.DataFrame, *, until: date, alpha: float) -> pd.DataFrame:
    """Give the steps of the share that has bought, by kind, while 10 or more are at risk.

    Returns
    -------
    DataFrame
        series_en, series_zh, x (days), y, lo, hi (shares).
    """
    parts = []
    for kind, part in follow_up(lost, until=until).groupby("lost_to", sort=True):
        if kind not in KINDS or len(part) < LEAST_LEADS or not part["cause"].any():
            continue
        risk = compress(part[["duration_days", "cause"]])
        curve = kaplan_meier(risk, causes=(1,), alpha=alpha)
        shown = curve.times <= curve.last_shown_day()
        steps = {"x": curve.times, "y": curve.survival, "lo": curve.ci_hi, "hi": curve.ci_lo}
        frame = pd.DataFrame({name: values[shown] for name, values in steps.items()})
        frame[["y", "lo", "hi"]] = 1 - frame[["y", "lo", "hi"]]
        start = pd.DataFrame({"x": [0.0], "y": [0.0], "lo": [0.0], "hi": [0.0]})
        words = KINDS[str(kind)]
        parts.append(
            pd.concat([start, frame], ignore_index=True).assign(
                series_en=words.en, series_zh=words.zh
            )
        )
    columns = ["series_en", "series_zh", "x", "y", "lo", "hi"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
