"""DuckDB: folders, DuckDB files and the demo are read in its memory, where all may be kept."""

from __future__ import annotations

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from crm_analysis.source.files import first_line, quote

READS_TEXT = True
KEEPS = True


def keep(connection: Backend, name: str, rows: ir.Table) -> ir.Table:
    """Compute rows once and return the temporary table that holds them.

    One statement, where Ibis' own `create_table` writes the table's form and its rows in two.
    """
    connection.con.execute(f"CREATE TEMP TABLE {quote(name)} AS {connection.compile(rows)}")
    return connection.table(name, database=("temp", "main"))


def digest(connection: Backend, rows: ir.Table) -> tuple[int, str]:
    """Count rows and add up their hashes, so that the order of rows does not matter."""
    columns = ", ".join(quote(column) for column in rows.columns)
    n_rows, total = connection.con.execute(
        f"SELECT count(*), CAST(coalesce(sum(hash({columns})), 0) AS VARCHAR) "
        f"FROM ({connection.compile(rows)})"
    ).fetchall()[0]
    return int(n_rows), str(total)


def fetch(connection: Backend, rows: ir.Table) -> pa.Table:
    """Execute and bring the rows out."""
    return connection.to_pyarrow(rows)


@ibis.udf.scalar.builtin(name="timezone")  # type: ignore[untyped-decorator]
def _in_zone(zone: str, moment: dt.Timestamp(timezone="UTC")) -> dt.timestamp:  # type: ignore[valid-type]
    """Return the wall clock of a zone at a moment."""


def local_time(moment: ir.Column, tz: str) -> ir.Column:
    """Return the wall clock of a zone at moments that carry a zone."""
    return _in_zone(tz, moment.cast(dt.Timestamp(timezone="UTC")))


def lost(error: Exception) -> str:
    """Say how the source was lost: its files are gone, or its memory is full."""
    if isinstance(error, duckdb.OutOfMemoryException):
        return f"{first_line(error)}; raise memory_limit"
    if isinstance(error, duckdb.IOException):
        return f"{first_line(error)}; is the source still there?"
    return ""
