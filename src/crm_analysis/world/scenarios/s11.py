"""S11: three indicators that go together, one of which matters."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world import customers
from crm_analysis.world.clock import LAST_DAY, Floats
from crm_analysis.world.scenarios.build import (
    HOUR,
    Planted,
    Streams,
    Tables,
    contacts_frame,
    leads_frame,
    owners,
    planted_row,
)

SLOPE = 0.8
HAZARD = 0.010
LANDMARK_DAYS = 120
LONGEST, LATEST = 100, 15


def s11(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """1,500 leads; span gamma(3, 10), 1 + Poisson(span / 6) contacts; only the span matters.

    All is over before the landmark of day 120, so that it is the whole story: spans are whole days
    up to 100, first contacts come on day 0-15. A lead has at least two contacts, because one spans
    nothing. Channels are call or meet at random: the share of one is one less the other's.
    """
    n, draw = 1500, rng["leads"]
    span = np.clip(np.round(draw.gamma(3, 10, n)), 1, LONGEST)
    counts = 1 + np.maximum(draw.poisson(span / 6), 1)
    z = (span - span.mean()) / span.std()
    rate = HAZARD * np.exp((SLOPE if planted else 0.0) * z)
    life = LANDMARK_DAYS + 1 + draw.exponential(1, n) / rate
    follow_up = draw.uniform(LANDMARK_DAYS + 30, LANDMARK_DAYS + 130, n)
    opened = np.floor(LAST_DAY - follow_up) + draw.uniform(8, 18, n) * HOUR
    closed = np.where(opened + life < LAST_DAY - HOUR, opened + life, np.nan)
    leads = leads_frame(opened, closed, np.full(n, "lost"))
    rows = np.repeat(np.arange(n), counts)
    days = opened[rows] + _offsets(span, counts, rng["interactions"])
    contacts = contacts_frame(leads, rows, days)
    contacts["channel"] = customers.pick(rng["interactions"], len(contacts), ("call", "meet"))
    segment = f"cause=lost;landmark_days={LANDMARK_DAYS};indicator=contact_span_days"
    truth = SLOPE if planted else 0.0
    estimates = [planted_row("log_hazard_ratio_per_sd", segment, truth, 0.2)]
    return {"customers": owners(leads), "leads": leads, "interactions": contacts}, estimates


def _offsets(span: Floats, counts: np.ndarray, draw: np.random.Generator) -> Floats:
    """Place the first contact, the last one `span` days later, and all others between them."""
    lead = np.repeat(np.arange(len(span)), counts)
    place = pd.Series(lead).groupby(lead).cumcount().to_numpy()
    begin = draw.integers(0, LATEST + 1, len(span)).astype(float)
    inside = draw.uniform(0, 1, len(lead)) * span[lead]
    last = place == counts[lead] - 1
    offset = np.where(place == 0, 0.0, np.where(last, span[lead], inside))
    return np.asarray(begin[lead] + offset, dtype=np.float64)
