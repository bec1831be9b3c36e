"""What stood open with the customer of a lead at its landmark: complaints and questions (A-17).

Decisions: cases (T9) belong to the customer, so they count for each of the customer's leads; also
those from before the lead, but only of the year before the landmark, so that old customers do not
have more of everything. A case counts from the time at which it was known.
"""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from crm_analysis.features.windows import calendar_days, landmark_windows

YEAR_DAYS = 365


def at_landmark(leads: ir.Table, issues: ir.Table, *, landmark_days: int, as_of: date) -> ir.Table:
    """Which cases of the customer stood open at the landmark, and for how long?

    Parameters
    ----------
    leads, issues : Table
        The as-of views of T2 and T9.
    landmark_days : int
        Calendar days after the opening date.
    as_of : date
        End of the last known day.

    Returns
    -------
    Table
        One row per lead at risk: lead_id, n_open_cases, oldest_open_case_days (NULL where none is
        open), case_closed_share (of the year's cases; NULL where there is none).
    """
    windows = landmark_windows(leads, landmark_days=landmark_days, as_of=as_of)
    told = issues.select("opened_at", "known_at", "resolved_at", link="customer_id")
    joined = windows.select("lead_id", "customer_id", "window_end").join(
        told, windows.customer_id == told.link
    )
    since = joined.window_end - ibis.interval(days=YEAR_DAYS)
    inside = joined.filter(joined.known_at < joined.window_end, joined.opened_at >= since)
    is_open = inside.resolved_at.isnull() | (inside.resolved_at >= inside.window_end)
    sums = inside.group_by(key="lead_id").aggregate(
        n=inside.count(),
        n_open=inside.count(where=is_open),
        oldest=inside.opened_at.min(where=is_open),
    )
    per_lead = windows.left_join(sums, windows.lead_id == sums.key)
    last_day = (per_lead.window_end - ibis.interval(days=1)).date()
    n_closed = (per_lead.n - per_lead.n_open).cast("float64")
    return per_lead.select(
        "lead_id",
        n_open_cases=per_lead.n_open.fill_null(0),
        oldest_open_case_days=calendar_days(last_day, per_lead.oldest.date()),
        case_closed_share=n_closed / per_lead.n.cast("float64"),
    )


def days_to_resolve(leads: ir.Table, issues: ir.Table, *, as_of: date) -> ir.Table:
    """How long did the cases of customers with a lead stay open? Counts by days and ending.

    Returns
    -------
    Table
        time_days, cause (1 resolved, 0 still open at as_of), n: for `survival.curves`.
    """
    buyers = leads.select(link="customer_id").distinct()
    told = issues.filter(issues.known_at.notnull(), issues.opened_at.notnull())
    cases = told.join(buyers, told.customer_id == buyers.link, how="semi")
    resolved = cases.resolved_at.notnull()
    until = resolved.ifelse(cases.resolved_at.date(), ibis.literal(as_of))
    days = cases.select(
        time_days=ibis.greatest(calendar_days(until, cases.opened_at.date()), 0),
        cause=resolved.ifelse(1, 0),
    )
    return days.group_by("time_days", "cause").aggregate(n=days.count())
