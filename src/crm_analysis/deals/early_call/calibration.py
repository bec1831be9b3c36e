"""Do the probabilities mean what they say? Slope, intercept, and the error they save.

Decisions:
* The slope is how much the log odds of the loss move with the log odds forecast: below 1 they are
  too far from each other. The intercept is what is left of the log odds where the slope is held at
  1: below 0 too many losses were forecast.
* Leads weigh as for how many they stand (`followed`); standard errors are the sandwich's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_analysis.deals.early_call.weighted_logit import WeightedLogit, fit_weighted, logit
from crm_analysis.survival.arrays import Bools, Floats

N_GROUPS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A number with its standard error."""

    value: float
    se: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Slope (1 is right), and intercept at slope 1 (0 is right)."""

    slope: Measured
    intercept: Measured


def calibration(p: Floats, lost: Bools, weight: Floats) -> Calibration | None:
    """Compare forecasts with what came; None where all fates or all forecasts are the same.

    Parameters
    ----------
    p : array (n,)
        Probabilities within 0 and 1, both excluded.
    lost : array (n,)
        What came.
    weight : array (n,)
        For how many leads each stands; 0 for not known.
    """
    told = weight > 0
    line, y, w = logit(p[told]), lost[told], weight[told]
    if y.all() or not y.any() or np.ptp(line) == 0:
        return None
    constant = np.ones((len(line), 1))
    slope = fit_weighted(np.column_stack([constant, line]), y, w)
    level = fit_weighted(constant, y, w, offset=line)
    return Calibration(slope=_last(slope), intercept=_last(level))


def _last(fit: WeightedLogit) -> Measured:
    return Measured(value=float(fit.coef[-1]), se=float(np.sqrt(fit.covariance[-1, -1])))


def brier(p: Floats, lost: Bools, weight: Floats) -> float:
    """Return the weighted mean squared error of the probabilities.

    Examples
    --------
    >>> brier(np.array([0.8, 0.4]), np.array([True, False]), np.ones(2)).__round__(2)
    0.1
    """
    return float(weight @ (p - lost) ** 2 / weight.sum())


def brier_gain(p: Floats, base: Floats, lost: Bools, weight: Floats) -> Measured:
    """Return the squared error of the base rate less that of the probabilities."""
    return _mean((base - lost) ** 2 - (p - lost) ** 2, weight)


def log_loss_gain(p: Floats, before: Floats, lost: Bools, weight: Floats) -> Measured:
    """Return by how much the log loss of a forecast is below that of another, a lead.

    Examples
    --------
    >>> said, before = np.array([0.8, 0.2]), np.array([0.4, 0.6])
    >>> gain = log_loss_gain(said, before, np.array([True, False]), np.ones(2))
    >>> round(gain.value, 4)  # log 2
    0.6931
    """
    return _mean(np.log(np.where(lost, p / before, (1 - p) / (1 - before))), weight)


def _mean(saved: Floats, weight: Floats) -> Measured:
    total = weight.sum()
    gain = float(weight @ saved / total)
    return Measured(value=gain, se=float(np.sqrt(((weight * (saved - gain)) ** 2).sum()) / total))


def reliability(
    p: Floats, lost: Bools, weight: Floats, *, n_groups: int = N_GROUPS
) -> pd.DataFrame:
    """Put forecast and fate side by side in groups of like forecasts.

    Returns
    -------
    DataFrame
        n (whose fate is known), forecast (mean), lost_share, se: one row per group, lowest first.
    """
    told = np.flatnonzero(weight > 0)
    order = told[np.argsort(p[told], kind="stable")]
    rows = []
    for group in np.array_split(order, min(n_groups, max(len(order), 1))):
        if not len(group):
            continue
        w = weight[group]
        share = float(w @ lost[group] / w.sum())
        spread = float((w**2).sum() / w.sum() ** 2)
        se = np.sqrt(share * (1 - share) * spread)
        rows.append((len(group), float(w @ p[group] / w.sum()), share, se))
    return pd.DataFrame(rows, columns=["n", "forecast", "lost_share", "se"])
