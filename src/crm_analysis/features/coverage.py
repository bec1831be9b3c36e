"""How much of each table is filled in, and how many lost leads have data (A-26)."""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir


def filled_counts(table: ir.Table, *, columns: Sequence[str]) -> ir.Table:
    """Count the rows of a table in which each column holds something; empty text is nothing.

    Returns
    -------
    Table
        One row: n_rows, then one count per column under the column's name.
    """
    counts = {name: _filled(table[name]).ifelse(1, 0).sum().fill_null(0) for name in columns}
    return table.aggregate(n_rows=table.count(), **counts)


def _filled(value: ir.Value) -> ir.BooleanValue:
    if value.type().is_string():
        return value.notnull() & (value.length() > 0)
    return value.notnull()
