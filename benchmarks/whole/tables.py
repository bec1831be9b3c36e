"""The CRM as a pandas user reads it: what was known at the end of the as-of day."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.features.pandas_peer import CONTACTS

DAY = pd.Timedelta(days=1)
CAUSES = {1: "lost", 2: "won", 3: "void"}
LEADS = [
    *("lead_id", "customer_id", "opened_at", "recorded_at", "status"),
    *("closed_at", "closed_recorded_at"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crm:
    """Leads with duration_days and cause, contacts and assessments, as known then."""

    as_of: pd.Timestamp
    leads: pd.DataFrame
    contacts: pd.DataFrame
    assessments: pd.DataFrame


def read_crm(folder: Path, as_of: pd.Timestamp) -> Crm:
    """Read three tables and keep what had happened and was typed in by the end of the day."""
    raw = [*(name for name in CONTACTS if name != "known_at"), "recorded_at", "reached"]
    judged = ["lead_id", "at", "recorded_at", "kind", "value_num"]
    assessments = _known(pd.read_parquet(folder / "assessments.parquet", columns=judged), as_of)
    return Crm(
        as_of=as_of,
        leads=_leads(pd.read_parquet(folder / "leads.parquet", columns=LEADS), as_of),
        contacts=_known(pd.read_parquet(folder / "interactions.parquet", columns=raw), as_of),
        assessments=assessments[assessments["kind"] == "deal_probability"],
    )


def _known(rows: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    known_at = np.maximum(rows["at"], rows["recorded_at"].fillna(rows["at"]))
    kept: pd.DataFrame = rows.assign(known_at=known_at)[known_at < as_of + DAY]
    return kept.drop(columns="recorded_at")


def _leads(leads: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Keep leads known by then; an ending typed in later is not known yet."""
    end = as_of + DAY
    leads = leads[(leads["opened_at"] < end) & ~(leads["recorded_at"] >= end)]
    later = (leads["closed_at"] >= end) | (leads["closed_recorded_at"] >= end)
    closed_at = leads["closed_at"].mask(later)
    status = leads["status"].mask(later, "open")
    ended = closed_at.dt.normalize().where(status != "open", as_of)
    whole: pd.DataFrame = leads.assign(
        closed_at=closed_at,
        status=status,
        duration_days=(ended - leads["opened_at"].dt.normalize()).dt.days,
        cause=status.map({name: code for code, name in CAUSES.items()}).fillna(0).astype("int64"),
    )
    return whole.reset_index(drop=True)
