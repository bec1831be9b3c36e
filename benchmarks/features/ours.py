"""The package's own way: Ibis expressions, run by DuckDB where the files are."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from benchmarks.peer import Tables, Task
from crm_analysis.features import interactions, purchases
from crm_analysis.source.frames import collect


def features(task: Task) -> Tables:
    """Indicators at the landmark and purchase features, as the notebooks take them."""
    connection = ibis.duckdb.connect()
    limit = task.options.get("memory_limit")
    if limit:
        connection.raw_sql(f"SET memory_limit = '{limit}'")
        connection.raw_sql(f"SET temp_directory = '{task.out / 'spill'}'")
    tables = {
        name: connection.read_parquet(task.inputs / f"{name}.parquet")
        for name in ("leads", "interactions", "customers", "order_lines")
    }
    as_of = date.fromisoformat(task.options["as_of"])
    indicators = interactions.at_landmark(
        tables["leads"],
        tables["interactions"],
        landmark_days=task.options["landmark_days"],
        as_of=as_of,
    )
    bought = purchases.summary(tables["customers"], tables["order_lines"], as_of=as_of)
    return {"indicators": collect(indicators), "purchases": collect(_floats(bought))}


def _floats(rows: ir.Table) -> ir.Table:
    """Hand money over as floats, as every peer does; it was added up in decimals."""
    money = [name for name, kind in rows.schema().items() if kind.is_decimal()]
    return rows.mutate(**{name: rows[name].cast("float64") for name in money})
