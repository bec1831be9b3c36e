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
* A column that does not vary within any risk set (constant within each stratum, or varying only
  among rows that leave before the first event) is refused as no_spread, a combination that does
  not as collinear.
* Missing strata or clusters are a level of their own.
* With `cluster` the standard errors are the sandwich summed over clusters; with fewer than two
  clusters among the rows used they are the model's own.
* A row that stands for nobody (`repeats` 0) is as if it were not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from crm_analysis.estimates import Status, status_by_events
from crm_analysis.survival.arrays import Bools, Floats
from crm_analysis.survival.efron import EfronFit, cluster_scores, fit_efron
from crm_analysis.survival.episodes import SAME_DAY, Episodes, episodes_of
from crm_analysis.survival.fitted import CoxFit, CoxTerm, made_terms, refused_fit
from crm_analysis.survival.normal import chi_square_tail
from crm_analysis.survival.risk_sets import Ints, RiskSets
from crm_analysis.survival.screening import FLAT, Screened, refusal, screen, standardise

__all__ = ["SAME_DAY", "CoxFit", "CoxTerm", "cox_efron", "fit_cox"]

RUNAWAY = 8.0


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
    if repeats is not None:
        frame = frame[frame[repeats] > 0]
    episodes = episodes_of(
        frame,
        columns=(duration, entry, repeats),
        event=frame[event].astype(bool).to_numpy(),
        strata=strata,
        cluster=cluster,
    )
    return fit_cox(frame, episodes, covariates=covariates, min_events=min_events, alpha=alpha)


def fit_cox(
    rows: pd.DataFrame,
    episodes: Episodes,
    *,
    covariates: Sequence[str],
    min_events: int,
    alpha: float,
) -> CoxFit:
    """Fit episodes on the rows of covariates that they have, or say what cannot be estimated."""
    happened = episodes.by_row(len(rows))[1]
    screened = screen(rows, covariates, happened)
    while True:
        kept = episodes.among(screened.rows)
        sets = kept.sets()
        n = int(sets.repeats.sum())
        left_out = int(episodes.repeats.sum()) - n
        why = refusal(screened, sets.n_events, min_events=min_events)
        if why:
            size = (n, sets.n_events, left_out)
            return refused_fit(covariates, screened, why=why, size=size, method="cox_efron")
        status = status_by_events(sets.n_events, len(screened.usable), min_events=min_events)
        x = screened.x
        scale = standardise(x, kept.by_row(len(x))[0])
        ridge = np.full(len(scale), 1.0 if status == "weak" else 0.0)
        fit = fit_efron(x, sets, ridge=ridge)
        trouble = _trouble(fit, ridge, sets.n_events)
        if trouble is None:
            break
        screened = _without(rows, screened, trouble, event=happened)
    covariance = _covariance(x, sets, fit, kept.cluster) / np.outer(scale, scale)
    found = (fit.beta / scale, covariance, status, alpha)
    return _result(covariates, screened, fit, found, size=(n, sets.n_events, left_out))


def _trouble(fit: EfronFit, ridge: Floats, n_events: int) -> tuple[int, str] | None:
    """Find the column to refuse: one that ran away, or that the risk sets cannot tell apart."""
    wild = int(np.argmax(np.abs(fit.beta)))
    if not fit.converged or abs(fit.beta[wild]) > RUNAWAY:
        return wild, "separated"
    values, directions = np.linalg.eigh(fit.information - np.diag(ridge))
    if values[0] > FLAT * n_events:
        return None
    share = np.abs(directions[:, 0])
    weakest = int(np.flatnonzero(share > 0.1 * share.max())[-1])
    return weakest, "no_spread" if share[weakest] > 1 - 1e-6 else "collinear"


def _without(
    frame: pd.DataFrame, screened: Screened, trouble: tuple[int, str], *, event: Bools
) -> Screened:
    """Refuse a column after the fit, and screen the rest again."""
    place, why = trouble
    name = screened.usable[place]
    rest = screen(frame, [other for other in screened.usable if other != name], event)
    return replace(rest, refused=screened.refused | {name: why} | rest.refused)


def _covariance(x: Floats, sets: RiskSets, fit: EfronFit, groups: Ints | None) -> Floats:
    own = np.linalg.inv(fit.information)
    if groups is None or (groups == groups[0]).all():
        return np.asarray(own, dtype=float)
    summed = cluster_scores(x, sets, fit.beta, groups)
    return np.asarray(own @ (summed.T @ summed) @ own, dtype=float)


def _result(
    covariates: Sequence[str],
    screened: Screened,
    fit: EfronFit,
    found: tuple[Floats, Floats, Status, float],
    *,
    size: tuple[int, int, int],
) -> CoxFit:
    coef, covariance, status, alpha = found
    weak = status == "weak"
    note = "ridge" if weak else ""
    gain = 2 * (fit.loglik - fit.loglik_null)
    return CoxFit(
        terms=made_terms(
            covariates, screened, coef=coef, covariance=covariance, how=(status, note, alpha)
        ),
        status=status,
        note=note,
        n=size[0],
        events=size[1],
        n_missing=size[2],
        loglik=fit.loglik,
        loglik_null=fit.loglik_null,
        p=None if weak else chi_square_tail(gain, len(coef)),
        covariance=covariance,
        method="cox_efron_ridge" if weak else "cox_efron",
    )
