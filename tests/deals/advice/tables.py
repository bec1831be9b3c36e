"""Small tables by hand for the tests of patterns: leads and what belongs to them, in an engine."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd

from tests.answers.worlds import whole

AS_OF = date(2026, 6, 30)
_CLOCKS = {
    "leads": "opened_at",
    "interactions": "at",
    "assessments": "at",
    "issues": "opened_at",
    "reasons": "recorded_at",
    "customers": "created_at",
    "order_lines": "at",
}


def tables(**rows: list[dict[str, object]]) -> dict[str, ibis.Table]:
    """Bring rows to an engine as as-of views: times as text, known when they happened."""
    engine = ibis.duckdb.connect()
    views = {}
    for name, given in rows.items():
        frame = pd.DataFrame(given)
        for column in frame.columns:
            if column.endswith("_at") or column == "at":
                frame[column] = pd.to_datetime(frame[column])
        if "known_at" not in frame:
            frame["known_at"] = frame[_CLOCKS[name]]
        for column in frame.columns[frame.isna().all()]:
            frame = frame.drop(columns=column)
        views[name] = whole(name, engine.create_table(name, frame))
    return views


def lead(lead_id: str, customer_id: str, opened_at: str, **given: object) -> dict[str, object]:
    """A lead, open unless told otherwise."""
    return {
        "lead_id": lead_id,
        "customer_id": customer_id,
        "opened_at": opened_at,
        "status": "open",
        **given,
    }
