"""How likely is each open lead lost within the horizon? Only by calls that have shown skill.

Decisions:
* A lead is judged by the call day that it reached at most `REACH_DAYS` ago, by what is known of it
  now. Tracks grow with age: two weeks after a call day its probabilities are far too sure (on the
  demo a slope of .55 on day 28 by the model of day 14). Leads of other ages have no probability,
  nor have leads whose call day has shown no skill.
* The interval is that of leads like it on average, not of what this one will do.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.deals.early_call.call_model import CallModel
from crm_analysis.deals.early_call.early_call import EarlyCall
from crm_analysis.estimates import Estimate
from crm_analysis.survival.normal import critical

COLUMNS = ("lead_id", "loss_probability", "lo", "hi", "call_day")
REACH_DAYS = 2


def open_chances(early: EarlyCall, frame: pd.DataFrame, *, alpha: float = 0.05) -> pd.DataFrame:
    """Give each open lead its probability of a loss within the horizon.

    Parameters
    ----------
    early : EarlyCall
        The call days.
    frame : DataFrame
        One row per open lead as it stands now: lead_id, age_days, and features.
    alpha : float
        One minus the level of the interval.

    Returns
    -------
    DataFrame
        lead_id, loss_probability, lo, hi, call_day, one row per lead that may be judged, by
        lead_id; no rows where no call day has skill.
    """
    parts = []
    for day, model, rows in _judged_by(early, frame):
        low, high = model.interval(rows, alpha)
        parts.append(
            pd.DataFrame(
                {
                    "lead_id": rows["lead_id"],
                    "loss_probability": model.of(rows),
                    "lo": low,
                    "hi": high,
                    "call_day": day,
                }
            )
        )
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(parts).sort_values("lead_id", ignore_index=True)


def losses_expected(
    early: EarlyCall, frame: pd.DataFrame, *, alpha: float = 0.05
) -> tuple[Estimate, ...]:
    """How many of the open leads that may be judged will be lost within the horizon? (A-22)

    Returns
    -------
    tuple of Estimate
        `open_leads_lost_expected` with an interval for the chance of each lead and for what is
        not known of the models; nothing where no lead may be judged.
    """
    total = variance = 0.0
    n = 0
    for _, model, rows in _judged_by(early, frame):
        p = model.of(rows)
        total, n = total + float(p.sum()), n + len(p)
        variance += float((p * (1 - p)).sum()) + model.variance_of_sum(rows)
    if not n:
        return ()
    half = critical(alpha) * float(np.sqrt(variance))
    row = Estimate(
        module="M13",
        quantity="open_leads_lost_expected",
        segment="",
        method="sum_of_probabilities",
        estimate=total,
        ci_lo=max(total - half, 0.0),
        ci_hi=min(total + half, float(n)),
        n=n,
        evidence="descriptive",
    )
    return (row,)


def _judged_by(early: EarlyCall, frame: pd.DataFrame) -> list[tuple[int, CallModel, pd.DataFrame]]:
    """Return each call day with skill, its model, and the open leads that it judges."""
    days = [call.landmark_days for call in early.calls]
    found = []
    for call, end in zip(early.calls, [*days[1:], np.inf], strict=True):
        last = min(call.landmark_days + REACH_DAYS, end - 1)
        inside = frame["age_days"].between(call.landmark_days, last)
        if call.model is not None and inside.any():
            found.append((call.landmark_days, call.model, frame[inside]))
    return found
