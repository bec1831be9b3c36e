"""How well we knew the customer of a lead at its landmark (A-65, A-67).

Decisions: a profile counts from the time at which it was last typed; one typed after the landmark
is missing, not empty, because nobody knows what stood in it before. A profile without a clock
counts as known, and what rests on it is weak (`profile_clock_known`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from crm_analysis.features.profile import FIELDS
from crm_analysis.features.windows import landmark_windows


def at_landmark(
    leads: ir.Table,
    customers: ir.Table,
    *,
    landmark_days: int,
    as_of: date,
    fields: Sequence[str] = FIELDS,
) -> ir.Table:
    """Which share of the customer's profile, and how many routes to him, were known by then?

    Parameters
    ----------
    leads, customers : Table
        The as-of views of T2 and T1.
    landmark_days : int
        Calendar days after the opening date.
    as_of : date
        End of the last known day.
    fields : sequence of str
        The profile columns that the source really has.

    Returns
    -------
    Table
        One row per lead at risk: lead_id, known_profile_share (0-1), n_contact_routes; NULL
        where the profile was typed later, where `fields` is empty, or where no route is listed.
    """
    windows = landmark_windows(leads, landmark_days=landmark_days, as_of=as_of)
    told = customers.select(
        "profile_recorded_at",
        link="customer_id",
        routes=customers.contact_routes.cast("string").nullif(""),
        n_filled=_filled(customers, fields),
    )
    joined = windows.left_join(told, windows.customer_id == told.link)
    known = joined.profile_recorded_at.isnull() | (joined.profile_recorded_at < joined.window_end)
    share = joined.n_filled.cast("float64") / float(max(len(fields), 1))
    n_routes = joined.routes.length() - joined.routes.replace(";", "").length() + 1
    return joined.select(
        "lead_id",
        known_profile_share=(known & ibis.literal(bool(fields))).ifelse(
            share, ibis.null("float64")
        ),
        n_contact_routes=known.ifelse(n_routes.cast("int64"), ibis.null("int64")),
    )


def _filled(customers: ir.Table, fields: Sequence[str]) -> ir.Value:
    """Count the filled fields; an empty text is not filled."""
    total = ibis.literal(0, type="int64")
    for field in fields:
        value = customers[field].cast("string")
        total = total + (value.length() > 0).fill_null(False).ifelse(1, 0)
    return total
