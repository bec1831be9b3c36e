"""What every scenario world is built of: leads, their owners and contacts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crm_analysis.world.clock import Floats, dates, ids, stamps

Streams = Mapping[str, np.random.Generator]
Tables = dict[str, pd.DataFrame]
Planted = list[dict[str, Any]]
HOUR = 1 / 24


def planted_row(quantity: str, segment: str, value: float, tolerance: float) -> dict[str, Any]:
    """Write one planted number the way the estimates table names it."""
    return {"quantity": quantity, "segment": segment, "value": value, "tolerance": tolerance}


def leads_frame(opened: Floats, closed: Floats, status: np.ndarray) -> pd.DataFrame:
    """Write leads of one customer each, typed when they happened; NaN closed is open."""
    n = len(opened)
    frame = pd.DataFrame({"lead_id": ids("L", n), "customer_id": ids("C", n)})
    frame["_opened"], frame["_closed"] = opened, closed
    frame["opened_at"] = stamps(opened)
    frame["recorded_at"] = frame["opened_at"]
    frame["status"] = np.where(np.isnan(closed), "open", status)
    frame["closed_at"] = stamps(closed)
    frame["closed_recorded_at"] = frame["closed_at"]
    return frame


def owners(leads: pd.DataFrame) -> pd.DataFrame:
    """Write the customers that the leads belong to, known the day before."""
    frame = pd.DataFrame({"customer_id": leads["customer_id"]})
    frame["created_at"] = dates(leads["_opened"] - 1)
    return frame


def contacts_frame(leads: pd.DataFrame, rows: np.ndarray, days: Floats) -> pd.DataFrame:
    """Write contacts on `days` of the leads at `rows`, typed at once unless told otherwise."""
    frame = leads[["lead_id", "customer_id"]].iloc[rows].reset_index(drop=True)
    frame["_day"] = days
    frame["at"] = stamps(days)
    frame["recorded_at"] = frame["at"]
    frame["direction"], frame["channel"] = "out", "call"
    frame["interaction_id"] = ids("A", len(frame), 6)
    return frame
