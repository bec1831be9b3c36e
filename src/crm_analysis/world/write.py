"""The world as files: one typed Parquet file per table and the planted truth beside them.

Decision: the bytes must be equal when made again, so the writer fixes every option, keeps no
pandas metadata, and sorts each table by all its key columns before writing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from crm_analysis.contract import TABLES

ARROW: dict[str, pa.DataType] = {
    "str": pa.string(),
    "list": pa.string(),
    "int": pa.int64(),
    "num": pa.float64(),
    "share": pa.float64(),
    "money": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "ts": pa.timestamp("us"),
}


@dataclass(frozen=True, slots=True)
class World:
    """A made-up CRM: its contract tables, what was planted in them, and the day they are read."""

    tables: dict[str, pd.DataFrame]
    truth: dict[str, Any]
    as_of: date


def handed_over(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the contract's columns in their order and the firm's own; drop the hidden ones."""
    names = [column.name for column in TABLES[name].columns if column.name in frame]
    own = [str(name) for name in frame if str(name).startswith("x_")]
    return frame[names + own].reset_index(drop=True)


def write(world: World, folder: Path) -> None:
    """Write `<table>.parquet` per table and `truth.json` into `folder` (made where missing)."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in world.tables.items():
        pq.write_table(
            arrow_table(name, frame),
            folder / f"{name}.parquet",
            compression="zstd",
            compression_level=9,
            version="2.6",
            coerce_timestamps="us",
            write_statistics=False,
            store_schema=False,
        )
    text = json.dumps(world.truth, ensure_ascii=False, indent=1, sort_keys=False)
    (folder / "truth.json").write_text(text + "\n", encoding="utf-8")


def arrow_table(name: str, frame: pd.DataFrame) -> pa.Table:
    """Give each column the Parquet type of its contract type; own ones as they are."""
    types = {column.name: ARROW[column.type] for column in TABLES[name].columns}
    arrays = [pa.Array.from_pandas(frame[column], type=types.get(str(column))) for column in frame]
    return pa.Table.from_arrays(arrays, names=list(frame.columns))
