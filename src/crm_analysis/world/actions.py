"""T12 actions: promotions with the partners' compliance, a supply break, crises, the calendar."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world.clock import EXPORT_DAY, day_of, ids, stamps
from crm_analysis.world.orders import BREAK, UNHEALTHY_FROM
from crm_analysis.world.winback import ROUNDS

COMPLIED, COMPLIED_UNHEALTHY = 0.90, 0.35
PLAN = ("baseline_sales", "expected_sales", "material_cost", "publicity_cost", "staff_cost")


def actions(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """List what the firm did or suffered, and which partner followed which promotion."""
    single = pd.DataFrame(SINGLE, columns=["kind", "_start", "_end", "scope_region", "owner"])
    launches = [("winback_launch", day, np.nan, None, "R01") for day in ROUNDS.values()]
    launched = pd.DataFrame(launches, columns=single.columns)
    parts = [single, launched, promotions(rng), compliance(people, rng)]
    frame = pd.concat([part.dropna(axis=1, how="all") for part in parts], ignore_index=True)
    frame = frame.sort_values(["_start", "kind", "customer_id"], kind="stable")
    frame = frame.reset_index(drop=True)
    frame["action_id"] = ids("X", len(frame))
    frame["start_at"] = stamps(frame["_start"])
    frame["end_at"] = stamps(frame["_end"])
    ahead = np.where(frame["kind"].isin(["crisis", "supply_break"]), -0.2, 12.0)
    frame["recorded_at"] = stamps(frame["_start"] - ahead)
    frame["due_at"] = stamps(frame["_end"])
    done = frame["_end"].where((frame["_end"] < EXPORT_DAY) & (frame["kind"] == "promotion"))
    frame["done_at"] = stamps(done)
    frame["outcome"] = pd.Series("done", index=frame.index).where(done.notna())
    return frame


SINGLE = (
    ("supply_break", BREAK[1], BREAK[2], BREAK[0], "R02"),
    ("price_change", day_of(2025, 2, 1), np.nan, None, "R01"),
    ("policy", day_of(2025, 4, 1), np.nan, None, "R01"),
    ("process_change", day_of(2026, 2, 1), np.nan, None, "R03"),
    ("crisis", day_of(2025, 5, 10), day_of(2025, 5, 24), None, "R01"),
    ("calendar", day_of(2025, 1, 28), day_of(2025, 2, 5), None, "R01"),
    ("calendar", day_of(2026, 2, 16), day_of(2026, 2, 24), None, "R01"),
    ("calendar", day_of(2026, 10, 1), day_of(2026, 10, 8), None, "R01"),
)


def promotions(rng: np.random.Generator) -> pd.DataFrame:
    """Plan one promotion a quarter, the next one already ahead."""
    start = np.arange(30.0, EXPORT_DAY + 60, 91.0)
    n = len(start)
    frame = pd.DataFrame({"kind": "promotion", "_start": start, "_end": start + 21, "owner": "R02"})
    frame["baseline_sales"] = np.round(rng.uniform(40000, 60000, n), -2)
    frame["expected_sales"] = np.round(frame["baseline_sales"] * rng.uniform(1.1, 1.4, n), -2)
    frame["gross_margin_rate"], frame["discount_rate"] = 0.32, 0.10
    for name in PLAN[2:]:
        frame[name] = np.round(rng.uniform(300, 2500, n), -1)
    frame["budget"] = frame[list(PLAN[2:])].sum(axis=1)
    return frame


def compliance(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Say for each promotion which partner carried it out; the unhealthy ones stop doing so."""
    partners = people[people["_partner"] & people["_shop"] & people["_left"].isna()]
    parts = []
    for start in np.arange(30.0, EXPORT_DAY - 25, 91.0):
        part = partners.loc[partners["_created"] < start, ["customer_id", "_unhealthy", "owner"]]
        bad = part["_unhealthy"].to_numpy() & (start >= UNHEALTHY_FROM - 60)
        followed = rng.random(len(part)) < np.where(bad, COMPLIED_UNHEALTHY, COMPLIED)
        part = part.assign(kind="promotion", _start=start, _end=start + 21)
        parts.append(part.assign(complied=pd.array(followed, dtype="boolean")))
    return pd.concat(parts, ignore_index=True)
