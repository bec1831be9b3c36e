"""Inputs from `crm-analysis world`: a folder of CRM tables, and the same cut at its as-of day."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import ibis
import pyarrow.parquet as pq

from crm_analysis.contract import TABLES
from crm_analysis.source.as_of import as_of_view

EVENTS_PER_CUSTOMER = 50
FEATURE_EVENTS_PER_CUSTOMER = 40
"""Of the 50 events of a customer about 40 are contacts and order lines, the rest assessments."""

FEATURE_TABLES = ("leads", "interactions", "customers", "order_lines")


def write_world(folder: Path, *, customers: int) -> None:
    """Write a scale world of 36 months with 50 events per customer."""
    size = ["--customers", str(customers), "--months", "36"]
    events = ["--events-per-customer", str(EVENTS_PER_CUSTOMER)]
    subprocess.run(
        [sys.executable, "-m", "crm_analysis.cli", "world", *size, *events, "--out", str(folder)],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def as_of_day(folder: Path) -> date:
    """Return the last day of a world."""
    return date.fromisoformat(json.loads((folder / "truth.json").read_text())["as_of"])


def write_views(world: Path, folder: Path) -> None:
    """Write the tables of the features as they were known at the end of the world's last day.

    Every peer starts from these files, so that none has to know the two clocks of the contract.
    Money is written as floats, as exports have it: pandas would read decimals as Python objects.
    """
    folder.mkdir(parents=True, exist_ok=True)
    engine = ibis.duckdb.connect()
    as_of = as_of_day(world)
    for name in FEATURE_TABLES:
        rows = engine.read_parquet(world / f"{name}.parquet")
        given = [column for column in rows.columns if column in TABLES[name].column_names]
        view = as_of_view(rows.select(*given), TABLES[name], as_of=as_of)
        needed = {"known_at", "round_id", "lead_id"} & set(view.columns)
        chosen = view.select(*dict.fromkeys((*given, *sorted(needed))))
        money = [column for column, kind in chosen.schema().items() if kind.is_decimal()]
        plain = chosen.mutate(**{column: chosen[column].cast("float64") for column in money})
        plain.to_parquet(folder / f"{name}.parquet")
    engine.disconnect()


def count_rows(folder: Path, names: tuple[str, ...]) -> int:
    """Count the rows of some tables of a folder by their footers."""
    return sum(pq.ParquetFile(folder / f"{name}.parquet").metadata.num_rows for name in names)
