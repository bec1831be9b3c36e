"""PostgreSQL: the same expressions, run where the data are; nothing is ever written there.

Decisions: what other engines keep is computed again here, because not even a temporary table may
be made. Rows leave by COPY, which a read-only transaction allows and which is the fastest way out.
Text is compared by its code points, as the other engines do, whatever the database's own order.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.rules as rlz
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.csv
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.postgres import PostgresCompiler

from crm_analysis.source.files import first_line

if TYPE_CHECKING:
    from ibis.backends.postgres import Backend

READS_TEXT = False
KEEPS = False
_TIMED_OUT = "57014"


class _PlainText(ops.Value):  # type: ignore[misc]
    """A value as text that is compared by its code points."""

    arg: ops.Value
    dtype = dt.string
    shape = rlz.shape_like("arg")


class Compiler(PostgresCompiler):  # type: ignore[misc]
    """Ibis' own compiler, with what PostgreSQL lacks and the text order it may not choose."""

    def visit_Cast(self, op: ops.Cast, *, arg: sge.Expression, to: dt.DataType) -> sge.Expression:
        """Cast booleans to any number by way of INT, the only one they are cast to."""
        if op.arg.dtype.is_boolean() and to.is_numeric():
            arg = self.cast(arg, dt.int32)
        found: sge.Expression = super().visit_Cast(op, arg=arg, to=to)
        return found

    def visit_SQLQueryResult(
        self, _op: ops.SQLQueryResult, *, query: str, **_: object
    ) -> sge.Expression:
        """Take a held query as it is: reading and writing it again would take long."""
        held = sge.Subquery(this=sge.Var(this=query), alias=sge.to_identifier("held"))
        return sge.select("*").from_(held).subquery(copy=False)

    def visit__PlainText(self, _op: _PlainText, *, arg: sge.Expression) -> sge.Expression:
        """Write `CAST(x AS TEXT) COLLATE "C"`."""
        text = sge.Cast(this=arg, to=sge.DataType(this=sge.DataType.Type.TEXT))
        return sge.Collate(this=text, expression=sge.to_identifier("C", quoted=True))


def keep(connection: Backend, _name: str, rows: ir.Table) -> ir.Table:
    """Hold the query of the rows instead of the rows: nothing is written.

    What builds on it takes it as one table, which keeps expressions short.
    """
    query = connection.compile(rows)
    return ops.SQLQueryResult(query=query, schema=rows.schema(), source=connection).to_expr()


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
    query, out = connection.compile(rows), io.BytesIO()
    copy = f"COPY ({query}) TO STDOUT (FORMAT csv)"
    con = connection.con
    with con.transaction(), con.cursor() as cursor, cursor.copy(copy) as stream:
        for part in stream:
            out.write(part)
    return _table_of(out.getbuffer(), rows.schema().to_pyarrow())


def _table_of(text: memoryview, schema: pa.Schema) -> pa.Table:
    if not len(text):
        return schema.empty_table()
    return pyarrow.csv.read_csv(
        pa.py_buffer(text),
        read_options=pyarrow.csv.ReadOptions(column_names=schema.names),
        parse_options=pyarrow.csv.ParseOptions(
            newlines_in_values=True, ignore_empty_lines=False
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=schema, null_values=[""], true_values=["t"], false_values=["f"],
            strings_can_be_null=True, quoted_strings_can_be_null=False,
        ),
    )  # fmt: skip


@ibis.udf.scalar.builtin(name="timezone")  # type: ignore[untyped-decorator]
def _in_zone(zone: str, moment: dt.Timestamp(timezone="UTC")) -> dt.timestamp:  # type: ignore[valid-type]
    """Return the wall clock of a zone at a moment."""


def local_time(moment: ir.Column, tz: str) -> ir.Column:
    """Return the wall clock of a zone at moments that carry a zone."""
    return _in_zone(tz, moment.cast(dt.Timestamp(timezone="UTC")))


def text(value: ir.Column) -> ir.StringColumn:
    """Write any type as text that is compared by its code points."""
    return _PlainText(value.op()).to_expr()


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
