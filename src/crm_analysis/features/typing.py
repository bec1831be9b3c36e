"""When facts were typed in: delay behind the event, and days on which many were typed at once.

Decisions: a delay is the calendar days from event to typing, never below 0 (a plan is typed
before it happens). For stated reasons the event is the loss or the return they are about, not the
day they were said.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from crm_analysis.features.windows import calendar_days


def typing_delays(table: ir.Table, *, event_columns: Sequence[str], recorded: str) -> ir.Table:
    """How many days after the event was each row typed in?

    Parameters
    ----------
    table : Table
        An as-of view with typing time.
    event_columns : sequence of str
        The event's time; the first one that is filled counts.
    recorded : str
        The column of the typing time.

    Returns
    -------
    Table
        One row per number of days: delay_days, n.
    """
    event = ibis.coalesce(*[table[name].cast("timestamp") for name in event_columns])
    known = table.select(event=event, typed=table[recorded].cast("timestamp"))
    known = known.filter(known.event.notnull(), known.typed.notnull())
    days = calendar_days(known.typed.date(), known.event.date())
    rows = known.select(delay_days=ibis.greatest(days, 0))
    return rows.group_by("delay_days").aggregate(n=rows.count())


def rows_per_day(table: ir.Table, *, columns: Sequence[str]) -> ir.Table:
    """How many rows lie on each calendar day, by the first filled one of these times?

    Returns
    -------
    Table
        One row per day with a row: day, n.
    """
    moment = ibis.coalesce(*[table[name].cast("timestamp") for name in columns])
    days = table.select(day=moment.date())
    days = days.filter(days.day.notnull())
    return days.group_by("day").aggregate(n=days.count())
