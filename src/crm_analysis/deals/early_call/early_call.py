"""Which leads are called early as on their way to a loss, and may one believe it? (M13)

Decisions:
* Each call day has a model of its own, of features known at that landmark only.
* A day has skill where its AUC stands above .5 after correction for the number of days asked, and
  its probabilities saved squared error against the share lost so far. Without skill there is no
  model, so that no probability can be shown on any open lead.
* An age whose calibration slope has an interval that excludes 1 is told as off. To shrink the log
  odds by that slope, or to withhold the probabilities, was tried and left: a slope of past months
  does not foretell the next one (workflow log of loans: .7 to .8 before, .98 ± .09 on the 476 open
  leads that would have lost theirs).
* The ages between the call days are judged alike, in a family of their own: what the call days are
  worth does not depend on which ages the open leads happen to have. They are asked about only where
  a call day has skill, and whether the track adds to the last level only on a day that has it:
  questions that nobody would ask otherwise must not find anything by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from crm_analysis.deals.early_call.call_estimates import (
    GAIN_FAMILY,
    Judging,
    age_estimates,
    call_estimates,
    judged_periods,
)
from crm_analysis.deals.early_call.call_model import CallModel
from crm_analysis.deals.early_call.columns import as_numbers
from crm_analysis.deals.early_call.rolling import (
    FEW_PERIODS,
    LONG_PERIOD_DAYS,
    Clock,
    origins,
    scored,
    taught,
)
from crm_analysis.estimates import Estimate, adjust_families, is_finding, segment

BESIDE = frozenset(
    ("lead_id", "opened_day", "landmark_day", "closed_day", "closed_known_day", "cause", "age_days")
)
LEVEL = ("last_value", "last_stage", "last_stage_level")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call day.

    Parameters
    ----------
    landmark_days : int
        The age of the lead.
    columns : tuple of str
        Features that were given.
    judged : DataFrame
        Scored leads of the judged periods (`rolling.scored`).
    estimates : tuple of Estimate
        What the calls were worth, adjusted within their families.
    model : CallModel or None
        As one has it today; None without skill.
    """

    landmark_days: int
    columns: tuple[str, ...]
    judged: pd.DataFrame
    estimates: tuple[Estimate, ...]
    model: CallModel | None

    def row(self, quantity: str, *, role: str = "result") -> Estimate:
        """Return the row of a quantity."""
        return next(one for one in self.estimates if (one.quantity, one.role) == (quantity, role))

    @property
    def holds(self) -> bool:
        """Say whether the interval of the calibration slope leaves 1 in."""
        slope = self.row("early_call_calibration_slope")
        if slope.ci_lo is None or slope.ci_hi is None:
            return True
        return slope.ci_lo <= 1 <= slope.ci_hi

    def gains(self, q: float) -> bool:
        """Say whether the track ranks better than the last level alone, and that stands."""
        row = self.row("early_call_auc_gain")
        return is_finding(row, q) and (row.estimate or 0.0) > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyCall:
    """The call days, youngest first, the ages between them, and the horizon.

    Parameters
    ----------
    calls : tuple of Call
        The call days.
    between : tuple of Call
        The other ages by which open leads are judged; their rows tell skill and calibration only.
    horizon_days : int
        Of all probabilities.
    """

    calls: tuple[Call, ...]
    between: tuple[Call, ...] = ()
    horizon_days: int

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """Return the rows of all call days, then those of the ages between."""
        return tuple(row for call in (*self.calls, *self.between) for row in call.estimates)

    @property
    def rungs(self) -> tuple[Call, ...]:
        """Return the call days and the ages between, youngest first."""
        return tuple(sorted((*self.calls, *self.between), key=lambda call: call.landmark_days))

    @property
    def skilled(self) -> tuple[Call, ...]:
        """Return the call days whose probabilities may be shown."""
        return tuple(call for call in self.calls if call.model is not None)


def early_call(
    frames: Mapping[int, pd.DataFrame],
    clock: Clock,
    judging: Judging,
    *,
    between: Mapping[int, pd.DataFrame] | None = None,
    fdr_q: float = 0.05,
) -> EarlyCall:
    """Call losses early on each of these days, judged on leads of later months.

    Parameters
    ----------
    frames : mapping of int to DataFrame
        By call day, one row per lead still open then: lead_id, landmark_day, closed_day,
        closed_known_day, cause, and features.
    clock : Clock
        Horizon, last known day, and how long typing takes.
    judging : Judging
        Capacity and level of intervals.
    between : mapping of int to DataFrame, optional
        The same at other ages, for the open leads that stand there.
    fdr_q : float
        False discoveries tolerated over the days, and over the ages between.

    Returns
    -------
    EarlyCall
        Estimates, judged scores and models by call day.
    """
    calls = _asked(frames, clock, judging, fdr_q, is_call_day=True)
    has_any = any(call.model is not None for call in calls)
    asked = between if between and has_any else {}
    others = _asked(asked, clock, judging, fdr_q, is_call_day=False)
    return EarlyCall(calls=calls, between=others, horizon_days=clock.horizon_days)


def _asked(
    frames: Mapping[int, pd.DataFrame],
    clock: Clock,
    judging: Judging,
    fdr_q: float,
    *,
    is_call_day: bool,
) -> tuple[Call, ...]:
    """Judge each of these ages, correct for their number, and teach those that have skill."""
    days, estimated = sorted(frames), call_estimates if is_call_day else age_estimates
    ordered = {day: _ordered(frames[day]) for day in days}
    scores = {day: _scored(ordered[day], clock, is_call_day=is_call_day) for day in days}
    found = {day: estimated(scores[day], judging, landmark_days=day) for day in days}
    rows = _gain_where_skill(adjust_families([row for day in days for row in found[day]]), fdr_q)
    calls = []
    for day in days:
        own = tuple(row for row in rows if row.segment == segment(landmark_days=day))
        model = _today(ordered[day], clock) if has_skill(own, fdr_q) else None
        calls.append(
            Call(
                landmark_days=day,
                columns=feature_columns(ordered[day]),
                judged=judged_periods(scores[day]),
                estimates=own,
                model=model,
            )
        )
    return tuple(calls)


def _gain_where_skill(rows: Sequence[Estimate], q: float) -> tuple[Estimate, ...]:
    """Test the gain over the last level only on days that have skill."""
    days = {row.segment for row in rows}
    skilled = {day for day in days if has_skill([row for row in rows if row.segment == day], q)}
    kept = (
        row
        if row.family != GAIN_FAMILY or row.segment in skilled
        else replace(row, p=None, family=None)
        for row in rows
    )
    return adjust_families(tuple(kept))


def has_skill(rows: Sequence[Estimate], q: float) -> bool:
    """Say whether a day's calls rank and save error: the AUC stands above .5, Brier gains."""
    by_name = {row.quantity: row for row in rows if row.role == "result"}
    auc, gain = by_name["early_call_auc"], by_name["early_call_brier_gain"]
    return is_finding(auc, q) and (auc.estimate or 0.0) > 0.5 and (gain.estimate or 0.0) > 0


def feature_columns(frame: pd.DataFrame) -> tuple[str, ...]:
    """Name the features of a frame."""
    return tuple(str(name) for name in frame.columns if name not in BESIDE)


def level_columns(frame: pd.DataFrame) -> tuple[str, ...]:
    """Name the features that are the last level only."""
    return tuple(name for name in LEVEL if name in frame)


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    rows = frame.sort_values(["landmark_day", "lead_id"], ignore_index=True)
    return as_numbers(rows, feature_columns(rows))


def _scored(frame: pd.DataFrame, clock: Clock, *, is_call_day: bool) -> pd.DataFrame:
    few = origins(frame, most=FEW_PERIODS, period_days=LONG_PERIOD_DAYS)
    return scored(
        frame,
        feature_columns(frame),
        level_columns(frame) if is_call_day else None,
        clock,
        periods=origins(frame) if is_call_day else few,
    )


def _today(frame: pd.DataFrame, clock: Clock) -> CallModel | None:
    found = taught(frame, feature_columns(frame), clock, day=clock.last_day)
    return None if found is None else found.recalibrated
