"""How long a customer has been silent, and whose doing the contact was (A-23).

Decision: silence is counted from the opening where nobody was heard, or nothing was tried.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from crm_analysis.features.windows import (
    BY_WINDOW,
    calendar_days,
    contacts_within,
    divided,
    with_sums,
)


def silence(windows: ir.Table, interactions: ir.Table) -> ir.Table:
    """How long had the customer been silent, and how much of the contact was his doing?

    Returns
    -------
    Table
        One row per window: lead_id, window_days, silent_days (since he was heard: an incoming
        contact, or one in which he was reached), idle_days (since any contact),
        customer_initiative_share (of contacts, the incoming; NULL where there is none).
    """
    columns = ("at", "known_at", "direction", "reached")
    inside = contacts_within(windows, interactions, clock="known_at", columns=columns)
    is_in = inside.direction == "in"
    sums = inside.group_by(**BY_WINDOW).aggregate(
        n=inside.count(),
        n_in=inside.count(where=is_in),
        contact_at=inside["at"].max(),
        heard_at=inside["at"].max(where=is_in | inside.reached.fill_null(False)),
    )
    joined = with_sums(windows, sums)
    last_day = (joined.window_end - ibis.interval(days=1)).date()
    heard = ibis.coalesce(joined.heard_at, joined.opened_at)
    tried = ibis.coalesce(joined.contact_at, joined.opened_at)
    return joined.select(
        "lead_id",
        "window_days",
        silent_days=calendar_days(last_day, heard.date()),
        idle_days=calendar_days(last_day, tried.date()),
        customer_initiative_share=divided(joined.n_in, joined.n),
    )
