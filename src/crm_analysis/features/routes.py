"""Whether the customer was reached, and what was tried after a failure (A-65).

Decisions: a try is a contact by us that says whether the customer was reached; tries are ordered
by `at`, then interaction_id. Windows and clocks are those of `features.windows`. A try after a
failure is the very next one of the same lead.
"""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from crm_analysis.features.windows import (
    contacts_within,
    divided,
    landmark_windows,
    whole_life_windows,
)

_COLUMNS = ("interaction_id", "at", "known_at", "channel", "reached")


def at_landmark(
    leads: ir.Table, interactions: ir.Table, *, landmark_days: int, as_of: date
) -> ir.Table:
    """How often had each lead been reached by the landmark, and on which route after a failure?

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
        One row per lead at risk: lead_id, reached_share (of the tries; NULL where there is none),
        other_route_share (of the tries after a failure, those on another channel; NULL where
        there is none).
    """
    windows = landmark_windows(leads, landmark_days=landmark_days, as_of=as_of)
    tries = _tries(windows, interactions)
    sums = tries.group_by(key="lead_id").aggregate(
        n=tries.count(),
        n_reached=tries.count(where=tries.reached),
        n_after=tries.count(where=tries.after_failure),
        n_other=tries.count(where=tries.after_failure & tries.other_route),
    )
    joined = windows.left_join(sums, windows.lead_id == sums.key)
    return joined.select(
        "lead_id",
        reached_share=divided(joined.n_reached, joined.n),
        other_route_share=divided(joined.n_other, joined.n_after),
    )


def after_failure(leads: ir.Table, interactions: ir.Table, *, as_of: date) -> ir.Table:
    """How often did the try after a failed one reach the customer, on the same or another route?

    Returns
    -------
    Table
        One row per lead with a try after a failure: lead_id, n_same, n_same_reached, n_other,
        n_other_reached.
    """
    tries = _tries(whole_life_windows(leads, as_of=as_of), interactions)
    second = tries.filter(tries.after_failure)
    other, reached = second.other_route, second.reached
    return second.group_by("lead_id").aggregate(
        n_same=second.count(where=~other),
        n_same_reached=second.count(where=~other & reached),
        n_other=second.count(where=other),
        n_other_reached=second.count(where=other & reached),
    )


def reached_by_route(leads: ir.Table, interactions: ir.Table, *, as_of: date) -> ir.Table:
    """How many tries were made on each route, and how many reached the customer?

    Returns
    -------
    Table
        One row per channel: channel, n_tries, n_reached, n_leads. Counts only.
    """
    tries = _tries(whole_life_windows(leads, as_of=as_of), interactions)
    return tries.group_by("channel").aggregate(
        n_tries=tries.count(),
        n_reached=tries.count(where=tries.reached),
        n_leads=tries.lead_id.nunique(),
    )


def _tries(windows: ir.Table, interactions: ir.Table) -> ir.Table:
    """Put beside each try of a lead how the one before it went, and on which route."""
    told = interactions.filter(interactions.direction == "out", interactions.reached.notnull())
    inside = contacts_within(windows, told, clock="known_at", columns=_COLUMNS)
    along = ibis.window(group_by="lead_id", order_by=[inside["at"], inside.interaction_id])
    before = inside.reached.lag().over(along)
    return inside.select(
        "lead_id",
        "channel",
        "reached",
        after_failure=(~before).fill_null(False),
        other_route=(inside.channel != inside.channel.lag().over(along)).fill_null(False),
    )
