"""Frames of coded reasons for these tests, one row a reason."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

EVENT = pd.Timestamp("2025-03-01 10:00:00")


def coded_reasons(rows: Sequence[dict[str, object]]) -> pd.DataFrame:
    """Write reasons; each row gives what differs from a prompt note about lead L<n>."""
    frame = pd.DataFrame([{**default(at), **row} for at, row in enumerate(rows)])
    return frame.assign(prompted=frame["prompted"].astype("boolean"))


def default(at: int) -> dict[str, object]:
    """Return a prompt open note of the seller."""
    return {
        "reason_id": f"Y{at:05d}",
        "lead_id": f"L{at:05d}",
        "customer_id": f"C{at:05d}",
        "about": "lead_loss",
        "source": "rep_opinion",
        "prompted": False,
        "event_at": EVENT,
        "said_at": EVENT,
        "recorded_at": EVENT + pd.Timedelta(days=1),
        "known_at": EVENT + pd.Timedelta(days=1),
        "text": f"text {at}",
        "lang": "en",
        "code_a": None,
        "code_b": None,
        "codes": ("price",),
        "basis": "human",
        "confidence": 1.0,
    }


def world_reasons(reasons: pd.DataFrame) -> pd.DataFrame:
    """Return a scenario's reasons as the coder hands them over, each with its human code."""
    codes = [(code,) if isinstance(code, str) else () for code in reasons["code_a"]]
    columns = {"codes": codes, "basis": "human", "confidence": np.ones(len(reasons))}
    return reasons.assign(**columns)
