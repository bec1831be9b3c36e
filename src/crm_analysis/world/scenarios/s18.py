"""S18: win-back of those who would have returned anyway."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world.clock import LAST_DAY, dates, ids, stamps
from crm_analysis.world.scenarios.build import (
    HOUR,
    Planted,
    Streams,
    Tables,
    contacts_frame,
    planted_row,
)

PER_ARM, RETURN, EFFECT, CONTACT_COST = 1500, 0.20, 0.08, 5.0


def s18(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """1,500 per arm, .20 return in both (planted: .28 treated); two contacts at 5 each."""
    n, draw = 2 * PER_ARM, rng["winback"]
    day = LAST_DAY - 92.0  # 90 days are just over, and the newest orders are fresh
    treated = draw.permutation(np.arange(n) % 2 == 1)
    effect = EFFECT if planted else 0.0
    returned = draw.random(n) < RETURN + effect * treated
    frame = pd.DataFrame({"customer_id": ids("C", n), "round_id": "WB1"})
    frame["assigned_at"] = stamps(np.full(n, day + 9 * HOUR))
    frame["recorded_at"] = frame["assigned_at"]
    frame["arm"] = np.where(treated, "treat", "control")
    frame["randomised"] = pd.array(np.ones(n, dtype=bool), dtype="boolean")
    frame["p_treat"], frame["cost"] = 0.5, 0.0
    people = pd.DataFrame({"customer_id": frame["customer_id"]})
    people["created_at"] = dates(np.full(n, day - 400))
    contacts = round_contacts(frame, np.flatnonzero(treated), day, rng["interactions"])
    orders = round_orders(frame, np.flatnonzero(returned), day, rng["order_lines"])
    tables = {"customers": people, "winback": frame, "interactions": contacts}
    estimates = [planted_row("return_share_difference", "arm=treat;horizon_days=90", effect, 0.04)]
    return tables | {"order_lines": orders}, estimates


def round_contacts(
    frame: pd.DataFrame, rows: np.ndarray, day: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Write two calls per treated customer."""
    twice = np.repeat(rows, 2)
    when = day + np.tile([2.0, 9.0], len(rows)) + rng.uniform(9, 18, len(twice)) / 24
    keyed = frame.assign(lead_id=None)
    contacts = contacts_frame(keyed, twice, when).drop(columns="lead_id")
    contacts["round_id"], contacts["purpose"], contacts["cost"] = "WB1", "winback", CONTACT_COST
    contacts["attempt_no"] = pd.array(np.tile([1, 2], len(rows)), dtype="Int64")
    contacts["reached"] = pd.array(rng.random(len(twice)) < 0.7, dtype="boolean")
    return contacts


def round_orders(
    frame: pd.DataFrame, rows: np.ndarray, day: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Write one old order of everybody and the orders of those who return within 90 days."""
    n = len(frame)
    when = np.r_[day - rng.uniform(150, 390, n), day + rng.uniform(3, 90, len(rows))]
    buyers = np.concatenate([np.arange(n), rows])
    orders = pd.DataFrame({"customer_id": frame["customer_id"].to_numpy()[buyers]})
    orders["at"], orders["recorded_at"] = stamps(when), stamps(when)
    orders["line_id"], orders["order_id"] = ids("N", len(orders)), ids("O", len(orders))
    orders["amount"] = np.round(rng.gamma(4, 10, len(orders)), 2)
    orders["margin"] = np.round(orders["amount"] * 0.3, 2)
    return orders
