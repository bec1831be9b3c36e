"""One contract table, typed once and kept in the engine, with a code beside each touched cell."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from crm_analysis.contract import Column, Table
from crm_analysis.language import Text
from crm_analysis.source.fitting import find_fitting, taken
from crm_analysis.source.headers import HeaderMap
from crm_analysis.source.moments import ENGINE_TYPES
from crm_analysis.source.parsing import Parsed, parse

CODE, WAS = "!code", "!was"


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
    connection: Backend, raw: ir.Table, table: Table, *, headers: HeaderMap, file: str, tz: str
) -> TypedTable:
    """Type a raw table as the contract says and keep it in the engine."""
    columns = {
        name: (headers.columns[name], table.column(name))
        for name in table.column_names
        if name in headers.columns
    }
    for name, header in headers.own.items():
        columns[name] = (header, _own_column(raw[header], name))
    fitting = find_fitting(raw, columns, table=table)
    parsed = {
        name: Parsed(value=taken(raw[header], column))
        if name in fitting
        else parse(raw[header], column, table=table, tz=tz)
        for name, (header, column) in columns.items()
    }
    shown: dict[str, ir.Value] = {name: item.value for name, item in parsed.items()}
    coded = tuple(name for name, item in parsed.items() if item.code is not None)
    for name in coded:
        shown |= _trace(raw[columns[name][0]], parsed[name], name)
    for name, kind in (("_file", "string"), ("_line", "int64")):
        shown[name] = raw[name].cast(kind) if name in raw.columns else ibis.null(kind)
    rows = connection.create_table(f"typed_{table.name}", raw.select(**shown), temp=True)
    given = tuple(name for name in columns if name not in headers.own)
    return TypedTable(
        table=table, rows=rows, given=given, own=tuple(headers.own), coded=coded, file=file
    )


def _trace(raw: ir.Column, parsed: Parsed, name: str) -> dict[str, ir.Value]:
    assert parsed.code is not None
    was = ibis.ifelse(parsed.code.notnull(), raw.cast("string"), ibis.null("string"))
    return {name + CODE: parsed.code, name + WAS: was}


def _own_column(raw: ir.Column, name: str) -> Column:
    """Declare an own factor with the type that all its cells fit: a number, else text."""
    meaning = Text(name, name)
    native = raw.type()
    if native.is_numeric():
        return Column(name, "num", meaning)
    if native.is_boolean():
        return Column(name, "bool", meaning)
    if not native.is_string():
        return Column(name, "date" if native.is_date() else "str", meaning)
    text = raw.strip().nullif("")
    number_like = text.re_search(r"^[+-]?[0-9]+(\.[0-9]+)?$")
    date_like = text.re_search(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
    table = raw.as_table()
    found = table.aggregate(
        n=text.count(), numbers=number_like.sum(), dates=date_like.sum()
    ).to_pyarrow().to_pylist()[0]  # fmt: skip
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
