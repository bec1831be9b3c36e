"""T7 engagement: forum, events, visits, referrals; some go on here after they stopped buying."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world.clock import EXPORT_DAY, ids, stamps

FORUM = {"post": 0.012, "reply": 0.02, "answer": 0.008, "suggestion": 0.0015, "praise": 0.002}
SHOP = {"visit": 0.003, "open": 0.004, "click": 0.0012, "complaint_public": 0.00012}
SILENT_FACTOR = 2.0


def engagement(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw daily counts of each kind while the customer is with us (the silent stay engaged)."""
    known = people[people["_shop"]].reset_index(drop=True)
    start = np.maximum(known["_created"].to_numpy(), 0)
    stop = known["_left"].fillna(EXPORT_DAY).clip(upper=EXPORT_DAY).to_numpy()
    forum = np.where(known["_forum"], 1.0, 0.0)
    forum = np.where(known["_silent_from"].notna(), SILENT_FACTOR, forum)
    parts = []
    for kind, rate in (FORUM | SHOP).items():
        weight = forum if kind in FORUM else np.ones(len(known))
        mean = rate * weight * np.maximum(stop - start, 0)
        rows = np.repeat(np.arange(len(known)), rng.poisson(mean))
        days = start[rows] + rng.random(len(rows)) * (stop - start)[rows]
        part = pd.DataFrame({"customer_id": known["customer_id"].to_numpy()[rows], "_day": days})
        parts.append(part.assign(kind=kind))
    frame = pd.concat([*parts, events(known, stop, rng), referrals(people)], ignore_index=True)
    return finished(frame, rng)


def events(known: pd.DataFrame, stop: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Invite half of the customers to a quarterly event; a third of the invited comes."""
    parts = []
    for day in np.arange(40.0, EXPORT_DAY, 91.0):
        able = (known["_created"] < day - 20).to_numpy() & (stop > day)
        able &= rng.random(len(known)) < 0.25
        invited = pd.DataFrame({"customer_id": known["customer_id"][able], "_day": day - 14})
        came = invited[rng.random(len(invited)) < 0.33].assign(_day=day + 0.5)
        parts += [invited.assign(kind="event_invited"), came.assign(kind="event_attended")]
    return pd.concat(parts, ignore_index=True)


def referrals(people: pd.DataFrame) -> pd.DataFrame:
    """Record each referral on the day the referred customer was first known."""
    new = people[people["referrer_id"].notna() & (people["_created"] > 0)]
    return pd.DataFrame(
        {
            "customer_id": new["referrer_id"].to_numpy(),
            "ref_customer_id": new["customer_id"].to_numpy(),
            "_day": new["_created"].to_numpy(),
            "kind": "referral",
        }
    )


def finished(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Order, number and complete the events."""
    frame = frame[frame["_day"] < EXPORT_DAY]
    frame = frame.sort_values(["_day", "customer_id", "kind"]).reset_index(drop=True)
    n = len(frame)
    frame["event_id"] = ids("E", n, 6)
    frame["n"] = pd.array(np.ones(n, dtype=int), dtype="Int64")
    rated = frame["kind"].isin(["post", "answer", "suggestion"]).to_numpy()
    frame["quality"] = np.where(rated, np.round(np.clip(rng.normal(3, 1, n), 0, 5), 1), np.nan)
    adopted = pd.Series(pd.array(rng.random(n) < 0.15, dtype="boolean"))
    frame["adopted"] = adopted.where(frame["kind"] == "suggestion")
    topic = np.array([f"T{i:03d}" for i in rng.integers(1, 400, n)], dtype=object)
    forum = frame["kind"].isin(["post", "reply", "answer"])
    frame["topic_id"] = pd.Series(topic).where(forum)
    frame["at"] = stamps(frame["_day"])
    frame["recorded_at"] = stamps(frame["_day"] + rng.exponential(0.02, n))
    return frame
