"""Which text cells can be taken as they are.

Decision: most columns of most exports need no repair. One query per table finds those, and only
the others go through the long way of `parsing`, which is ten times slower.
"""

from __future__ import annotations

from collections.abc import Mapping

import ibis.expr.types as ir

from crm_analysis.contract import Column, Table
from crm_analysis.source.frames import collect_rows
from crm_analysis.source.moments import ENGINE_TYPES
from crm_analysis.source.words import (
    INVISIBLE,
    INVISIBLE_IN_TEXT,
    MISSING_ANYWHERE,
    aliases_of,
    is_id,
)

_PATTERNS: dict[str, str] = {
    "int": r"^[+-]?[0-9]{1,18}$",
    "num": r"^[+-]?[0-9]{1,15}(\.[0-9]+)?$",
    "share": r"^[+-]?[0-9]{1,15}(\.[0-9]+)?$",
    "money": r"^[+-]?[0-9]{1,13}(\.[0-9]{1,4})?$",
    "date": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "ts": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?$",
}
_ID = r"^[0-9A-Za-z_.:#@-]+$"
_UNEVEN_LIST = r"[；、，|]|^[\s;]|[\s;]$|\s;|;\s|^$|" + INVISIBLE
_UNEVEN_TEXT = r"^[ \t\n\r]|[ \t\n\r]$|^$|" + INVISIBLE_IN_TEXT


def fits(raw: ir.StringColumn, column: Column, *, table: Table) -> ir.BooleanValue:
    """Say per cell whether it needs neither repair nor refusal; a missing one does not."""
    given = raw.isnull()
    if column.type in ("date", "ts"):
        shaped = raw.re_search(_PATTERNS[column.type])
        return given | (shaped & raw.try_cast(ENGINE_TYPES[column.type]).notnull())
    if column.type in _PATTERNS:
        return given | raw.re_search(_PATTERNS[column.type])
    if column.type == "bool":
        return given | raw.isin(("true", "false"))
    aliases = aliases_of(column, table)
    if column.type == "list":
        return given | _even_list(raw, column)
    if aliases:
        return given | raw.isin(column.allowed or tuple(dict.fromkeys(aliases.values())))
    known = raw.lower().notin(MISSING_ANYWHERE)
    if is_id(column, table):
        return given | (raw.re_search(_ID) & known)
    return given | (~raw.re_search(_UNEVEN_TEXT) & known)


def _even_list(raw: ir.StringColumn, column: Column) -> ir.BooleanValue:
    if column.allowed:
        single = "|".join(column.allowed)
        return raw.re_search(f"^({single})(;({single}))*$")
    return ~raw.re_search(_UNEVEN_LIST) & raw.lower().notin(MISSING_ANYWHERE)


def taken(raw: ir.StringColumn, column: Column) -> ir.Column:
    """Type a text column all of whose cells fit."""
    target = ENGINE_TYPES[column.type]
    return raw if target == "string" else raw.try_cast(target)


def find_fitting(
    raw: ir.Table, columns: Mapping[str, tuple[str, Column]], *, table: Table
) -> frozenset[str]:
    """Name the text columns all of whose cells can be taken as they are, by one query.

    Parameters
    ----------
    columns : mapping of str to (str, Column)
        Contract name → raw name and declaration.
    """
    texts = {
        name: (header, column)
        for name, (header, column) in columns.items()
        if raw[header].type().is_string()
    }
    if not texts:
        return frozenset()
    unfit = {
        f"c{at}": (~fits(raw[header], column, table=table)).cast("int64").sum()
        for at, (header, column) in enumerate(texts.values())
    }
    [found] = collect_rows(raw.aggregate(**unfit))
    return frozenset(name for at, name in enumerate(texts) if not found[f"c{at}"])
