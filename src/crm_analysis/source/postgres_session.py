"""A session with a PostgreSQL database: read-only, of one moment, gone without a trace.

Decisions: one REPEATABLE READ, READ ONLY transaction lasts as long as the session, so that all its
queries see the same moment; Ibis' own transactions become savepoints in it. A run exports its
moment and its notebooks' sessions import it.
"""

from __future__ import annotations

import contextlib
import re
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.schema as sch
import ibis.expr.types as ir

from crm_analysis.errors import CrmAnalysisError, SourceLost, UsageError, first_line
from crm_analysis.source import postgres
from crm_analysis.source.addresses import Address, masked, read_address
from crm_analysis.source.engine import Opened, told
from crm_analysis.source.files import literal, quote
from crm_analysis.source.postgres import ask
from crm_analysis.source.postgres_sql import Compiler

if TYPE_CHECKING:
    import psycopg
    from ibis.backends.postgres import Backend

AT_ONCE = True
_MISSING = "PostgreSQL needs an extra: pip install 'crm_analysis[postgres]'"
_PATIENCE: dict[str, Any] = {
    "connect_timeout": 10, "keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 10,
    "keepalives_count": 3, "tcp_user_timeout": 60_000,
}  # fmt: skip
_READ_ONLY = "SET default_transaction_read_only = on"
_SETTINGS = (  # each is tried: not every server knows or allows it
    "SET datestyle = 'ISO, YMD'",
    "SET idle_in_transaction_session_timeout = 0",  # a moment lasts while notebooks compute
    "SET transaction_timeout = 0",
    "SET client_connection_check_interval = '10s'",  # or a statement outlives a killed run
    "SET jit = off",  # compiling the long statements takes longer than running them
    "SET work_mem = '64MB'",
    "SET enable_nestloop = off",  # nothing is known of a held query's rows: joins in a loop hang
)
_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_COLUMNS = """
SELECT c.relname, a.attname,
  format_type(CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE a.atttypid END,
              CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE a.atttypmod END),
  t.typtype = 'e', has_column_privilege(c.oid, a.attnum, 'SELECT')
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = %(schema)s
JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum
"""
_SCHEMAS = """
SELECT nspname FROM pg_namespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
  AND has_schema_privilege(oid, 'USAGE')
ORDER BY nspname
"""


def open_source(url: str, *, snapshot: str = "") -> Opened:
    """Open a session that sees one moment, and find the tables and views of its schema.

    Parameters
    ----------
    url : str
        postgres://user@host:port/database?schema=crm; no password in it.
    snapshot : str
        The moment of another session that is still open; "" for now.

    Raises
    ------
    UsageError
        The address, database, schema or right to read does not exist, or the extra is missing.
    SourceLost
        The server cannot be reached, or the moment is gone.
    """
    address = read_address(url)
    raw = _connected(address, url)
    try:
        with told(postgres):
            _set_up(raw)
            shared = _import(raw, snapshot) if snapshot else _export(raw)
            connection = _backend(raw)
            tables, forbidden = _tables(connection, address, url)
    except BaseException:
        raw.close()
        raise
    return Opened(
        connection=connection, tables=tables, name=f"{raw.info.dbname}/{address.schema}",
        snapshot=shared, forbidden=forbidden,
    )  # fmt: skip


def _connected(address: Address, url: str) -> psycopg.Connection[Any]:
    try:
        import psycopg
    except ImportError:
        raise UsageError(f"source {masked(url)}: {_MISSING}") from None
    given = {
        "host": address.host, "port": address.port, "user": address.user,
        "dbname": address.database, **dict(address.options),
    }  # fmt: skip
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value}
    try:
        return psycopg.connect(
            **chosen, **_PATIENCE, autocommit=True, client_encoding="UTF8",
            application_name="crm_analysis",
        )  # fmt: skip
    except psycopg.OperationalError as error:
        raise _unreached(url, first_line(error)) from None


def _unreached(url: str, message: str) -> CrmAnalysisError:
    if re.search(r'(database|role) ".*" does not exist|invalid \w+ value', message):
        return UsageError(f"source {masked(url)}: {message}; check the address")
    if "password" in message:
        message += "; give it by the environment variable PGPASSWORD or in ~/.pgpass"
    return SourceLost(f"source {masked(url)} cannot be reached: {message}")


def _set_up(raw: psycopg.Connection[Any]) -> None:
    import psycopg

    raw.execute(_READ_ONLY)
    for setting in _SETTINGS:
        with contextlib.suppress(psycopg.ProgrammingError, psycopg.DataError):
            raw.execute(setting)


def _import(raw: psycopg.Connection[Any], snapshot: str) -> str:
    """Begin at the moment of another session."""
    import psycopg

    raw.execute(_BEGIN)
    try:
        raw.execute(f"SET TRANSACTION SNAPSHOT {literal(snapshot)}")
    except psycopg.Error as error:
        raise SourceLost(
            f"the moment of the database that the run shares is gone ({first_line(error)}); "
            "run again"
        ) from None
    return snapshot


def _export(raw: psycopg.Connection[Any]) -> str:
    """Begin now and export the moment; "" where the server refuses to."""
    import psycopg

    raw.execute(_BEGIN)
    try:
        found = raw.execute("SELECT pg_export_snapshot()").fetchone()
    except psycopg.Error:
        raw.execute("ROLLBACK")
        raw.execute(_BEGIN)
        return ""
    return str(found[0]) if found else ""


def can_share(url: str, snapshot: str) -> bool:
    """Say whether another session sees the moment: behind a proxy it may meet another server."""
    try:
        raw = _connected(read_address(url), url)
        try:
            _import(raw, snapshot)
        finally:
            raw.close()
    except SourceLost:
        return False
    return True


def _backend(raw: psycopg.Connection[Any]) -> Backend:
    from ibis.backends.postgres import Backend

    class Session(Backend):  # type: ignore[misc]
        """Ibis' backend, which writes held queries before each statement."""

        def compile(self, expr: ir.Expr, /, **options: Any) -> str:  # noqa: ANN401
            """Write an expression as a statement."""
            return compiler.with_held(super().compile(expr, **options))

    compiler = Compiler()
    connection = Session.from_connection(raw)
    connection.compiler = compiler
    weakref.finalize(connection, raw.close)
    return connection


def _tables(
    connection: Backend, address: Address, url: str
) -> tuple[dict[str, ir.Table], tuple[str, ...]]:
    """Return the tables and views of the schema with the columns that this role may read.

    Beside them the names of those of which it may read none.
    """
    found: dict[str, dict[str, dt.DataType]] = {}
    hidden: set[str] = set()
    for table, column, kind, is_enum, readable in ask(
        connection, _COLUMNS, {"schema": address.schema}
    ):
        if readable:
            found.setdefault(table, {})[column] = _type(connection, kind, is_enum=is_enum)
        else:
            hidden.add(table)
    schemas = [name for (name,) in ask(connection, _SCHEMAS)]
    if address.schema not in schemas:
        raise UsageError(
            f"source {masked(url)}: there is no schema {address.schema!r} that this role may use; "
            f"there are {', '.join(schemas) or 'none'}. Write ?schema=… or GRANT USAGE ON SCHEMA"
        )
    forbidden = tuple(sorted(hidden - found.keys()))
    if forbidden and not found:
        raise UsageError(
            f"source {masked(url)}: this role may not read {', '.join(forbidden)}; "
            f"GRANT SELECT ON ALL TABLES IN SCHEMA {quote(address.schema)} to it"
        )
    tables = {
        name: _table(connection, name, columns, schema=address.schema)
        for name, columns in found.items()
    }
    return tables, forbidden


def _type(connection: Backend, kind: str, *, is_enum: bool) -> dt.DataType:
    """Return Ibis' type of a native one; one it does not know is refused where it is needed."""
    if is_enum:
        return dt.string
    if kind == "money":  # written with the sign of a currency
        return dt.unknown
    return connection.compiler.type_mapper.from_string(kind)


def _table(
    connection: Backend, name: str, columns: Mapping[str, dt.DataType], *, schema: str
) -> ir.Table:
    return ops.DatabaseTable(
        name, schema=sch.Schema(columns), source=connection,
        namespace=ops.Namespace(database=schema),
    ).to_expr()  # fmt: skip
