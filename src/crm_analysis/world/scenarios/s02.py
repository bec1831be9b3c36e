"""S02a: response time drives loss and winning."""

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

LOSS, WIN = 0.010, 0.008
LOSS_SLOPE, WIN_SLOPE = 0.25, -0.20
SD, FARTHEST = 1.5, 5.0
MEDIAN_HOURS = 2.0
LANDMARK_DAYS = 3


def s02a(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """3,000 leads; x = log2(response / median), sd 1.5; closings only after the third day.

    x is held within ±5, so that each first contact is made, and known, by the landmark.
    """
    n, draw = 3000, rng["leads"]
    x = np.clip(draw.normal(0, SD, n), -FARTHEST, FARTHEST)
    follow_up = draw.uniform(30, 180, n)
    opened = LAST_DAY - HOUR - follow_up
    slopes = (LOSS_SLOPE, WIN_SLOPE) if planted else (0.0, 0.0)
    rates = [rate * np.exp(slope * x) for rate, slope in zip((LOSS, WIN), slopes, strict=True)]
    to_landmark = np.floor(opened) + LANDMARK_DAYS + 1 - opened
    life = to_landmark + draw.exponential(1, n) / (rates[0] + rates[1])
    lost = draw.random(n) < rates[0] / (rates[0] + rates[1])
    closed = np.where(life < follow_up, opened + life, np.nan)
    leads = leads_frame(opened, closed, np.where(lost, "lost", "won"))
    answered = opened + MEDIAN_HOURS * 2**x * HOUR
    contacts = contacts_frame(leads, np.arange(n), answered)
    sd = float(np.std(x))
    estimates = [
        planted_row(
            "log_hazard_ratio_per_sd",
            f"cause={cause};landmark_days={LANDMARK_DAYS};indicator=first_response_hours",
            slope * sd,
            tolerance * sd,
        )
        for cause, slope, tolerance in zip(("lost", "won"), slopes, (0.05, 0.06), strict=True)
    ]
    return {"customers": owners(leads), "leads": leads, "interactions": contacts}, estimates
