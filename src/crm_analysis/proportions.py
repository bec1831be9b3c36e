"""Shares and differences of shares: the intervals, tests and sample sizes used everywhere.

Edges, decided once: no subjects give None, never 0; a share of 0 or 1 keeps a proper interval;
a stratum with one arm only carries no information on a difference and drops out of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A number with its interval; `p` and `se` where a test belongs to it."""

    estimate: float
    lo: float
    hi: float
    se: float | None = None
    p: float | None = None


def wilson(events: int, n: int, *, alpha: float = 0.05) -> Interval | None:
    """How large is a share? Wilson's score interval; None without subjects.

    Examples
    --------
    >>> interval = wilson(0, 7)
    >>> round(interval.lo, 4), round(interval.hi, 4)
    (0.0, 0.3543)
    """
    return _share(events, n, _wilson(events, n, alpha)) if n else None


def clopper_pearson(events: int, n: int, *, alpha: float = 0.05) -> Interval | None:
    """How large is a share? The exact interval, never too short; None without subjects."""
    return _share(events, n, _clopper_pearson(events, n, alpha)) if n else None


def goodman(counts: Sequence[int], *, alpha: float = 0.05) -> tuple[Interval, ...]:
    """How large are the shares of all kinds at once? Goodman's simultaneous intervals.

    Together they hold the true shares with probability 1 - alpha; none without subjects.

    Source
    ------
    Goodman 1965: the score interval of each kind at alpha divided by the number of kinds.

    Examples
    --------
    >>> first, second = goodman((90, 10))
    >>> round(first.lo, 3), round(first.hi, 3), round(second.lo, 3), round(second.hi, 3)
    (0.813, 0.949, 0.051, 0.187)
    """
    n = sum(counts)
    shares = (wilson(count, n, alpha=alpha / len(counts)) for count in counts)
    return tuple(share for share in shares if share is not None)


def newcombe(
    events: tuple[int, int], n: tuple[int, int], *, alpha: float = 0.05
) -> Interval | None:
    """How far apart are two shares (first less second)? Newcombe's interval, score test.

    Parameters
    ----------
    events, n : tuple of int
        First and second group.
    alpha : float
        1 - coverage.

    Returns
    -------
    Interval or None
        None where a group is empty; p is 1 where no subject or every subject had the event.

    Examples
    --------
    >>> interval = newcombe((240, 180), (1500, 1500))
    >>> round(interval.lo, 5), round(interval.hi, 5)
    (0.01518, 0.06483)
    """
    if min(n) == 0:
        return None
    first, second = (_checked(wilson(events[arm], n[arm], alpha=alpha)) for arm in (0, 1))
    difference = first.estimate - second.estimate
    below = math.hypot(first.estimate - first.lo, second.hi - second.estimate)
    above = math.hypot(first.hi - first.estimate, second.estimate - second.lo)
    return Interval(
        estimate=difference, lo=difference - below, hi=difference + above, p=_score_p(events, n)
    )


def stratified_difference(
    outcome: Floats,
    treated: Ints,
    stratum: Ints,
    *,
    cluster: Ints | None = None,
    alpha: float = 0.05,
) -> Interval | None:
    """How far apart are treated and untreated within strata?

    Least squares of the outcome on treatment and stratum dummies, with the sandwich variance
    (HC1), by cluster where given. Works for shares and amounts.

    Parameters
    ----------
    outcome : array of float, one per subject
    treated : array of 0 and 1
    stratum : array of int codes from 0
    cluster : array of int codes from 0, optional
        Subjects of one customer; needed where a customer is assigned more than once.
    alpha : float
        1 - coverage of the normal interval.

    Returns
    -------
    Interval or None
        None where no stratum holds both arms, or where all subjects are of one cluster.

    Examples
    --------
    >>> interval = stratified_difference(
    ...     np.array([1.0, 1, 0, 0]), np.array([1, 1, 0, 0]), np.zeros(4, dtype=np.int64)
    ... )
    >>> interval.estimate
    1.0
    """
    y, t, n = _within(outcome, stratum), _within(treated.astype(float), stratum), len(outcome)
    information = float(t @ t)
    if information <= 0:
        return None
    slope = float(t @ y) / information
    score = t * (y - slope * t)
    spare = n - 1 - len(np.unique(stratum))
    if spare <= 0:
        return None
    factor = n / spare
    if cluster is not None:
        score = np.bincount(cluster, weights=score).astype(np.float64)
        groups = len(np.unique(cluster))
        if groups < 2:
            return None
        factor = groups / (groups - 1) * (n - 1) / spare
    return _normal(slope, math.sqrt(factor * float(score @ score)) / information, alpha)


def instrumented_difference(
    outcome: Floats,
    assigned: Ints,
    reached: Ints,
    *,
    stratum: Ints,
    alpha: float = 0.05,
) -> Interval | None:
    """What is the difference per subject really reached, assignment being the instrument?

    Wald's ratio within strata (complier average causal effect), sandwich variance. Assumes that
    assignment works through being reached alone.

    Returns
    -------
    Interval or None
        None where assignment did not change who was reached.
    """
    z, y = _within(assigned.astype(float), stratum), _within(outcome, stratum)
    d = _within(reached.astype(float), stratum)
    moved = float(z @ d)
    spare = len(y) - 1 - len(np.unique(stratum))
    if moved <= 0 or spare <= 0:
        return None
    slope = float(z @ y) / moved
    score = z * (y - slope * d)
    return _normal(slope, math.sqrt(len(y) / spare * float(score @ score)) / moved, alpha)


def net_promoter(promoters: int, detractors: int, n: int, *, alpha: float = 0.05) -> Interval:
    """How sure is a net promoter share (-1 to 1)? Adjusted Wald: 3/4 to each end, n + 3.

    The estimate is the plain share; the interval is centred on the adjusted one.

    Source
    ------
    Rocks 2016 (via MeasuringU).

    Examples
    --------
    >>> interval = net_promoter(50, 20, 100)
    >>> round(interval.estimate, 2), round(100 * interval.lo, 2), round(100 * interval.hi, 2)
    (0.3, 14.05, 44.2)
    """
    size = n + 3
    up, down = (promoters + 0.75) / size, (detractors + 0.75) / size
    se = math.sqrt((up + down - (up - down) ** 2) / size)
    half = _z(alpha) * se
    return Interval(
        estimate=(promoters - detractors) / n, lo=up - down - half, hi=up - down + half, se=se
    )


def sample_size(
    base_share: float, other_share: float, *, power: float = 0.8, alpha: float = 0.05
) -> int:
    """How many per arm are needed to see one share move to another (arcsine)?

    Examples
    --------
    >>> sample_size(0.10, 0.15)
    681
    """
    from statsmodels.stats.power import NormalIndPower

    size = _arcsine(other_share) - _arcsine(base_share)
    n = NormalIndPower().solve_power(effect_size=size, alpha=alpha, power=power)
    return math.ceil(float(n))


def minimum_detectable_share(
    base_share: float, n: tuple[int, int], *, power: float = 0.8, alpha: float = 0.05
) -> float:
    """Which larger share could arms of these sizes (treated, control) have told from the base?

    Examples
    --------
    >>> round(minimum_detectable_share(0.20, (200, 200)), 3)
    0.322
    """
    size = (_z(alpha) + _z(2 - 2 * power)) * math.sqrt(1 / n[0] + 1 / n[1])
    return math.sin(min(math.pi, _arcsine(base_share) + size) / 2) ** 2


def _wilson(events: int, n: int, alpha: float) -> tuple[float, float]:
    z, share = _z(alpha), events / n
    centre = share + z**2 / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)


def _clopper_pearson(events: int, n: int, alpha: float) -> tuple[float, float]:
    from scipy.special import betaincinv

    lo = betaincinv(events, n - events + 1, alpha / 2) if events > 0 else 0.0
    hi = betaincinv(events + 1, n - events, 1 - alpha / 2) if events < n else 1.0
    return float(lo), float(hi)


def _share(events: int, n: int, limits: tuple[float, float]) -> Interval:
    return Interval(
        estimate=events / n,
        lo=limits[0] if events > 0 else 0.0,
        hi=limits[1] if events < n else 1.0,
    )


def _checked(interval: Interval | None) -> Interval:
    if interval is None:
        raise ValueError("an empty group has no share")
    return interval


def _score_p(events: tuple[int, int], n: tuple[int, int]) -> float:
    """Two-sided p of equal shares by the pooled (score) z test."""
    pooled = sum(events) / sum(n)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n[0] + 1 / n[1]))
    if spread == 0:
        return 1.0
    return _two_sided((events[0] / n[0] - events[1] / n[1]) / spread)


def _within(values: Floats, stratum: Ints) -> Floats:
    """Values less the mean of their stratum."""
    means: Floats = np.bincount(stratum, weights=values) / np.maximum(np.bincount(stratum), 1)
    centred: Floats = values - means[stratum]
    return centred


def _normal(estimate: float, se: float, alpha: float) -> Interval:
    half = _z(alpha) * se
    p = _two_sided(estimate / se) if se > 0 else 1.0 if estimate == 0 else 0.0
    return Interval(estimate=estimate, lo=estimate - half, hi=estimate + half, se=se, p=p)


def _two_sided(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))


def _z(alpha: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(1 - alpha / 2))


def _arcsine(share: float) -> float:
    return 2 * math.asin(math.sqrt(share))
