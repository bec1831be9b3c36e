"""What all leads of a month share beyond chance, and how surely that is known.

Each former month's sum of residuals over its sum of p (1 - p) is, to first order, that month's
deviation in log odds, with the reciprocal of that sum as the variance of chance: a meta-analysis
of months with random effects. Its restricted likelihood over a grid of standard deviations, times
a half-normal prior, is the distribution from which each future draws its own standard deviation,
so that few months give wide futures and no estimate is 0 only because months happened to agree.

Decisions:
* The prior is half-normal with scale `PRIOR_SCALE`: with 95 % the standard deviation is below .49,
  where one month in twenty multiplies or divides the odds by more than 2.6. A year of months
  overrules it; one, two or three months alone do not make an interval absurdly wide.
* What is constant within months (the constant, the month's place in its quarter) was fitted to the
  months' own means; the restricted likelihood takes these degrees of freedom off.
* Where windows overlap, the months tell the same ends again: the log likelihood is divided by how
  many windows hold a day.

Published: Gelman (2006), Bayesian Analysis 1, 515-533, on priors of a standard deviation between
groups; Röver et al. (2021), Research Synthesis Methods 12, 448-474, on half-normal ones for log
odds (between studies; months of one firm are more alike, hence a smaller scale here).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_analysis.deals.funnel.logistic import Logistic, expit, information
from crm_analysis.survival.arrays import Floats

MONTHLY = ("constant", "month_2_of_quarter", "month_3_of_quarter")
"""Columns that are the same for all leads of a pipeline."""
PRIOR_SCALE = 0.25
LARGEST, N_SIZES = 2.0, 200
"""The grid's end, eight times the prior's scale, and its cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shock:
    """Standard deviations, in log odds, of what a month's leads share, and their probabilities."""

    sizes: Floats
    weights: Floats

    @property
    def mean(self) -> float:
        """The standard deviation that is to be expected."""
        return float(self.sizes @ self.weights)

    def draw(self, n_draws: int, rng: np.random.Generator) -> Floats:
        """Draw a standard deviation for each future."""
        found: Floats = rng.choice(self.sizes, n_draws, p=self.weights)
        return found


def sure_shock(size: float) -> Shock:
    """Return a shock whose standard deviation is known.

    Examples
    --------
    >>> sure_shock(0.2).mean
    0.2
    """
    return Shock(sizes=np.array([size]), weights=np.ones(1))


def learn_shock(
    fit: Logistic, x: Floats, y: Floats, days: Floats, *, length: int
) -> tuple[Shock, Floats]:
    """Learn what leads of a month share, and by how much that moved the coefficients.

    Parameters
    ----------
    fit : Logistic
        The regression.
    x, y : array
        Its rows, in the order of `fit.names`, and outcomes.
    days : array (n,)
        The former pipeline of each row.
    length : int
        Days of a window.

    Returns
    -------
    tuple of Shock and array (months, k)
        The shock, and the change of each coefficient by a shock of 1 in each former month; of
        months whose windows overlap, larger by the root of how many windows hold a day.
    """
    p = expit(fit.log_odds(x))
    distinct, codes = np.unique(days, return_inverse=True)
    overlap = max(1.0, length / np.median(np.diff(distinct))) if len(distinct) > 1 else 1.0
    monthly = [place for place, name in enumerate(fit.names) if name in MONTHLY]
    shock = month_shock(y - p, p, days, fitted=x[:, monthly], overlap=overlap)
    weighted = x * (p * (1 - p))[:, None]
    moved = np.column_stack([np.bincount(codes, weights=part) for part in weighted.T])
    sway: Floats = np.sqrt(overlap) * np.linalg.solve(information(x, p), moved.T).T
    return shock, sway


def month_shock(
    residual: Floats,
    p: Floats,
    days: Floats,
    *,
    fitted: Floats | None = None,
    overlap: float = 1.0,
) -> Shock:
    """Weigh the standard deviations of what all leads of a month share.

    Parameters
    ----------
    residual : array (n,)
        Outcome less probability.
    p : array (n,)
        Probability from the regression.
    days : array (n,)
        The former pipeline of each row.
    fitted : array (n, k), optional
        Columns of the regression that are the same for all rows of a day; None means a constant.
    overlap : float
        Windows that hold a day, 1 where they do not overlap.
    """
    _, first, codes = np.unique(days, return_index=True, return_inverse=True)
    sums, chance = (np.bincount(codes, weights=part) for part in (residual, p * (1 - p)))
    x = np.ones((len(first), 1)) if fitted is None else fitted[first]
    sizes = (np.arange(N_SIZES) + 0.5) * LARGEST / N_SIZES
    told = _restricted(sums / chance, 1 / chance, x, sizes) / max(overlap, 1.0)
    log_weight = told - 0.5 * (sizes / PRIOR_SCALE) ** 2
    weights = np.exp(log_weight - log_weight.max())
    return Shock(sizes=sizes, weights=weights / weights.sum())


def _restricted(deviation: Floats, variance: Floats, x: Floats, sizes: Floats) -> Floats:
    """Return the restricted log likelihood of each size; flat without a degree of freedom."""
    spanned, spans, _ = np.linalg.svd(x, full_matrices=False)
    base = spanned[:, spans > 1e-9 * spans[0]]
    if len(base) <= base.shape[1]:
        return np.zeros(len(sizes))
    precision = 1 / (sizes[:, None] ** 2 + variance)
    known = np.einsum("gm,mj,mk->gjk", precision, base, base)
    score = np.einsum("gm,mj,m->gj", precision, base, deviation)
    coef = np.linalg.solve(known, score[:, :, None])[:, :, 0]
    rest = (precision * (deviation - coef @ base.T) ** 2).sum(axis=1)
    found: Floats = 0.5 * (np.log(precision).sum(axis=1) - rest - np.linalg.slogdet(known)[1])
    return found
