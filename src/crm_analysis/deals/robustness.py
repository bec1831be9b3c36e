"""How far a contact habit's hazard ratio can be trusted: what else could make it (M03).

For one indicator at one landmark: beside the last assessment before it (representatives contact
leads that look good), with silent leads counted as lost, at the most extreme answer that silent
leads could give, within quarters of opening where proportionality fails, with errors by
representative, and the E-value of a hidden factor.

Decisions: rows are sensitivity or diagnostic, never findings. With and without the assessment are
fitted on the same leads, a missing assessment being a level of its own. The extreme answers: all
silent leads with a value above the median are lost when they fall silent and none of the others,
and the reverse. The E-value takes endings as common, as they are here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from crm_analysis.deals.indicators import TESTED_CAUSES, scaled
from crm_analysis.estimates import Estimate, read_segment, refuse
from crm_analysis.features.windows import calendar_days
from crm_analysis.survival.cox import cox_efron
from crm_analysis.survival.diagnostics import (
    e_value,
    e_value_of_bound,
    linearity,
    proportional_hazards,
    risk_ratio_of_hazard_ratio,
)
from crm_analysis.survival.fitted import CoxTerm

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
    found = [*_assessed(row, rows, settings), *_by_quarter_and_rep(row, rows, settings)]
    found += _diagnosed(row, rows)
    if cause == LOST and len(settings.silent):
        found += _dormant(row, rows, settings)
    return tuple(found)


def _standardised(frame: pd.DataFrame, name: str, cause: int) -> pd.DataFrame:
    """Take the leads with a value, the indicator in standard deviations."""
    values = scaled(frame[name], name)
    given = np.isfinite(values)
    rows = frame.loc[given, [c for c in _ALONG if c in frame]].copy()
    rows["x"] = values[given] / values[given].std()
    rows["duration_days"] = np.maximum(rows["duration_days"].astype(float), 0.5)
    rows["event"] = rows["cause"] == cause
    return rows.reset_index(drop=True)


_ALONG = ("lead_id", "duration_days", "cause", "opened", "rep_id", "last_probability")


def _refit(
    row: Estimate, rows: pd.DataFrame, settings: Settings, *, note: str, **options: object
) -> Estimate:
    """Fit the indicator again in another way, and write the answer as a sensitivity row."""
    columns: Sequence[str] = options.pop("covariates", ("x",))  # type: ignore[assignment]
    method = str(options.pop("method"))
    fit = cox_efron(
        rows, covariates=columns, min_events=settings.min_events, alpha=settings.alpha, **options  # type: ignore[arg-type]
    )  # fmt: skip
    blank = replace(
        row, method=method, role="sensitivity", family=None, p_adj=None, note=note, n=fit.n,
        events=fit.events,
    )  # fmt: skip
    return _with_term(blank, fit.term("x"))


def _with_term(blank: Estimate, term: CoxTerm) -> Estimate:
    if term.coef is None:
        return refuse(blank, "not_converged")
    return replace(
        blank, estimate=term.coef, ci_lo=term.ci_lo, ci_hi=term.ci_hi, p=term.p,
        status="weak" if term.status == "weak" else "ok",
    )  # fmt: skip


def _assessed(row: Estimate, rows: pd.DataFrame, settings: Settings) -> list[Estimate]:
    """Fit beside the last probability before the landmark, on the same leads."""
    if "last_probability" not in rows:
        return []
    given = rows["last_probability"].astype(float)
    if given.notna().sum() < 2 or given.std() == 0:
        return []
    told = rows.assign(judged=given.fillna(given.mean()), unjudged=given.isna().astype(float))
    covariates = ("x", "judged") if given.notna().all() else ("x", "judged", "unjudged")
    made = _refit(
        row, told, settings, note="assessment_adjusted", covariates=covariates,
        method="cox_efron_beside_assessment",
    )  # fmt: skip
    return [replace(made, evidence="adjusted")]


def _by_quarter_and_rep(row: Estimate, rows: pd.DataFrame, settings: Settings) -> list[Estimate]:
    """Fit within quarters of opening where the ratio drifts, and with errors by representative."""
    found = []
    test = proportional_hazards(rows, covariates=["x"])
    if test and test[0].p < DOUBTFUL_P and "opened" in rows:
        quarter = pd.to_datetime(rows["opened"]).dt.to_period("Q").astype(str)
        within = {"strata": ("quarter",), "method": "cox_efron_by_quarter"}
        split = rows.assign(quarter=quarter)
        found.append(_refit(row, split, settings, note="by_quarter", **within))
    if "rep_id" in rows and rows["rep_id"].nunique() > 1:
        robust = {"cluster": "rep_id", "method": "cox_efron_cluster_rep"}
        found.append(_refit(row, rows, settings, note="by_representative", **robust))
    return found


def _diagnosed(row: Estimate, rows: pd.DataFrame) -> list[Estimate]:
    """Test proportionality and form, and give the E-value."""
    found = []
    test = proportional_hazards(rows, covariates=["x"])
    if test:
        found.append(_diagnostic(row, "proportionality_p", "schoenfeld_rank", test[0].p))
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
        segment = f"{row.segment};bound={bound}" if bound else row.segment
        made = _refit(
            replace(row, segment=segment), changed, settings,
            note="dormant_bound" if bound else "dormant_lost", method="cox_efron_dormant_lost",
        )  # fmt: skip
        found.append(made)
    return found
