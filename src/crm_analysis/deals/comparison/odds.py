"""Lost against won where leads carry no durations: logistic regression within periods of opening.

Decisions:
* Months of opening that follow one another are joined into periods of at least 25 closed leads
  with 5 of either ending, each with a level of its own: with fewer the levels themselves would
  bias the coefficients. Where all leads have one month there is one period.
* Rows of one period and one value are counted together first, so that a fit costs what the column
  has distinct values.
* A fit that runs away, or whose information is singular, has not converged.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.deals.comparison.logit import fit_logit

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LEAST_CLOSED, LEAST_ENDING = 25, 5
_RUNAWAY = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OddsFit:
    """Log odds ratios of lost against won (k,), their covariance (k, k), and how well they fit."""

    coef: Floats
    covariance: Floats
    loglik: float
    converged: bool

    @property
    def se(self) -> Floats:
        """Standard errors of the coefficients."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))


def has_durations(frame: pd.DataFrame) -> bool:
    """Say whether closed leads took different numbers of days, so that there are hazards.

    Examples
    --------
    >>> has_durations(pd.DataFrame({"duration_days": [0, 0, 9], "cause": [1, 2, 0]}))
    False
    """
    return frame.loc[frame["cause"].isin((1, 2)), "duration_days"].nunique() > 1


def periods(month: Codes, lost: Bools) -> Codes:
    """Join months that follow one another until each period has enough closed leads.

    Examples
    --------
    >>> month = np.repeat([1, 2, 3], [30, 10, 30]).astype(np.int64)
    >>> periods(month, np.arange(70) % 2 == 0).tolist() == [0] * 30 + [1] * 40
    True
    """
    names, place = np.unique(month, return_inverse=True)
    n = np.bincount(place, minlength=len(names))
    n_lost = np.bincount(place[lost], minlength=len(names))
    period, codes, so_far = 0, np.zeros(len(names), dtype=np.int64), np.zeros(2)
    for i in range(len(names)):
        codes[i] = period
        so_far += (n_lost[i], n[i] - n_lost[i])
        if so_far.sum() >= LEAST_CLOSED and so_far.min() >= LEAST_ENDING:
            period, so_far = period + 1, np.zeros(2)
    if so_far.any():  # the last months are too few for a period of their own
        codes[codes == period] = max(period - 1, 0)
    return codes[place.reshape(-1)]


def odds_fit(columns: Floats, lost: Bools, period: Codes, *, ridge: float = 0.0) -> OddsFit:
    """How do the odds of lost against won change with each column, periods having own levels?

    Parameters
    ----------
    columns : array, shape (n, k)
        No missing values; best standardised.
    lost : array of bool, shape (n,)
        Lost (True) or won.
    period : array of int, shape (n,)
        Codes from 0.
    ridge : float
        Precision of a normal prior on each coefficient; 0 for none.

    Examples
    --------
    >>> x = np.repeat([0.0, 1.0], [30, 40])[:, None]
    >>> lost = np.concatenate([np.arange(30) < 10, np.arange(40) < 30])
    >>> fit = odds_fit(x, lost, np.zeros(70, dtype=np.int64))
    >>> round(float(fit.coef[0]), 4)  # log((30 / 10) / (10 / 20))
    1.7918
    >>> round(float(fit.se[0]), 4)  # sqrt(1/10 + 1/20 + 1/30 + 1/10)
    0.5323
    """
    x, counts, n_lost, k = _counted(columns, lost, period)
    penalty = np.zeros(x.shape[1])
    penalty[:k] = ridge
    beta = np.zeros(x.shape[1])
    share = np.bincount(period, weights=lost) / np.maximum(np.bincount(period), 1)
    beta[k:] = np.log(np.clip(share, 0.01, 0.99) / np.clip(1 - share, 0.01, 0.99))
    fit = fit_logit(x, counts, n_lost, precision=penalty, start=beta)
    settled = bool(np.abs(fit.last_step[:k]).max(initial=0.0) < 1e-5)
    sound = np.linalg.matrix_rank(fit.information, hermitian=True) == len(beta)
    tame = bool(np.abs(fit.coef[:k]).max(initial=0.0) < _RUNAWAY)
    covariance: Floats = np.asarray(np.linalg.pinv(fit.information, hermitian=True), np.float64)
    return OddsFit(
        coef=fit.coef[:k],
        covariance=covariance[:k, :k],
        loglik=fit.loglik,
        converged=settled and tame and bool(sound),
    )


def _counted(columns: Floats, lost: Bools, period: Codes) -> tuple[Floats, Floats, Floats, int]:
    """Count rows of one period and equal values; append a column of 0 and 1 per period."""
    keyed = np.column_stack((period.astype(float), columns))
    distinct, place = np.unique(keyed, axis=0, return_inverse=True)
    place = place.reshape(-1)
    counts = np.bincount(place, minlength=len(distinct)).astype(float)
    n_lost = np.bincount(place[lost], minlength=len(distinct)).astype(float)
    own = np.equal.outer(distinct[:, 0], np.arange(int(period.max(initial=0)) + 1))
    x = np.column_stack((distinct[:, 1:], own.astype(float)))
    return x, counts, n_lost, columns.shape[1]
