"""The one mapping language: a file of `CREATE VIEW` statements over the raw tables.

Decision: a view may carry the name of the raw table it reads. DuckDB would take that for a view of
itself, so where names collide each statement's view is kept as a table at once, in file order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from crm_analysis.errors import DataError, UsageError, first_line
from crm_analysis.source.faults import Fault
from crm_analysis.source.files import quote

VIEWS = "crm"
FILE_NAME = "views.sql"
_ALLOWED = ("CREATE", "SELECT")
_KINDS = "CREATE VIEW … AS SELECT …, CREATE TABLE … AS SELECT … and CREATE MACRO …"
_ADVICE = "a statement that runs; the raw tables are named by file"
_MAKES = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMP(?:ORARY)?\s+)?(?:RECURSIVE\s+)?(?:VIEW|TABLE)\s+"
    r"(?:IF\s+NOT\s+EXISTS\s+)?(?:\w+\s*\.\s*)?(\"(?:[^\"]|\"\")+\"|\w+)",
    re.IGNORECASE,
)
_LINE = re.compile(r"^LINE ([0-9]+):", re.MULTILINE)


def find_views(folder: Path | None, given: Path | None) -> Path | None:
    """Return the views file to use: the given one, else the folder's own, else None."""
    if given is not None:
        if not given.is_file():
            raise UsageError(f"views file {given} does not exist; check --views")
        return given
    own = folder / FILE_NAME if folder is not None else None
    return own if own is not None and own.is_file() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of a views file: where it stands and which view or table it makes."""

    file: str
    number: int
    line: int
    text: str

    @property
    def makes(self) -> str:
        """The name of the view or table, "" where that cannot be told."""
        found = _MAKES.match(self.text)
        return found.group(1).replace('""', '"').strip('"') if found else ""

    def fault(self, message: str, *, allowed: str = _ADVICE, line: int | None = None) -> Fault:
        """Say what is wrong with the statement; `line` counts within it, from 1."""
        return Fault(
            table=self.makes or self.file, rule="views", severity="fatal", file=self.file,
            line=self.line + (line or 1) - 1, value=f"statement {self.number}: {message}",
            allowed=allowed,
        )  # fmt: skip

    def failed(self, error: Exception) -> Fault:
        """Say in one sentence why the engine could not run it."""
        found = _LINE.search(str(error))
        return self.fault(first_line(error), line=int(found.group(1)) if found else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What a views file did: the statement behind each view, and what was wrong."""

    made: Mapping[str, Statement]
    faults: tuple[Fault, ...]


def apply_views(engine: duckdb.DuckDBPyConnection, path: Path, *, raw_schema: str) -> Applied:
    """Run a views file over the raw tables; its views then stand in schema `crm`.

    A statement that fails is a fault, and the others run, so that all faults are told at once.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name}: {error}; save it as UTF-8") from None
    engine.execute(f"SET search_path = 'memory.{VIEWS},{raw_schema}'")
    catalog, _, schema = raw_schema.rpartition(".")
    raw = _names(engine, catalog, schema)
    made: dict[str, Statement] = {}
    faults: list[Fault] = []
    for statement in statements_of(text, file=path.name):
        fault = _run(engine, statement, raw)
        if fault is None:
            made[statement.makes.lower()] = statement
        else:
            faults.append(fault)
    if not faults:
        faults = _unended(engine, Statement(file=path.name, number=1, line=1, text=text))
    return Applied(made=made, faults=tuple(faults))


def statements_of(text: str, *, file: str) -> list[Statement]:
    """Split a file at the semicolons that end statements, and say on which line each begins.

    Examples
    --------
    >>> text = "-- ours; mine\\nCREATE VIEW a AS SELECT ';';\\n\\nSELECT 1"
    >>> found = statements_of(text, file="views.sql")
    >>> [(each.number, each.line, each.makes) for each in found]
    [(1, 2, 'a'), (2, 4, '')]
    """
    written = text.encode()
    found: list[Statement] = []
    begin: int | None = None
    offsets = [offset for offset, _ in duckdb.tokenize(text)]
    for offset in [*offsets, len(written)]:
        ends = offset == len(written) or written[offset : offset + 1] == b";"
        if ends and begin is not None:
            found.append(
                Statement(
                    file=file, number=len(found) + 1, line=1 + written[:begin].count(b"\n"),
                    text=written[begin:offset].decode(),
                )
            )  # fmt: skip
            begin = None
        elif not ends and begin is None:
            begin = offset
    return found


def _unended(engine: duckdb.DuckDBPyConnection, whole: Statement) -> list[Fault]:
    """Find what no statement holds: a comment that never ends."""
    try:
        engine.extract_statements(whole.text)
    except duckdb.Error as error:
        return [whole.failed(error)]
    return []


def _run(engine: duckdb.DuckDBPyConnection, statement: Statement, raw: set[str]) -> Fault | None:
    """Run one statement; return what is wrong with it."""
    try:
        for part in engine.extract_statements(statement.text):
            kind = part.type.name
            if kind not in _ALLOWED:
                return statement.fault(f"{kind} is not allowed", allowed=_KINDS)
            engine.execute(part)
            _keep_colliding(engine, raw)
    except duckdb.Error as error:
        return statement.failed(error)
    return None


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
