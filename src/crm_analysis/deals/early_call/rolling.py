"""Judged as it would have been used: taught at each origin by what was known then (M12, M13).

Decisions:
* At each origin a model is fitted to leads that had reached their landmark, by endings that were
  typed in by then; observation then ended `margin_days` earlier, as endings are typed in late. It
  scores the leads that reach their landmark before the next origin.
* Origins are a quarter-year apart, the newest period ending on the last landmark; where there is
  little history, a sixth of it, but a month at least.
* The last closed months, for recalibration: landmarks whose horizon ended within the last
  quarter-year before the origin, or within half of the closed history where that is shorter.
* The fates of the leads that are scored are as known now.
* Ages between the call days are judged on three longer periods, and not against the last level: all
  that is asked of them is skill.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_analysis.deals.early_call.call_model import CallModel, fit_call, recalibrate
from crm_analysis.deals.early_call.followed import Followed, follow

PERIOD_DAYS, LEAST_PERIOD_DAYS, MOST_PERIODS = 91, 28, 6
LONG_PERIOD_DAYS, FEW_PERIODS = 182, 3
RECENT_DAYS = 91
MOST_TAUGHT = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What is looked ahead, and what was known when.

    Parameters
    ----------
    horizon_days : int
        From the landmark.
    last_day : int
        The last known epoch day.
    margin_days : int
        Days by which 95 % of endings are typed in.
    """

    horizon_days: int
    last_day: int
    margin_days: int = 0

    def fates(self, leads: pd.DataFrame, *, day: int | None = None) -> Followed:
        """Return the fates of leads as they were known at the end of a day; None means now."""
        at = self.last_day if day is None else day
        end = at - self.margin_days
        landmark = leads["landmark_day"].to_numpy(dtype=np.float64)
        watched, time = end - landmark, leads["closed_day"].to_numpy(dtype=np.float64) - landmark
        seen = (leads["closed_known_day"].to_numpy(dtype=np.float64) <= at) & (time <= watched)
        return follow(
            np.where(seen, time, watched),
            np.where(seen, leads["cause"].to_numpy(), 0),
            watched,
            horizon_days=self.horizon_days,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """The models that one would have had: censoring-aware, and of the last closed months' level."""

    fitted: CallModel
    recalibrated: CallModel


def taught(frame: pd.DataFrame, columns: Sequence[str], clock: Clock, *, day: int) -> Taught | None:
    """Fit what one would have had at the end of a day; None where too few fates were known.

    Parameters
    ----------
    frame : DataFrame
        One row per lead, ordered by landmark_day: landmark_day, closed_day (missing while open),
        closed_known_day, cause, and features.
    columns : sequence of str
        The features.
    clock : Clock
        Horizon and margin.
    day : int
        The origin, an epoch day.
    """
    lesson = _lesson(frame, clock, day)
    model = fitted(frame, columns, clock, day=day)
    if model is None:
        return None
    last = day - clock.margin_days - clock.horizon_days
    first = last - min(RECENT_DAYS, (last - int(lesson["landmark_day"].iloc[0])) // 2)
    before, recent = _reached(lesson, until=first), _reached(lesson, after=first, until=last)
    blind = fit_call(before, clock.fates(before, day=day), columns, like=model)
    if blind is None:
        return Taught(fitted=model, recalibrated=model)
    moved = recalibrate(model, blind, recent, clock.fates(recent, day=day))
    return Taught(fitted=model, recalibrated=moved)


def fitted(
    frame: pd.DataFrame, columns: Sequence[str], clock: Clock, *, day: int
) -> CallModel | None:
    """Fit by what was known at the end of a day; what is open still is not known yet."""
    lesson = _lesson(frame, clock, day)
    return fit_call(lesson, clock.fates(lesson, day=day), columns)


def fitted_plainly(
    frame: pd.DataFrame, columns: Sequence[str], clock: Clock, *, day: int
) -> CallModel | None:
    """Fit the plain logistic that takes a lead not seen lost for kept; the naive row."""
    lesson = _lesson(frame, clock, day)
    fates = clock.fates(lesson, day=day)
    seen = Followed(lost=fates.lost, weight=np.ones(len(lesson)), share=1.0)
    return fit_call(lesson, seen, columns)


def _lesson(frame: pd.DataFrame, clock: Clock, day: int) -> pd.DataFrame:
    """Return the newest leads that had been watched for a day or more."""
    return _reached(frame, until=day - clock.margin_days - 1).iloc[-MOST_TAUGHT:]


def _reached(frame: pd.DataFrame, *, after: int | None = None, until: int) -> pd.DataFrame:
    """Return the leads that reached their landmark after a day, until a day."""
    days = frame["landmark_day"].to_numpy()
    begin = 0 if after is None else int(np.searchsorted(days, after, side="right"))
    return frame.iloc[begin : int(np.searchsorted(days, until, side="right"))]


def origins(
    frame: pd.DataFrame, *, most: int = MOST_PERIODS, period_days: int = PERIOD_DAYS
) -> list[tuple[int, int]]:
    """Return the periods in which leads are scored: first and last epoch day of the landmarks.

    Examples
    --------
    >>> year = pd.DataFrame({"landmark_day": np.arange(365)})
    >>> origins(year)[-2:]
    [(245, 304), (305, 364)]
    """
    if frame.empty:
        return []
    low, high = int(frame["landmark_day"].min()), int(frame["landmark_day"].max())
    days = int(np.clip((high - low + 1) // MOST_PERIODS, LEAST_PERIOD_DAYS, period_days))
    starts = [high + 1 - days * back for back in range(most, 0, -1)]
    return [(start, start + days - 1) for start in starts if start > low]


def scored(
    frame: pd.DataFrame,
    columns: Sequence[str],
    level: Sequence[str] | None,
    clock: Clock,
    *,
    periods: Sequence[tuple[int, int]],
) -> pd.DataFrame:
    """Score each period's leads by what was known at the end of the day before it.

    Parameters
    ----------
    frame : DataFrame
        As in `taught`, ordered by landmark_day.
    columns, level : sequence of str
        All features, and those that are the last level only; None leaves p_level and p_plain out.
    clock : Clock
        Horizon, last day and margin.
    periods : sequence of (int, int)
        First and last landmark day of each.

    Returns
    -------
    DataFrame
        One row per scored lead: period, period_days, lead_id, landmark_day, p_level, p_plain,
        p_raw, p, base (share lost that was known), lost, weight, days_to_loss (missing where not
        lost), n_taught, share (of the period that could be watched to the end of the horizon).
        Periods before which too little was known are left out.
    """
    parts = [
        _period(frame, columns, level, clock, period=period).assign(period=number)
        for number, period in enumerate(periods)
    ]
    kept = [part for part in parts if len(part)]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame()


def _period(
    frame: pd.DataFrame,
    columns: Sequence[str],
    level: Sequence[str] | None,
    clock: Clock,
    *,
    period: tuple[int, int],
) -> pd.DataFrame:
    first, last = period
    tried = _reached(frame, after=first - 1, until=last)
    full = taught(frame, columns, clock, day=first - 1)
    beside = {} if level is None else _beside(frame, columns, level, clock, day=first - 1)
    if full is None or None in beside.values():
        return pd.DataFrame()
    fates = clock.fates(tried)
    days = tried["closed_day"] - tried["landmark_day"]
    return pd.DataFrame(
        {
            "period_days": last - first + 1,
            "lead_id": tried["lead_id"],
            "landmark_day": tried["landmark_day"],
            **{name: model.of(tried) for name, model in beside.items() if model is not None},
            "p_raw": full.fitted.of(tried),
            "p": full.recalibrated.of(tried),
            "base": full.fitted.base,
            "lost": fates.lost,
            "weight": fates.weight,
            "days_to_loss": days.where(fates.lost),
            "n_taught": full.fitted.n,
            "share": fates.share,
        }
    )


def _beside(
    frame: pd.DataFrame, columns: Sequence[str], level: Sequence[str], clock: Clock, *, day: int
) -> dict[str, CallModel | None]:
    """Fit what the model is held against: the last level only, and the plain logistic."""
    return {
        "p_level": fitted(frame, level, clock, day=day),
        "p_plain": fitted_plainly(frame, columns, clock, day=day),
    }
