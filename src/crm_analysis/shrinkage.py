"""Shares of small groups drawn towards the mean of all: a beta prior learned from the groups.

Source: Tripathi, Gupta and Gurland (1994) for the likelihood of the beta-binomial; Daniels (1999)
for the uniform shrinkage prior.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from crm_analysis.proportions import Interval

MOST_SUBJECTS = 1e6
"""Weight of the prior at which groups count as alike."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """A beta prior: its mean, and its weight in subjects."""

    mean: float
    weight: float

    def own_share(self, n: int) -> float:
        """Return how much a group of n subjects says for itself, 0 to 1.

        Examples
        --------
        >>> Prior(mean=0.5, weight=30.0).own_share(10)
        0.25
        """
        return n / (n + self.weight)


def beta_binomial_prior(events: Floats, n: Floats) -> Prior:
    """How alike are the groups? Mean and weight of the beta prior by maximum likelihood.

    Parameters
    ----------
    events, n : array, shape (groups,)
        Events and subjects a group.

    Returns
    -------
    Prior
        The mean is the pooled share; a weight of a million says that nothing but chance is seen.

    Examples
    --------
    >>> alike = beta_binomial_prior(np.array([30.0, 31.0, 29.0]), np.array([100.0, 100.0, 100.0]))
    >>> apart = beta_binomial_prior(np.array([10.0, 50.0, 90.0]), np.array([100.0, 100.0, 100.0]))
    >>> alike.weight > 1e5, apart.weight < 10
    (True, True)
    """
    from scipy.optimize import minimize_scalar  # slow to import, and few pages need it

    mean = _mean(events, n)

    def unlikely(log_weight: float) -> float:
        return -float(_log_likelihood(events, n, mean, np.exp([log_weight]))[0])

    found = minimize_scalar(unlikely, bounds=(0.0, np.log(MOST_SUBJECTS)), method="bounded")
    ends = {float(x): unlikely(float(x)) for x in (found.x, np.log(MOST_SUBJECTS))}
    return Prior(mean=mean, weight=float(np.exp(min(ends, key=lambda x: ends[x]))))


def shrunk_share(events: int, n: int, prior: Prior, *, alpha: float = 0.05) -> Interval:
    """How large is a group's share, in the light of all groups? The posterior's mean and interval.

    Examples
    --------
    >>> found = shrunk_share(3, 5, Prior(mean=0.2, weight=5.0))
    >>> round(found.estimate, 3), round(found.lo, 3), round(found.hi, 3)  # beta(4, 6)
    (0.4, 0.137, 0.701)
    """
    from scipy.special import betaincinv

    a = events + prior.mean * prior.weight
    b = n - events + (1 - prior.mean) * prior.weight
    lo, hi = (float(betaincinv(a, b, tail)) for tail in (alpha / 2, 1 - alpha / 2))
    return Interval(estimate=float(a / (a + b)), lo=lo, hi=hi)


def shrunk_interval(
    events: Floats, n: Floats, group: int, *, alpha: float = 0.05
) -> tuple[float, float]:
    """Between which ends is a group's share, when the prior's weight is not known either?

    The posteriors at all weights, each as likely as the groups make it; beforehand every share
    that the group's own subjects could have in it is as likely as any other.

    Parameters
    ----------
    events, n : array, shape (groups,)
        Events and subjects a group.
    group : int
        Place of the group that is asked about.
    alpha : float
        1 - coverage.
    """
    from scipy.optimize import brentq
    from scipy.special import betainc

    mean, weights = _mean(events, n), np.exp(np.linspace(0, np.log(MOST_SUBJECTS), 80))
    own = n[group] / (n[group] + weights)
    chance = _log_likelihood(events, n, mean, weights) + np.log(own * (1 - own))
    chance = np.exp(chance - chance.max())
    chance /= chance.sum()
    a, b = events[group] + mean * weights, n[group] - events[group] + (1 - mean) * weights

    def end(tail: float) -> float:
        return float(brentq(lambda x: chance @ betainc(a, b, x) - tail, 0.0, 1.0))

    return end(alpha / 2), end(1 - alpha / 2)


def _mean(events: Floats, n: Floats) -> float:
    return float(np.clip(events.sum() / n.sum(), 1e-6, 1 - 1e-6))


def _log_likelihood(events: Floats, n: Floats, mean: float, weights: Floats) -> Floats:
    """Return the log likelihood of the groups at each weight."""
    from scipy.special import betaln  # slow to import

    a, b = mean * weights[:, None], (1 - mean) * weights[:, None]
    found: Floats = (betaln(events + a, n - events + b) - betaln(a, b)).sum(axis=1)
    return found
