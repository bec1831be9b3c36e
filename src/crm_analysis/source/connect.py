"""Open a source: the demo, a folder of files, a DuckDB file or a database."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import ibis.expr.types as ir
from ibis.backends import BaseBackend
from ibis.backends.duckdb import Backend

from crm_analysis.config import Config
from crm_analysis.contract import TABLES
from crm_analysis.errors import DataError, SourceLost, UsageError, first_line
from crm_analysis.source.addresses import engine_name, masked
from crm_analysis.source.duck import keep_in, open_engine
from crm_analysis.source.engine import sessions_of
from crm_analysis.source.faults import Fault
from crm_analysis.source.files import (
    RAW,
    RawTable,
    data_files,
    fingerprint_files,
    literal,
    read_folder,
)
from crm_analysis.source.frames import count_rows
from crm_analysis.source.headers import table_for
from crm_analysis.source.store import Store
from crm_analysis.source.views import VIEWS, Applied, Statement, apply_views, find_views

ENGINES = (
    "demo:, a folder of csv, csv.gz, tsv, xlsx or Parquet files, a .duckdb file, "
    "postgres://user@host/database?schema=…, or spark://host:port?tables=…"
)
DUCKDB_ENDINGS = (".duckdb", ".ddb", ".db")
TRUTH = "truth.json"
_NAMES = "name the {what} after the table it holds: " + ", ".join(TABLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTable:
    """A contract table as it came.

    Parameters
    ----------
    file : str
        The file that the raw rows came from, "" for views and databases.
    n_unread : int
        Rows that were unreadable.
    view : Statement or None
        The statement of the views file that made it.
    """

    rows: ir.Table
    file: str
    n_unread: int = 0
    settled: bool = False  # in typed columns on disk: reading it again costs little
    view: Statement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An opened source.

    Parameters
    ----------
    name : str
        What pages may say of it: the name of the folder or file, never its place.
    tables : mapping of str to SourceTable
        The contract tables found, in contract order, not yet checked.
    faults : tuple of Fault
        What was wrong already while reading.
    raw_names : tuple of str
        All raw tables, also those that are no contract table.
    fingerprint : str
        Digest of the files' bytes before they were read, "" for a database; see
        `raw_fingerprint` for comparing it afterwards.
    snapshot : str
        The moment that a database's session sees, for other sessions; "" where there is none.
    truth : mapping or None
        The planted truth on demo and scenario worlds.
    """

    name: str
    url: str
    config: Config
    connection: BaseBackend = field(repr=False)
    tables: Mapping[str, SourceTable] = field(repr=False)
    faults: tuple[Fault, ...] = ()
    raw_names: tuple[str, ...] = ()
    fingerprint: str = ""
    snapshot: str = ""
    truth: Mapping[str, Any] | None = None

    def close(self) -> None:
        """Give the engine's memory back."""
        self.connection.disconnect()


def connect(
    url: str,
    *,
    views: Path | None = None,
    config: Config,
    store: Store | None = None,
    snapshot: str = "",
) -> Source:
    """Open a source without checking its rows.

    Parameters
    ----------
    url : str
        "demo:", a folder, a DuckDB file (opened read-only), or the address of a database.
    views : Path or None
        A file of `CREATE VIEW` statements; None takes the folder's `views.sql`.
    config : Config
        Time zone, encodings and the engine's limits.
    store : Store or None
        The store of a run, where tables are kept; None keeps them in the engine's memory.
    snapshot : str
        The moment of a database that another session shares, `Source.snapshot`; "" for now.

    Raises
    ------
    UsageError
        The path or engine does not exist.
    """
    if engine_name(url):
        return _connect_database(
            url, views=views, config=config, snapshot=snapshot, shared=store is not None
        )
    path = find_path(url)
    fingerprint = raw_fingerprint(url)  # before reading: a file that changes meanwhile is told
    connection = open_engine(config, limits=store.limits if store else None)
    if store is not None:
        keep_in(connection, store.tables)
    is_folder = path.is_dir()
    views_file = find_views(path if is_folder else None, views)
    opened = _open_folder if is_folder else _open_database
    raw, faults, raw_schema = opened(connection.con, path, config)
    connection.con.execute(f"CREATE SCHEMA {VIEWS}")
    applied = Applied(made={}, faults=())
    if views_file is not None:
        applied = apply_views(connection.con, views_file, raw_schema=raw_schema)
        faults = (*faults, *applied.faults)
    connection.con.execute(f"SET search_path = 'memory.main,memory.{VIEWS},{raw_schema}'")
    mapped = views_file is not None or not is_folder  # then other tables are no mistake
    tables, strays = _contract_tables(connection, raw, raw_schema, applied)
    return Source(
        name=url if url.startswith("demo:") else path.resolve().name,
        url=url,
        config=config,
        connection=connection,
        tables=tables,
        faults=tuple(_judged(faults, strays, tables=tables, mapped=mapped)),
        raw_names=tuple(table.name for table in raw),
        fingerprint=fingerprint,
        truth=_truth(path),
    )


def find_path(url: str) -> Path:
    """Return the folder or file behind a source; say in one sentence where there is none."""
    if url.strip() in ("demo:", "demo"):
        return demo_folder()
    scheme = re.match(r"^([A-Za-z][A-Za-z0-9+]+):", url)
    if scheme and not Path(url).exists():
        engine = scheme.group(1).lower().split("+")[0]
        raise UsageError(f"source {masked(url)}: unknown engine {engine!r}; allowed are {ENGINES}")
    path = Path(url).expanduser()
    if not url.strip() or not path.exists():
        raise UsageError(f"source {masked(url)!r} does not exist; allowed are {ENGINES}")
    if path.is_file() and path.suffix.lower() not in DUCKDB_ENDINGS:
        raise UsageError(f"source {url!r} is one file; give its folder. Allowed are {ENGINES}")
    return path


def demo_folder() -> Path:
    """Return the folder of the demo world: in the package when installed, else in the project."""
    package = Path(__file__).resolve().parents[1]
    places = (package / "_installed" / "demo", package.parents[1] / "data" / "demo")
    for place in places:
        if place.is_dir():
            return place
    raise UsageError("the demo data are not installed; install the package again")


def raw_fingerprint(url: str) -> str:
    """Return the digest of a source as it is now: of its files' bytes, or of its row counts."""
    if engine_name(url):
        source = _connect_database(url, views=None, config=Config())
        try:
            return row_fingerprint(source)
        finally:
            source.close()
    path = find_path(url)
    try:
        return fingerprint_files(data_files(path) if path.is_dir() else [path])
    except OSError as error:
        raise SourceLost(f"source {masked(url)} was lost: {error.strerror}") from None


def row_fingerprint(source: Source) -> str:
    """Digest how many rows each contract table has, as the session sees them."""
    counts = {name: count_rows(table.rows) for name, table in source.tables.items()}
    return hashlib.sha256(json.dumps(counts, sort_keys=True).encode()).hexdigest()


def _connect_database(
    url: str, *, views: Path | None, config: Config, snapshot: str = "", shared: bool = False
) -> Source:
    """Open a database; its tables and views of the contract's names are the source."""
    if views is not None:
        raise UsageError(
            f"--views {views} is for folders and DuckDB files; make these views in a schema of "
            "the database and name it in the address"
        )
    sessions = sessions_of(engine_name(url))
    opened = sessions.open_source(url, snapshot=snapshot)
    moment = opened.snapshot
    if shared and moment and not sessions.can_share(url, moment):
        moment = ""
    found: dict[str, SourceTable] = {}
    for name in sorted(opened.tables, key=lambda each: each not in TABLES):  # own names first
        target = table_for(name)
        if target is not None and target not in found:
            found[target] = SourceTable(rows=opened.tables[name], file="")
    return Source(
        name=opened.name,
        url=url,
        config=config,
        connection=opened.connection,
        tables={name: found[name] for name in TABLES if name in found},
        faults=tuple(_forbidden(opened.forbidden, found)),
        raw_names=tuple(opened.tables),
        snapshot=moment,
    )


def _forbidden(names: Iterable[str], found: Iterable[str]) -> Iterator[Fault]:
    """Tell of contract tables that may not be read: else they would be missing without a word."""
    for name in names:
        target = table_for(name)
        if target is not None and target not in found:
            yield Fault(
                table=target, rule="unreadable", severity="warning", n_rows=0,
                value=f"no right to read {name}",
                allowed=f"the right to SELECT from {name}; without it the table counts as missing",
            )  # fmt: skip


def _open_folder(
    engine: duckdb.DuckDBPyConnection, path: Path, config: Config
) -> tuple[tuple[RawTable, ...], tuple[Fault, ...], str]:
    try:
        reading = read_folder(engine, path, encodings=tuple(config.encodings))
    except OSError as error:
        raise SourceLost(f"source {path} cannot be read: {error.strerror}") from None
    return reading.tables, reading.faults, f"memory.{RAW}"


def _open_database(
    engine: duckdb.DuckDBPyConnection, path: Path, _config: Config
) -> tuple[tuple[RawTable, ...], tuple[Fault, ...], str]:
    try:
        engine.execute(f"ATTACH {literal(str(path))} AS src (READ_ONLY)")
    except duckdb.Error as error:
        message = first_line(error)
        if "lock" in message.lower():
            raise SourceLost(f"{path.name} is held by another program: {message}") from None
        raise DataError(f"{path.name} is not a readable DuckDB file: {message}") from None
    found = engine.execute(
        "SELECT table_name, list(column_name ORDER BY column_index), table_name IN "
        "(SELECT table_name FROM duckdb_tables() WHERE database_name = 'src') FROM duckdb_columns()"
        "WHERE database_name = 'src' AND schema_name = 'main' GROUP BY 1 ORDER BY 1"
    ).fetchall()
    raw = tuple(
        RawTable(name=name, file="", columns=tuple(columns), settled=is_table)
        for name, columns, is_table in found
    )
    return raw, (), "src.main"


def _contract_tables(
    connection: Backend, raw: Iterable[RawTable], raw_schema: str, applied: Applied
) -> tuple[dict[str, SourceTable], list[RawTable]]:
    """Find the contract tables: views first, then raw tables; return also what is neither.

    Where a view could not be made, the raw table of its name is not what was meant.
    """
    found: dict[str, SourceTable] = {}
    failed = {table_for(fault.table) for fault in applied.faults}
    for name in sorted(connection.list_tables(database=("memory", VIEWS))):
        target = table_for(name)
        if target is not None:
            rows = connection.table(name, database=("memory", VIEWS))
            found[target] = SourceTable(rows=rows, file="", view=applied.made.get(name.lower()))
    strays = []
    catalog, _, schema = raw_schema.rpartition(".")
    for item in sorted(raw, key=lambda each: each.name not in TABLES):  # own names before aliases
        target = table_for(item.name)
        if target is None or target in found or target in failed:
            strays.append(item)
            continue
        rows = connection.table(item.name, database=(catalog, schema))
        found[target] = SourceTable(
            rows=rows, file=item.file, n_unread=item.n_unread, settled=item.settled
        )
    return {name: found[name] for name in TABLES if name in found}, strays


def _judged(
    faults: Iterable[Fault],
    strays: Iterable[RawTable],
    *,
    tables: Mapping[str, SourceTable],
    mapped: bool,
) -> Iterator[Fault]:
    """Say how bad a fault of a file is: only where a contract table needs it, it is fatal."""
    for fault in faults:
        target = table_for(fault.table)
        needed = target is not None or (mapped and fault.rule != "file_format")
        severity = "warning" if fault.severity == "fatal" and not needed else fault.severity
        yield replace(fault, table=target or fault.table, severity=severity)
    for item in strays:
        target = table_for(item.name)
        if mapped:
            continue
        if target is not None:
            yield Fault(
                table=target, file=item.file, rule="doubled_table", severity="fatal",
                value=item.name, allowed=f"one file for {target}, besides {tables[target].file}",
            )  # fmt: skip
        else:
            near = difflib.get_close_matches(item.name.lower(), TABLES, n=1, cutoff=0.6)
            what = "sheet" if ".xlsx:" in item.file else "file"
            hint = f"did you mean {near[0]}?" if near else _NAMES.format(what=what)
            yield Fault(
                table=item.name, file=item.file, rule="unknown_table", severity="warning",
                allowed=hint, n_rows=0,
            )  # fmt: skip


def _truth(path: Path) -> Mapping[str, Any] | None:
    place = path / TRUTH if path.is_dir() else None
    if place is None or not place.is_file():
        return None
    try:
        found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{TRUTH} is not JSON: {error}") from None
    return found
