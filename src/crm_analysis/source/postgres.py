"""PostgreSQL: the same expressions, run where the data are; nothing is ever written there.

Decisions: what other engines keep is computed again here, because not even a temporary table may
be made. Rows leave by COPY, which a read-only transaction allows and which is the fastest way out.
Text is compared by its code points, as the other engines do, whatever the database's own order.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import ibis.expr.operations as ops
import ibis.expr.schema as sch
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.csv

from crm_analysis.errors import first_line
from crm_analysis.source.postgres_sql import plain_text
from crm_analysis.source.zones import local_time as local_time

if TYPE_CHECKING:
    from ibis.backends.postgres import Backend

READS_TEXT = False
KEEPS = False
_TIMED_OUT = "57014"
_BLOCK = 2**20


def keep(connection: Backend, _name: str, rows: ir.Table) -> ir.Table:
    """Hold the query of the rows instead of the rows: nothing is written."""
    query = connection.compiler.to_sqlglot(rows).sql(dialect="postgres", copy=False)
    return _held(connection, query, rows.schema())


def _held(connection: Backend, query: str, schema: sch.Schema) -> ir.Table:
    connection.compiler.hold(query)
    return ops.SQLQueryResult(query=query, schema=schema, source=connection).to_expr()


def remember(rows: ir.Table) -> dict[str, Any]:
    """Write down a held query, those it rests on, and the types of its columns."""
    query = rows.op().query
    columns = {name: str(kind) for name, kind in rows.schema().items()}
    held = list(rows.get_backend().compiler.held_in(query).values())
    return {"held": held, "query": query, "columns": columns}


def recall(connection: Backend, remembered: Mapping[str, Any]) -> ir.Table:
    """Hold a query that another session of the run has written down."""
    for query in remembered["held"]:
        connection.compiler.hold(query)
    return _held(connection, remembered["query"], sch.Schema(remembered["columns"]))


def digest(connection: Backend, rows: ir.Table) -> tuple[int, str]:
    """Count rows and add up their hashes, so that the order of rows does not matter."""
    query = (
        "SELECT count(*), coalesce(sum(hashtextextended(r::text, 0)::numeric), 0)::text "
        f"FROM ({connection.compile(rows)}) AS r"
    )
    [(n_rows, total)] = ask(connection, query)
    return int(n_rows), str(total)


def fetch(connection: Backend, rows: ir.Table) -> pa.Table:
    """Copy the rows of an expression out as text and give them the types that Ibis names."""
    query, out, longest = connection.compile(rows), io.BytesIO(), 0
    copy = f"COPY ({query}) TO STDOUT (FORMAT csv)"
    con = connection.con
    with con.transaction(), con.cursor() as cursor, cursor.copy(copy) as stream:
        for part in stream:  # whole rows
            longest = max(longest, len(part))
            out.write(part)
    return _table_of(out.getbuffer(), rows.schema().to_pyarrow(), longest=longest)


def _table_of(text: memoryview, schema: pa.Schema, *, longest: int) -> pa.Table:
    """Read rows from CSV, in blocks that hold the longest of them: a row may span but two."""
    if not len(text):
        return schema.empty_table()
    return pyarrow.csv.read_csv(
        pa.py_buffer(text),
        read_options=pyarrow.csv.ReadOptions(
            column_names=schema.names, block_size=max(_BLOCK, longest)
        ),
        parse_options=pyarrow.csv.ParseOptions(
            newlines_in_values=True, ignore_empty_lines=False
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=schema, null_values=[""], true_values=["t"], false_values=["f"],
            strings_can_be_null=True, quoted_strings_can_be_null=False,
        ),
    )  # fmt: skip


def text(value: ir.Column) -> ir.StringColumn:
    """Write any type as text that is compared by its code points."""
    return plain_text(value)


def lost(error: Exception) -> str:
    """Say how the source was lost: the connection, or a statement that ran out of time."""
    import psycopg

    if isinstance(error, psycopg.Error) and error.sqlstate == _TIMED_OUT:
        return (
            f"PostgreSQL stopped a statement ({first_line(error)}); raise statement_timeout for "
            "this role, or read a copy of the database"
        )
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return f"the connection to PostgreSQL was lost ({first_line(error)}); run again"
    return ""


def full(_error: Exception) -> str:
    """Say nothing: how much memory there is, is settled where the data are."""
    return ""


def broken(error: Exception) -> str:
    """Say what the data or a view did wrong, "" where the error is another one."""
    import psycopg

    if isinstance(error, psycopg.DataError | psycopg.errors.InsufficientPrivilege):
        return f"PostgreSQL says: {first_line(error)}; mend the view or the rights of this role"
    return ""


def ask(
    connection: Backend, query: str, values: Mapping[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """Run a query that reads and return its rows; a fault in it leaves the snapshot usable."""
    with connection.con.transaction(), connection.con.cursor() as cursor:
        found: list[tuple[Any, ...]] = cursor.execute(query, values).fetchall()
    return found
