"""Hazards compared one column at a time by quick Cox fits.

Decision: an analysis here asks hundreds of one-covariate questions of the same leads. All columns
are fitted in one Newton iteration (Efron ties), each with its own coefficient; the answers equal
those of lifelines to 1e-6 (a test), at a hundredth of the time. Events precede censorings at equal
times: a lead censored on day t is still at risk on day t.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_MAX_STEPS = 25
_MAX_LOG_HAZARD = 20.0  # beyond it exp() says nothing; such a column is reported as not converged


@dataclass(frozen=True, slots=True, kw_only=True)
class OneByOne:
    """Log hazard ratios of k columns, each fitted alone; arrays of shape (k,)."""

    log_hazard_ratio: Floats
    se: Floats
    p: Floats
    converged: Bools


def cox_one_by_one(covariates: Floats, duration: Floats, event: Bools) -> OneByOne:
    """How does the hazard change with each column, taken alone?

    Parameters
    ----------
    covariates : array, shape (n, k)
        One column a question; no missing values, best standardised.
    duration : array, shape (n,)
        Days at risk.
    event : array of bool, shape (n,)
        Whether the event of interest ended them.

    Returns
    -------
    OneByOne
        Log hazard ratio per unit of the column, model-based standard error, two-sided Wald p.
        A column without variation or with all events on one side has not converged.

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
    risk = _RiskSets.of(covariates - covariates.mean(axis=0), duration, event)
    beta = np.zeros(covariates.shape[1])
    step = np.full_like(beta, np.inf)
    information = np.zeros_like(beta)
    for _ in range(_MAX_STEPS):
        score, information = risk.score(beta)
        step = np.where(information > 1e-10, score / np.maximum(information, 1e-10), 0.0)
        step = np.clip(step, -1.0, 1.0)
        beta = np.clip(beta + step, -_MAX_LOG_HAZARD, _MAX_LOG_HAZARD)
        if np.max(np.abs(step), initial=0.0) < 1e-10:
            break
    converged = (np.abs(step) < 1e-6) & (information > 1e-6) & (np.abs(beta) < _MAX_LOG_HAZARD)
    se = 1.0 / np.sqrt(np.maximum(information, 1e-10))
    p = 2 * stats.norm.sf(np.abs(beta) / se)
    return OneByOne(log_hazard_ratio=beta, se=se, p=p, converged=converged)


@dataclass(frozen=True, slots=True)
class _RiskSets:
    """Rows sorted by falling duration, so that a risk set is a leading block."""

    x: Floats  # (n, k)
    block: npt.NDArray[np.int64]  # (m,) size of the risk set at each event
    tied: npt.NDArray[np.int64]  # (m,) which event time, as an index
    fraction: Floats  # (m, 1) Efron's l / d
    is_event: npt.NDArray[np.int64]  # rows that are events, in the same order

    @classmethod
    def of(cls, x: Floats, duration: Floats, event: Bools) -> _RiskSets:
        order = np.lexsort((~event, -duration))
        x, duration, event = x[order], duration[order], event[order]
        rows = np.flatnonzero(event)
        times, tied, counts = np.unique(-duration[rows], return_inverse=True, return_counts=True)
        starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
        rank = np.arange(len(rows)) - starts[tied]
        block = np.searchsorted(-duration, times, side="right")[tied]
        return cls(x, block, tied, (rank / counts[tied])[:, None], rows)

    def score(self, beta: Floats) -> tuple[Floats, Floats]:
        weight = np.exp(np.clip(self.x * beta, -500, 500))
        moments = [weight, weight * self.x, weight * self.x**2]
        s0, s1, s2 = (self._at_events(moment) for moment in moments)
        mean = s1 / s0
        score = self.x[self.is_event].sum(axis=0) - mean.sum(axis=0)
        information = (s2 / s0 - mean**2).sum(axis=0)
        return score, information

    def _at_events(self, moment: Floats) -> Floats:
        total = np.cumsum(moment, axis=0)[self.block - 1]
        own = np.zeros((int(self.tied.max(initial=-1)) + 1, moment.shape[1]))
        np.add.at(own, self.tied, moment[self.is_event])
        return np.asarray(total - self.fraction * own[self.tied])
