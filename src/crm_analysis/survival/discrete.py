"""Hazards where time is coarse: the complementary log-log model of grouped survival.

When closings fall on fewer than 20 distinct days (weekly or monthly entry), ties are no accident
to be corrected but the clock itself. The cloglog model with a baseline per day has the very
hazard ratio of the continuous-time Cox model, without an approximation for ties.

Edges, decided here:

* A day on which no one at risk ended, or all did, carries no information and is left out.
* A spell of 0 days is half a day, and late entry, strata and repeats are those of `cox`.
* Columns are screened and refused as in `cox`; a fit that does not converge is refused as a whole.

Source: Prentice and Gloeckler (1978).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from crm_analysis.estimates import status_by_events
from crm_analysis.survival.cloglog import fit_cloglog
from crm_analysis.survival.compressed import LOST, table_episodes
from crm_analysis.survival.episodes import Episodes, episodes_of
from crm_analysis.survival.fitted import CoxFit, made_terms, refused_fit
from crm_analysis.survival.normal import chi_square_tail
from crm_analysis.survival.screening import refusal, screen, standardise

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
    entry: str | None = None,
    strata: Sequence[str] = (),
    min_events: int = 10,
    alpha: float = 0.05,
) -> CoxFit:
    """Fit log hazard ratios with a baseline per distinct day, or say what cannot be estimated.

    Parameters are those of `cox.cox_efron`. Where events are too few the answer is
    not_estimable, where they are few it is weak; there is no ridge here.
    """
    episodes = episodes_of(
        frame,
        columns=(duration, entry, None),
        event=frame[event].astype(bool).to_numpy(),
        strata=strata,
    )
    return _fitted(frame, episodes, covariates=covariates, min_events=min_events, alpha=alpha)


def cloglog_table(
    risk: pd.DataFrame,
    *,
    covariates: Sequence[str],
    causes: Sequence[int] = LOST,
    strata: Sequence[str] = (),
    min_events: int = 10,
    alpha: float = 0.05,
) -> CoxFit:
    """Fit the same model to a risk table, at the cost of its patterns.

    Parameters are those of `compressed.cox_table`.
    """
    rows, episodes = table_episodes(risk, covariates, causes=causes, strata=strata)
    names = [str(name) for name in rows]
    return _fitted(rows, episodes, covariates=names, min_events=min_events, alpha=alpha)


def _fitted(
    rows: pd.DataFrame,
    episodes: Episodes,
    *,
    covariates: Sequence[str],
    min_events: int,
    alpha: float,
) -> CoxFit:
    screened = screen(rows, covariates, episodes.by_row(len(rows))[1])
    kept = episodes.among(screened.rows)
    sets = kept.sets()
    n = int(sets.repeats.sum())
    size = (n, sets.n_events, int(episodes.repeats.sum()) - n)
    refused = partial(refused_fit, covariates, screened, size=size, method="cloglog")
    why = refusal(screened, sets.n_events, min_events=min_events)
    if why:
        return refused(why=why)
    scale = standardise(screened.x, kept.by_row(len(screened.x))[0])
    fit = fit_cloglog(screened.x, sets)
    if fit is None:
        return refused(why="not_converged")
    covariance = fit.covariance / np.outer(scale, scale)
    status = status_by_events(sets.n_events, len(scale), min_events=min_events)
    return CoxFit(
        terms=made_terms(
            covariates,
            screened,
            coef=fit.beta / scale,
            covariance=covariance,
            how=(status, "", alpha),
        ),
        status=status,
        note="",
        n=n,
        events=sets.n_events,
        n_missing=size[2],
        loglik=fit.loglik,
        loglik_null=fit.loglik_null,
        p=chi_square_tail(2 * (fit.loglik - fit.loglik_null), len(scale)),
        covariance=covariance,
        method="cloglog",
    )
