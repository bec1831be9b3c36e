"""DuckDB with SQL written by hand, as someone who knows the engine would."""

from __future__ import annotations

from pathlib import Path

import duckdb

from benchmarks.peer import Tables, Task


def features(task: Task) -> Tables:
    """Run the two statements beside this file."""
    connection = duckdb.connect()
    for name in ("leads", "interactions", "customers", "order_lines"):
        connection.read_parquet(str(task.inputs / f"{name}.parquet")).create_view(name)
    as_of = {"as_of": task.options["as_of"]}
    landmark = as_of | {"landmark_days": task.options["landmark_days"]}
    return {
        "indicators": connection.execute(_statement("indicators"), landmark).df(),
        "purchases": connection.execute(_statement("purchases"), as_of).df(),
    }


def _statement(name: str) -> str:
    return Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")
