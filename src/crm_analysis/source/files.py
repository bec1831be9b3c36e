"""Bring each file of a folder to the engine as one raw table, named by the file's stem.

Text formats become all-text columns plus `_file` and `_line`; Parquet keeps its types. Files that
cannot be read become faults, not exceptions: all of them are told at once.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from crm_analysis.errors import first_line
from crm_analysis.source.faults import SHOWN, Fault
from crm_analysis.source.sheets import Sheet, sheet_tables
from crm_analysis.source.text_files import (
    TextShape,
    Unreadable,
    first_foreign,
    read_rows,
    read_shape,
)

READABLE = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".xlsx", ".parquet")
REFUSED = {
    ".zip": "unpack the archive first",
    ".txt": "save it as .csv or .tsv",
    ".json": "save it as .csv or .parquet",
    ".xls": "save it as .xlsx",
    ".gz": "only .csv.gz and .tsv.gz are read",
}
NOT_DATA = ("truth.json", "views.sql", "crm_analysis.toml")
RAW = "raw"
_STORE = "raw_files"
_BATCH = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """One table as it came: its name, the file it came from, its columns as given.

    `settled` says that its rows lie in typed columns on disk.
    """

    name: str
    file: str
    columns: tuple[str, ...]
    n_unread: int = 0
    settled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reading a folder gave: the tables and all faults met on the way."""

    tables: tuple[RawTable, ...]
    faults: tuple[Fault, ...]


def quote(name: str) -> str:
    """Quote a name for SQL.

    Examples
    --------
    >>> quote('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text for SQL.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def file_kind(path: Path) -> str:
    """Return the lower-case ending that says how to read a file, ".csv.gz" included.

    Examples
    --------
    >>> file_kind(Path("leads.2024.CSV.gz")), file_kind(Path("notes"))
    ('.csv.gz', '')
    """
    name = path.name.lower()
    doubled = next((kind for kind in READABLE if kind.count(".") == 2 and name.endswith(kind)), "")
    return doubled or path.suffix.lower()


def table_stem(path: Path) -> str:
    """Return the file's name without its ending.

    Examples
    --------
    >>> table_stem(Path("leads.csv.gz"))
    'leads'
    """
    return path.name[: len(path.name) - len(file_kind(path))]


def data_files(folder: Path) -> list[Path]:
    """List the files of a folder that may hold data, hidden ones and notes left out."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.name not in NOT_DATA and path.name[0] not in ".~"
    )


def fingerprint_files(paths: Iterable[Path]) -> str:
    """Return one digest of the names and bytes of files, whatever their order."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        with path.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        digest.update(f"{path.name}\0{content}\n".encode())
    return digest.hexdigest()


def read_folder(
    engine: duckdb.DuckDBPyConnection, folder: Path, *, encodings: tuple[str, ...]
) -> Reading:
    """Read every file of a folder into schema `raw` of the engine."""
    for schema in (RAW, _STORE):
        engine.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    tables: list[RawTable] = []
    faults: list[Fault] = []
    taken: dict[str, str] = {}
    faults += _no_files(folder)
    for path in data_files(folder):
        for item in _read_file(engine, path, encodings=encodings, taken=taken):
            if isinstance(item, RawTable):
                tables.append(item)
            else:
                faults.append(item)
    return Reading(tables=tuple(tables), faults=tuple(faults))


def _no_files(folder: Path) -> Iterator[Fault]:
    """Name what looks like a data file and is none: a link into nowhere, a folder of parts."""
    for path in sorted(folder.iterdir()):
        if path.is_file() or file_kind(path) not in READABLE or path.name[0] in ".~":
            continue
        if path.is_dir():
            value, allowed = "a folder", "one file; write its parts into one"
        else:
            value, allowed = (
                "a link to a file that is not there",
                "the file itself, or mend the link",
            )
        yield _refusal(table_stem(path), path, value, allowed)


def _read_file(
    engine: duckdb.DuckDBPyConnection,
    path: Path,
    *,
    encodings: tuple[str, ...],
    taken: dict[str, str],
) -> Iterator[RawTable | Fault]:
    kind, stem = file_kind(path), table_stem(path)
    if kind not in READABLE:
        if kind in REFUSED:
            yield _refusal(stem, path, f"a {kind} file", REFUSED[kind])
        return
    try:
        if kind == ".xlsx":
            yield from _read_workbook(engine, path, taken)
        elif _free(stem, path.name, taken):
            reader = _read_parquet if kind == ".parquet" else _read_text
            yield from reader(engine, path, stem, encodings)
        else:
            yield _refusal(stem, path, f"also in {taken[stem.lower()]}", "one file per table")
    except Unreadable as error:
        yield _refusal(stem, path, error.value, error.allowed, error.line)


def _refusal(table: str, path: Path, value: str, allowed: str, line: int | None = None) -> Fault:
    rule = "file_format" if value.startswith("a .") else "unreadable"
    return Fault(
        table=table, rule=rule, severity="fatal", allowed=allowed, file=path.name, line=line,
        value=value,
    )  # fmt: skip


def _free(name: str, file: str, taken: dict[str, str]) -> bool:
    """Take a table name for a file; False where another file has it already."""
    return taken.setdefault(name.lower(), file) == file


def _read_parquet(
    engine: duckdb.DuckDBPyConnection, path: Path, stem: str, _encodings: tuple[str, ...]
) -> Iterator[RawTable | Fault]:
    source = f"read_parquet({literal(str(path))}, file_row_number=true)"
    try:
        found = engine.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    except duckdb.Error as error:
        raise Unreadable(first_line(error), "a whole, undamaged Parquet file") from error
    columns = tuple(row[0] for row in found if row[0] != "file_row_number")
    if any("\0" in name for name in columns):  # no query can name it
        raise Unreadable("a header with the sign NUL", "headers without signs that do not show")
    own = [name for name in columns if name.lower() in ("_file", "_line")]
    shown = ", ".join(quote(name) for name in columns if name not in own)
    engine.execute(
        f"CREATE VIEW {RAW}.{quote(stem)} AS SELECT {shown}, {literal(path.name)} AS _file, "
        f"file_row_number + 1 AS _line FROM {source}"
    )
    yield RawTable(
        name=stem,
        file=path.name,
        columns=tuple(name for name in columns if name not in own),
        settled=True,
    )


def _read_text(
    engine: duckdb.DuckDBPyConnection, path: Path, stem: str, encodings: tuple[str, ...]
) -> Iterator[RawTable | Fault]:
    shape = read_shape(path, encodings)
    if not shape.columns:
        raise Unreadable("an empty file", "a header line and one line per row")
    if shape.encoding != "utf-8-sig":
        line, sample = first_foreign(path, shape.encoding)
        yield Fault(
            table=stem, rule="encoding", severity="warning", file=path.name, line=line,
            value=shape.encoding, n_rows=0,
            allowed=f"UTF-8; where {sample!r} does not read right, set encodings or save as UTF-8",
        )  # fmt: skip
    n_unread = 0
    if not _read_by_engine(engine, path, stem, shape):
        for fault in _read_by_python(engine, path, stem, shape):
            n_unread += fault.n_rows
            yield fault
    yield RawTable(name=stem, file=path.name, columns=shape.columns, n_unread=n_unread)


def _read_by_engine(
    engine: duckdb.DuckDBPyConnection, path: Path, stem: str, shape: TextShape
) -> bool:
    """Read a well-formed file in the engine; False where lines and rows do not fit."""
    if shape.header_lines != 1 or shape.encoding != "utf-8-sig":
        return False
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in shape.columns)
    target = f"{_STORE}.{quote(stem)}"
    try:
        engine.execute(
            f"CREATE TABLE {target} AS SELECT * FROM read_csv({literal(str(path))}, "
            f"columns={{{types}}}, delim={literal(shape.separator)}, header=true, "
            "auto_detect=false, quote='\"', escape='\"', strict_mode=true, null_padding=false)"
        )
    except duckdb.Error:
        return False
    n_rows = engine.execute(f"SELECT count(*) FROM {target}").fetchall()[0][0]
    if n_rows + 1 != shape.n_lines:
        engine.execute(f"DROP TABLE {target}")
        return False
    engine.execute(
        f"CREATE VIEW {RAW}.{quote(stem)} AS "
        f"SELECT *, {literal(path.name)} AS _file, rowid + 2 AS _line FROM {target}"
    )
    return True


def _read_by_python(
    engine: duckdb.DuckDBPyConnection, path: Path, stem: str, shape: TextShape
) -> Iterator[Fault]:
    """Read a file row by row; rows of a wrong length become faults with their line."""
    width, wrong, n_wrong = len(shape.columns), [], 0

    def rows() -> Iterator[tuple[int, list[str]]]:
        nonlocal n_wrong
        for line, row in read_rows(path, shape):
            if len(row) == width:
                yield line, row
            else:
                n_wrong += 1
                if n_wrong <= SHOWN:
                    wrong.append((line, row))

    _store_rows(engine, rows(), stem, columns=shape.columns, file=path.name)
    for position, (line, row) in enumerate(wrong):
        yield Fault(
            table=stem, rule="fields", severity="exclude", file=path.name, line=line,
            value=f"{len(row)} fields: {shape.separator.join(row)[:80]}",
            allowed=f"{width} fields as in the header",
            n_rows=1 if position < len(wrong) - 1 else 1 + n_wrong - len(wrong),
        )  # fmt: skip


def _store_rows(
    engine: duckdb.DuckDBPyConnection,
    rows: Iterable[tuple[int, list[Any]]],
    name: str,
    *,
    columns: tuple[str, ...],
    file: str,
) -> None:
    """Write rows with their lines to the engine by way of a Parquet file, batch by batch."""
    schema = pa.schema([(column, pa.string()) for column in columns] + [("_line", pa.int64())])
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "rows.parquet"
        with pq.ParquetWriter(target, schema) as writer:
            batch: list[tuple[int, list[Any]]] = []
            for item in rows:
                batch.append(item)
                if len(batch) == _BATCH:
                    writer.write_batch(_as_batch(batch, schema))
                    batch = []
            writer.write_batch(_as_batch(batch, schema))
        engine.execute(
            f"CREATE TABLE {RAW}.{quote(name)} AS SELECT * EXCLUDE (_line), "
            f"{literal(file)} AS _file, _line FROM read_parquet({literal(str(target))})"
        )


def _as_batch(rows: list[tuple[int, list[Any]]], schema: pa.Schema) -> pa.RecordBatch:
    width = len(schema) - 1
    arrays = [
        pa.array([row[position] or None for _, row in rows], pa.string())
        for position in range(width)
    ]
    return pa.record_batch([*arrays, pa.array([line for line, _ in rows], pa.int64())], schema)


def _read_workbook(
    engine: duckdb.DuckDBPyConnection, path: Path, taken: dict[str, str]
) -> Iterator[RawTable | Fault]:
    for sheet in sheet_tables(path, stem=table_stem(path)):
        file = f"{path.name}:{sheet.title}"
        if not _free(sheet.table, file, taken):
            value = f"also in {taken[sheet.table.lower()]}"
            yield _refusal(sheet.table, path, value, "one file or sheet per table")
            continue
        yield from _uncalculated(sheet, file)
        _store_rows(engine, sheet.rows, sheet.table, columns=sheet.columns, file=file)
        yield RawTable(name=sheet.table, file=file, columns=sheet.columns)


def _uncalculated(sheet: Sheet, file: str) -> Iterator[Fault]:
    """Name each formula without a value: read as empty it would be a wrong fact."""
    for column, lines in sheet.uncalculated.items():
        shown = lines[:SHOWN]
        for line in shown:
            yield Fault(
                table=sheet.table, rule="formula", severity="fatal", file=file, line=line,
                column=column, value="a formula without its value",
                allowed="values: open the workbook in Excel and save it, or export it as CSV",
                n_rows=1 if line != shown[-1] else 1 + len(lines) - len(shown),
            )  # fmt: skip
