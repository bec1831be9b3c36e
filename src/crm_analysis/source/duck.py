"""DuckDB: folders, DuckDB files and the demo are read in its memory, where all may be kept."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from crm_analysis.config import Config
from crm_analysis.errors import UsageError, first_line
from crm_analysis.source.files import literal, quote
from crm_analysis.source.zones import local_time as local_time

READS_TEXT = True
KEEPS = True
_KEPT_FREE = "16MB"  # a thread gives back what is more; by default it holds hundreds of MB idle
_KEPT_IN = "crm_kept_in"  # the variable of a connection that names the folder of its kept tables


@dataclass(frozen=True, slots=True)
class Limits:
    """What an engine may use where the configuration says nothing; "" leaves it to the engine.

    Parameters
    ----------
    memory : str
        Such as "1500MB".
    spill : str
        The folder below which each process spills into one of its own: two that share a folder
        overwrite each other's files.
    """

    memory: str = ""
    spill: str = ""


def open_engine(config: Config, *, limits: Limits | None = None) -> Backend:
    """Open an engine in memory, within its limits."""
    limits = limits or Limits()
    connection = ibis.duckdb.connect()
    connection.con.execute(f"SET allocator_bulk_deallocation_flush_threshold = '{_KEPT_FREE}'")
    # Without it an idle engine keeps what its largest query has freed: up to 1 GB a notebook.
    connection.con.execute("SET allocator_background_threads = true")
    with suppress(duckdb.InvalidInputException):  # in a kernel without ipywidgets there is none
        connection.con.execute("SET enable_progress_bar = false")  # logs and cron mail keep it
    spill = limits.spill or config.temp_dir
    if spill:  # DuckDB makes the folder when it first spills, and removes it in the end
        spill = str(Path(spill).expanduser() / f"crm-engine-{os.getpid()}-{id(connection):x}")
    chosen = {"memory_limit": config.memory_limit or limits.memory, "temp_directory": spill}
    for name, value in chosen.items():
        if value:
            try:
                connection.con.execute(f"SET {name} = {literal(value)}")
            except duckdb.Error as error:
                message = first_line(error)
                raise UsageError(f"configuration {name} = {value!r}: {message}") from None
    return connection


def keep_in(connection: Backend, folder: Path) -> None:
    """Keep tables as Parquet files of a folder from now on, instead of in the engine's memory."""
    connection.con.execute(f"SET VARIABLE {_KEPT_IN} = {literal(str(folder))}")


def keep_only(connection: Backend, names: set[str]) -> None:
    """Remove the kept tables that were steps on the way."""
    folder = _kept_in(connection)
    assert folder is not None
    for path in folder.glob("*.parquet"):
        if path.stem not in names:
            path.unlink()


def _kept_in(connection: Backend) -> Path | None:
    [(folder,)] = connection.con.execute(f"SELECT getvariable('{_KEPT_IN}')").fetchall()
    return Path(folder) if folder else None


def keep(connection: Backend, name: str, rows: ir.Table) -> ir.Table:
    """Compute rows once and return the table that holds them, a temporary one without a store.

    One statement, where Ibis' own `create_table` writes the table's form and its rows in two.
    """
    folder, statement = _kept_in(connection), connection.compile(rows)
    if folder is None:
        connection.con.execute(f"CREATE TEMP TABLE {quote(name)} AS {statement}")
        return connection.table(name, database=("temp", "main"))
    file = literal(str(folder / f"{name}.parquet"))
    connection.con.execute(f"COPY ({statement}) TO {file} (FORMAT parquet)")
    return recall(connection, name)


def remember(rows: ir.Table) -> str:
    """Name the table that holds kept rows."""
    return str(rows.op().name)


def recall(connection: Backend, remembered: str) -> ir.Table:
    """Return the kept table of that name, from its Parquet file."""
    folder = _kept_in(connection)
    assert folder is not None
    file = literal(str(folder / f"{remembered}.parquet"))
    view = f"memory.main.{quote(remembered)}"
    connection.con.execute(f"CREATE OR REPLACE VIEW {view} AS SELECT * FROM read_parquet({file})")
    return connection.table(remembered, database=("memory", "main"))


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


def lost(error: Exception) -> str:
    """Say how the source was lost: its files are gone."""
    if isinstance(error, duckdb.IOException):
        return f"{first_line(error)}; is the source still there?"
    return ""


def full(error: Exception) -> str:
    """Say that the memory limit did not suffice, also with spilling."""
    is_full = isinstance(error, duckdb.OutOfMemoryException)
    return f"{first_line(error)}; raise memory_limit" if is_full else ""


def text(value: ir.Column) -> ir.StringColumn:
    """Write any type as text; DuckDB orders it by its code points."""
    return value.cast("string")


def broken(_error: Exception) -> str:
    """Say nothing: `check` tells which table a faulty view belongs to."""
    return ""
