"""What could be measured of a stated reason: the counterpart of each code in a lead's record.

Decisions (B-25 to B-39):
* Each counterpart is read at the landmark of `features.windows`: what was known by its end. A
  price without its clock (`quoted_at`, `rival_price_at`, `budget_at`) counts, because nothing says
  when it was known; the analysis calls what rests on it weak.
* The price gap is ours against the rival's price where one is known, else against the budget.
* Issues belong to the customer and count from their opening on, also those from before the lead;
  only those of the year before the landmark, so that old customers do not have more of everything.
* A lead that nobody has contacted by the landmark has waited the whole window.
"""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from crm_analysis.features.records import is_broken_promise, is_question
from crm_analysis.features.windows import (
    calendar_days,
    contacts_within,
    divided,
    end_of_day,
    landmark_windows,
)

ISSUE_YEAR_DAYS = 365
_CONTACT_COLUMNS = (
    "at",
    "known_at",
    "direction",
    "purpose",
    "is_scripted",
    "asked_at",
    "answered_at",
)
_SELLING = ("sell", "promo")


def of_contacts(
    leads: ir.Table, interactions: ir.Table, *, landmark_days: int, as_of: date
) -> ir.Table:
    """How long did each lead wait for us, and how was it spoken to, up to the landmark?

    Parameters
    ----------
    leads, interactions : Table
        The as-of views of T2 and T3.
    landmark_days : int
        Calendar days after the opening date.
    as_of : date
        End of the last known day.

    Returns
    -------
    Table
        One row per lead at risk: lead_id, response_hours (to our first contact, or to the
        landmark where there is none), n_unanswered (questions of the customer without an answer),
        selling_share (of our contacts with a purpose, those to sell or promote; NULL where none
        has one), scripted_share (of contacts that say whether they were scripted; NULL where
        none does).
    """
    windows = landmark_windows(leads, landmark_days=landmark_days, as_of=as_of)
    inside = contacts_within(windows, interactions, clock="known_at", columns=_CONTACT_COLUMNS)
    is_out = inside.direction == "out"
    is_selling = inside.purpose.isin(_SELLING)
    unanswered = inside.answered_at.isnull() | (inside.answered_at >= inside.window_end)
    sums = inside.group_by(key="lead_id").aggregate(
        first_out_at=inside["at"].min(where=is_out),
        n_purposes=inside.count(where=is_out & inside.purpose.notnull()),
        n_selling=inside.count(where=is_out & is_selling),
        n_judged=inside.is_scripted.count(),
        n_scripted=inside.count(where=inside.is_scripted),
        n_unanswered=inside.count(where=is_question(inside) & unanswered),
    )
    joined = windows.left_join(sums, windows.lead_id == sums.key)
    until = ibis.coalesce(joined.first_out_at, joined.window_end)
    waited = until.epoch_seconds() - joined.opened_at.epoch_seconds()
    return joined.select(
        "lead_id",
        response_hours=waited.cast("float64") / 3600,
        n_unanswered=joined.n_unanswered.fill_null(0),
        selling_share=divided(joined.n_selling, joined.n_purposes),
        scripted_share=divided(joined.n_scripted, joined.n_judged),
    )


def of_prices(leads: ir.Table, *, landmark_days: int, as_of: date) -> ir.Table:
    """By how much was our price above the rival's, or above the budget, at the landmark?

    Returns
    -------
    Table
        One row per lead at risk: lead_id, price_gap_share (ours / theirs - 1; NULL where one of
        the two was not known by then), price_time_known (every price used has its clock).
    """
    windows = landmark_windows(leads, landmark_days=landmark_days, as_of=as_of)
    told = leads.select(
        "quoted_price",
        "quoted_at",
        "rival_price",
        "rival_price_at",
        "budget",
        "budget_at",
        link="lead_id",
    )
    joined = windows.join(told, windows.lead_id == told.link)
    end = joined.window_end
    ours = _known_by(joined.quoted_price, joined.quoted_at, end)
    rival = _known_by(joined.rival_price, joined.rival_price_at, end)
    budget = _known_by(joined.budget, joined.budget_at, end)
    theirs = ibis.coalesce(rival, budget)
    clock = rival.notnull().ifelse(joined.rival_price_at, joined.budget_at)
    return joined.select(
        "lead_id",
        price_gap_share=ours / (theirs > 0).ifelse(theirs, ibis.null("float64")) - 1.0,
        price_time_known=joined.quoted_at.notnull() & clock.notnull(),
    )


def of_issues(leads: ir.Table, issues: ir.Table, *, landmark_days: int, as_of: date) -> ir.Table:
    """What had gone wrong with the customer in the year before the landmark?

    Returns
    -------
    Table
        One row per lead at risk: lead_id, n_harsh_tones (lies, bad attitude, unequal treatment
        or being ignored, counted), n_faults, n_broken_promises, handling_days (mean days that
        issues stood open by the landmark; NULL where there is none).
    """
    windows = landmark_windows(leads, landmark_days=landmark_days, as_of=as_of)
    told = issues.select(
        "opened_at", "known_at", "kind", "tone", "counts_at", "resolved_at", "outcome",
        link="customer_id",
    )  # fmt: skip
    joined = windows.select("lead_id", "customer_id", "window_end").join(
        told, windows.customer_id == told.link
    )
    since = joined.window_end - ibis.interval(days=ISSUE_YEAR_DAYS)
    inside = joined.filter(joined.known_at < joined.window_end, joined.opened_at >= since)
    resolved = inside.resolved_at < inside.window_end
    counted = ibis.coalesce(inside.counts_at, inside.resolved_at) < inside.window_end
    tones = inside.tone.length() - inside.tone.replace(";", "").length() + 1
    has_tone = counted & inside.tone.notnull() & (inside.tone.length() > 0)
    until = resolved.fill_null(False).ifelse(inside.resolved_at, inside.window_end)
    sums = inside.group_by(key="lead_id").aggregate(
        n_issues=inside.count(),
        n_harsh_tones=has_tone.ifelse(tones, 0).sum(),
        n_faults=inside.count(where=inside.kind == "fault"),
        n_broken=inside.count(where=resolved & is_broken_promise(inside)),
        sum_days=calendar_days(until.date(), inside.opened_at.date()).sum(),
    )
    per_lead = windows.left_join(sums, windows.lead_id == sums.key)
    return per_lead.select(
        "lead_id",
        n_harsh_tones=per_lead.n_harsh_tones.fill_null(0).cast("int64"),
        n_faults=per_lead.n_faults.fill_null(0),
        n_broken_promises=per_lead.n_broken.fill_null(0),
        handling_days=divided(per_lead.sum_days, per_lead.n_issues),
    )


def of_customers(
    leads: ir.Table, customers: ir.Table, *, landmark_days: int, as_of: date
) -> ir.Table:
    """How far away is the customer, how much does he earn, and had a rival opened nearby?

    Returns
    -------
    Table
        One row per lead at risk: lead_id, distance_km, income_annual (NULL where the profile was
        typed after the opening day), profile_time_known, rival_is_nearby (1 from the day the
        rival opened).
    """
    windows = landmark_windows(leads, landmark_days=landmark_days, as_of=as_of)
    told = customers.select(
        "distance_km", "income_annual", "rival_opened_at", "profile_recorded_at",
        link="customer_id",
    )  # fmt: skip
    joined = windows.left_join(told, windows.customer_id == told.link)
    known = joined.profile_recorded_at.isnull() | (
        joined.profile_recorded_at < end_of_day(joined.opened_at.date())
    )
    opened = joined.rival_opened_at.cast("timestamp") < joined.window_end
    return joined.select(
        "lead_id",
        distance_km=_where(known, joined.distance_km),
        income_annual=_where(known & (joined.income_annual > 0), joined.income_annual),
        profile_time_known=joined.profile_recorded_at.notnull(),
        rival_is_nearby=opened.fill_null(False).ifelse(1, 0),
    )


def of_models(
    leads: ir.Table, assessments: ir.Table, *, landmark_days: int, as_of: date
) -> ir.Table:
    """How many different models had the customer asked for by the landmark?

    Returns
    -------
    Table
        One row per lead at risk: lead_id, n_models (NULL where none is recorded).
    """
    windows = landmark_windows(leads, landmark_days=landmark_days, as_of=as_of)
    wanted = assessments.filter(
        assessments.kind == "model_interest",
        assessments.lead_id.notnull(),
        assessments.value_text.notnull(),
    ).select("at", "known_at", "value_text", link="lead_id")
    joined = windows.join(wanted, windows.lead_id == wanted.link)
    inside = joined.filter(joined["at"] >= joined.opened_at, joined.known_at < joined.window_end)
    counts = inside.group_by(key="lead_id").aggregate(n=inside.value_text.nunique())
    per_lead = windows.left_join(counts, windows.lead_id == counts.key)
    return per_lead.select("lead_id", n_models=per_lead.n)


def _known_by(value: ir.Value, clock: ir.Value, end: ir.Value) -> ir.FloatingValue:
    known = clock.isnull() | (clock < end)
    return _where(known, value)


def _where(known: ir.Value, value: ir.Value) -> ir.FloatingValue:
    return known.ifelse(value.cast("float64"), ibis.null("float64"))
