"""Cause-specific hazards: which indicator goes with faster loss, and by how much?

A coefficient is the log of the ratio of daily hazards per unit of the covariate, the other
endings and open leads censored. It says who is lost *faster while open*; it is not a statement
about the share lost in the end, and without a random draw it is no effect (G7).

Edges, decided here:

* Duration 0 (ended or censored on the opening day) enters as .5; all other ties are Efron's.
* A column that cannot carry a coefficient is refused by name (`screening`); the rest is fitted.
* By events per usable parameter (G3): ok; weak, then with a ridge of a normal prior with
  standard deviation 1 on the log hazard ratio per standard deviation; not_estimable.
* A fit that runs away (|coefficient| above 8 per standard deviation) refuses the column that ran
  farthest as separated and fits the rest.
* Missing strata or clusters are a level of their own.
* With `cluster` the standard errors are the sandwich summed over clusters; with fewer than two
  clusters they are the model's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_analysis.estimates import Status, status_by_events
from crm_analysis.survival.arrays import Floats
from crm_analysis.survival.efron import (
    EfronFit,
    Ints,
    RiskSets,
    fit_efron,
    risk_sets,
    score_residuals,
)
from crm_analysis.survival.normal import chi_square_tail, critical, two_sided
from crm_analysis.survival.screening import Screened, screen

RUNAWAY = 8.0
SAME_DAY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class CoxTerm:
    """One covariate's log hazard ratio per unit; numbers are None where it is refused."""

    name: str
    coef: float | None
    se: float | None
    ci_lo: float | None
    ci_hi: float | None
    p: float | None
    status: Status
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoxFit:
    """A fit, or the reason why there is none.

    Parameters
    ----------
    terms : tuple of CoxTerm
        One per covariate asked for, in that order.
    status : {"ok", "weak", "not_estimable"}
        By events per parameter; a refused term does not change the others.
    note : str
        Note codes, "" where all is well.
    n, events, n_missing : int
        Rows used, events among them, rows left out for a missing value.
    loglik, loglik_null, p : float or None
        Log partial likelihoods, and the likelihood-ratio p of all terms together (no ridge).
    covariance : array (n_estimated, n_estimated)
        Of the estimated terms, in their order.
    method : str
        "cox_efron", or "cox_efron_ridge" where weak.
    """

    terms: tuple[CoxTerm, ...]
    status: Status
    note: str
    n: int
    events: int
    n_missing: int
    loglik: float | None
    loglik_null: float | None
    p: float | None
    covariance: Floats
    method: str

    @property
    def estimated(self) -> tuple[CoxTerm, ...]:
        """The terms that have numbers."""
        return tuple(term for term in self.terms if term.coef is not None)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the estimated terms."""
        return tuple(term.name for term in self.estimated)

    @property
    def coef(self) -> Floats:
        """Log hazard ratios of the estimated terms."""
        return np.array([term.coef for term in self.estimated], dtype=float)

    @property
    def se(self) -> Floats:
        """Standard errors of the estimated terms."""
        return np.array([term.se for term in self.estimated], dtype=float)

    def term(self, name: str) -> CoxTerm:
        """Return the term of that name."""
        return next(term for term in self.terms if term.name == name)

    def frame(self) -> pd.DataFrame:
        """Return one row per term: name, coef, se, ci_lo, ci_hi, p, status, note."""
        fields = ("name", "coef", "se", "ci_lo", "ci_hi", "p", "status", "note")
        rows = [tuple(getattr(term, field) for field in fields) for term in self.terms]
        return pd.DataFrame(rows, columns=list(fields))


def cox_efron(
    frame: pd.DataFrame,
    *,
    covariates: Sequence[str],
    duration: str = "duration_days",
    event: str = "event",
    entry: str | None = None,
    strata: Sequence[str] = (),
    cluster: str | None = None,
    repeats: str | None = None,
    min_events: int = 10,
    alpha: float = 0.05,
) -> CoxFit:
    """Fit a Cox model with Efron ties, or say by name what cannot be estimated.

    Parameters
    ----------
    frame : DataFrame
        One row per spell (or interval); not changed.
    covariates : sequence of str
        Numeric or boolean columns; categories come as one column per level but one.
    duration, event : str
        Days at the end of the row, and whether the event of interest happened then.
    entry : str, optional
        Days at which the row comes under observation (a landmark, a start).
    strata : sequence of str
        Columns whose levels have baselines of their own.
    cluster : str, optional
        Column whose levels are independent; asks for robust standard errors.
    repeats : str, optional
        Column saying how many identical rows a row stands for.
    min_events : int
        Events per parameter for ok; half of it for weak.
    alpha : float
        One minus the level of the intervals.
    """
    happened = frame[event].astype(bool).to_numpy()
    screened = screen(frame, covariates, happened)
    while True:
        sets = _sets(
            frame[screened.rows],
            happened[screened.rows],
            columns=(duration, entry, repeats),
            strata=strata,
        )
        refusal = _refusal(screened, sets, min_events)
        if refusal:
            return _refused(covariates, screened, sets, refusal)
        status = status_by_events(sets.n_events, len(screened.usable), min_events=min_events)
        centre, scale = screened.x.mean(axis=0), screened.x.std(axis=0)
        x = (screened.x - centre) / scale
        fit = fit_efron(x, sets, ridge=np.ones(len(scale)) if status == "weak" else None)
        wild = int(np.argmax(np.abs(fit.beta)))
        if fit.converged and abs(fit.beta[wild]) <= RUNAWAY:
            break
        screened = _without(frame, screened, wild, event=happened)
    groups = None if cluster is None else _codes(frame.loc[screened.rows, [cluster]])
    covariance = _covariance(x, sets, fit, groups) / np.outer(scale, scale)
    return _result(covariates, screened, sets, fit, (fit.beta / scale, covariance, status, alpha))


def _sets(
    kept: pd.DataFrame,
    happened: NDArray[np.bool_],
    *,
    columns: tuple[str, str | None, str | None],
    strata: Sequence[str],
) -> RiskSets:
    duration, entry, repeats = columns
    exit_days = kept[duration].to_numpy(dtype=float)
    exit_days = np.where(exit_days == 0, SAME_DAY, exit_days)
    entry_days = None if entry is None else kept[entry].to_numpy(dtype=float)
    begin = np.zeros(len(kept)) if entry_days is None else entry_days
    if not (exit_days > begin).all():
        raise ValueError(f"{duration} must lie after {entry or 0} in every row")
    return risk_sets(
        exit_days,
        happened,
        entry_days=entry_days,
        stratum=_codes(kept[list(strata)]) if strata else None,
        repeats=None if repeats is None else kept[repeats].to_numpy(dtype=float),
    )


def _codes(columns: pd.DataFrame) -> Ints:
    codes = columns.groupby(list(columns), dropna=False, sort=True).ngroup()
    return np.asarray(codes.to_numpy(), dtype=np.int64)


def _refusal(screened: Screened, sets: RiskSets, min_events: int) -> str:
    if not screened.rows.any():
        return "no_rows"
    if sets.n_events == 0:
        return "no_events"
    if not screened.usable:
        return next(iter(screened.refused.values()), "no_rows")
    status = status_by_events(sets.n_events, len(screened.usable), min_events=min_events)
    return "too_few_events" if status == "not_estimable" else ""


def _without(
    frame: pd.DataFrame, screened: Screened, wild: int, *, event: NDArray[np.bool_]
) -> Screened:
    """Refuse the column that ran away, and screen the rest again."""
    name = screened.usable[wild]
    rest = screen(frame, [other for other in screened.usable if other != name], event)
    return replace(rest, refused=screened.refused | {name: "separated"} | rest.refused)


def _covariance(x: Floats, sets: RiskSets, fit: EfronFit, groups: Ints | None) -> Floats:
    own = np.linalg.inv(fit.information)
    if groups is None or groups.max() == 0:
        return np.asarray(own, dtype=float)
    residuals = score_residuals(x, sets, fit.beta) * sets.repeats[:, None]
    summed = np.zeros((int(groups.max()) + 1, x.shape[1]))
    np.add.at(summed, groups, residuals)
    return np.asarray(own @ (summed.T @ summed) @ own, dtype=float)


def _refused(covariates: Sequence[str], screened: Screened, sets: RiskSets, why: str) -> CoxFit:
    terms = tuple(_no_term(name, screened.refused.get(name, why)) for name in covariates)
    return CoxFit(
        terms=terms,
        status="not_estimable",
        note=why,
        n=int(sets.repeats.sum()),
        events=sets.n_events,
        n_missing=int((~screened.rows).sum()),
        loglik=None,
        loglik_null=None,
        p=None,
        covariance=np.zeros((0, 0)),
        method="cox_efron",
    )


def _result(
    covariates: Sequence[str],
    screened: Screened,
    sets: RiskSets,
    fit: EfronFit,
    found: tuple[Floats, Floats, Status, float],
) -> CoxFit:
    coef, covariance, status, alpha = found
    weak = status == "weak"
    note = "ridge" if weak else ""
    made = {
        name: _term(name, float(coef[i]), float(covariance[i, i]), (status, note, alpha))
        for i, name in enumerate(screened.usable)
    }
    gain = 2 * (fit.loglik - fit.loglik_null)
    return CoxFit(
        terms=tuple(
            made[name] if name in made else _no_term(name, screened.refused[name])
            for name in covariates
        ),
        status=status,
        note=note,
        n=int(sets.repeats.sum()),
        events=sets.n_events,
        n_missing=int((~screened.rows).sum()),
        loglik=fit.loglik,
        loglik_null=fit.loglik_null,
        p=None if weak else chi_square_tail(gain, len(coef)),
        covariance=covariance,
        method="cox_efron_ridge" if weak else "cox_efron",
    )


def _term(name: str, coef: float, variance: float, how: tuple[Status, str, float]) -> CoxTerm:
    status, note, alpha = how
    se = float(np.sqrt(variance))
    reach = critical(alpha) * se
    return CoxTerm(
        name=name,
        coef=coef,
        se=se,
        ci_lo=coef - reach,
        ci_hi=coef + reach,
        p=two_sided(coef / se) if se > 0 else None,
        status=status,
        note=note,
    )


def _no_term(name: str, note: str) -> CoxTerm:
    return CoxTerm(
        name=name,
        coef=None,
        se=None,
        ci_lo=None,
        ci_hi=None,
        p=None,
        status="not_estimable",
        note=note,
    )
