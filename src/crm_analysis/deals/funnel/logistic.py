"""A logistic regression of few columns, with the sandwich variance by cluster.

Edges, decided here: a column without spread is left out; a fit that does not come to rest, or in
which all outcomes are the same, is None. A ridge of 1e-6 on all but the first column keeps a
column that separates the outcomes from running away; it changes nothing that can be read.

Witness: statsmodels `Logit(...).fit(cov_type="cluster")`, in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_analysis.survival.arrays import Floats

MAX_STEPS = 50
RIDGE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Logistic:
    """Coefficients (log odds) with their variance; `names` are the columns that were used."""

    names: tuple[str, ...]
    coef: Floats
    covariance: Floats
    n: int
    events: int

    def log_odds(self, x: Floats) -> Floats:
        """Return the log odds of rows given in the order of `names`."""
        found: Floats = x @ self.coef
        return found

    def se(self, name: str) -> float:
        """Return the standard error of one coefficient."""
        place = self.names.index(name)
        return float(np.sqrt(self.covariance[place, place]))


def expit(values: Floats) -> Floats:
    """Turn log odds into probabilities.

    Examples
    --------
    >>> expit(np.array([0.0])).tolist()
    [0.5]
    """
    bounded: Floats = 1.0 / (1.0 + np.exp(-np.clip(values, -35, 35)))
    return bounded


def logit(values: Floats) -> Floats:
    """Turn probabilities strictly between 0 and 1 into log odds."""
    odds: Floats = np.log(values / (1.0 - values))
    return odds


def fit_logistic(
    x: Floats,
    y: Floats,
    *,
    names: tuple[str, ...],
    cluster: Floats | None = None,
    offset: Floats | None = None,
) -> Logistic | None:
    """Fit log odds of `y` on the columns of `x`; the first column is the constant.

    Parameters
    ----------
    x : array (n, k)
        Columns named by `names`, the constant first.
    y : array (n,)
        Outcomes, 0 or 1.
    names : tuple of str
        Names of the columns.
    cluster : array (n,) of whole numbers, optional
        Rows of one subject; without it each row is its own.
    offset : array (n,), optional
        A part of the log odds that is given.
    """
    kept = [0, *(place for place in range(1, x.shape[1]) if np.ptp(x[:, place]) > 0)]
    if not 0 < y.sum() < len(y):
        return None
    used = x[:, kept]
    given = np.zeros(len(y)) if offset is None else offset
    coef = _newton(used, y, given)
    if coef is None:
        return None
    p = expit(used @ coef + given)
    bread = np.linalg.inv(information(used, p))
    scores = _summed(used * (y - p)[:, None], cluster)
    m = len(scores)
    meat = scores.T @ scores * (m / max(m - 1, 1))
    return Logistic(
        names=tuple(names[place] for place in kept),
        coef=coef,
        covariance=bread @ meat @ bread,
        n=len(y),
        events=int(y.sum()),
    )


def _newton(x: Floats, y: Floats, offset: Floats) -> Floats | None:
    coef = np.zeros(x.shape[1])
    ridge = np.full(x.shape[1], RIDGE)
    ridge[0] = 0.0
    for _ in range(MAX_STEPS):
        p = expit(x @ coef + offset)
        score = x.T @ (y - p) - ridge * coef
        step = np.linalg.solve(information(x, p), score)
        coef = coef + np.clip(step, -5, 5)
        if np.abs(step).max() < 1e-10:
            found: Floats = coef
            return found
    return None


def information(x: Floats, p: Floats) -> Floats:
    """Return the information that rows of these probabilities hold of the coefficients."""
    ridge = np.full(x.shape[1], RIDGE)
    ridge[0] = 0.0
    found: Floats = (x * (p * (1 - p))[:, None]).T @ x + np.diag(ridge)
    return found


def _summed(scores: Floats, cluster: Floats | None) -> Floats:
    """Sum the scores of each cluster."""
    if cluster is None:
        return scores
    codes = np.unique(cluster, return_inverse=True)[1]
    summed: Floats = np.column_stack([np.bincount(codes, weights=part) for part in scores.T])
    return summed
