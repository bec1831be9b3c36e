"""What was known at the end of the as-of day: two clocks per row, late columns, plans.

Leakage is prevented here once. A row is visible when its event time and its typing time are both
on or before the day; a column that filled in later is masked until its own clock; a plan is
visible from when it was typed in. All of it is declared in the contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from crm_analysis.contract import Late, Table
from crm_analysis.source.typed import UNTIL, empty_columns


@dataclass(frozen=True, slots=True)
class Day:
    """The as-of day; a time is known when it lies before the next midnight."""

    as_of: date

    def after(self, moment: ir.Value) -> ir.BooleanValue:
        """Say whether a time lies after the day; a missing one does not."""
        midnight = ibis.literal(self.as_of + timedelta(days=1)).cast("timestamp(6)")
        late: ir.BooleanValue = (moment.cast("timestamp(6)") >= midnight).fill_null(False)
        return late


def as_of_view(rows: ir.Table, table: Table, *, as_of: date) -> ir.Table:
    """Return a table's rows as they were known, with all contract columns and `known_at`.

    Parameters
    ----------
    rows : Ibis table
        Checked rows, value columns only.
    table : Table
        Their contract table.
    as_of : date
        The last known day.
    """
    own = [name for name in rows.columns if name not in (*table.column_names, UNTIL)]
    day = Day(as_of)
    if UNTIL in rows.columns:
        rows = rows.filter(not_yet_faulty(rows, as_of=as_of))
    columns: dict[str, ir.Value] = {name: rows[name] for name in rows.columns}
    columns |= empty_columns(table, tuple(rows.columns))
    full = rows.select(**{name: columns[name] for name in [*table.column_names, *own]})
    visible = full.filter(_visible(full, table, day))
    masked = visible.mutate(**_masks(visible, table, day))
    return masked.mutate(known_at=_known_at(masked, table))


def not_yet_faulty(rows: ir.Table, *, as_of: date) -> ir.BooleanValue:
    """Say which rows count: those without a fault, or whose fault came in after the day."""
    until = rows[UNTIL]
    counts: ir.BooleanValue = until.isnull() | Day(as_of).after(until)
    return counts


def _times(rows: ir.Table, names: tuple[str, ...]) -> list[ir.Value]:
    return [rows[name].cast("timestamp(6)") for name in names]


def _nothing() -> ir.Value:
    return ibis.null("timestamp(6)")


def _event(rows: ir.Table, table: Table) -> ir.Value:
    return ibis.coalesce(*_times(rows, table.event_time)) if table.event_time else _nothing()


def _recorded(rows: ir.Table, table: Table) -> ir.Value:
    return rows[table.recorded].cast("timestamp(6)") if table.recorded else _nothing()


def _planned(rows: ir.Table, table: Table) -> tuple[ir.BooleanValue, ir.Value]:
    """Return which rows are plans, and when each plan was known."""
    assert table.plan is not None
    plan = table.plan
    is_plan = rows[plan.when].notnull() if plan.when else ibis.literal(True)
    clocks = [rows[plan.clock].cast("timestamp(6)")]
    if plan.fallback:
        clocks.append(ibis.least(*_times(rows, plan.fallback)))
    return is_plan, ibis.coalesce(*clocks)


def _visible(rows: ir.Table, table: Table, day: Day) -> ir.BooleanValue:
    event, recorded = _event(rows, table), _recorded(rows, table)
    happened = (event.notnull() | recorded.notnull()) & ~day.after(event) & ~day.after(recorded)
    if table.plan is None:
        return happened
    is_plan, known = _planned(rows, table)
    planned = is_plan & known.notnull() & ~day.after(known)
    return planned if not table.event_time else ibis.ifelse(is_plan, planned, happened)


def _clock(rows: ir.Table, late: Late) -> ir.Value:
    times = _times(rows, late.clock)
    return ibis.coalesce(*times) if late.rule == "first" else ibis.greatest(*times)


def _masks(rows: ir.Table, table: Table, day: Day) -> Mapping[str, ir.Value]:
    """Return each late column as it was known."""
    not_yet: dict[str, list[ir.BooleanValue]] = {}
    resets: dict[str, str] = {}
    for late in table.late:
        unknown = day.after(_clock(rows, late))
        resets |= dict(late.reset)
        for name in dict.fromkeys((*late.columns, *late.reset)):
            not_yet.setdefault(name, []).append(unknown)
    masks: dict[str, ir.Value] = {}
    for name, conditions in not_yet.items():
        kind = rows[name].type()
        before = ibis.literal(resets[name]).cast(kind) if name in resets else ibis.null(kind)
        masks[name] = ibis.ifelse(reduce(or_, conditions), before, rows[name])
    return masks


def _known_at(rows: ir.Table, table: Table) -> ir.Value:
    """Return when a row was known: the later clock; missing for a plan that has not happened."""
    event, recorded = _event(rows, table), _recorded(rows, table)
    latest = ibis.greatest(event, recorded)
    if table.plan is None:
        return latest
    is_plan, known = _planned(rows, table)
    if not table.event_time:
        return known
    return ibis.ifelse(is_plan & event.isnull(), _nothing(), latest)
