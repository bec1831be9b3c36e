"""100,000 deals with twelve assessments and six contacts each: what does the search cost?

python -m tests.deals.patterns.many_deals FOLDER    makes them, searches, prints what it took
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

N_DEALS, N_TOLD, N_CONTACTS = 100_000, 12, 6
AS_OF = "2026-10-31"
END = pd.Timestamp("2026-10-31 23:00")
KINDS = ("deal_probability", "stage", "deal_probability", "willingness_to_pay") * 2 + (
    *("deal_probability", "model_interest", "deal_probability", "deal_probability"),
)
Frames = dict[str, pd.DataFrame]


def after(moments: pd.Series, days: np.ndarray) -> pd.Series:
    """Return the moments so many days later, in whole seconds."""
    return (moments + pd.to_timedelta(days * 86400, unit="s")).dt.floor("s")


def made(seed: int = 1) -> Frames:
    """Draw the tables. What is told is spread over each life, so short lives are dense with it."""
    rng = np.random.default_rng(seed)
    opened = after(pd.Series([END] * N_DEALS), -rng.uniform(1, 900, N_DEALS))
    ended = after(opened, rng.exponential(80, N_DEALS))
    closed = ended.where(ended < END)
    places = pd.Series(np.arange(N_DEALS).astype(str))
    leads = pd.DataFrame(
        {
            "lead_id": "L" + places, "customer_id": "C" + places, "opened_at": opened,
            "recorded_at": opened, "closed_at": closed, "closed_recorded_at": closed,
            "quoted_price": np.round(rng.lognormal(6, 0.5, N_DEALS), 2),
            "quoted_at": after(opened, np.full(N_DEALS, 3.0)),
        }
    )  # fmt: skip
    lost = np.where(rng.random(N_DEALS) < 0.6, "lost", "won")
    leads["status"] = np.where(closed.isna(), "open", lost)
    customers = leads[["customer_id"]].assign(created_at=after(opened, np.full(N_DEALS, -1.0)))
    until = closed.fillna(END)
    told = events(leads, until, N_TOLD, rng)
    return {
        "leads": leads,
        "customers": customers,
        "assessments": assessments(told, rng),
        "interactions": contacts(events(leads, until, N_CONTACTS, rng), rng),
    }


def events(
    leads: pd.DataFrame, until: pd.Series, each: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw `each` moments of every deal's life, in order."""
    rows = np.repeat(np.arange(len(leads)), each)
    share = np.sort(rng.random((len(leads), each)), axis=1).ravel()
    life = ((until - leads["opened_at"]).dt.total_seconds() / 86400).to_numpy()
    frame = leads[["lead_id", "customer_id"]].iloc[rows].reset_index(drop=True)
    opened = leads["opened_at"].iloc[rows].reset_index(drop=True)
    frame["at"] = frame["recorded_at"] = after(opened, share * life[rows])
    return frame


def assessments(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Say what was told at each moment."""
    n, kind = len(frame), np.tile(np.array(KINDS, dtype=object), len(frame) // N_TOLD)
    price = np.round(rng.lognormal(6, 0.5, n), 2)
    level = np.round(rng.uniform(0, 1, n), 1)
    number = np.select([kind == "willingness_to_pay", kind == "model_interest"], [price, np.nan])
    word = rng.choice(np.array(["a", "b", "c"], dtype=object), n)
    named = np.isin(kind.astype(str), ("model_interest", "stage"))
    is_level = ~np.isin(kind.astype(str), ("willingness_to_pay", "model_interest"))
    return frame.assign(
        kind=kind,
        value_num=np.where(is_level, level, number),
        value_text=np.where(named, word, None),
    )


def contacts(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Say who called, and whether a question was asked and when it was answered."""
    n = len(frame)
    is_in = rng.random(n) < 0.4
    asked = frame["at"].where(is_in & (rng.random(n) < 0.5))
    answered = after(asked, rng.exponential(5, n))
    return frame.assign(
        interaction_id="A" + pd.Series(np.arange(n).astype(str)), channel="call",
        direction=np.where(is_in, "in", "out"), asked_at=asked,
        answered_at=answered.where(answered < END),
    )  # fmt: skip


def main(folder: Path) -> None:
    """Search the folder's deals; print CPU seconds of the search and the peak of memory."""
    from crm_analysis.deals.patterns.replication import find_patterns
    from crm_analysis.deals.patterns.weekly_checks import week_counts
    from crm_analysis.source import load

    known = load(str(folder), as_of=AS_OF)
    begun = time.process_time()
    counts = week_counts(known, known.config)
    patterns = find_patterns(counts)
    took = {
        "cpu_seconds": time.process_time() - begun,
        "peak_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "n_weeks": int(counts.frame["n"].sum()),
        "n_rows": len(counts.frame),
        "n_tried": patterns.n_tried,
    }
    sys.stdout.write(json.dumps(took) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
