"""Do the signs of a loss mean the same for all types of customers? Types by tracks (A-27).

Decisions:
* A track is a sign read at the end of one day of the lead's life, among leads still open then; a
  type is a level of a profile factor. Shares lost within the horizon after that day are given for
  every type with and without the sign (competing endings).
* One test per type and sign: the log hazard ratio of loss by the sign is fitted within each level,
  and the levels are compared (Cochran's Q). A sign that goes with losing alike everywhere, and
  levels that lose more with and without it, give no interaction.
* A level takes part with `min_events` losses with the sign and as many without.

Source: Cochran (1954).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.deals.comparison.factor import Factor, FactorTable
from crm_analysis.deals.comparison.hazards import cox_one_by_one
from crm_analysis.deals.comparison.levels import LOST, POOLED, pooled_levels
from crm_analysis.deals.comparison.limits import Limits
from crm_analysis.deals.signs import (
    SIGNS,
    SignLimits,
    checks_at,
    contact_signs,
    probability_signs,
)
from crm_analysis.estimates import Estimate, adjust_families, refuse, segment
from crm_analysis.source.frames import collect
from crm_analysis.survival.competing import aalen_johansen
from crm_analysis.survival.normal import chi_square_tail
from crm_analysis.survival.risk_table import compress

if TYPE_CHECKING:
    from crm_analysis.source.known import Known

FAMILY = "M05:interactions"
TYPES = ("kind", "partner_type", "source", "region", "gender", "bought_before", "product")


def sign_frame(known: Known, *, landmark_days: int, thresholds: SignLimits) -> pd.DataFrame:
    """Read which signs each lead showed at the end of one day, one row a lead.

    Parameters
    ----------
    known : Known
        The as-of views; uses `interactions` and `assessments`.
    landmark_days : int
        Day of the lead's life on which signs are read.
    thresholds : SignLimits
        Thresholds of the probability signs.

    Returns
    -------
    DataFrame
        lead_id and a column of 0 and 1 per sign that the source allows; only leads open then.
    """
    leads = known.table("leads")
    checks = checks_at(leads, days=[landmark_days], as_of=known.observed_until)
    parts = []
    if "interactions" in known.tables:
        reached = known.has("interactions", "reached")
        parts.append(contact_signs(checks, known.table("interactions"), reached_known=reached))
    if "assessments" in known.tables:
        parts.append(probability_signs(checks, known.table("assessments"), limits=thresholds))
    frame = pd.DataFrame({"lead_id": pd.Series(dtype=object)})
    for part in parts:
        own = [name for name in SIGNS if name in part.columns]
        frame = frame.merge(collect(part.select("lead_id", *own)), on="lead_id", how="outer")
    return frame.sort_values("lead_id", ignore_index=True)


def interaction_estimates(
    table: FactorTable,
    signs: pd.DataFrame,
    *,
    landmark_days: int,
    horizon_days: int,
    limits: Limits,
) -> tuple[Estimate, ...]:
    """Does what a sign goes with differ by type of customer?

    Parameters
    ----------
    table : FactorTable
        Leads with their factors.
    signs : DataFrame
        From `sign_frame`.
    landmark_days, horizon_days : int
        Shares are read `horizon_days` after the landmark.
    limits : Limits
        Cell, event and error limits.

    Returns
    -------
    tuple of Estimate
        `interaction_chi2_per_df` per type and sign (family M05:interactions), and the share lost
        by type and sign as diagnostics.
    """
    open_then = table.frame[table.frame["duration_days"] > landmark_days]
    frame = open_then.merge(signs, on="lead_id", how="inner")
    types = [factor for factor in table.factors if factor.name in TYPES]
    tests: list[Estimate] = []
    shares: list[Estimate] = []
    for factor in types:
        for sign in [name for name in signs.columns if name != "lead_id"]:
            shown = pd.to_numeric(frame[sign], errors="coerce").astype(float)
            rows = _levels(frame.assign(shown=shown)[shown.notna()], factor, limits)
            tests.append(_test(rows, factor, (sign, landmark_days), limits))
            shares += _shares(rows, factor, sign, (landmark_days, horizon_days), limits)
    return (*adjust_families(tests), *shares)


def _levels(frame: pd.DataFrame, factor: Factor, limits: Limits) -> pd.DataFrame:
    """Return leads with their level and whether the sign shows, without the pool of rare levels."""
    rows = pooled_levels(
        frame.assign(by_sign=frame["shown"]), factor.name, min_cell=limits.min_cell, by="by_sign"
    )
    rows = rows.rename(columns={"by_sign": "shown"})
    return rows[rows["level"] != POOLED]


def _test(rows: pd.DataFrame, factor: Factor, at: tuple[str, int], limits: Limits) -> Estimate:
    sign, landmark_days = at
    row = Estimate(
        module="M05",
        quantity="interaction_chi2_per_df",
        segment=segment(landmark_days=landmark_days, sign=sign, factor=factor.name),
        method="cochran_q_of_cox",
        n=len(rows),
        events=int((rows["cause"] == LOST).sum()),
        family=FAMILY,
        evidence="associational",
        note="" if factor.time_known else "profile_time_unknown",
    )
    found = [_slope(part, limits) for _, part in rows.groupby("level", sort=True)]
    kept = [one for one in found if one is not None]
    if len(kept) < 2:
        return refuse(row, "too_few_events")
    value, weight = np.array([one[0] for one in kept]), np.array([one[1] ** -2 for one in kept])
    q = float(weight @ (value - np.average(value, weights=weight)) ** 2)
    df = len(kept) - 1
    return replace(
        row,
        estimate=q / df,
        p=chi_square_tail(q, df),
        status="ok" if factor.time_known else "weak",
    )


def _slope(part: pd.DataFrame, limits: Limits) -> tuple[float, float] | None:
    """Fit the log hazard ratio of loss by the sign within one level, with its standard error."""
    shown, lost = part["shown"].to_numpy(dtype=float), (part["cause"] == LOST).to_numpy()
    if min(int(lost[shown == 1].sum()), int(lost[shown == 0].sum())) < limits.min_events:
        return None
    fit = cox_one_by_one(shown[:, None], part["duration_days"].to_numpy(dtype=float), lost)
    if not fit.converged[0]:
        return None
    return float(fit.log_hazard_ratio[0]), float(fit.se[0])


def _shares(
    rows: pd.DataFrame, factor: Factor, sign: str, days: tuple[int, int], limits: Limits
) -> list[Estimate]:
    """Give the share lost within the horizon by level, with and without the sign."""
    landmark_days, horizon_days = days
    found = []
    for (level, shown), part in rows.groupby(["level", "shown"], sort=True):
        shares = aalen_johansen(compress(part[["duration_days", "cause"]]), alpha=limits.alpha)
        at = shares.at(landmark_days + horizon_days, LOST)
        row = Estimate(
            module="M05",
            quantity="outcome_probability",
            segment=segment(
                cause="lost",
                landmark_days=landmark_days,
                horizon_days=horizon_days,
                sign=sign,
                shown="yes" if shown else "no",
                factor=factor.name,
                level=level,
            ),
            method="aalen_johansen",
            role="diagnostic",
            estimate=at.estimate,
            ci_lo=at.ci_lo,
            ci_hi=at.ci_hi,
            n=shares.n,
            events=at.events,
        )
        found.append(row if at.shown else refuse(row, "few_at_risk"))
    return found


def differing(rows: Sequence[Estimate]) -> tuple[Estimate, ...]:
    """Return the tests of types by signs, the clearest first."""
    tests = [row for row in rows if row.family == FAMILY and row.p is not None]
    return tuple(sorted(tests, key=lambda row: (row.p or 0.0, row.segment)))
