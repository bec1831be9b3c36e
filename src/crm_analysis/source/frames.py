"""The one door by which rows leave the engine to analyses.

Decision: engines hand over missing values, times and sums in different types. Here all are brought
to what DuckDB gives, so that an analysis sees the same frame whatever the source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
from ibis.backends.duckdb.converter import DuckDBPandasData

from crm_analysis.source.engine import fetch
from crm_analysis.source.shared import shared_frames

_watching: list[Callable[[ir.Table, int], None]] = []


def collect(rows: ir.Table) -> pd.DataFrame:
    """Execute an expression and return its rows with the same types from every engine.

    Text and booleans with missing values are objects with None, times are `datetime64[us]`, dates
    `datetime64[s]`, money is `Decimal`, whole numbers with missing values are floats with NaN.

    Parameters
    ----------
    rows : Ibis table
        One row per entity or counts; raw events stay in the engine.

    Raises
    ------
    SourceLost
        The connection was lost, or a statement ran out of time.
    """
    table = _fetched(rows)
    # Column by column and uncopied: a frame made of all at once is held four times on the way.
    columns = {name: _column(table[name], kind) for name, kind in rows.schema().items()}
    return pd.DataFrame(columns, copy=False)


def _column(column: pa.ChunkedArray, kind: dt.DataType) -> pd.Series:
    """Bring one column to the type that every engine gives, in memory of its own."""
    values = column.to_pandas() if _is_plain(column) else column.to_pylist()
    series: pd.Series = DuckDBPandasData.convert_column(pd.Series(values), kind)
    if kind.is_timestamp():
        series = series.astype("datetime64[us]")
    return series if series.to_numpy().flags.writeable else series.copy()


def _is_plain(column: pa.ChunkedArray) -> bool:
    """Say whether Arrow hands a column over as pandas wants it: at once and not value by value."""
    if not column.null_count:
        return True
    quick = (pa.types.is_string, pa.types.is_floating, pa.types.is_int64, pa.types.is_int32)
    return column.null_count < len(column) and any(kind(column.type) for kind in quick)


def collect_rows(rows: ir.Table) -> list[dict[str, Any]]:
    """Execute an expression and return a few rows as Python values, column by name."""
    found: list[dict[str, Any]] = _fetched(rows).to_pylist()
    return found


def count_rows(rows: ir.Table) -> int:
    """Count the rows of an expression in the engine."""
    [found] = collect_rows(rows.aggregate(n=rows.count()))
    return int(found["n"])


@contextmanager
def watch_leaving(seen: Callable[[ir.Table, int], None]) -> Iterator[None]:
    """Call `seen` with each expression whose rows leave an engine, and with their number."""
    _watching.append(seen)
    try:
        yield
    finally:
        _watching.remove(seen)


def _fetched(rows: ir.Table) -> pa.Table:
    connection = rows.get_backend()
    shared = shared_frames(connection, rows)
    if shared is None:
        table = fetch(connection, rows)
    else:
        table = shared.draw(connection.compile(rows), lambda: fetch(connection, rows))
    for seen in _watching:
        seen(rows, table.num_rows)
    return table
