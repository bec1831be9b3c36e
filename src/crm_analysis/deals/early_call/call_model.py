"""A model that calls losses early: the chance of a loss within the horizon, for leads still open.

Decisions:
* Only leads whose fate is known teach, each for as many as it stands (`followed`): a lead that is
  open still is not taken for kept.
* Log odds are linear in the coded columns, each with a normal prior of standard deviation 1 that
  is not tuned. Proportional rates were tried and left: where firms close dead leads by rule (after
  30 days, say) a column works before that day and not on it, and the ranks came out wrong.
* Recalibration: leads of the last closed months are scored by a model that has not seen them. Only
  where their fates reject its level (1 %) is the level moved on the model of all, by the fit with
  a normal prior of 0 ± .2. To move level (no prior) and slope (1 ± .1) always was tried and left:
  it cost 1 to 5 thousandths of log loss a lead where nothing had drifted (this: .0 to .2), and
  gained 7 to 21 where the level had by 1.5 (this: 12 to 21). A slope told by a quarter-year or by
  past periods did not hold in the next one, and is left as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_analysis.deals.early_call.columns import Coding, code_columns
from crm_analysis.deals.early_call.followed import Followed
from crm_analysis.deals.early_call.weighted_logit import expit, fit_weighted
from crm_analysis.survival.arrays import Floats
from crm_analysis.survival.normal import critical, two_sided

PRIOR_PRECISION = 1.0
LEVEL_PRECISION = 25.0
REJECTED_AT = 0.01
LEAST_OF_EACH, LEAST_PER_COLUMN = 20, 5
EDGE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class CallModel:
    """Log odds of a loss within the horizon, and how they are moved to recent months.

    Parameters
    ----------
    coding : Coding
        How features become columns.
    coef : array (1 + k,)
        Log odds: constant, then columns.
    covariance : array (1 + k, 1 + k)
        Of the coefficients.
    level : float
        Recalibration; 0 where there is none.
    moved : float
        Variance of the level.
    n, n_lost : int
        Leads that taught, and those of them that were lost.
    base : float
        Share lost among them (weighted): what one would say without features.
    """

    coding: Coding
    coef: Floats
    covariance: Floats
    level: float = 0.0
    moved: float = 0.0
    n: int
    n_lost: int
    base: float

    def raw_log_odds(self, frame: pd.DataFrame) -> Floats:
        """Return the log odds before recalibration."""
        found: Floats = self._columns(frame) @ self.coef
        return found

    def of(self, frame: pd.DataFrame) -> Floats:
        """Return each lead's probability of a loss within the horizon."""
        return _inside(expit(self.level + self.raw_log_odds(frame)))

    def interval(self, frame: pd.DataFrame, alpha: float) -> tuple[Floats, Floats]:
        """Return the bounds of each probability: of what leads like it do on average."""
        x, line = self._columns(frame), self.raw_log_odds(frame)
        variance = np.einsum("ij,jk,ik->i", x, self.covariance, x) + self.moved
        centre, reach = self.level + line, critical(alpha) * np.sqrt(variance)
        return expit(centre - reach), expit(centre + reach)

    def variance_of_sum(self, frame: pd.DataFrame) -> float:
        """Return the variance of the sum of the probabilities that comes from the fit."""
        p = self.of(frame)
        pull = p * (1 - p)
        by_coef = pull @ self._columns(frame)
        return float(by_coef @ self.covariance @ by_coef + pull.sum() ** 2 * self.moved)

    def _columns(self, frame: pd.DataFrame) -> Floats:
        return np.column_stack([np.ones(len(frame)), self.coding.of(frame)])


def fit_call(
    lesson: pd.DataFrame,
    fates: Followed,
    columns: Sequence[str],
    *,
    like: CallModel | None = None,
) -> CallModel | None:
    """Learn from leads whose fate is known; None with too few of either fate.

    Too few are fewer than 20, or than 5 a column.

    Parameters
    ----------
    lesson : DataFrame
        One row per lead with its features at the landmark.
    fates : Followed
        Their fates, row by row.
    columns : sequence of str
        The features.
    like : CallModel, optional
        Of more leads: its coding is taken, and its coefficients are where the fit begins.
    """
    known, lost = fates.known, fates.lost[fates.known]
    n_least = min(lost.sum(), (~lost).sum())
    if n_least < LEAST_OF_EACH:
        return None
    told, weight = lesson[known], fates.weight[known]
    coding = code_columns(told, columns) if like is None else like.coding
    x = np.column_stack([np.ones(len(lost)), coding.of(told)])
    if n_least < LEAST_PER_COLUMN * (x.shape[1] - 1):
        return None
    prior = np.append(0.0, np.full(x.shape[1] - 1, PRIOR_PRECISION))
    begin = None if like is None else like.coef
    fit = fit_weighted(x, lost, weight, precision=prior, start=begin)
    return CallModel(
        coding=coding,
        coef=fit.coef,
        covariance=fit.covariance,
        n=len(lost),
        n_lost=int(lost.sum()),
        base=float(weight @ lost / weight.sum()),
    )


def recalibrate(
    model: CallModel, blind: CallModel, recent: pd.DataFrame, fates: Followed
) -> CallModel:
    """Put the level of recent fates on a model, where they reject the level known before.

    Parameters
    ----------
    model : CallModel
        The model to move.
    blind : CallModel
        One that has not seen the recent leads; its own error counts in what is rejected.
    recent : DataFrame
        The recent leads.
    fates : Followed
        Their fates; with fewer than 20 of either, or a level that they do not reject, the model
        comes back as it is.
    """
    known, lost = fates.known, fates.lost[fates.known]
    if min(lost.sum(), (~lost).sum()) < LEAST_OF_EACH:
        return model
    told = recent[known]
    constant, weight, line = np.ones((len(lost), 1)), fates.weight[known], blind.raw_log_odds(told)
    free = fit_weighted(constant, lost, weight, offset=line)
    p = expit(line)
    variance = free.covariance[0, 0] + blind.variance_of_sum(told) / float(p @ (1 - p)) ** 2
    if two_sided(float(free.coef[0] / np.sqrt(variance))) >= REJECTED_AT:
        return model
    fit = fit_weighted(constant, lost, weight, precision=np.array([LEVEL_PRECISION]), offset=line)
    return replace(model, level=float(fit.coef[0]), moved=float(fit.covariance[0, 0]))


def _inside(p: Floats) -> Floats:
    held: Floats = np.clip(p, EDGE, 1 - EDGE)
    return held
