"""The one mapping language: a file of `CREATE VIEW` statements over the raw tables.

Decision: a view may carry the name of the raw table it reads. DuckDB would take that for a view of
itself, so where names collide each statement's view is kept as a table at once, in file order.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from crm_analysis.errors import DataError, UsageError
from crm_analysis.source.files import first_line, quote

VIEWS = "crm"
FILE_NAME = "views.sql"
_ALLOWED = ("CREATE", "SELECT")


def find_views(folder: Path | None, given: Path | None) -> Path | None:
    """Return the views file to use: the given one, else the folder's own, else None."""
    if given is not None:
        if not given.is_file():
            raise UsageError(f"views file {given} does not exist; check --views")
        return given
    own = folder / FILE_NAME if folder is not None else None
    return own if own is not None and own.is_file() else None


def apply_views(engine: duckdb.DuckDBPyConnection, path: Path, *, raw_schema: str) -> None:
    """Run a views file over the raw tables; its views then stand in schema `crm`."""
    try:
        statements = engine.extract_statements(path.read_text(encoding="utf-8-sig"))
    except (duckdb.Error, UnicodeDecodeError) as error:
        raise DataError(_told(path, error)) from None
    engine.execute(f"SET search_path = 'memory.{VIEWS},{raw_schema}'")
    catalog, _, schema = raw_schema.rpartition(".")
    raw = _names(engine, catalog, schema)
    for statement in statements:
        kind = statement.type.name
        if kind not in _ALLOWED:
            raise DataError(
                f"{path.name}: {kind} is not allowed; allowed are CREATE VIEW … AS SELECT …, "
                "CREATE TABLE … AS SELECT … and CREATE MACRO …"
            )
        try:
            engine.execute(statement)
            _keep_colliding(engine, raw)
        except duckdb.Error as error:
            raise DataError(_told(path, error)) from None


def _told(path: Path, error: Exception) -> str:
    return f"{path.name}: {first_line(error)}; mend the statement, the raw tables are named by file"


def _names(engine: duckdb.DuckDBPyConnection, catalog: str, schema: str) -> set[str]:
    found = engine.execute(
        "SELECT table_name FROM information_schema.tables "
        "WHERE table_catalog = ? AND table_schema = ?",
        [catalog, schema],
    ).fetchall()
    return {row[0].lower() for row in found}


def _keep_colliding(engine: duckdb.DuckDBPyConnection, raw: set[str]) -> None:
    """Turn views into tables as soon as a view has the name of a raw table."""
    views = engine.execute(
        "SELECT view_name, sql FROM duckdb_views() "
        "WHERE schema_name = ? AND database_name = 'memory' AND NOT internal",
        [VIEWS],
    ).fetchall()
    for name, sql in views:
        if name.lower() in raw:
            engine.execute(f"DROP VIEW memory.{VIEWS}.{quote(name)}")
            engine.execute(sql.replace("CREATE VIEW", "CREATE TABLE", 1))
