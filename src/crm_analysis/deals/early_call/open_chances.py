"""How likely is each open lead lost within the horizon? Only by calls that have shown skill.

Decisions:
* A lead is judged by the highest age asked that it has reached, less than a step of the ladder ago
  (`ages`), by what is known of it now. Where that age has shown no skill, or too few leads of known
  fate came to it, the lead has no probability, and the reason is told.
* The interval is that of leads like it on average, not of what this one will do.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.deals.early_call.ages import rung_below
from crm_analysis.deals.early_call.call_model import CallModel
from crm_analysis.deals.early_call.early_call import Call, EarlyCall
from crm_analysis.estimates import Estimate, segment
from crm_analysis.survival.normal import critical

COLUMNS = ("lead_id", "loss_probability", "lo", "hi", "call_day")
REASONS = ("too_few_events", "no_skill", "not_asked")
"""Why an open lead has no probability: too few came to its age, no skill there, or never tried."""


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


def unscored(early: EarlyCall, frame: pd.DataFrame) -> pd.DataFrame:
    """Say which open leads have no probability, and why.

    Returns
    -------
    DataFrame
        lead_id, age_days, call_day (missing where no age was asked), reason (of `REASONS`), by
        lead_id.
    """
    found = standing(early, frame)
    calls = {call.landmark_days: call for call in early.rungs}
    nowhere = "not_asked" if early.skilled else "no_skill"
    found["reason"] = [
        nowhere if np.isnan(day) else no_probability(calls[day]) for day in found.call_day
    ]
    return found[found["reason"] != ""].sort_values("lead_id", ignore_index=True)


def unscored_estimates(early: EarlyCall, frame: pd.DataFrame) -> tuple[Estimate, ...]:
    """Count the open leads without a probability, by reason; n is all open leads."""
    reasons = unscored(early, frame)["reason"].value_counts()
    return tuple(
        Estimate(
            module="M13",
            quantity="open_leads_unscored_count",
            segment=segment(reason=reason),
            method="count",
            estimate=float(reasons.get(reason, 0)),
            n=len(frame),
            evidence="descriptive",
        )
        for reason in REASONS
    )


def no_probability(call: Call) -> str:
    """Say why an age gives no probability; empty where it does."""
    if call.model is not None:
        return ""
    return "no_skill" if call.row("early_call_auc").status == "ok" else "too_few_events"


def standing(early: EarlyCall, frame: pd.DataFrame) -> pd.DataFrame:
    """Put beside each open lead the age asked by which it is judged (call_day), missing if none."""
    rungs = [call.landmark_days for call in early.rungs]
    by_age = {age: rung_below(rungs, int(age)) for age in frame["age_days"].unique()}
    day = frame["age_days"].map(by_age).astype(float)
    return frame[["lead_id", "age_days"]].assign(call_day=day)


def _judged_by(early: EarlyCall, frame: pd.DataFrame) -> list[tuple[int, CallModel, pd.DataFrame]]:
    """Return each age with skill, its model, and the open leads that it judges."""
    day = standing(early, frame)["call_day"]
    found = []
    for call in early.rungs:
        inside = day == call.landmark_days
        if call.model is not None and inside.any():
            found.append((call.landmark_days, call.model, frame[inside]))
    return found
