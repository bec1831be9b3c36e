"""The rules that rows must keep, made from the contract as expressions over a typed table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_

import ibis
import ibis.expr.types as ir

from crm_analysis.contract import Column, Late, Table
from crm_analysis.source.faults import Severity
from crm_analysis.source.frames import collect_rows
from crm_analysis.source.parsing import REFUSALS, REPAIRS
from crm_analysis.source.typed import CODE, TypedTable

ORDER_WINDOW_DAYS = 30
FIRST_YEAR, LAST_YEAR = 1900, 2199
EMPTIED = "; emptied"
WRONG = (*REFUSALS, "range", "year")  # a value that is wrong in itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule over one table.

    Parameters
    ----------
    broken : Ibis boolean
        True on the rows that break it, over `TypedTable.rows`.
    column : str
        The column whose value is shown.
    allowed : str
        What would be right.
    instead : str
        What a repaired cell becomes; "" empties it.
    since : Ibis timestamp or None
        When the fault came into the data: the row counts until then. None, or missing: always.
    """

    name: str
    column: str
    severity: Severity
    allowed: str
    broken: ir.BooleanValue
    instead: str = ""
    since: ir.Value | None = None


def row_rules(typed: TypedTable, known: Mapping[str, ir.Table]) -> list[Rule]:
    """Return the rules of one table; references are looked up in the tables already checked."""
    rules: list[Rule] = []
    for name in typed.given:
        column = typed.table.column(name)
        rules += _required(typed, column)
        rules += _range(typed, column)
        rules += _years(typed, column)
        rules += _reference(typed, column, known)
    rules += _time_order(typed)
    rules += _undated(typed)
    if typed.table.name == "leads":
        rules += _open_means_not_closed(typed)
    if "merged_into" in typed.given:
        rules += _merges(typed)
    return rules


def known_since(typed: TypedTable, column: str, *, wrong: str = "") -> ir.Value | None:
    """Return the clock of a column that filled in later: before it the column is masked.

    So a fault in it is none before that moment. A clock that is `wrong` itself says nothing.
    Customers are left out: rows of other tables stand and fall with theirs.
    """
    if typed.table.name == "customers":
        return None
    moments = []
    for late in typed.table.late:
        names = [name for name in late.clock if name in typed.given and name != wrong]
        clocks = [typed.rows[name].cast("timestamp(6)") for name in names]
        if clocks and column in (*late.columns, *late.reset):
            moments.append((ibis.coalesce if late.rule == "first" else ibis.greatest)(*clocks))
    return ibis.greatest(*moments) if moments else None


def _required(typed: TypedTable, column: Column) -> Iterator[Rule]:
    if not column.required and not column.required_unless:
        return
    rows = typed.rows
    broken = rows[column.name].isnull()
    if column.name in typed.coded:  # a refused value is told once, by its own rule
        code = rows[column.name + CODE]
        broken &= code.isnull() | code.isin(tuple(REPAIRS))
    allowed = "a value"
    if column.required_unless:
        other, _, value = column.required_unless.partition("=")
        if other not in typed.given:
            exempt: ir.BooleanValue = ibis.literal(False)
        else:
            exempt = rows[other] == value if value else rows[other].notnull()
        broken &= ~exempt.fill_null(False)
        allowed += f", unless {other} is {value or 'given'}"
    yield Rule(
        name="required", column=column.name, severity="exclude", allowed=allowed, broken=broken,
        since=known_since(typed, column.name),
    )  # fmt: skip


def _range(typed: TypedTable, column: Column) -> Iterator[Rule]:
    if column.low is None and column.high is None:
        return
    value = typed.rows[column.name]
    broken: ir.BooleanValue = ibis.literal(False)
    if column.low is not None:
        broken |= value < _bound(column.low)
    if column.high is not None:
        broken |= value > _bound(column.high)
    yield _cell_rule(
        typed, column, name="range", allowed=_range_words(column), broken=broken
    )  # fmt: skip


def _cell_rule(
    typed: TypedTable, column: Column, *, name: str, allowed: str, broken: ir.BooleanValue
) -> Rule:
    """Exclude the row of a wrong cell, or empty the cell where it only filled in later."""
    emptied = typed.table.may_be_emptied(column.name)
    return Rule(
        name=name,
        column=column.name,
        severity="repair" if emptied else "exclude",
        allowed=allowed + (EMPTIED if emptied else ""),
        broken=broken,
        since=known_since(typed, column.name, wrong=column.name),
    )


def _bound(value: float) -> ir.Scalar:
    return ibis.literal(int(value)) if float(value).is_integer() else ibis.literal(value)


def _range_words(column: Column) -> str:
    unit = f" {column.unit}" if column.unit else ""
    if column.high is None:
        return f"at least {column.low:g}{unit}"
    if column.low is None:
        return f"at most {column.high:g}{unit}"
    return f"{column.low:g} to {column.high:g}{unit}"


def _years(typed: TypedTable, column: Column) -> Iterator[Rule]:
    if column.type not in ("date", "ts"):
        return
    value = typed.rows[column.name]
    first, last = ibis.date(FIRST_YEAR, 1, 1), ibis.date(LAST_YEAR, 12, 31)
    yield _cell_rule(
        typed, column, name="year",
        allowed=f"a year from {FIRST_YEAR} to {LAST_YEAR}, empty where it is not known",
        broken=~value.cast("date").between(first, last),
    )  # fmt: skip


def _reference(typed: TypedTable, column: Column, known: Mapping[str, ir.Table]) -> Iterator[Rule]:
    """A row without its customer is excluded; an optional link that leads nowhere is emptied."""
    if not column.references:
        return
    target, _, key = column.references.partition(".")
    found = typed.rows if target == typed.table.name else known.get(target)
    if found is None or key not in found.columns:
        return
    value = typed.rows[column.name]
    met = value.isin(found.filter(found[key].notnull())[key]).fill_null(False)
    yield Rule(
        name="reference", column=column.name,
        severity="exclude" if column.required else "repair",
        allowed=f"a {key} of table {target}"
        + ("; add its row there or mend the id" if column.required else EMPTIED),
        broken=value.notnull() & ~met,  # Spark runs NOT IN row against row
    )  # fmt: skip


def _time_order(typed: TypedTable) -> Iterator[Rule]:
    for first, second in typed.table.time_order:
        if {first, second} <= set(typed.given):
            rows, kinds = typed.rows, {typed.table.column(name).type for name in (first, second)}
            before, after = rows[first], rows[second]
            if len(kinds) > 1:  # a date and a time: the same day is right
                before, after = before.cast("date"), after.cast("date")
            yield Rule(
                name="time_order", column=second, severity="exclude",
                allowed=f"not before {first}", broken=after < before,
                since=known_since(typed, second),
            )  # fmt: skip


def _undated(typed: TypedTable) -> Iterator[Rule]:
    """Empty what filled in later without saying when: else the past would know it."""
    rows, table = typed.rows, typed.table
    for late in table.late:
        if late.undated == "kept":
            continue
        clocks = [rows[name] for name in late.clock if name in typed.given]
        undated = reduce(and_, (clock.isnull() for clock in clocks), ibis.literal(True))
        allowed = f"empty without {' or '.join(late.clock)}, which says when it was known"
        for name in late.columns:
            if name in typed.given and name not in late.clock:
                yield Rule(
                    name="undated", column=name, severity="repair", allowed=allowed + EMPTIED,
                    broken=undated & rows[name].notnull(),
                )  # fmt: skip
        for name, value in late.reset.items():
            if name in typed.given and not _clock_is_required(table, late, name):
                yield Rule(
                    name="undated", column=name, severity="repair", instead=value,
                    allowed=f"{value} without {' or '.join(late.clock)}; set to {value}",
                    broken=undated & (rows[name] != value).fill_null(False),
                )  # fmt: skip


def _clock_is_required(table: Table, late: Late, name: str) -> bool:
    """Say whether another rule already asks for the clock, unless the column has its reset."""
    return any(table.column(clock).required_unless.startswith(f"{name}=") for clock in late.clock)


def _open_means_not_closed(typed: TypedTable) -> Iterator[Rule]:
    if {"status", "closed_at"} <= set(typed.given):
        rows = typed.rows
        yield Rule(
            name="open_but_closed", column="closed_at", severity="exclude",
            allowed="empty, because status is open",
            broken=(rows.status == "open") & rows.closed_at.notnull(),
            since=known_since(typed, "closed_at"),
        )  # fmt: skip


def _merges(typed: TypedTable) -> Iterator[Rule]:
    """A customer merged into itself was not merged; a circle has nobody for whom rows count."""
    rows = typed.rows
    itself = rows.merged_into == rows.customer_id
    yield Rule(
        name="merged_into_itself", column="merged_into", severity="repair", broken=itself,
        allowed="the id of another customer, empty where none was merged" + EMPTIED,
    )  # fmt: skip
    links = rows.filter(rows.merged_into.notnull(), ~itself)
    links = links.select(old=links.customer_id, new=links.merged_into)
    onward = links.view()
    chained = links.semi_join(onward, links.new == onward.old)
    found = circles({row["old"]: row["new"] for row in collect_rows(chained)})
    if found:
        yield Rule(
            name="merged_in_circle", column="merged_into", severity="fatal",
            allowed="a chain of merges that ends at a customer who was not merged",
            broken=rows.customer_id.isin(found),
        )  # fmt: skip


def circles(links: Mapping[str, str]) -> list[str]:
    """Name the ids that lie on a circle of links.

    Examples
    --------
    >>> circles({"A": "B", "B": "C", "C": "B", "D": "E"})
    ['B', 'C']
    """
    ended: set[str] = set()
    found: set[str] = set()
    for start in links:
        trail: dict[str, None] = {}
        here = start
        while here in links and here not in ended and here not in trail:
            trail[here] = None
            here = links[here]
        if here in trail:
            names = list(trail)
            found.update(names[names.index(here) :])
        ended.update(trail)
    return sorted(found)


def order_rule(typed: TypedTable, orders: ir.Table) -> Rule | None:
    """Warn where a won lead meets no order of its customer within 30 days of its closing.

    Leads won in the last 30 days of the order table may still meet theirs.
    """
    needed = {"status", "closed_at", "customer_id"}
    if not needed <= set(typed.given) or not {"customer_id", "at"} <= set(orders.columns):
        return None
    bought = orders.select(
        who=orders.customer_id,
        first=orders.at - ibis.interval(days=ORDER_WINDOW_DAYS),
        last=orders.at + ibis.interval(days=ORDER_WINDOW_DAYS),
    )
    rows = typed.rows
    won = rows.filter(rows.status == "won", rows.closed_at.notnull())
    met = won.semi_join(
        bought,
        [
            won.customer_id == bought.who,
            won.closed_at >= bought.first,
            won.closed_at <= bought.last,
        ],
    )
    end = orders.at.max().as_scalar() - ibis.interval(days=ORDER_WINDOW_DAYS)
    due = (rows.status == "won") & (rows.closed_at <= end)
    return Rule(
        name="won_without_order", column="lead_id", severity="warning",
        allowed=f"an order of the customer within {ORDER_WINDOW_DAYS} days of closed_at",
        broken=due & ~rows.lead_id.isin(met.lead_id).fill_null(False),
    )  # fmt: skip
