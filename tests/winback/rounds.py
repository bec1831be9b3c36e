"""Small rounds for tests: contract tables as DuckDB relations with their types."""

from __future__ import annotations

from datetime import datetime, timedelta

import ibis
import numpy as np
import pandas as pd

ZERO = datetime(2026, 1, 10, 9, 0)

COLUMNS = {
    "winback": {
        "round_id": "string",
        "customer_id": "string",
        "assigned_at": "timestamp",
        "arm": "string",
        "randomised": "boolean",
        "p_treat": "float64",
        "p_arm": "float64",
        "stratum": "string",
        "cost": "decimal(18, 4)",
    },
    "order_lines": {
        "line_id": "string",
        "order_id": "string",
        "customer_id": "string",
        "at": "timestamp",
        "amount": "decimal(18, 4)",
        "margin": "decimal(18, 4)",
        "round_id": "string",
    },
    "interactions": {
        "interaction_id": "string",
        "customer_id": "string",
        "at": "timestamp",
        "direction": "string",
        "channel": "string",
        "purpose": "string",
        "reached": "boolean",
        "round_id": "string",
        "cost": "decimal(18, 4)",
    },
    "engagement": {
        "event_id": "string",
        "customer_id": "string",
        "at": "timestamp",
        "kind": "string",
    },
    "customers": {"customer_id": "string", "opted_out_at": "timestamp"},
}


def day(days: float) -> datetime:
    """The moment so many days after assignment."""
    return ZERO + timedelta(days=days)


def tables(**rows: list[dict[str, object]]):
    """Make typed tables; a column not given is NULL, `assigned_at` is `ZERO`."""
    made = {}
    for name, given in rows.items():
        kinds = COLUMNS[name]
        frame = pd.DataFrame(given, columns=list(kinds)).astype(object)
        frame = frame.where(frame.notna(), None)
        text = ibis.memtable(
            frame.map(lambda value: None if value is None else str(value)),
            schema=dict.fromkeys(kinds, "string"),
        )
        made[name] = text.select(**{key: text[key].cast(kind) for key, kind in kinds.items()})
    return made


def assignment(customer: str, arm: str = "treat", **given: object) -> dict[str, object]:
    """One row of `winback`."""
    row = {"round_id": "R1", "customer_id": customer, "assigned_at": ZERO, "arm": arm}
    return {**row, "randomised": True, "p_treat": 0.5, **given}


def order(customer: str, days: float, amount: float = 100, **given: object) -> dict[str, object]:
    """One order line, its own order unless said otherwise."""
    name = f"{customer}-{days}"
    row = {"line_id": name, "order_id": name, "customer_id": customer, "at": day(days)}
    return {**row, "amount": amount, **given}


def frame(n: int, *, seed: int = 1, effect: float = 0.0, **given: object) -> pd.DataFrame:
    """One round of `n` per arm as it leaves the engine; base return .2 within 90 days."""
    rng = np.random.default_rng(seed)
    treated = np.repeat([1, 0], n)
    back = rng.random(2 * n) < 0.2 + effect * treated
    made = pd.DataFrame(
        {
            "round_id": "R1",
            "customer_id": [f"C{k}" for k in range(2 * n)],
            "arm": np.where(treated, "treat", "control"),
            "randomised": True,
            "p_treat": 0.5,
            "p_arm": np.nan,
            "stratum": None,
            "assigned_on": pd.Timestamp(ZERO.date()),
            "offer_cost": 0.0,
            "return_days": np.where(back, 20.0, np.nan),
            "was_reached": (treated == 1) & (rng.random(2 * n) < 0.7),
            "was_contacted": treated == 1,
            "margin_90": np.where(back, 30.0, 0.0),
            "contact_cost_90": np.where(treated, 5.0, 0.0),
        }
    )
    return made.assign(**given)
