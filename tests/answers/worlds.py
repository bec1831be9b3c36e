"""Small `Known`s and results for tests of answers."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd

from crm_analysis.config import Config
from crm_analysis.contract import TABLES
from crm_analysis.results import NotebookResult
from crm_analysis.source.known import Known
from crm_analysis.source.moments import ENGINE_TYPES

AS_OF = date(2026, 10, 31)


def known(tables=None, **given: object) -> Known:
    """A `Known` of these views; counts as if every row were used."""
    views = {name: whole(name, view) for name, view in (tables or {}).items()}
    counts = pd.DataFrame(
        {"table": list(views), "n_known": [int(view.count().execute()) for view in views.values()]}
    )
    options: dict[str, object] = {"as_of": AS_OF, "config": Config(n_boot=100)}
    return Known(
        tables=views,
        given_columns={name: frozenset(view.columns) for name, view in (tables or {}).items()},
        source_name="test",
        fingerprint="",
        audit=pd.DataFrame(),
        row_counts=counts,
        **{"observed_until": given.get("as_of", AS_OF), **options, **given},
    )


def whole(name: str, view: ibis.Table) -> ibis.Table:
    """Add the contract's columns that a view lacks, as typed NULLs, as `load` does."""
    if name == "leads" and "state" not in view.columns:
        view = view.mutate(state=view.status)
    return view.mutate(
        **{
            column.name: ibis.null(ENGINE_TYPES[column.type])
            for column in TABLES[name].columns
            if column.name not in view.columns
        }
    )


def faults(result: NotebookResult) -> list[str]:
    """What would trip a page: columns that a table or picture lacks, keys without a row."""
    found = []
    needs = {
        "bars": ("label_en", "label_zh", "value"),
        "forest": ("label_en", "label_zh", "estimate", "ci_lo", "ci_hi"),
        "curves": ("series_en", "series_zh", "x", "y"),
        "tracks": ("panel_en", "panel_zh", "series", "x", "y"),
    }
    for picture in result.pictures:
        lacking = [name for name in needs[picture.kind] if name not in picture.numbers]
        found += [f"picture {picture.name}: {name}" for name in lacking]
    for table in (*result.tables, *result.appendix):
        for name in table.columns:
            pair = {f"{name}_en", f"{name}_zh"} <= set(table.frame.columns)
            if name not in table.frame.columns and not pair:
                found.append(f"table {table.name}: {name}")
    return found
