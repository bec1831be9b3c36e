"""Stages and pipelines written by hand, for the tests of the funnel."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.deals.funnel.book import FATES, Book

NONE = np.nan


def stages(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Write stages; what is not said did not happen, ends are typed in on their day."""
    base = {
        "customer_id": "C1",
        "rep_id": "R1",
        "amount": 100.0,
        "lost_to": None,
        "next_buy_day": NONE,
        "filed_day": NONE,
        "contact_day": NONE,
        "last_contact_day": NONE,
        "assessed_day": NONE,
        "closed_day": NONE,
        "status": "open",
    }
    frame = pd.DataFrame([{**base, "lead_id": f"L{i:04d}", **row} for i, row in enumerate(rows)])
    for late, day in (("known_day", "opened_day"), ("closed_known_day", "closed_day")):
        if late not in frame:
            frame[late] = NONE
        frame[late] = frame[late].fillna(frame[day]).astype(float)
    return frame


def book(frame: pd.DataFrame, *, until: int, days: tuple[int, ...] = (), margin: int = 0) -> Book:
    """Open a book whose pipelines are made from the stages alone."""
    parts = []
    for day in (*days, until):
        there = frame[
            (frame["known_day"] <= day)
            & ~(frame["closed_known_day"] <= day)
            & (frame["opened_day"] <= day)
        ]
        parts.append(
            pd.DataFrame(
                {
                    "lead_id": there["lead_id"],
                    "day": day,
                    "age_days": (day - there["opened_day"]).astype(int),
                    "is_filed": there["filed_day"] <= day,
                    "rep_thousandths": there.get("said", pd.Series(NONE, index=there.index)),
                    "idle_days": 0.0,
                }
            )
        )
    rows = pd.concat(parts, ignore_index=True).merge(frame[["lead_id", *FATES]], on="lead_id")
    return Book(stages=frame, rows=rows, until=until, margin=margin)
