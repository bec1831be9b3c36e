"""One contract table, typed once and kept in the engine, with a code beside each touched cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
from ibis.backends import BaseBackend

from crm_analysis.contract import Column, Table
from crm_analysis.language import Text
from crm_analysis.source.engine import Engine, engine_of, keep
from crm_analysis.source.fitting import find_fitting, fits, taken
from crm_analysis.source.frames import collect_rows
from crm_analysis.source.headers import HeaderMap
from crm_analysis.source.moments import ENGINE_TYPES
from crm_analysis.source.native import keep_native, plain_texts
from crm_analysis.source.parsing import Kept, as_text, text_steps
from crm_analysis.source.steps import Step, separate_steps, take_steps

CODE, WAS, UNTIL = "!code", "!was", "!until"
Columns = Mapping[str, tuple[str, Column]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedTable:
    """A table after typing.

    Parameters
    ----------
    rows : Ibis table
        Value columns, `<column>!code` and `<column>!was` for the columns in `coded`, `_file`,
        `_line`.
    given : tuple of str
        The contract columns that the source has.
    own : tuple of str
        The organisation's own `x_` columns.
    coded : tuple of str
        Columns whose cells may have been repaired or refused.
    """

    table: Table
    rows: ir.Table
    given: tuple[str, ...]
    own: tuple[str, ...]
    coded: tuple[str, ...]
    file: str

    @property
    def values(self) -> tuple[str, ...]:
        """The columns that hold values."""
        return self.given + self.own


def type_table(
    connection: BaseBackend,
    raw: ir.Table,
    table: Table,
    *,
    headers: HeaderMap,
    file: str,
    tz: str,
    settled: bool = False,
) -> TypedTable:
    """Type a raw table as the contract says and keep it in the engine.

    A `settled` table, one that lies in columns already, is not written again where each of its
    cells can be taken as it is.
    """
    engine = engine_of(connection)
    columns = {
        name: (headers.columns[name], table.column(name))
        for name in table.column_names
        if name in headers.columns
    }
    for name, header in headers.own.items():
        columns[name] = (header, _own_column(raw[header], name, guess=engine.READS_TEXT))
    if not engine.READS_TEXT:
        raw = plain_texts(raw, columns, engine=engine)
    kept, steps = _ways(raw, columns, table=table, tz=tz, engine=engine)
    place = {
        name: raw[name].cast(kind) if name in raw.columns else ibis.null(kind)
        for name, kind in (("_file", "string"), ("_line", "int64"))
    }
    begun = raw.select(
        **_begin_kept(raw, columns, kept, engine),
        **_begin_read(raw, columns, steps, table, engine),
        **place,
    )
    done = take_steps(begun, steps)
    shown = {name: _value(done, name, steps) for name in columns}
    coded = tuple(name for name in columns if name + CODE in done.columns)
    for name in coded:
        was = done[f"{name}!raw"] if name in steps else done[name + WAS]
        code = done[name + CODE]
        shown |= {name + CODE: code, name + WAS: ibis.ifelse(code.notnull(), was, None)}
    shown |= {name: done[name] for name in place}
    rows = done.select(**shown)
    if steps or not settled:
        with separate_steps():
            rows = keep(connection, f"typed_{table.name}", rows)
    given = tuple(name for name in columns if name not in headers.own)
    return TypedTable(
        table=table, rows=rows, given=given, own=tuple(headers.own), coded=coded, file=file
    )


def _text(raw: ir.Column, engine: Engine) -> ir.StringColumn:
    if raw.type().is_string():
        return raw
    return as_text(raw) if engine.READS_TEXT else engine.text(raw)


def _begin_kept(
    raw: ir.Table, columns: Columns, kept: Mapping[str, Kept], engine: Engine
) -> dict[str, ir.Value]:
    begun: dict[str, ir.Value] = {}
    for name, item in kept.items():
        begun[name] = item.value
        if item.code is not None:
            begun |= {name + CODE: item.code, name + WAS: _text(raw[columns[name][0]], engine)}
    return begun


def _begin_read(
    raw: ir.Table,
    columns: Columns,
    steps: Mapping[str, tuple[Step, ...]],
    table: Table,
    engine: Engine,
) -> dict[str, ir.Value]:
    """Take the cells that fit at once, so that only the others go the long way."""
    begun: dict[str, ir.Value] = {}
    for name in steps:
        header, column = columns[name]
        text, nothing = _text(raw[header], engine), ibis.null("string")
        fit = fits(text, column, table=table)
        begun[f"{name}!fit"] = taken(ibis.ifelse(fit, text, nothing), column)
        begun[f"{name}!raw"] = ibis.ifelse(fit, nothing, text)
    return begun


def _value(done: ir.Table, name: str, steps: Mapping[str, tuple[Step, ...]]) -> ir.Value:
    return (
        ibis.coalesce(done[f"{name}!fit"], done[f"{name}!value"]) if name in steps else done[name]
    )


def _ways(
    raw: ir.Table, columns: Columns, *, table: Table, tz: str, engine: Engine
) -> tuple[dict[str, Kept], dict[str, tuple[Step, ...]]]:
    """Decide for each column whether it is kept as it is or read step by step."""
    fitting = find_fitting(raw, columns, table=table)
    kept: dict[str, Kept] = {}
    steps: dict[str, tuple[Step, ...]] = {}
    for name, (header, column) in columns.items():
        found = keep_native(raw[header], column.type, tz=tz, engine=engine)
        if name in fitting:
            kept[name] = Kept(value=taken(raw[header], column))
        elif found is not None:
            kept[name] = found
        else:
            steps[name] = text_steps(column, table=table, tz=tz)
    return kept, steps


def _own_column(raw: ir.Column, name: str, *, guess: bool) -> Column:
    """Declare an own factor with the type that all its cells fit; 02134 is a code, no number.

    Without `guess` text is text.
    """
    meaning = Text(name, name)
    native = raw.type()
    if native.is_numeric():
        return Column(name, "num", meaning)
    if native.is_boolean():
        return Column(name, "bool", meaning)
    if not native.is_string() or not guess:
        return Column(name, "date" if native.is_date() else "str", meaning)
    text = raw.strip().nullif("")
    number_like = text.re_search(r"^[+-]?(0|[1-9][0-9]*)(\.[0-9]+)?$")
    date_like = text.re_search(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
    table = raw.as_table()
    [found] = collect_rows(
        table.aggregate(n=text.count(), numbers=number_like.sum(), dates=date_like.sum())
    )
    if found["n"] and found["numbers"] == found["n"]:
        return Column(name, "num", meaning)
    if found["n"] and found["dates"] == found["n"]:
        return Column(name, "date", meaning)
    return Column(name, "str", meaning)


def empty_columns(table: Table, given: tuple[str, ...]) -> dict[str, ir.Value]:
    """Return a typed NULL for each contract column that the source does not have."""
    return {
        column.name: ibis.null(ENGINE_TYPES[column.type])
        for column in table.columns
        if column.name not in given
    }
