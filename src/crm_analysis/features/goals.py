"""The sequence of goals in a lead's contacts, at a landmark (A-16).

Decisions: only contacts with a goal count, in the order of `at`, then interaction_id. A goal that
nobody has judged is neither met nor missed. Windows and clocks are those of `features.windows`.
"""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from crm_analysis.features.windows import contacts_within, landmark_windows, whole_life_windows

_COLUMNS = ("interaction_id", "at", "known_at", "goal", "goal_met")


def at_landmark(
    leads: ir.Table, interactions: ir.Table, *, landmark_days: int, as_of: date
) -> ir.Table:
    """How had the goals of each lead's contacts followed one another by the landmark?

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
        One row per lead at risk: lead_id, n_goal_changes (times a goal differs from the one
        before it; NULL where none is stated), goals_missed_running (judged goals missed since the
        last one that was met; NULL where none is judged).
    """
    windows = landmark_windows(leads, landmark_days=landmark_days, as_of=as_of)
    numbered = _numbered(windows, interactions)
    sums = numbered.group_by(key="lead_id").aggregate(
        n_goal_changes=numbered.count(where=numbered.goal != numbered.previous),
        n_judged=numbered.goal_met.count(),
        last_met=numbered.judged_so_far.max(where=numbered.goal_met).fill_null(0),
    )
    joined = windows.left_join(sums, windows.lead_id == sums.key)
    return joined.select(
        "lead_id",
        "n_goal_changes",
        goals_missed_running=joined.n_judged.nullif(0) - joined.last_met,
    )


def met_by_place(leads: ir.Table, interactions: ir.Table, *, as_of: date) -> ir.Table:
    """How many of the first, second, third … judged goals of a lead were met?

    Returns
    -------
    Table
        One row per place in the sequence: place (from 1), n_judged, n_met. Counts only.
    """
    numbered = _numbered(whole_life_windows(leads, as_of=as_of), interactions)
    judged = numbered.filter(numbered.goal_met.notnull())
    return judged.group_by(place="judged_so_far").aggregate(
        n_judged=judged.count(), n_met=judged.count(where=judged.goal_met)
    )


def _numbered(windows: ir.Table, interactions: ir.Table) -> ir.Table:
    """Number the judged goals of each lead, and put the goal before beside each."""
    stated = interactions.filter(interactions.goal.notnull())
    inside = contacts_within(windows, stated, clock="known_at", columns=_COLUMNS)
    order = [inside["at"], inside.interaction_id]
    along = ibis.window(group_by="lead_id", order_by=order)
    so_far = ibis.window(group_by="lead_id", order_by=order, preceding=None, following=0)
    return inside.select(
        "lead_id",
        "goal",
        "goal_met",
        previous=inside.goal.lag().over(along),
        judged_so_far=inside.goal_met.count().over(so_far),
    )
