"""A world of any size, made by DuckDB chunk by chunk: as many rows as asked, in bounded memory.

Decision: random numbers are digests of (seed, stream, row), so a row is what it is whatever the
number of threads; a chunk is a range of customers of a fixed number of events, so memory does not
grow with the world. Each table is one Parquet file, sorted by customer and time, a chunk a row
group or two. Half-written files keep another name until the whole world stands.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from string import Template

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from crm_analysis.world.scale.numbers import Number, numbers
from crm_analysis.world.scale.planted import scale_truth
from crm_analysis.world.scale.size import Scale
from crm_analysis.world.texts import LANGS, REASONS

EVENT_TABLES = ("interactions", "assessments", "order_lines")
TABLES = ("customers", "leads", *EVENT_TABLES, "reasons", "winback")
_NUMBERED = ("interactions", "order_lines", "reasons")
_STEPS = ("people", "leads", "orders", "contacts")
_ROW_GROUP = 500_000
_MEMORY = "700MB"
_PART = ".part"


def write_scale_world(scale: Scale, folder: Path) -> dict[str, int]:
    """Write the world's tables and its truth into `folder`; return the rows of each table.

    Source: the mechanisms of the demo world (`world.leads`, `world.interactions` and so on), with
    their sizes, as SQL.
    """
    folder.mkdir(parents=True, exist_ok=True)
    spill = tempfile.mkdtemp(prefix=".spill-", dir=folder)
    try:
        with duckdb.connect(
            config={"memory_limit": _MEMORY, "temp_directory": spill}
        ) as connection:
            rows = _write_tables(connection, scale, folder)
    finally:
        shutil.rmtree(spill, ignore_errors=True)
        for name in TABLES:
            (folder / f"{name}{_PART}").unlink(missing_ok=True)
    return rows


def _write_tables(
    connection: duckdb.DuckDBPyConnection, scale: Scale, folder: Path
) -> dict[str, int]:
    known = numbers(scale)
    connection.execute(_sql("draws", known))
    connection.register("words", _words())
    out = _Files(folder)
    owed = 0.0
    try:
        for low, high in scale.chunks():
            owed += scale.events * (high - low)
            made = _make_chunk(connection, scale, known, low=low, high=high, wanted=int(owed))
            owed -= made
            for name in TABLES:
                out.append(connection, name, known)
    finally:
        out.close()
    truth = scale_truth(scale, n_leads=out.rows["leads"], n_assigned=out.rows["winback"])
    text = json.dumps(truth, ensure_ascii=False, indent=1)
    (folder / "truth.json").write_text(text + "\n", encoding="utf-8")
    for name in TABLES:
        (folder / f"{name}{_PART}").replace(folder / f"{name}.parquet")
    return out.rows


def _make_chunk(
    connection: duckdb.DuckDBPyConnection,
    scale: Scale,
    known: dict[str, Number],
    *,
    low: int,
    high: int,
    wanted: int,
) -> int:
    """Make the hidden tables of some customers; care fills up to the wanted number of events."""
    chunk = known | {"low": low, "high": high, "most": int(scale.events) + 2}
    for step in _STEPS:
        connection.execute(_sql(step, chunk))
    counted = " UNION ALL ".join(
        f"SELECT count(*) AS n FROM {name}" for name in ("contacts", "assessments", "lines")
    )
    made = int(connection.execute(f"SELECT sum(n) FROM ({counted})").fetchall()[0][0])
    missing = max(0, wanted - made)
    connection.execute(_sql("care", chunk | {"n_care": missing}))
    return made + missing


def _sql(name: str, known: dict[str, Number]) -> str:
    text = files("crm_analysis.world.scale").joinpath(f"{name}.sql").read_text(encoding="utf-8")
    return Template(text).substitute(known)


def _words() -> pa.Table:
    """Return the wordings of the reasons, so that SQL can look them up."""
    rows = [
        {"code": code, "lang": lang, "wording": number, "text": text}
        for code, by_lang in REASONS.items()
        for lang, texts in zip(LANGS, by_lang, strict=True)
        for number, text in enumerate(texts, start=1)
    ]
    return pa.Table.from_pylist(rows)


class _Files:
    """One growing Parquet file per table; written beside the making of the next rows."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._pending: Future[None] | None = None
        self.rows = dict.fromkeys(TABLES, 0)

    def append(
        self, connection: duckdb.DuckDBPyConnection, name: str, known: dict[str, Number]
    ) -> None:
        """Add the chunk's rows of a table; numbers of rows go on where the last chunk ended."""
        sql = _sql(f"tables/{name}", known | {"offset": self.rows[name]})
        rows = connection.execute(sql).to_arrow_table()
        self.rows[name] += rows.num_rows
        self._wait()
        self._pending = self._pool.submit(self._write, name, rows)

    def _write(self, name: str, rows: pa.Table) -> None:
        if name not in self._writers:
            self._writers[name] = pq.ParquetWriter(
                self._folder / f"{name}{_PART}",
                rows.schema,
                compression="zstd",
                version="2.6",
                coerce_timestamps="us",
                store_schema=False,
            )
        self._writers[name].write_table(rows, row_group_size=_ROW_GROUP)

    def _wait(self) -> None:
        """Wait for the rows under way, so that never more than two lots are in memory."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def close(self) -> None:
        """Finish all files."""
        try:
            self._wait()
        finally:
            self._pool.shutdown()
            self._close_writers()

    def _close_writers(self) -> None:
        for writer in self._writers.values():
            writer.close()
