"""Logistic regression on counted rows, with a normal prior per coefficient where one is wanted.

Decisions:
* Newton's steps are halved until the penalised likelihood rises, so that the fit comes to rest from
  anywhere; columns that say the same are shared out evenly (least squares), not refused.
* The information is a matrix times its own transpose: a tenth of the processor time of a product of
  two, which is shared out to threads that wait for each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_MAX_STEPS, _MAX_HALVINGS = 50, 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Logit:
    """Coefficients (k,), information with the prior (k, k), log likelihood, and the last step."""

    coef: Floats
    information: Floats
    loglik: float
    last_step: Floats


def fit_logit(
    x: Floats,
    counts: Floats,
    events: Floats,
    *,
    precision: Floats,
    start: Floats,
    offset: Floats | None = None,
) -> Logit:
    """Fit the share of events among the counted rows of each pattern.

    Parameters
    ----------
    x : array, shape (n, k)
        A row per pattern, with its intercepts.
    counts, events : array, shape (n,)
        Rows of each pattern, and those with the event.
    precision : array, shape (k,)
        Of the normal prior on each coefficient; 0 for none.
    start : array, shape (k,)
        Where to begin.
    offset : array, shape (n,), optional
        A part of the log odds that is given.

    Examples
    --------
    >>> x, n, events, none = np.ones((1, 1)), np.array([4.0]), np.array([1.0]), np.zeros(1)
    >>> fit = fit_logit(x, n, events, precision=none, start=none)
    >>> round(float(fit.coef[0]), 4)  # log(1 / 3)
    -1.0986
    """
    given = np.zeros(len(x)) if offset is None else offset
    beta, value = start, _value(x @ start + given, counts, events) - _penalty(precision, start)
    step, information = np.full(len(start), np.inf), np.diag(precision)
    for _ in range(_MAX_STEPS):
        mean = 1 / (1 + np.exp(-np.clip(x @ beta + given, -30, 30)))
        score = x.T @ (events - counts * mean) - precision * beta
        rooted = x * np.sqrt(counts * mean * (1 - mean))[:, None]
        information = rooted.T @ rooted + np.diag(precision)
        step = np.linalg.lstsq(information, score, rcond=None)[0]
        for _ in range(_MAX_HALVINGS):
            there = beta + step
            risen = _value(x @ there + given, counts, events) - _penalty(precision, there)
            if risen >= value - 1e-9 * abs(value):
                break
            step = step / 2
        beta, value = beta + step, risen
        if np.abs(step).max() < 1e-9:
            break
    loglik = value + _penalty(precision, beta)
    return Logit(coef=beta, information=information, loglik=loglik, last_step=step)


def _value(linear: Floats, counts: Floats, events: Floats) -> float:
    return float(events @ linear - counts @ np.logaddexp(0, linear))


def _penalty(precision: Floats, beta: Floats) -> float:
    return float(precision @ beta**2) / 2
