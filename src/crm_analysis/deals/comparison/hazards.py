"""Hazards compared one column at a time by quick Cox fits.

Decision: an analysis here asks hundreds of one-covariate questions of the same leads. Each column
is counted by time and value first, so that a Newton step costs what the column has distinct
values, not what there are leads; ties are summed by few points (`survival.ties`). The answers equal
those of lifelines to 1e-6 (a test). Events precede censorings at equal times: a lead censored on
day t is still at risk on day t.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr

from crm_analysis.survival.normal import chi_square_tail
from crm_analysis.survival.ties import TiedPoints, tied_points

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]

_MAX_STEPS = 25
_DENSE = 4  # so many cells a row are counted without sorting
_MAX_LOG_HAZARD = 20.0  # beyond it exp() says nothing; such a column is reported as not converged


@dataclass(frozen=True, slots=True, kw_only=True)
class OneByOne:
    """Log hazard ratios of k columns, each fitted alone; arrays of shape (k,)."""

    log_hazard_ratio: Floats
    se: Floats
    p: Floats
    converged: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelsTest:
    """Do levels differ in their share of events, within strata? Chi-square, df and p."""

    chi2: float
    df: int
    p: float


def levels_test(level: Codes, event: Bools, stratum: Codes) -> LevelsTest | None:
    """Do the levels of a factor differ in their share of events among equals?

    Parameters
    ----------
    level, stratum : array of int, shape (n,)
        Codes from 0; rows are compared within their stratum only.
    event : array of bool, shape (n,)
        What is counted.

    Returns
    -------
    LevelsTest or None
        Mantel's test summed over strata, with the hypergeometric covariance; None where nothing
        can be compared.

    Notes
    -----
    Needs about five expected events, and non-events, per level to keep its error rate.

    Examples
    --------
    >>> import numpy as np
    >>> level = np.array([0, 0, 1, 1])
    >>> event = np.array([True, True, False, False])
    >>> test = levels_test(level, event, np.zeros(4, dtype=np.int64))
    >>> round(test.chi2, 6), test.df  # (2 - 1)^2 / (1 / 3)
    (3.0, 1)
    """
    n_levels, n_strata = int(level.max()) + 1, int(stratum.max()) + 1
    cell = stratum * n_levels + level
    shape = (n_strata, n_levels)
    present = np.bincount(cell, minlength=n_strata * n_levels).reshape(shape).astype(float)
    events = np.bincount(cell[event], minlength=n_strata * n_levels).reshape(shape).astype(float)
    n, d = present.sum(axis=1), events.sum(axis=1)
    share = present / np.maximum(n, 1)[:, None]
    scale = np.where(n > 1, d * (n - d) / np.maximum(n - 1, 1), 0.0)
    covariance = np.diag(scale @ share) - (share * scale[:, None]).T @ share
    gap = events.sum(axis=0) - d @ share
    df = int(np.linalg.matrix_rank(covariance))
    if df == 0:
        return None
    chi2 = float(gap @ np.linalg.pinv(covariance, hermitian=True) @ gap)
    return LevelsTest(chi2=chi2, df=df, p=chi_square_tail(chi2, df))


def cox_one_by_one(
    covariates: Floats,
    duration: Floats,
    event: Bools,
    *,
    strata: Codes | None = None,
    cluster: Codes | None = None,
) -> OneByOne:
    """How does the hazard change with each column, taken alone?

    Parameters
    ----------
    covariates : array, shape (n, k)
        One column a question; no missing values, best standardised.
    duration : array, shape (n,)
        Days at risk.
    event : array of bool, shape (n,)
        Whether the event of interest ended them.
    strata : array of int, shape (n,), optional
        Groups with baselines of their own: rows are compared within them only.
    cluster : array of int, shape (n,), optional
        Codes from 0 of what is independent: asks for the sandwich error summed over clusters.

    Returns
    -------
    OneByOne
        Log hazard ratio per unit of the column, model-based or clustered standard error,
        two-sided Wald p. A column without variation or with all events on one side has not
        converged.

    Notes
    -----
    Says nothing of joint effects: columns that go together are not told apart.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[0.0], [0.0], [1.0], [1.0]])
    >>> fit = cox_one_by_one(x, np.array([2.0, 4.0, 1.0, 3.0]), np.ones(4, dtype=bool))
    >>> round(float(fit.log_hazard_ratio[0]), 4)  # by hand: 2(2 + r) = r(1 + r)
    0.9406
    """
    times = _Times.of(duration, event, strata)
    columns = (_counted(times, column, event) for column in covariates.T)
    if cluster is None:
        return _together([_fit(column.derivatives) for column in columns])
    fits, errors = [], []
    for column in columns:
        fits.append(_fit(column.derivatives))
        beta, information, converged = fits[-1]
        if not converged:  # the caller refuses it; far out no weight is left to divide by
            errors.append(0.0)
            continue
        summed = np.bincount(cluster, weights=column.score_residuals(beta, event))
        errors.append(float(np.sqrt(summed @ summed)) / max(information, 1e-10))
    return _together(fits, se=np.array(errors))


def cox_by_level(
    level: Codes, duration: Floats, event: Bools, *, strata: Codes | None = None
) -> OneByOne:
    """How does the hazard of each level differ from that of all other rows?

    Parameters
    ----------
    level : array of int, shape (n,)
        Codes from 0 to k - 1.
    duration, event, strata : array, shape (n,)
        As in `cox_one_by_one`, whose answers for k columns of 0 and 1 these are.

    Returns
    -------
    OneByOne
        One answer a level.
    """
    times = _Times.of(duration, event, strata)
    n_levels = int(level.max()) + 1
    shape, cell = (n_levels, times.n), level * times.n + times.place
    present, events = (
        np.bincount(part, minlength=n_levels * times.n).reshape(shape).astype(np.float64)
        for part in (cell, cell[event])
    )
    at = np.flatnonzero(events.sum(axis=0))
    at_risk, tied = _since_stratum(times, present)[:, at], events[:, at]
    points = tied_points(tied.sum(axis=0).astype(np.int64))

    def left(risk: Floats, ended: Floats) -> Floats:
        return points.spread(risk) - points.c * points.spread(ended)

    everybody = left(at_risk.sum(axis=0), tied.sum(axis=0))
    fits = []
    for risk, ended in zip(at_risk, tied, strict=True):
        inside = left(risk, ended)
        one = _Level(float(ended.sum()), inside, everybody - inside, points.weight)
        fits.append(_fit(one.derivatives))
    return _together(fits)


def _since_stratum(times: _Times, present: Floats) -> Floats:
    """Add up each row of counts over the times of its stratum so far."""
    summed = np.cumsum(np.pad(present, ((0, 0), (1, 0))), axis=1)
    return np.asarray(summed[:, 1:] - summed[:, times.stratum])


@dataclass(frozen=True, slots=True)
class _Level:
    """A column of 0 and 1: at each point of Efron's sums, the weights at risk on either side."""

    ended: float
    inside: Floats
    outside: Floats
    weight: Floats

    def derivatives(self, beta: float) -> tuple[float, float]:
        """Return score and information of Efron's partial likelihood at one coefficient."""
        inside = self.inside * np.exp(beta)
        mean = inside / (inside + self.outside)
        return self.ended - float(self.weight @ mean), float(self.weight @ (mean - mean * mean))


def _together(fits: list[tuple[float, float, bool]], *, se: Floats | None = None) -> OneByOne:
    beta, information, converged = (np.array(part) for part in zip(*fits, strict=True))
    if se is None:
        se = 1.0 / np.sqrt(np.maximum(information, 1e-10))
    p = 2 * ndtr(-np.abs(beta) / np.maximum(se, 1e-300))
    return OneByOne(log_hazard_ratio=beta, se=se, p=p, converged=converged.astype(bool))


@dataclass(frozen=True, slots=True)
class _Times:
    """The distinct times of all strata, strata rising and times falling within each."""

    place: Codes  # (n,) the time of each row, as an index
    stratum: Codes  # (n_times,) index of the first time of its stratum
    n: int

    @classmethod
    def of(cls, duration: Floats, event: Bools, strata: Codes | None) -> _Times:
        groups = np.zeros(len(duration), dtype=np.int64) if strata is None else strata
        _, group = np.unique(groups, return_inverse=True)
        distinct, later = np.unique(-duration, return_inverse=True)
        both, place = np.unique(group * len(distinct) + later, return_inverse=True)
        owner = both // len(distinct)
        return cls(place.reshape(-1), np.searchsorted(owner, owner, side="left"), len(both))


def _counted(times: _Times, column: Floats, event: Bools) -> _Column:
    """Count one column by time and distinct value; centred, so that exp() stays small."""
    code, distinct = pd.factorize(column, sort=True)  # np.unique sorts all rows
    cell, first = _cells(times.place * len(distinct) + code, times.n * len(distinct))
    counts = np.bincount(first, minlength=len(cell)).astype(float)
    events = np.bincount(first[event], minlength=len(cell)).astype(float)
    place = cell // len(distinct)
    tied = np.bincount(place, weights=events, minlength=times.n).astype(np.int64)
    at = np.flatnonzero(tied)
    value = distinct[cell % len(distinct)] - column.mean()
    return _Column(times, place, value, counts, events, at, tied_points(tied[at]), first)


def _cells(code: Codes, n_codes: int) -> tuple[Codes, Codes]:
    """Return the codes that occur, rising, and which of them each row has.

    Examples
    --------
    >>> cell, place = _cells(np.array([7, 2, 7]), 8)
    >>> cell.tolist(), place.tolist()
    ([2, 7], [1, 0, 1])
    """
    if n_codes > _DENSE * len(code):
        place, cell = pd.factorize(code, sort=True)
        return cell, place
    seen = np.bincount(code, minlength=n_codes) > 0
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[code]


@dataclass(frozen=True, slots=True)
class _Column:
    """One column as counts: rows of one time and value, and how many of them were events."""

    times: _Times
    place: Codes
    value: Floats
    counts: Floats
    events: Floats
    at: Codes  # the times with events
    points: TiedPoints
    cell: Codes  # (n,) the cell of each row

    def derivatives(self, beta: float) -> tuple[float, float]:
        """Return score and information of Efron's partial likelihood at one coefficient."""
        weight = np.exp(np.clip(self.value * beta, -500, 500))
        s0, s1, s2 = self._moments(weight)
        if not (s0 > 0).all():  # so far out that a risk set has no weight left: not converged
            return 0.0, 0.0
        mean = s1 / s0
        score = float(self.events @ self.value) - float(self.points.weight @ mean)
        return score, float(self.points.weight @ (s2 / s0 - mean**2))

    def score_residuals(self, beta: float, event: Bools) -> Floats:
        """Return what each row adds to the score; rows of one cell and ending add the same.

        Source: Therneau and Grambsch (2000), section 7.2, with Efron's share of tied events.
        """
        weight = np.exp(np.clip(self.value * beta, -500, 500))
        s0, s1, _ = self._moments(weight)
        mean, c, w = s1 / s0, self.points.c, self.points.weight
        hazard, pull, hazard_c, pull_c, means = (
            self._of_times(part) for part in (w / s0, w * mean / s0, w * c / s0,
                                              w * c * mean / s0, w * mean)
        )  # fmt: skip
        ended = np.maximum(self._by_time(self.events), 1.0)
        exposed = self.value * self._so_far(hazard) - self._so_far(pull)
        alive = -weight * exposed
        own = self.value - (means / ended)[self.place]
        tied = weight * (self.value * hazard_c[self.place] - pull_c[self.place])
        return np.where(event, (alive + own + tied)[self.cell], alive[self.cell])

    def _of_times(self, at_points: Floats) -> Floats:
        """Sum a value per point over the points of each time; 0 where nothing ended."""
        summed = np.zeros(self.times.n)
        summed[self.at] = self.points.total(at_points)
        return summed

    def _so_far(self, per_time: Floats) -> Floats:
        """Sum over the times of its stratum up to that of each cell (times fall in order)."""
        summed = np.concatenate(([0.0], np.cumsum(per_time)))
        last = np.searchsorted(self.times.stratum, self.times.stratum, side="right")
        return np.asarray((summed[last] - summed[:-1])[self.place])

    def _moments(self, weight: Floats) -> tuple[Floats, Floats, Floats]:
        """Sum weights, and weights by value and its square, over those at risk at each point.

        Of the tied events Efron's share is taken off.
        """
        ended = np.flatnonzero(self.events)
        risk, dead = self.counts * weight, self.events[ended] * weight[ended]
        place, value = self.place[ended], self.value[ended]
        parts = []
        for power in range(3):
            if power:
                risk, dead = risk * self.value, dead * value
            summed = np.cumsum(self._by_time(risk))
            before = np.concatenate(([0.0], summed))[self.times.stratum]
            tied = np.bincount(place, dead, minlength=self.times.n)[self.at].astype(np.float64)
            at_risk = np.asarray((summed - before)[self.at], dtype=np.float64)
            parts.append(self.points.spread(at_risk) - self.points.c * self.points.spread(tied))
        return parts[0], parts[1], parts[2]

    def _by_time(self, values: Floats) -> Floats:
        return np.bincount(self.place, values, minlength=self.times.n).astype(np.float64)


def _fit(derivatives: Callable[[float], tuple[float, float]]) -> tuple[float, float, bool]:
    """Return coefficient, information and whether Newton's steps came to rest."""
    beta, step, information = 0.0, np.inf, 0.0
    for _ in range(_MAX_STEPS):
        score, information = derivatives(beta)
        step = score / information if information > 1e-10 else 0.0
        step = min(max(step, -1.0), 1.0)
        beta = min(max(beta + step, -_MAX_LOG_HAZARD), _MAX_LOG_HAZARD)
        if abs(step) < 1e-10:
            break
    converged = abs(step) < 1e-6 and information > 1e-6 and abs(beta) < _MAX_LOG_HAZARD
    return beta, information, converged
