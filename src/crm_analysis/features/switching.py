"""States of a lead that come and go while it is open, compressed to counts (M03, M17).

States, decided here:
* question_open: a question of the customer stands unanswered. It begins on the later of the day it
  was asked and the day it was known, and ends on the day it was answered.
* promise_broken: a promise to the customer has been broken, within the year before the opening or
  since; it does not heal. It begins on the day it was settled as broken.
* A change on day d holds from the end of day d, so an ending is judged by the state before it. A
  change on or before the opening is part of the state at the start; one on or after the last day
  changes nothing (the rules of `survival.time_varying`).

Only counts leave the engine: rows of one beginning, end, states and ending are added up.
"""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from crm_analysis.features.records import is_broken_promise, is_question
from crm_analysis.features.windows import calendar_days, contacts_within, whole_life_windows

STATES = ("question_open", "promise_broken")
YEAR_DAYS = 365
_COLUMNS = ("at", "known_at", "asked_at", "answered_at")


def state_episodes(
    spells: ir.Table,
    leads: ir.Table,
    *,
    interactions: ir.Table | None = None,
    issues: ir.Table | None = None,
    as_of: date,
) -> ir.Table:
    """For how long was each lead in which states, and how did it end in them?

    Parameters
    ----------
    spells : Table
        From `survival.spells.lead_spells`.
    leads : Table
        The as-of view of T2.
    interactions, issues : Table, optional
        The as-of views of T3 (with asked_at) and T9; a state without its table never begins.
    as_of : date
        End of the last known day.

    Returns
    -------
    Table
        entry_days, exit_days, question_open, promise_broken (0 or 1), cause (of the ending in the
        last row of a lead, else 0), n.
    """
    pieces = _pieces(spells, leads, interactions=interactions, issues=issues, as_of=as_of)
    keys = ("entry_days", "exit_days", *STATES, "cause")
    return pieces.group_by(*keys).aggregate(n=pieces.count())


def ever_states(
    spells: ir.Table,
    leads: ir.Table,
    *,
    interactions: ir.Table | None = None,
    issues: ir.Table | None = None,
    as_of: date,
) -> ir.Table:
    """Was each lead ever in a state (the naive question)? Parameters as in `state_episodes`.

    Returns
    -------
    Table
        duration_days, cause, question_open, promise_broken (0 or 1: ever), n. Counts only.
    """
    pieces = _pieces(spells, leads, interactions=interactions, issues=issues, as_of=as_of)
    per_lead = pieces.group_by("lead").aggregate(
        duration_days=pieces.exit_days.max(),
        cause=pieces.cause.max(),
        **{state: pieces[state].max() for state in STATES},
    )
    keys = ("duration_days", "cause", *STATES)
    return per_lead.group_by(*keys).aggregate(n=per_lead.count())


def _pieces(
    spells: ir.Table,
    leads: ir.Table,
    *,
    interactions: ir.Table | None,
    issues: ir.Table | None,
    as_of: date,
) -> ir.Table:
    """Cut each lead's life where a state begins or ends."""
    windows = whole_life_windows(leads, as_of=as_of)
    ends = spells.select("duration_days", "cause", "opened", link="lead_id")
    start = ends.select(lead="link", day=ibis.literal(0, type="int64"), **_change(0, 0))
    changes = [start]
    if interactions is not None:
        changes.append(_questions(windows, interactions))
    if issues is not None:
        changes.append(_broken_promises(windows, issues))
    moves = ibis.union(*changes) if len(changes) > 1 else start
    daily = moves.group_by("lead", "day").aggregate(
        asked=moves.asked.sum(), broken=moves.broken.sum()
    )
    so_far = ibis.window(group_by="lead", order_by=daily.day, preceding=None, following=0)
    along = ibis.window(group_by="lead", order_by=daily.day)
    states = daily.select(
        "lead",
        entry_days="day",
        next_day=daily.day.lead().over(along),
        question_open=(daily.asked.sum().over(so_far) > 0).ifelse(1, 0),
        promise_broken=(daily.broken.sum().over(so_far) > 0).ifelse(1, 0),
    )
    rows = states.join(ends, states.lead == ends.link)
    kept = rows.filter((rows.entry_days < rows.duration_days) | (rows.entry_days == 0))
    is_last = kept.next_day.isnull() | (kept.next_day >= kept.duration_days)
    return kept.select(
        "lead",
        "entry_days",
        *STATES,
        exit_days=is_last.ifelse(kept.duration_days, kept.next_day),
        cause=is_last.ifelse(kept.cause, 0),
    )


def _change(asked: int, broken: int) -> dict[str, ir.Value]:
    return {
        "asked": ibis.literal(asked, type="int64"),
        "broken": ibis.literal(broken, type="int64"),
    }


def _questions(windows: ir.Table, interactions: ir.Table) -> ir.Table:
    """Give each question a row for its beginning and, where answered, one for its end."""
    asked = interactions.filter(
        is_question(interactions),
        interactions.answered_at.isnull() | (interactions.answered_at > interactions.known_at),
    )
    inside = contacts_within(windows, asked, clock="known_at", columns=_COLUMNS)
    known = ibis.greatest(inside.asked_at, inside.known_at)
    begin = _since(known, inside.opened_at)
    end = _since(ibis.greatest(inside.answered_at, known), inside.opened_at)
    begins = inside.select(lead="lead_id", day=begin, **_change(1, 0))
    answered = inside.mutate(end_day=end).filter(inside.answered_at.notnull())
    ends = answered.select(lead="lead_id", day="end_day", **_change(-1, 0))
    return ibis.union(begins, ends)


def _broken_promises(windows: ir.Table, issues: ir.Table) -> ir.Table:
    broken = issues.filter(is_broken_promise(issues), issues.resolved_at.notnull())
    told = broken.select(
        link="customer_id", since=ibis.greatest(broken.resolved_at, broken.known_at)
    )
    joined = windows.join(told, windows.customer_id == told.link)
    inside = joined.filter(
        joined.since < joined.window_end,
        joined.since >= joined.opened_at - ibis.interval(days=YEAR_DAYS),
    )
    return inside.select(
        lead="lead_id", day=_since(inside.since, inside.opened_at), **_change(0, 1)
    )


def _since(moment: ir.Value, opened: ir.Value) -> ir.IntegerValue:
    """Count the days since the opening, 0 for what was before it."""
    return ibis.greatest(calendar_days(moment.date(), opened.date()), 0)
