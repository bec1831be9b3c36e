"""A logistic regression of weighted rows, with the sandwich variance that weights call for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_analysis.deals.comparison.logit import fit_logit
from crm_analysis.survival.arrays import Bools, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedLogit:
    """Coefficients (log odds) and their covariance."""

    coef: Floats
    covariance: Floats


def fit_weighted(
    x: Floats,
    lost: Bools,
    weight: Floats,
    *,
    precision: Floats | None = None,
    offset: Floats | None = None,
    start: Floats | None = None,
) -> WeightedLogit:
    """Fit the log odds of the loss on the columns of x.

    Parameters
    ----------
    x : array (n, k)
        Columns, the constant among them.
    lost : array (n,)
        What came.
    weight : array (n,)
        For how many each row stands; 0 leaves it out.
    precision : array (k,), optional
        Of a normal prior at 0 on each coefficient; none without it.
    offset : array (n,), optional
        A part of the log odds that is given.
    start : array (k,), optional
        Where to begin; where it ends does not depend on it.

    Examples
    --------
    Three of four were lost, if the first counts for two:

    >>> fit = fit_weighted(np.ones((3, 1)), np.array([True, False, True]),
    ...     np.array([2.0, 1.0, 1.0]))
    >>> round(float(fit.coef[0]), 4)  # log 3
    1.0986
    """
    prior = np.zeros(x.shape[1]) if precision is None else precision
    given = np.zeros(len(x)) if offset is None else offset
    begin = np.zeros(x.shape[1]) if start is None else start
    fit = fit_logit(x, weight, weight * lost, precision=prior, start=begin, offset=given)
    p = expit(x @ fit.coef + given)
    scores = x * (weight * (lost - p))[:, None]
    bread = np.linalg.pinv(fit.information)
    return WeightedLogit(coef=fit.coef, covariance=bread @ (scores.T @ scores) @ bread)


def expit(values: Floats) -> Floats:
    """Turn log odds into probabilities.

    Examples
    --------
    >>> expit(np.array([0.0])).tolist()
    [0.5]
    """
    bounded: Floats = 1 / (1 + np.exp(-np.clip(values, -35, 35)))
    return bounded


def logit(p: Floats) -> Floats:
    """Turn probabilities strictly between 0 and 1 into log odds."""
    odds: Floats = np.log(p) - np.log1p(-p)
    return odds
