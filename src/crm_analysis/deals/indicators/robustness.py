"""How far a contact habit's hazard ratio can be trusted: what else could make it (M03).

For one indicator at one landmark: beside the last assessment before it (representatives contact
leads that look good), with silent leads counted as lost, at the most extreme answer that silent
leads could give, within quarters of opening where proportionality fails, with errors by
representative, how far a single lead moves it, and the E-value of a hidden factor.

Decisions: rows are sensitivity or diagnostic, never findings. With and without the assessment are
fitted on the same leads, a missing assessment being a level of its own. The extreme answers: all
silent leads with a value above the median are lost when they fall silent and none of the others,
and the reverse. The E-value takes endings as common, as they are here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr

from crm_analysis.deals.comparison.hazards import cox_one_by_one
from crm_analysis.deals.indicators.habits import MIN_CLUSTERS, TESTED_CAUSES, scaled, stretch
from crm_analysis.estimates import Estimate, read_segment, refuse, status_by_events
from crm_analysis.features.windows import calendar_days
from crm_analysis.survival.cox import cox_efron
from crm_analysis.survival.diagnostics import (
    e_value,
    e_value_of_bound,
    largest_influence,
    linearity,
    proportional_hazards,
    risk_ratio_of_hazard_ratio,
)
from crm_analysis.survival.normal import critical

LOST = 1
DOUBTFUL_P = 0.05
_CODES = {name: code for code, name in TESTED_CAUSES.items()}


def silent_leads(
    leads: ir.Table, interactions: ir.Table, *, dormant_days: int, as_of: date
) -> ir.Table:
    """When did each lead that is open but silent for long fall silent?

    Returns
    -------
    Table
        One row per dormant lead: lead_id, lost_days (from the opening to `dormant_days` after the
        last contact known).
    """
    asleep = leads.filter(leads.state == "dormant").select("lead_id", "customer_id", "opened_at")
    done = interactions.filter(interactions["at"].notnull())
    named = done.group_by(key="lead_id").aggregate(last=done["at"].max())
    unnamed = done.filter(done.lead_id.isnull(), done.round_id.isnull())
    general = unnamed.group_by(person="customer_id").aggregate(last_general=unnamed["at"].max())
    joined = asleep.left_join(named, asleep.lead_id == named.key)
    joined = joined.left_join(general, joined.customer_id == general.person)
    last = ibis.greatest(
        joined.opened_at,
        ibis.coalesce(joined["last"], joined.opened_at),
        ibis.coalesce(joined.last_general, joined.opened_at),
    )
    days = calendar_days(last.date(), joined.opened_at.date()) + dormant_days
    return joined.select("lead_id", lost_days=days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the checks of one row need besides its frame: min_events, alpha and silent leads."""

    silent: pd.Series
    min_events: int = 10
    alpha: float = 0.05


def robustness_rows(
    row: Estimate, frame: pd.DataFrame, *, settings: Settings
) -> tuple[Estimate, ...]:
    """What becomes of one row under each check?

    Parameters
    ----------
    row : Estimate
        `log_hazard_ratio_per_sd` at a landmark, with numbers.
    frame : DataFrame
        The landmark's frame, from `contact_frames.contact_frame`.
    settings : Settings
        `silent` holds lost_days by lead_id.
    """
    pairs = read_segment(row.segment)
    name, cause = pairs["indicator"], _CODES[pairs["cause"]]
    rows = _standardised(frame, name, cause)
    found = [*_assessed(row, rows, settings), *_by_representative(row, rows, settings)]
    found += _diagnosed(row, rows, settings)
    if cause == LOST and len(settings.silent):
        found += _dormant(row, rows, settings)
    return tuple(found)


def _standardised(frame: pd.DataFrame, name: str, cause: int) -> pd.DataFrame:
    """Take the leads with a value, the indicator in standard deviations."""
    values = scaled(frame[name], name)
    given = np.isfinite(values)
    rows = frame.loc[given, [c for c in ALONG if c in frame]].copy()
    rows["x"] = values[given] / values[given].std()
    rows["duration_days"] = np.maximum(rows["duration_days"].astype(float), 0.5)
    rows["event"] = rows["cause"] == cause
    return rows.reset_index(drop=True)


ALONG = ("lead_id", "duration_days", "cause", "opened", "rep_id", "last_probability")


def _asked_again(row: Estimate, *, method: str, note: str) -> Estimate:
    """Copy a row as a sensitivity row without numbers."""
    return replace(
        row, method=method, role="sensitivity", family=None, note=note, estimate=None, ci_lo=None,
        ci_hi=None, p=None, p_adj=None, status="ok",
    )  # fmt: skip


def _refit(
    blank: Estimate,
    rows: pd.DataFrame,
    settings: Settings,
    *,
    strata: pd.Series | None = None,
    cluster: pd.Series | None = None,
) -> Estimate:
    """Fit the indicator alone again, within strata or with clustered errors."""
    event = rows["event"].to_numpy(dtype=bool)
    blank = replace(blank, n=len(rows), events=int(event.sum()))
    status = status_by_events(int(event.sum()), min_events=settings.min_events)
    if status == "not_estimable":
        return refuse(blank, "too_few_events")
    fit = cox_one_by_one(
        rows[["x"]].to_numpy(),
        rows["duration_days"].to_numpy(),
        event,
        strata=None if strata is None else _codes(strata),
        cluster=None if cluster is None else _codes(cluster),
    )
    if not fit.converged[0]:
        return refuse(blank, "not_converged")
    value, half = float(fit.log_hazard_ratio[0]), critical(settings.alpha) * float(fit.se[0])
    return replace(
        blank, estimate=value, ci_lo=value - half, ci_hi=value + half, p=float(fit.p[0]),
        status=status,
    )  # fmt: skip


def _codes(column: pd.Series) -> npt.NDArray[np.int64]:
    return column.factorize(use_na_sentinel=False)[0].astype(np.int64)


def _assessed(row: Estimate, rows: pd.DataFrame, settings: Settings) -> list[Estimate]:
    """Fit beside the last probability before the landmark, on the same leads."""
    if "last_probability" not in rows:
        return []
    given = rows["last_probability"].astype(float)
    if given.notna().sum() < 2 or given.std() == 0:
        return []
    told = rows.assign(judged=given.fillna(given.mean()), unjudged=given.isna().astype(float))
    covariates = ("x", "judged") if given.notna().all() else ("x", "judged", "unjudged")
    fit = cox_efron(
        told, covariates=covariates, min_events=settings.min_events, alpha=settings.alpha
    )
    blank = _asked_again(row, method="cox_efron_beside_assessment", note="assessment_adjusted")
    blank = replace(blank, n=fit.n, events=fit.events, evidence="adjusted")
    term = fit.term("x")
    if term.coef is None:
        return [refuse(blank, "not_converged")]
    told_row = replace(
        blank,
        estimate=term.coef,
        ci_lo=term.ci_lo,
        ci_hi=term.ci_hi,
        p=term.p,
        status="weak" if term.status == "weak" else "ok",
    )
    return [told_row]


def _by_representative(row: Estimate, rows: pd.DataFrame, settings: Settings) -> list[Estimate]:
    """Fit with errors by representative, by the rule of `indicators`: not with fewer than 20."""
    if "rep_id" not in rows or rows["rep_id"].nunique() < 2:
        return []
    blank = _asked_again(row, method="cox_efron_cluster_rep", note="by_representative")
    n_reps = rows["rep_id"].nunique(dropna=False)
    if n_reps < MIN_CLUSTERS:
        return [refuse(replace(blank, n=len(rows), events=row.events), "few_representatives")]
    return [_stretched(_refit(blank, rows, settings, cluster=rows["rep_id"]), n_reps, settings)]


def _stretched(row: Estimate, n_clusters: int, settings: Settings) -> Estimate:
    """Make the interval as long as that of t with so many clusters, and p to match."""
    if row.estimate is None or row.ci_hi is None:
        return row
    half = (row.ci_hi - row.estimate) * stretch(n_clusters, alpha=settings.alpha)
    p = 2 * float(ndtr(-abs(row.estimate) * critical(settings.alpha) / half))
    return replace(row, ci_lo=row.estimate - half, ci_hi=row.estimate + half, p=p)


def _diagnosed(row: Estimate, rows: pd.DataFrame, settings: Settings) -> list[Estimate]:
    """Test proportionality and form, fit by quarter where the ratio drifts, give the E-value."""
    found = []
    test = proportional_hazards(rows, covariates=["x"])
    if test:
        found.append(_diagnostic(row, "proportionality_p", "schoenfeld_rank", test[0].p))
        if test[0].p < DOUBTFUL_P and "opened" in rows:
            quarter = pd.to_datetime(rows["opened"]).dt.to_period("Q").astype(str)
            blank = _asked_again(row, method="cox_efron_by_quarter", note="by_quarter")
            found.append(_refit(blank, rows, settings, strata=quarter))
    pull = largest_influence(rows, covariate="x")
    if pull is not None:
        found.append(_diagnostic(row, "largest_influence_se", "score_residual", pull))
    bend = linearity(rows, covariate="x")
    if bend is not None:
        found.append(_diagnostic(row, "linearity_p", "restricted_cubic_spline", bend))
    ends = [row.estimate, row.ci_lo, row.ci_hi]
    if all(value is not None for value in ends):
        ratio, lo, hi = (risk_ratio_of_hazard_ratio(float(np.exp(value or 0.0))) for value in ends)
        value = _diagnostic(row, "e_value", "vanderweele_ding", e_value(ratio))
        found.append(replace(value, ci_lo=e_value_of_bound(lo, hi)))
    return found


def _diagnostic(row: Estimate, quantity: str, method: str, value: float) -> Estimate:
    return replace(
        row, quantity=quantity, method=method, role="diagnostic", estimate=value, ci_lo=None,
        ci_hi=None, p=None, p_adj=None, family=None, note="", status="ok",
    )  # fmt: skip


def _dormant(row: Estimate, rows: pd.DataFrame, settings: Settings) -> list[Estimate]:
    """Count silent leads as lost: all of them, and the two most extreme choices of them."""
    lost_days = rows["lead_id"].map(settings.silent).to_numpy(dtype=float)
    silent = np.isfinite(lost_days) & (rows["cause"] == 0).to_numpy()
    if not silent.any():
        return []
    above = (rows["x"] > rows["x"].median()).to_numpy()
    choices = {"": silent, "high": silent & above, "low": silent & ~above}
    found = []
    for bound, chosen in choices.items():
        until = np.where(chosen, lost_days, rows["duration_days"])
        changed = rows.assign(
            duration_days=np.minimum(until, rows["duration_days"]), event=rows["event"] | chosen
        )
        note = "dormant_bound" if bound else "dormant_lost"
        blank = _asked_again(row, method="cox_efron_dormant_lost", note=note)
        if bound:
            blank = replace(blank, segment=f"{row.segment};bound={bound}")
        found.append(_refit(blank, changed, settings))
    return found
