"""S05: competing endings under heavy censoring."""

from __future__ import annotations

import numpy as np

from crm_analysis.world import customers
from crm_analysis.world.clock import LAST_DAY
from crm_analysis.world.scenarios.build import (
    HOUR,
    Planted,
    Streams,
    Tables,
    leads_frame,
    owners,
    planted_row,
)

LOSS, WIN, MEAN_CENSOR = 0.008, 0.004, 35.0


def s05(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """1,500 leads, loss .008 and win .004 a day, about 71 % still open; days are whole."""
    n, draw = 1500, rng["leads"]
    life = np.ceil(draw.exponential(1 / (LOSS + WIN), n))
    censor = np.floor(draw.exponential(MEAN_CENSOR, n))
    status = np.where(draw.random(n) < LOSS / (LOSS + WIN), "lost", "won")
    opened = LAST_DAY - 1 - censor + 9 * HOUR
    leads = leads_frame(opened, np.where(life <= censor, opened + life, np.nan), status)
    leads["product"] = customers.pick(draw, n, ("A", "B"))
    estimates = []
    for days, tolerance in ((30, 0.03), (60, 0.05), (90, 0.07)):
        for cause, rate in (("lost", LOSS), ("won", WIN)):
            value = rate / (LOSS + WIN) * (1 - np.exp(-(LOSS + WIN) * days))
            segment = f"cause={cause};horizon_days={days}"
            estimates.append(planted_row("outcome_probability", segment, float(value), tolerance))
    return {"customers": owners(leads), "leads": leads}, estimates
