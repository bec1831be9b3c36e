"""A small random CRM with all edge cases that the features must survive, in DuckDB."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pytest

from crm_analysis.features.interactions import CHANNELS
from crm_analysis.features.profile import FIELDS

AS_OF = date(2026, 3, 31)
START = pd.Timestamp("2026-01-01")


def _moments(rng, n, *, days, start=START):
    return start + pd.to_timedelta(rng.integers(0, days * 86400, n), unit="s")


def _maybe(rng, values, share):
    return pd.Series(values).where(rng.random(len(values)) < share)


def _leads(rng, n=300):
    opened = pd.Series(_moments(rng, n, days=90))
    closed = opened + pd.to_timedelta(rng.exponential(20, n) * 86400, unit="s").round("s")
    return pd.DataFrame(
        {
            "lead_id": [f"L{i:03d}" for i in range(n)],
            "customer_id": [f"C{i:03d}" for i in rng.integers(0, 90, n)],
            "opened_at": opened,
            "closed_at": closed.where(closed < pd.Timestamp("2026-04-01")),
        }
    )


def _interactions(rng, leads, n=3500):
    pick = leads.iloc[rng.integers(0, len(leads), n)].reset_index(drop=True)
    days = rng.integers(-2, 30, n) * 86400 + rng.integers(0, 86400, n)
    at = pick.opened_at.dt.floor("h") + pd.to_timedelta(days, unit="s")
    late = pd.to_timedelta(rng.choice([0, 0, 0, 3, 40], n) * 86400, unit="s")
    inward = rng.random(n) < 0.35
    asked = at.where(inward & (rng.random(n) < 0.6))
    return pd.DataFrame(
        {
            "interaction_id": [f"I{i:04d}" for i in rng.permutation(n)],
            "customer_id": pick.customer_id,
            "lead_id": _maybe(rng, pick.lead_id, 0.7),
            "round_id": _maybe(rng, ["R1"] * n, 0.1),
            "at": at.where(rng.random(n) < 0.97),
            "known_at": at + late,
            "direction": np.where(inward, "in", "out"),
            "channel": rng.choice(CHANNELS, n),
            "goal": _maybe(rng, ["visit"] * n, 0.5),
            "goal_met": _maybe(rng, rng.random(n) < 0.5, 0.4).astype("boolean"),
            "issue_left": _maybe(rng, ["price"] * n, 0.3),
            "issue_closed_at": at + pd.to_timedelta(rng.integers(0, 30, n), unit="D"),
            "asked_at": asked,
            "answered_at": (asked + pd.to_timedelta(rng.integers(0, 20, n), unit="D")).where(
                rng.random(n) < 0.7
            ),
            "reached": _maybe(rng, rng.random(n) < 0.5, 0.8).astype("boolean"),
        }
    )


def _issues(rng, n=250):
    opened = pd.Series(_moments(rng, n, days=500, start=pd.Timestamp("2024-10-01")))
    resolved = opened + pd.to_timedelta(rng.integers(0, 60, n), unit="D")
    return pd.DataFrame(
        {
            "issue_id": [f"S{i:03d}" for i in range(n)],
            "customer_id": [f"C{i:03d}" for i in rng.integers(0, 90, n)],
            "opened_at": opened,
            "known_at": opened + pd.to_timedelta(rng.choice([0, 0, 5], n), unit="D"),
            "resolved_at": resolved.where(rng.random(n) < 0.7),
            "kind": rng.choice(["complaint", "promise"], n),
            "outcome": rng.choice(["kept", "broken", "open"], n),
        }
    )


def _assessments(rng, leads, n=1200):
    pick = leads.iloc[rng.integers(0, len(leads), n)].reset_index(drop=True)
    at = pick.opened_at + pd.to_timedelta(rng.integers(-1, 25, n), unit="D")
    return pd.DataFrame(
        {
            "customer_id": pick.customer_id,
            "lead_id": _maybe(rng, pick.lead_id, 0.8),
            "at": at,
            "known_at": at + pd.to_timedelta(rng.choice([0, 0, 9], n), unit="D"),
            "kind": rng.choice(["deal_probability", "willingness_to_pay"], n),
            "value_num": _maybe(rng, rng.integers(0, 11, n) / 10, 0.95),
        }
    )


def _customers(rng, n=90):
    frame = pd.DataFrame({"customer_id": [f"C{i:03d}" for i in range(n)]})
    frame["profile_recorded_at"] = _maybe(rng, _moments(rng, n, days=120), 0.6)
    for field in FIELDS:
        frame[field] = _maybe(rng, rng.choice(["a", "b", ""], n), 0.6)
    frame["contact_routes"] = _maybe(rng, rng.choice(["a", "a;b", "a;b;c", ""], n), 0.6)
    return frame


def _order_lines(rng, n=700):
    order = rng.integers(0, 300, n)
    at = pd.Timestamp("2024-01-01") + pd.to_timedelta((order * 37) % 840, unit="D")
    return pd.DataFrame(
        {
            "order_id": [f"O{i:03d}" for i in order],
            "customer_id": [f"C{i % 70:03d}" for i in order],
            "at": at,
            "known_at": at + pd.to_timedelta(rng.choice([0, 0, 0, 60], n), unit="D"),
            "amount": np.round(rng.normal(50, 60, n), 2),
            "margin": _maybe(rng, np.round(rng.normal(10, 5, n), 2), 0.8),
            "essential": _maybe(rng, rng.random(n) < 0.5, 0.9).astype("boolean"),
        }
    )


def _models_and_stages(rng, leads, n=1600):
    """Models and stages beside the numbers; some rows name none, some are of one moment."""
    pick = leads.iloc[rng.integers(0, len(leads), n)].reset_index(drop=True)
    at = pick.opened_at + pd.to_timedelta(rng.integers(-1, 25, n), unit="D")
    staged = rng.random(n) < 0.5
    place = rng.integers(0, 4, n)
    return pd.DataFrame(
        {
            "customer_id": pick.customer_id,
            "lead_id": _maybe(rng, pick.lead_id, 0.8),
            "at": at,
            "known_at": at + pd.to_timedelta(rng.choice([0, 0, 9], n), unit="D"),
            "kind": np.where(staged, "stage", "model_interest"),
            "value_num": _maybe(rng, (place + 1) / 4, 0.9).where(staged),
            "value_text": _maybe(rng, np.array(["A", "B", "C", "D"])[place], 0.9),
        }
    )


def _quotes(rng, leads):
    """Quote most leads, some of them undated, some later than any landmark."""
    n = len(leads)
    quoted = leads.opened_at + pd.to_timedelta(rng.integers(0, 40, n), unit="D")
    prices = _maybe(rng, rng.integers(1, 20, n) / 10, 0.9)
    return leads.assign(quoted_price=prices, quoted_at=_maybe(rng, quoted, 0.9))


def _list_prices(rng, lines):
    """Give each line a product, a list amount and a number of pieces; not all are told."""
    n = len(lines)
    product = rng.choice(["A", "B", "C"], n)  # nobody sells D
    base = pd.Series(product).map({"A": 30.0, "B": 20.0, "C": 20.0})
    pieces = rng.integers(1, 4, n)
    noise = rng.choice([0.0, 0.0, 1.0], n)
    return lines.assign(
        product=_maybe(rng, product, 0.95),
        qty=_maybe(rng, pieces.astype(float), 0.9),
        list_amount=_maybe(rng, (base + noise) * pieces, 0.9),
    )


@pytest.fixture(scope="session")
def frames():
    """The random tables, drawn from streams spawned from one root seed."""
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(20260331).spawn(7)]
    more = streams[6]
    leads = _quotes(more, _leads(streams[0]))
    return {
        "leads": leads,
        "interactions": _interactions(streams[1], leads),
        "assessments": pd.concat(
            [_assessments(streams[2], leads), _models_and_stages(more, leads)], ignore_index=True
        ),
        "customers": _customers(streams[3]),
        "order_lines": _list_prices(more, _order_lines(streams[4])),
        "issues": _issues(streams[5]),
    }


@pytest.fixture(scope="session")
def crm(frames):
    """The random tables in DuckDB; money is decimal."""
    con = ibis.duckdb.connect()
    for name, frame in frames.items():
        con.create_table(name, frame)
    con.raw_sql("ALTER TABLE order_lines ALTER amount TYPE DECIMAL(18,4)")
    con.raw_sql("ALTER TABLE order_lines ALTER margin TYPE DECIMAL(18,4)")
    yield con
    con.disconnect()
