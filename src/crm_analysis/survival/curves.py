"""Kaplan–Meier, Nelson–Aalen and the log-rank test: how long do leads stay open, and who longer?

Edges, decided here:

* Events precede censorings of the same day.
* All censored: survival stays 1, its interval is (lower exact binomial bound, 1), the median is
  not reached. One subject: survival steps from 1 to 0.
* At survival 0 the interval is (0, 1 - (alpha/2)^(1/n)), n all spells: Greenwood is undefined.
* A median, and each bound of it, is the first time at which the curve, or the bound of the
  curve, is at most one half; None where that is never reached.
* Late entry and pieces come with the table (`risk_table`); n, and the bounds that use it, then
  count pieces. Where all of a few early entrants end, survival is 0 from there on.
* Log-rank: groups without a spell do not exist; with fewer than two groups, or no event, or a
  variance of 0, there is no test (None), not a p of 1.

Source: Kaplan and Meier (1958); Greenwood variance; interval on the scale log(-log S)
(Kalbfleisch and Prentice). Log-rank in the hypergeometric form, strata summed (Mantel 1966).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_analysis.survival.arrays import (
    MIN_AT_RISK,
    Counts,
    Floats,
    at_risk_on,
    last_shown,
    step,
)
from crm_analysis.survival.normal import chi_square_tail, critical
from crm_analysis.survival.risk_table import at_risk_by_time, counts_by_time, places
from crm_analysis.survival.spells import CAUSES


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalAt:
    """The share still open after one day; `shown` is false where fewer than 10 were at risk."""

    day: float
    estimate: float
    ci_lo: float
    ci_hi: float
    at_risk: int
    events: int
    shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A Kaplan–Meier curve with its Nelson–Aalen cumulative hazard.

    Parameters
    ----------
    times, survival, variance, ci_lo, ci_hi : array (n_times,)
        Distinct days; share without the event after each (0-1), Greenwood variance, interval.
    cumulative_hazard, hazard_variance : array (n_times,)
        Nelson–Aalen sum of events / at risk, and its variance sum of events / at risk².
    at_risk, events : array (n_times,)
        Counts just before, and at, each time.
    n : int
        All spells, or pieces of them.
    """

    times: Floats
    survival: Floats
    variance: Floats
    ci_lo: Floats
    ci_hi: Floats
    cumulative_hazard: Floats
    hazard_variance: Floats
    at_risk: Floats
    events: Floats
    n: int

    def at(self, day: float) -> SurvivalAt:
        """Read the share without the event after `day`."""
        at_risk = at_risk_on(self.times, self.at_risk, day)
        return SurvivalAt(
            day=day,
            estimate=step(self.times, self.survival, day, before=1.0),
            ci_lo=step(self.times, self.ci_lo, day, before=1.0),
            ci_hi=step(self.times, self.ci_hi, day, before=1.0),
            at_risk=at_risk,
            events=int(self.events[self.times <= day].sum()),
            shown=at_risk >= MIN_AT_RISK,
        )

    @property
    def median_days(self) -> float | None:
        """The first day by which half had the event."""
        return _first_half(self.times, self.survival)

    @property
    def median_ci_days(self) -> tuple[float | None, float | None]:
        """The days at which the bounds of the curve reach one half."""
        return _first_half(self.times, self.ci_lo), _first_half(self.times, self.ci_hi)

    def last_shown_day(self, min_at_risk: int = MIN_AT_RISK) -> float:
        """Return the last day with at least `min_at_risk` at risk."""
        return last_shown(self.times, self.at_risk, min_at_risk)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRank:
    """Do groups end at different speeds? Observed and expected events per group, in order."""

    groups: tuple[object, ...]
    observed: Floats
    expected: Floats
    statistic: float
    df: int
    p: float


def kaplan_meier(
    risk: pd.DataFrame, *, causes: Sequence[int] = tuple(CAUSES), alpha: float = 0.05
) -> Curve:
    """Estimate the share without any of `causes` by each day.

    With one of several competing causes this is *not* a share of leads, and one minus it
    overstates that cause; use `competing.aalen_johansen`.

    Examples
    --------
    >>> risk = pd.DataFrame({"time_days": [1, 2, 3], "cause": [1, 0, 1], "n": [1, 1, 1]})
    >>> [round(float(s), 4) for s in kaplan_meier(risk).survival]
    [0.6667, 0.6667, 0.0]
    """
    counts = counts_by_time(risk, tuple(causes))
    events, n = counts.events.sum(axis=0), counts.at_risk
    survival = np.cumprod(1.0 - events / n)
    left = n - events
    greenwood = np.cumsum(np.divide(events, n * left, out=np.zeros_like(n), where=left > 0))
    ci_lo, ci_hi = _bounds(survival, greenwood, counts, alpha)
    return Curve(
        times=counts.times,
        survival=survival,
        variance=survival**2 * greenwood,
        ci_lo=ci_lo,
        ci_hi=ci_hi,
        cumulative_hazard=np.cumsum(events / n),
        hazard_variance=np.cumsum(events / n**2),
        at_risk=n,
        events=events,
        n=int(risk["n"].sum()),
    )


def log_rank(
    risk: pd.DataFrame,
    group: str,
    *,
    causes: Sequence[int] = tuple(CAUSES),
    strata: Sequence[str] = (),
) -> LogRank | None:
    """Test whether the groups' cause-specific hazards differ; None where no test exists.

    Parameters
    ----------
    risk : DataFrame
        A risk table made with `by` containing `group` and `strata`; a missing group is left out.
    group : str
        Column with two or more groups.
    causes : sequence of int
        What counts as the event; all else is censored.
    strata : sequence of str
        Columns within whose levels the groups are compared.
    """
    rows = risk[risk[group].notna() & (risk["n"] > 0)]
    names = tuple(sorted(rows[group].unique(), key=str))
    if len(names) < 2:
        return None
    observed, expected = np.zeros(len(names)), np.zeros(len(names))
    covariance = np.zeros((len(names), len(names)))
    parts = [part for _, part in rows.groupby(list(strata), dropna=False)] if strata else [rows]
    for part in parts:
        seen, due, spread = _stratum(part, group, names, tuple(causes))
        observed, expected, covariance = observed + seen, expected + due, covariance + spread
    df = int(np.linalg.matrix_rank(covariance)) if observed.sum() > 0 else 0
    if df == 0:
        return None
    gap = observed - expected
    statistic = float(gap @ np.linalg.pinv(covariance, hermitian=True) @ gap)
    return LogRank(
        groups=names,
        observed=observed,
        expected=expected,
        statistic=statistic,
        df=df,
        p=chi_square_tail(statistic, df),
    )


def _stratum(
    part: pd.DataFrame, group: str, names: tuple[object, ...], causes: tuple[int, ...]
) -> tuple[Floats, Floats, Floats]:
    """Return observed and expected events per group, and the covariance of their difference."""
    times, place = places(part)
    codes = part[group].map({name: i for i, name in enumerate(names)})
    row = np.asarray(codes, dtype=np.int64)
    at_risk = at_risk_by_time(part, row, times=times, n_groups=len(names))
    events = np.zeros_like(at_risk)
    ends = part["cause"].isin(causes).to_numpy()
    np.add.at(events, (row[ends], place[ends]), part["n"].to_numpy(dtype=float)[ends])
    total, ended = at_risk.sum(axis=0), events.sum(axis=0)
    share = at_risk / total
    scale = ended * np.divide(total - ended, total - 1, out=np.zeros_like(total), where=total > 1)
    weighted = share * scale
    covariance = np.diag(weighted.sum(axis=1)) - weighted @ share.T
    return events.sum(axis=1), (share * ended).sum(axis=1), covariance


def _bounds(
    survival: Floats, greenwood: Floats, counts: Counts, alpha: float
) -> tuple[Floats, Floats]:
    z = critical(alpha)
    n = float(counts.at_risk[0]) if len(counts.at_risk) else 1.0
    lo, hi = survival.copy(), survival.copy()
    inside = (survival > 0) & (survival < 1)
    share = survival[inside]
    width = np.exp(-z * np.sqrt(greenwood[inside]) / np.log(share))
    lo[inside], hi[inside] = share**width, share ** (1 / width)
    lo[survival >= 1] = ((alpha / 2) ** (1 / counts.at_risk))[survival >= 1]
    hi[survival <= 0] = 1 - (alpha / 2) ** (1 / n)
    return lo, hi


def _first_half(times: Floats, values: Floats) -> float | None:
    reached = np.flatnonzero(values <= 0.5 + 1e-12)
    return float(times[reached[0]]) if len(reached) else None
