"""Typing where columns come with native types: from Parquet files, DuckDB files and databases.

Decisions: a native type that fits is cast. In a database one that does not fit is a fatal fault
with the advice to cast it in the view, because a database has better means to repair its data than
we have. Text is trimmed, emptied and brought to the contract's words as in files, with the same
codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import ibis
import ibis.expr.types as ir

from crm_analysis.contract import Column, Table, Type
from crm_analysis.source.engine import Engine
from crm_analysis.source.faults import Fault
from crm_analysis.source.headers import HeaderMap
from crm_analysis.source.moments import ENGINE_TYPES
from crm_analysis.source.numbers import MONEY
from crm_analysis.source.parsing import Kept

_WHOLE, _MONEY, _MONEY_DIGITS = 9.2e18, 1e14 - 0.01, 14  # what int64 and decimal(18, 4) hold
_ADVICE: dict[Type, str] = {
    "str": "text", "list": "text with ; between the items", "int": "bigint", "num": "float",
    "share": "float", "money": "numeric(18, 4)", "bool": "boolean", "date": "date",
    "ts": "timestamp",
}  # fmt: skip


def refuse_unfit(
    rows: ir.Table, table: Table, headers: HeaderMap
) -> tuple[HeaderMap, tuple[Fault, ...]]:
    """Take out the columns whose native type does not fit, each with a fatal fault."""
    unfit = {
        name: header
        for name, header in headers.columns.items()
        if not _fits(rows[header], table.column(name).type)
    }
    faults = tuple(
        Fault(
            table=table.name, rule="native_type", severity="fatal", column=name,
            value=str(rows[header].type()),
            allowed=f"{_ADVICE[table.column(name).type]}; cast the column in the view",
        )
        for name, header in unfit.items()
    )  # fmt: skip
    columns = {name: header for name, header in headers.columns.items() if name not in unfit}
    return replace(headers, columns=columns), faults


def _fits(raw: ir.Column, kind: Type) -> bool:
    native = raw.type()
    if kind in ("str", "list"):
        texts = native.is_string() or native.is_uuid() or native.is_integer()
        return texts or (kind == "list" and native.is_array())
    if kind in ("num", "share", "money", "int"):
        return bool(native.is_numeric() and not native.is_boolean())
    if kind == "bool":
        return bool(native.is_boolean())
    return bool(native.is_timestamp() or native.is_date())


def keep_native(raw: ir.Column, kind: Type, *, tz: str, engine: Engine) -> Kept | None:
    """Cast a native column that fits; None where its cells are read as text."""
    native = raw.type()
    if kind in ("str", "list") or not _fits(raw, kind):
        return None
    if kind in ("date", "ts"):
        if native.is_timestamp() and native.timezone is not None:
            raw = engine.local_time(raw, tz)
        return Kept(value=raw.cast(ENGINE_TYPES[kind]))
    if kind == "bool":
        return Kept(value=raw)
    if native.is_integer() and kind != "money" and (kind != "int" or native.is_signed_integer()):
        return Kept(value=raw.cast(ENGINE_TYPES[kind]))
    return _number(raw, kind)


def _number(raw: ir.Column, kind: Type) -> Kept:
    """Cast a number that may not fit; NaN is missing, infinite and too large ones are refused."""
    native, nothing = raw.type(), ibis.null(raw.type())
    # PostgreSQL's numeric knows NaN too, and without a precision also infinity.
    exact = native.is_integer()
    given = raw if exact else ibis.ifelse(raw.cast("float64").isnan(), nothing, raw)
    bounded = native.is_decimal() and native.precision is not None
    if kind == "money" and bounded and native.precision - native.scale <= _MONEY_DIGITS:
        return Kept(value=given.cast(MONEY))
    if kind == "money":
        value = ibis.ifelse(given.abs() <= _MONEY, given, nothing).cast(MONEY)
    elif kind == "int":
        held = ibis.ifelse(given.abs() < _WHOLE, given, nothing)
        whole = (held if exact else held.round()).cast("int64")
        value = ibis.ifelse(whole == held, whole, ibis.null("int64"))
    else:
        value = given.cast("float64")
        if bounded:
            return Kept(value=value)
        value = ibis.ifelse(value.isinf(), ibis.null("float64"), value)
    bad = given.notnull() & value.isnull()
    return Kept(value=value, code=ibis.ifelse(bad, "type", ibis.null("string")))


def plain_texts(
    rows: ir.Table, columns: Mapping[str, tuple[str, Column]], *, engine: Engine
) -> ir.Table:
    """Write text columns, ids of other types and arrays as text.

    Parameters
    ----------
    columns : mapping of str to (str, Column)
        Contract name → raw name and declaration.
    """
    texts: dict[str, ir.Value] = {}
    for header, column in columns.values():
        if column.type in ("str", "list"):
            raw = rows[header]
            if raw.type().is_array():
                raw = raw.cast("array<string>").join(";")
            texts[header] = engine.text(raw)
    return rows.mutate(**texts)
