"""S03: the number of contacts and immortal time."""

from __future__ import annotations

import numpy as np

from crm_analysis.world.clock import LAST_DAY
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

EARLY_SLOPE = -0.15


def s03(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """2,000 leads, mean life 50 days, contacts Poisson .1 a day, followed up for 60-200 days."""
    n, draw = 6000 if planted else 2000, rng["leads"]
    follow_up = draw.uniform(60, 200, n)
    opened = LAST_DAY - HOUR - follow_up
    counts = rng["interactions"].poisson(0.1 * 200, n)
    rows = np.repeat(np.arange(n), counts)
    days = opened[rows] + 200 * rng["interactions"].random(len(rows))
    early = np.bincount(rows[days < np.floor(opened)[rows] + 15], minlength=n)
    to_landmark = np.floor(opened) + 15 - opened
    slope = EARLY_SLOPE if planted else 0.0
    life = draw.exponential(50, n)
    after = to_landmark + draw.exponential(50, n) / np.exp(slope * early)
    life = np.where(life < to_landmark, life, after)
    closed = np.where(life < follow_up, opened + life, np.nan)
    leads = leads_frame(opened, closed, np.full(n, "lost"))
    seen = days < np.minimum(opened + life, LAST_DAY - HOUR)[rows]
    contacts = contacts_frame(leads, rows[seen], days[seen])
    segment = "cause=lost;landmark_days=14;indicator=n_contacts"
    sd = float(np.std(early[life > to_landmark]))
    estimates = [planted_row("log_hazard_ratio_per_sd", segment, slope * sd, 0.06 * sd)]
    return {"customers": owners(leads), "leads": leads, "interactions": contacts}, estimates
