"""Hazards where time is coarse: the complementary log-log model of grouped survival.

When closings fall on fewer than 20 distinct days (weekly or monthly entry), ties are no accident
to be corrected but the clock itself. The cloglog model with a baseline per day has the very
hazard ratio of the continuous-time Cox model, without an approximation for ties.

Edges, decided here:

* A day on which no one at risk ended, or all did, carries no information and is left out.
* Rows are compressed to (day, pattern) counts; nothing else is lost by it.
* Columns are screened and refused as in `cox`; a fit that does not converge is refused as a whole.

Source: Prentice and Gloeckler (1978).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from crm_analysis.estimates import status_by_events
from crm_analysis.survival.arrays import Bools, Floats
from crm_analysis.survival.cox import RUNAWAY
from crm_analysis.survival.fitted import CoxFit, made_terms, refused_fit
from crm_analysis.survival.screening import refusal, screen

MAX_DISTINCT_TIMES = 20


def is_coarse(
    frame: pd.DataFrame, *, duration: str = "duration_days", event: str = "event"
) -> bool:
    """Say whether events fall on fewer than 20 distinct days, so that ties are the rule.

    Examples
    --------
    >>> is_coarse(pd.DataFrame({"duration_days": [30, 60, 60], "event": [True, True, True]}))
    True
    """
    return frame.loc[frame[event].astype(bool), duration].nunique() < MAX_DISTINCT_TIMES


def discrete_cloglog(
    frame: pd.DataFrame,
    *,
    covariates: Sequence[str],
    duration: str = "duration_days",
    event: str = "event",
    min_events: int = 10,
    alpha: float = 0.05,
) -> CoxFit:
    """Fit log hazard ratios with a baseline per distinct day, or say what cannot be estimated.

    Parameters are those of `cox.cox_efron`. Where events are too few the answer is
    not_estimable; there is no ridge here, and `loglik` is that of the grouped binomial.
    """
    happened = frame[event].astype(bool).to_numpy()
    screened = screen(frame, covariates, happened)
    days = frame.loc[screened.rows, duration].to_numpy(dtype=float)
    happened = happened[screened.rows]
    n_events = int(happened.sum())
    size = (len(happened), n_events, int((~screened.rows).sum()))
    why = refusal(screened, n_events, min_events=min_events)
    if why:
        return refused_fit(covariates, screened, why=why, size=size, method="cloglog")
    centre, scale = screened.x.mean(axis=0), screened.x.std(axis=0)
    fitted = _fit(*_periods((screened.x - centre) / scale, days, happened), len(scale))
    if fitted is None:
        return refused_fit(covariates, screened, why="not_converged", size=size, method="cloglog")
    beta, covariance, loglik = fitted
    covariance = covariance / np.outer(scale, scale)
    status = status_by_events(n_events, len(scale), min_events=min_events)
    return CoxFit(
        terms=made_terms(
            covariates,
            screened,
            coef=beta / scale,
            covariance=covariance,
            how=(status, "", alpha),
        ),
        status=status,
        note="",
        n=len(happened),
        events=n_events,
        n_missing=int((~screened.rows).sum()),
        loglik=loglik,
        loglik_null=None,
        p=None,
        covariance=covariance,
        method="cloglog",
    )


def _periods(x: Floats, days: Floats, happened: Bools) -> tuple[Floats, Floats, Floats]:
    """Return design (day dummies, then covariates), events and at-risk counts by day × pattern."""
    patterns, row = np.unique(x, axis=0, return_inverse=True)
    times, blocks, ended, at_risk = np.unique(days[happened]), [], [], []
    for place, time in enumerate(times):
        n = np.bincount(row[days >= time], minlength=len(patterns))
        d = np.bincount(row[(days == time) & happened], minlength=len(patterns))
        if d.sum() == n.sum():
            continue
        held = n > 0
        dummies = np.zeros((int(held.sum()), len(times)))
        dummies[:, place] = 1.0
        blocks.append(np.hstack([dummies, patterns[held]]))
        ended.append(d[held])
        at_risk.append(n[held])
    if not blocks:
        return np.zeros((0, 0)), np.zeros(0), np.zeros(0)
    design = np.vstack(blocks)
    used = np.append(design[:, : len(times)].any(axis=0), np.ones(x.shape[1], dtype=bool))
    return design[:, used], np.concatenate(ended).astype(float), np.concatenate(at_risk)


def _fit(
    design: Floats, ended: Floats, at_risk: Floats, k: int
) -> tuple[Floats, Floats, float] | None:
    """Fit by statsmodels; None where there is no finite maximum."""
    import statsmodels.api as sm

    if not len(design) or np.linalg.matrix_rank(design) < design.shape[1]:
        return None
    family = sm.families.Binomial(link=sm.families.links.CLogLog())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # told as the outcome "not_converged"
        try:
            outcome = np.column_stack([ended, at_risk - ended])
            result = sm.GLM(outcome, design, family=family).fit(maxiter=100, tol=1e-12)
        except (np.linalg.LinAlgError, ValueError):
            return None
    beta = np.asarray(result.params[-k:], dtype=float)
    covariance = np.asarray(result.cov_params()[-k:, -k:], dtype=float)
    sound = result.converged and np.isfinite(covariance).all() and np.abs(beta).max() <= RUNAWAY
    return (beta, covariance, float(result.llf)) if sound else None
