"""S04: notes back-filled after the loss, and rows from after as_of."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world import customers
from crm_analysis.world.clock import LAST_DAY, Floats, ids, stamps
from crm_analysis.world.scenarios.build import (
    Planted,
    Streams,
    Tables,
    contacts_frame,
    leads_frame,
    owners,
)


def s04(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """1,500 leads without signal; notes back-filled after the end; orders and surveys to come."""
    n, draw = 1500, rng["leads"]
    life = 16 + draw.exponential(40, n)
    status = draw.choice(["won", "lost", "open"], n, p=[0.35, 0.45, 0.20])
    ended = LAST_DAY - 30 - np.where(status == "open", -29.9, draw.uniform(0, 500, n))
    opened = ended - life
    leads = leads_frame(opened, np.where(status == "open", np.nan, ended), status)
    leads["rep_id"] = customers.pick(draw, n, customers.REPS)
    counts = 1 + rng["interactions"].poisson(0.04 * life)
    rows = np.repeat(np.arange(n), counts)
    first = np.r_[True, rows[1:] != rows[:-1]]
    share = np.where(first, 0.01, rng["interactions"].random(len(rows)))
    contacts = contacts_frame(leads, rows, opened[rows] + share * life[rows])
    contacts["direction"] = np.where(first, "out", "in")
    if planted:
        contacts = pd.concat([contacts, backfill(leads, life, rng["dirt"])], ignore_index=True)
        contacts["interaction_id"] = ids("A", len(contacts), 6)
    tables = {"customers": owners(leads), "leads": leads, "interactions": contacts}
    tables |= {"order_lines": later_orders(leads, rng["order_lines"])}
    tables |= {"surveys": later_surveys(leads, rng["surveys"])}
    return tables, []


def backfill(leads: pd.DataFrame, life: Floats, rng: np.random.Generator) -> pd.DataFrame:
    """Write Poisson(1.6) notes per lost lead (won: .2), dated early on, typed after the end."""
    mean = leads["status"].map({"lost": 1.6, "won": 0.2, "open": 0.0}).to_numpy(float)
    rows = np.repeat(np.arange(len(leads)), rng.poisson(mean))
    days = leads["_opened"].to_numpy()[rows] + 0.2 + rng.random(len(rows)) * 13
    frame = contacts_frame(leads, rows, days)
    closed = leads["_closed"].to_numpy()[rows]
    frame["recorded_at"] = stamps(closed + rng.uniform(1, 20, len(rows)))
    return frame


def later_orders(leads: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Write an order of each won lead, and 200 orders of lost customers after as_of."""
    won = leads[leads["status"] == "won"]
    late = leads[leads["status"] == "lost"].iloc[:200]
    day = np.r_[won["_closed"] + 1, LAST_DAY + rng.uniform(0, 30, len(late))]
    frame = pd.concat([won, late])[["customer_id"]].reset_index(drop=True)
    frame["at"], frame["recorded_at"] = stamps(day), stamps(day)
    frame["line_id"], frame["order_id"] = ids("N", len(frame)), ids("O", len(frame))
    frame["amount"] = np.round(rng.gamma(3, 40, len(frame)), 2)
    return frame


def later_surveys(leads: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Send surveys before as_of; half of the answers come after it."""
    frame = leads[["customer_id"]].iloc[:300].reset_index(drop=True)
    sent = np.full(len(frame), LAST_DAY - 5.0)
    frame["response_id"] = ids("V", len(frame))
    frame["sent_at"], frame["recorded_at"] = stamps(sent), stamps(sent)
    frame["answered_at"] = stamps(sent + rng.uniform(0, 10, len(frame)))
    frame["nps"] = pd.array(rng.integers(0, 11, len(frame)), dtype="Int64")
    return frame
