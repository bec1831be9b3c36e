"""How many deals is it about? Shares lost in groups of leads, read from competing endings.

Decision: a hazard ratio tells a leader little, so every finding comes with the share lost within
the horizon in two groups and the number of deals between them. The number describes: it is not
what would be saved if the groups became alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_analysis.deals.indicators.habits import scaled
from crm_analysis.estimates import Estimate, refuse, segment
from crm_analysis.proportions import newcombe, wilson
from crm_analysis.survival.competing import CumulativeIncidence, aalen_johansen, contrast
from crm_analysis.survival.risk_table import compress

LOST, WON = 1, 2
HIGHEST, LOWEST = "highest quarter", "lowest quarter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Two shares and the deals between them: `more` loses more, by estimate."""

    more: Estimate
    less: Estimate
    extra: Estimate

    @property
    def rows(self) -> tuple[Estimate, Estimate, Estimate]:
        """The three rows for the estimates table."""
        return (self.more, self.less, self.extra)


def quarter_size(
    frame: pd.DataFrame, indicator: str, *, landmark_days: int, horizon_days: int, alpha: float
) -> Size:
    """Compare the leads with the highest and the lowest values of an indicator.

    Parameters
    ----------
    frame : DataFrame
        From `indicators.landmark_frame`.
    indicator : str
        Its column; the groups are the quarters above and below, ties included.
    landmark_days, horizon_days : int
        Shares are read `horizon_days` after the landmark.
    alpha : float
        One minus the level of the intervals.
    """
    values = scaled(frame[indicator], indicator)
    low, high = np.nanquantile(values, [0.25, 0.75])
    if low == high:
        low, high = np.nanmin(values), np.nanmax(values)
        below, above = values <= low, values > low
    else:
        below, above = values <= low, values >= high
    place = {"landmark_days": landmark_days, "horizon_days": horizon_days, "indicator": indicator}
    return _size(
        frame,
        {"highest": above, "lowest": below},
        place=place,
        group="quarter",
        alpha=alpha,
    )


def level_size(frame: pd.DataFrame, factor: str, level: str, *, days: int, alpha: float) -> Size:
    """Compare the leads of one level with all others.

    Parameters
    ----------
    frame : DataFrame
        From `levels.pooled_levels`.
    factor, level : str
        Which level of which factor.
    days : int
        Shares are read so many days after the opening.
    alpha : float
        One minus the level of the intervals.
    """
    inside = (frame["level"] == level).to_numpy()
    size = _size(
        frame,
        {level: inside, f"all but {level}": ~inside},
        place={"horizon_days": days, "factor": factor},
        group="level",
        alpha=alpha,
    )
    return replace(
        size,
        extra=replace(size.extra, segment=segment(horizon_days=days, factor=factor, level=level)),
    )


def number_size(frame: pd.DataFrame, factor: str, *, days: int, alpha: float) -> Size | None:
    """Compare the leads with the highest and the lowest quarter of a number.

    Parameters
    ----------
    frame : DataFrame
        duration_days, cause and the factor's column.
    factor : str
        Which number; None comes back where it has no spread between its quarters.
    days : int
        Shares are read so many days after the opening.
    alpha : float
        One minus the level of the intervals.
    """
    values = pd.to_numeric(frame[factor], errors="coerce").to_numpy(float, na_value=np.nan)
    low, high = np.nanquantile(values, [0.25, 0.75])
    if not low < high:
        return None
    groups = {HIGHEST: values >= high, LOWEST: values <= low}
    return _size(
        frame,
        groups,
        place={"horizon_days": days, "factor": factor},
        group="level",
        alpha=alpha,
    )


def closed_level_size(frame: pd.DataFrame, factor: str, level: str, *, alpha: float) -> Size:
    """Compare the closed leads of one level with all others, where leads carry no durations.

    Parameters
    ----------
    frame : DataFrame
        From `levels.pooled_levels`.
    factor, level : str
        Which level of which factor.
    alpha : float
        One minus the level of the intervals.
    """
    closed = frame[frame["cause"].isin((LOST, WON))]
    groups = {level: closed["level"] == level, f"all but {level}": closed["level"] != level}
    counts = {
        name: (int((closed.loc[inside, "cause"] == LOST).sum()), int(inside.sum()))
        for name, inside in groups.items()
    }
    rows = {name: _closed_share(counts[name], factor, name, alpha=alpha) for name in groups}
    first, second = groups
    if (rows[first].estimate or 0.0) < (rows[second].estimate or 0.0):
        first, second = second, first
    (lost, n), (other_lost, other_n) = counts[first], counts[second]
    gap = newcombe((lost, other_lost), (n, other_n), alpha=alpha)
    extra = Estimate(
        module="M05",
        quantity="extra_lost_leads",
        segment=segment(factor=factor, level=level),
        method="closed_share_difference",
        role="diagnostic",
        n=n,
    )
    if gap is None:
        return Size(more=rows[first], less=rows[second], extra=refuse(extra, "no_events"))
    scaled_gap = replace(extra, estimate=gap.estimate * n, ci_lo=gap.lo * n, ci_hi=gap.hi * n)
    return Size(more=rows[first], less=rows[second], extra=scaled_gap)


def _closed_share(counts: tuple[int, int], factor: str, level: str, *, alpha: float) -> Estimate:
    lost, n = counts
    share = wilson(lost, n, alpha=alpha)
    row = Estimate(
        module="M05",
        quantity="closed_share",
        segment=segment(cause="lost", factor=factor, level=level),
        method="wilson",
        role="diagnostic",
        n=n,
        events=lost,
        note="no_durations",
    )
    if share is None:
        return refuse(row, "no_events")
    return replace(row, estimate=share.estimate, ci_lo=share.lo, ci_hi=share.hi)


def _size(
    frame: pd.DataFrame,
    groups: Mapping[str, np.ndarray],
    *,
    place: Mapping[str, object],
    group: str,
    alpha: float,
) -> Size:
    day = sum(int(str(place[name])) for name in ("landmark_days", "horizon_days") if name in place)
    found = {
        name: aalen_johansen(compress(frame.loc[inside, ["duration_days", "cause"]]), alpha=alpha)
        for name, inside in groups.items()
    }
    rows = {name: _share(found[name], {**place, group: name}, day) for name in groups}
    first, second = groups
    if (rows[first].estimate or 0.0) < (rows[second].estimate or 0.0):
        first, second = second, first
    return Size(
        more=rows[first],
        less=rows[second],
        extra=_extra(found[first], found[second], place=place, day=day),
    )


def _share(incidence: CumulativeIncidence, pairs: Mapping[str, object], day: int) -> Estimate:
    at = incidence.at(day, LOST)
    row = Estimate(
        module="M05",
        quantity="outcome_probability",
        segment=segment(cause="lost", **pairs),
        method="aalen_johansen",
        role="diagnostic",
        estimate=at.estimate,
        ci_lo=at.ci_lo,
        ci_hi=at.ci_hi,
        n=incidence.n,
        events=at.events,
    )
    return row if at.shown else refuse(row, "few_at_risk")


def _extra(
    more: CumulativeIncidence,
    less: CumulativeIncidence,
    *,
    place: Mapping[str, object],
    day: int,
) -> Estimate:
    gap = contrast(more, less, day=day, cause=LOST)
    row = Estimate(
        module="M05",
        quantity="extra_lost_leads",
        segment=segment(**place),
        method="aalen_johansen_difference",
        role="diagnostic",
        estimate=gap.difference * more.n,
        ci_lo=gap.ci_lo * more.n,
        ci_hi=gap.ci_hi * more.n,
        n=more.n,
    )
    return row if gap.shown else refuse(row, "few_at_risk")


def level_shares(frame: pd.DataFrame, factor: str, *, days: int, alpha: float) -> list[Estimate]:
    """Give the share lost within `days` for every level of a factor, by level name."""
    return [
        _share(
            aalen_johansen(compress(part[["duration_days", "cause"]]), alpha=alpha),
            {"horizon_days": days, "factor": factor, "level": level},
            days,
        )
        for level, part in frame.groupby("level", sort=True)
    ]
