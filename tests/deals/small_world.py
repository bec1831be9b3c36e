"""A small world of leads, contacts and assessments with an effect of chosen size, for these tests.

Loss hazard .009·e^{beta·x}, win hazard .007 a day; x = fast contact habit (contacts a day).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import pandas as pd

AS_OF = date(2026, 6, 30)


@dataclass(frozen=True)
class SmallWorld:
    """The three tables as frames, and as Ibis tables."""

    leads: pd.DataFrame
    interactions: pd.DataFrame
    assessments: pd.DataFrame
    customers: pd.DataFrame

    def tables(self) -> dict[str, ibis.Table]:
        """Bring the frames to an engine."""
        engine = ibis.duckdb.connect()
        frames = {
            "leads": self.leads,
            "interactions": self.interactions,
            "assessments": self.assessments,
            "customers": self.customers,
        }
        return {name: engine.create_table(name, frame) for name, frame in frames.items()}


def small_world(seed: int, *, n: int = 800, contact_effect: float = 0.0) -> SmallWorld:
    """Make the world; `contact_effect` is the log hazard ratio of loss per SD of contact rate."""
    rng = np.random.default_rng(seed)
    habit = rng.normal(size=n)
    opened = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 480, n), unit="D")
    loss = rng.exponential(1 / (0.009 * np.exp(contact_effect * habit)))
    win = rng.exponential(1 / 0.007, n)
    days = np.ceil(np.minimum(loss, win))
    closed = opened + pd.to_timedelta(days, unit="D")
    is_open = closed > pd.Timestamp(AS_OF)
    status = np.where(is_open, "open", np.where(loss < win, "lost", "won"))
    leads = pd.DataFrame(
        {
            "lead_id": [f"L{i:05d}" for i in range(n)],
            "customer_id": [f"C{i % (n * 4 // 5):05d}" for i in range(n)],
            "rep_id": rng.choice([f"R{i}" for i in range(8)], n),
            "product": rng.choice(["A", "B", "C"], n),
            "opened_at": opened + pd.Timedelta(hours=9),
            "status": status,
            "closed_at": pd.Series(closed + pd.Timedelta(hours=15)).where(~is_open),
        }
    )
    life = np.where(is_open, (pd.Timestamp(AS_OF) - opened).days, days)
    return SmallWorld(
        leads=leads,
        interactions=_contacts(leads, life, 0.15 * np.exp(0.8 * habit), rng),
        assessments=_assessments(leads, life, rng),
        customers=_customers(leads, rng),
    )


def _customers(leads: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    ids = sorted(leads["customer_id"].unique())
    n = len(ids)
    return pd.DataFrame(
        {
            "customer_id": ids,
            "source": rng.choice(["friend", "advert", "nearby"], n),
            "birth_year": rng.integers(1950, 2005, n),
            "x_loyal": rng.random(n) < 0.4,
            "profile_recorded_at": pd.Timestamp("2024-12-01"),
        }
    )


def _contacts(
    leads: pd.DataFrame, life: np.ndarray, rate: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    counts = rng.poisson(rate * life)
    which = np.repeat(np.arange(len(leads)), counts)
    n = len(which)
    at = leads["opened_at"].to_numpy()[which] + pd.to_timedelta(
        rng.random(n) * life[which] * 24, unit="h"
    ).floor("s")
    direction = rng.choice(["out", "in"], n)
    return pd.DataFrame(
        {
            "interaction_id": [f"I{i:06d}" for i in range(n)],
            "customer_id": leads["customer_id"].to_numpy()[which],
            "lead_id": leads["lead_id"].to_numpy()[which],
            "round_id": pd.Series([None] * n, dtype="string"),
            "at": at,
            "known_at": at,
            "direction": direction,
            "channel": rng.choice(["call", "meet", "wechat"], n),
            "goal": pd.Series(np.where(rng.random(n) < 0.5, "demo", None), dtype="string"),
            "goal_met": pd.Series(rng.random(n) < 0.5, dtype="boolean"),
            "issue_left": pd.Series(np.where(rng.random(n) < 0.2, "price", None), dtype="string"),
            "issue_closed_at": pd.Series(pd.NaT, index=range(n), dtype="datetime64[us]"),
            "asked_at": pd.Series(at).where(direction == "in"),
            "answered_at": pd.Series(at + pd.Timedelta(hours=6)).where(rng.random(n) < 0.7),
        }
    )


def _assessments(leads: pd.DataFrame, life: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    counts = rng.poisson(life / 10)
    which = np.repeat(np.arange(len(leads)), counts)
    n = len(which)
    at = leads["opened_at"].to_numpy()[which] + pd.to_timedelta(
        rng.random(n) * life[which] * 24, unit="h"
    ).floor("s")
    return pd.DataFrame(
        {
            "customer_id": leads["customer_id"].to_numpy()[which],
            "lead_id": leads["lead_id"].to_numpy()[which],
            "at": at,
            "known_at": at,
            "kind": "deal_probability",
            "value_num": np.round(rng.beta(3, 3, n), 1),
        }
    )
