"""What a run works out once for all its notebooks: the as-of tables, and frames drawn from them.

The run cuts the source once into a DuckDB file, and each notebook opens that file read-only. A
frame that one notebook has drawn is read by the next. The store lies in a folder of its owner only,
inside the run's staging folder: it goes when the run ends and is never published.

Decision: a DuckDB file and Arrow files instead of Parquet. Both keep every type as it is, so that a
notebook with a store gives the same bytes as one without; they are written and read faster.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
from ibis.backends import BaseBackend

from crm_analysis.config import Config
from crm_analysis.language import Text
from crm_analysis.source.files import quote
from crm_analysis.source.known import Known
from crm_analysis.source.shared import write_whole

FOLDER = "store"
KEPT = "crm_store"  # the catalog under which an engine keeps its tables in the store
_TOLD, _TABLES, _FRAMES, _SPILL = "known.json", "tables.duckdb", "frames", "spill"


@dataclass(frozen=True, slots=True)
class Store:
    """The store of one run, below the folder where its notebooks leave their results."""

    folder: Path

    @classmethod
    def make(cls, results_dir: Path) -> Store:
        """Make an empty store that only its owner may look into."""
        store = cls(results_dir / FOLDER)
        for folder in (store.folder, store.spill, store.frames):
            folder.mkdir(mode=0o700, parents=True)
        return store

    @classmethod
    def find(cls, results_dir: Path | None) -> Store | None:
        """Return the store of the run whose results lie there, None where there is none."""
        if results_dir is None or not (results_dir / FOLDER / _TOLD).is_file():
            return None
        return cls(results_dir / FOLDER)

    @property
    def tables(self) -> Path:
        """The DuckDB file of the as-of tables."""
        return self.folder / _TABLES

    @property
    def frames(self) -> Path:
        """Where frames lie that a notebook has drawn."""
        return self.folder / _FRAMES

    @property
    def spill(self) -> Path:
        """Where engines may spill."""
        return self.folder / _SPILL

    def write(self, known: Known, *, key: str) -> None:
        """Write down what was known, its tables being kept in the store already."""
        for name in ("audit", "row_counts"):
            frame: pd.DataFrame = getattr(known, name)
            feather.write_feather(pa.Table.from_pandas(frame), self.folder / f"{name}.arrow")
        told = {
            "key": key,
            "as_of": known.as_of.isoformat(),
            "observed_until": known.observed_until.isoformat(),
            "tables": {name: rows.get_name() for name, rows in known.tables.items()},
            "given_columns": {name: sorted(has) for name, has in known.given_columns.items()},
            "source_name": known.source_name,
            "fingerprint": known.fingerprint,
            "stale": [known.stale.en, known.stale.zh] if known.stale else None,
            "future_rows": dict(known.future_rows),
            "truth": known.truth,
        }
        text = json.dumps(told, ensure_ascii=False)
        write_whole(self.folder / _TOLD, lambda file: file.write_text(text, encoding="utf-8"))

    def told(self, *, key: str) -> dict[str, Any] | None:
        """Return what was written down, None where it answers another question than `key`."""
        told: dict[str, Any] = json.loads((self.folder / _TOLD).read_text(encoding="utf-8"))
        return told if told["key"] == key else None

    def known(
        self, told: dict[str, Any], connection: BaseBackend, *, config: Config, results_dir: Path
    ) -> Known:
        """Return what was known, from tables that are open in `connection`."""
        frames = {
            name: feather.read_feather(self.folder / f"{name}.arrow")
            for name in ("audit", "row_counts")
        }
        return Known(
            as_of=date.fromisoformat(told["as_of"]),
            observed_until=date.fromisoformat(told["observed_until"]),
            config=config,
            tables={name: connection.table(kept) for name, kept in told["tables"].items()},
            given_columns={name: frozenset(has) for name, has in told["given_columns"].items()},
            source_name=told["source_name"],
            fingerprint=told["fingerprint"],
            stale=Text(*told["stale"]) if told["stale"] else None,
            future_rows=told["future_rows"],
            results_dir=results_dir,
            truth=told["truth"],
            **frames,
        )


def key_of(place: str, *, views: str, as_of: date, config: Config) -> str:
    """Digest what decides over the as-of tables, so that a store answers no other question."""
    settings = [row[:2] for row in config.describe()]
    text = json.dumps([place, views, as_of.isoformat(), settings], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def attach(engine: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Let an engine keep its tables in a file from now on, instead of in its memory."""
    engine.execute(f"ATTACH '{str(file).replace(chr(39), chr(39) * 2)}' AS {KEPT}")


def keep_only(engine: duckdb.DuckDBPyConnection, names: set[str]) -> None:
    """Drop the tables that were steps on the way, and write the rest out."""
    found = engine.execute(
        f"SELECT table_name FROM duckdb_tables() WHERE database_name = '{KEPT}'"
    ).fetchall()
    for (name,) in found:
        if name not in names:
            engine.execute(f"DROP TABLE {KEPT}.main.{quote(name)}")
    engine.execute(f"CHECKPOINT {KEPT}")
