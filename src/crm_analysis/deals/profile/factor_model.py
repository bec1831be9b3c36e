"""All factors together: how well do they tell lost leads from won ones, on leads of a later time?

Decisions:
* Logistic regression with a normal prior of standard deviation 1 on each coefficient, per standard
  deviation of a number and per level; levels of fewer than `min_cell` leads are one level, a
  missing value is a column of its own. Columns are made from the leads that are fitted only.
* Fitted on leads that were opened and closed by the day at which four fifths had been opened,
  tried on those opened later. Accounts (customer_id) are left out: most are new.
* The interval of the AUC is DeLong's; ties count half.

Source: DeLong, DeLong and Clarke-Pearson (1988).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.deals.comparison.factor import Factor, FactorTable
from crm_analysis.deals.comparison.levels import LOST, WON
from crm_analysis.deals.comparison.logit import fit_logit
from crm_analysis.proportions import Interval
from crm_analysis.survival.normal import critical, two_sided

TRAIN_SHARE = 0.8
MIN_PER_ENDING = 25

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Coding:
    """How one factor becomes columns: its levels, or centre and scale of a number."""

    factor: Factor
    levels: tuple[str, ...] = ()
    centre: float = 0.0
    scale: float = 1.0

    def columns(self, frame: pd.DataFrame) -> Floats:
        """Return the factor's columns, (n, k)."""
        if self.factor.kind == "number":
            values = _numbers(frame, self.factor)
            missing = ~np.isfinite(values)
            centred = np.where(missing, 0.0, (values - self.centre) / self.scale)
            return np.column_stack((centred, missing))
        code, words = pd.factorize(frame[self.factor.name])  # missing is -1: the last row below
        place = {level: at for at, level in enumerate(self.levels)}
        own = [place.get(str(word), len(place)) for word in words]
        rows = np.vstack((np.eye(len(place) + 1)[own], np.zeros(len(place) + 1)))
        return np.asarray(rows[code])


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorModel:
    """A fitted model; `score` gives the log odds of loss of any leads with the same factors."""

    codings: tuple[_Coding, ...]
    coef: Floats
    intercept: float

    def score(self, frame: pd.DataFrame) -> Floats:
        """Return the log odds of being lost rather than won, by lead."""
        return np.asarray(_design(frame, self.codings) @ self.coef + self.intercept)


def fit_factors(
    frame: pd.DataFrame, factors: Sequence[Factor], *, min_cell: int = 5
) -> FactorModel | None:
    """Fit lost against won on all factors; None where there are too few of either ending.

    Parameters
    ----------
    frame : DataFrame
        From `factors.factor_table`; only lost and won leads are used.
    factors : sequence of Factor
        Which of its columns.
    min_cell : int
        Leads that a level needs.
    """
    closed = frame[frame["cause"].isin((LOST, WON))]
    lost = (closed["cause"] == LOST).to_numpy()
    codings = tuple(_coding(closed, factor, min_cell) for factor in factors)
    if min(lost.sum(), (~lost).sum()) < MIN_PER_ENDING or not codings:
        return None
    coef = _ridge(_design(closed, codings), lost)
    return FactorModel(codings=codings, coef=coef[:-1], intercept=float(coef[-1]))


def later_auc(table: FactorTable, *, min_cell: int = 5, alpha: float = 0.05) -> Interval | None:
    """How well do factors of earlier leads tell the endings of later ones? .5 is no skill.

    Parameters
    ----------
    table : FactorTable
        Leads with their factors; `opened_day` orders them.
    min_cell : int
        Leads that a level needs.
    alpha : float
        One minus the level of the interval.

    Returns
    -------
    Interval or None
        AUC with its interval, and p against .5; None where either side has too few endings.
    """
    frame = table.frame
    closed = frame[frame["cause"].isin((LOST, WON))]
    if closed.empty:
        return None
    split = closed["opened_day"].sort_values().iloc[int(TRAIN_SHARE * len(closed)) - 1]
    early = closed["opened_day"] <= split
    ended = closed["opened_day"] + pd.to_timedelta(closed["duration_days"], unit="D") <= split
    factors = [factor for factor in table.factors if factor.name != "customer_id"]
    model = fit_factors(closed[early & ended], factors, min_cell=min_cell)
    later = closed[~early]
    lost = (later["cause"] == LOST).to_numpy()
    if model is None or min(lost.sum(), (~lost).sum()) < MIN_PER_ENDING:
        return None
    return auc(model.score(later), lost, alpha=alpha)


def auc(score: Floats, lost: Bools, *, alpha: float = 0.05) -> Interval:
    """Return the share of pairs, lost and won, that a score orders rightly, with DeLong's interval.

    Examples
    --------
    >>> auc(np.array([3.0, 2.0, 1.0, 2.0]), np.array([True, True, False, False])).estimate
    0.875
    """
    from scipy.stats import rankdata  # slow to import, and few pages need it

    n_lost, n_won = int(lost.sum()), int((~lost).sum())
    rank = rankdata(score)
    of_lost = (rank[lost] - rankdata(score[lost])) / n_won
    of_won = 1 - (rank[~lost] - rankdata(score[~lost])) / n_lost
    value = float(of_lost.mean())
    parts = (of_lost.var(ddof=1) / n_lost, of_won.var(ddof=1) / n_won)
    se = float(np.sqrt(sum(parts)))
    half = critical(alpha) * se
    p = two_sided((value - 0.5) / se) if se > 0 else None
    return Interval(
        estimate=value, lo=max(value - half, 0.0), hi=min(value + half, 1.0), se=se, p=p
    )


def _coding(frame: pd.DataFrame, factor: Factor, min_cell: int) -> _Coding:
    if factor.kind == "number":
        values = _numbers(frame, factor)
        known = values[np.isfinite(values)]
        if not len(known) or known.std() == 0:
            return _Coding(factor=factor)
        return _Coding(factor=factor, centre=float(known.mean()), scale=float(known.std()))
    counts = frame[factor.name].value_counts()
    common = sorted(str(level) for level in counts.index[counts >= min_cell])
    return _Coding(factor=factor, levels=tuple(common))


def _numbers(frame: pd.DataFrame, factor: Factor) -> Floats:
    return pd.to_numeric(frame[factor.name], errors="coerce").to_numpy(float, na_value=np.nan)


def _design(frame: pd.DataFrame, codings: Sequence[_Coding]) -> Floats:
    return np.column_stack([coding.columns(frame) for coding in codings])


def _ridge(x: Floats, lost: Bools) -> Floats:
    """Fit logistic regression with a unit normal prior on all but the intercept (the last)."""
    x = np.column_stack((x, np.ones(len(x))))
    n_prior = x.shape[1] - 1
    precision = np.append(np.ones(n_prior), 0.0)
    start = np.append(np.zeros(n_prior), np.log(lost.mean() / (1 - lost.mean())))
    counts, events = np.ones(len(x)), lost.astype(float)
    return fit_logit(x, counts, events, precision=precision, start=start).coef
