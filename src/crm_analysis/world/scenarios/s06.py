"""S06: heavy ties, and segments that no model can be fitted to."""

from __future__ import annotations

import numpy as np
import pandas as pd

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

N_TIMES, STEP_HAZARD = 9, 0.13


def s06(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """1,500 leads that can be lost on nine days only; half are exposed, hazard ratio 2 or 1."""
    n, draw = 1500, rng["leads"]
    exposed = draw.random(n) < 0.5
    ratio = 2.0 if planted else 1.0
    turn = np.ceil(draw.exponential(1, n) / (STEP_HAZARD * np.where(exposed, ratio, 1.0)))
    opened = np.full(n, LAST_DAY - 1 - 7.0 * N_TIMES + 9 * HOUR)
    closed = np.where(turn <= N_TIMES, opened + 7 * turn, np.nan)
    leads = leads_frame(opened, closed, np.full(n, "lost"))
    leads["product"] = np.where(exposed, "exposed", "base")
    leads["x_exposed"] = exposed.astype("int64")
    return {"customers": owners(leads), "leads": leads}, [
        planted_row("log_hazard_ratio_level", SEGMENT_EXPOSED, float(np.log(ratio)), 0.16)
    ]


SEGMENT_EXPOSED = "cause=lost;factor=product;level=exposed"
SEGMENTS = {"mixed": 300, "all_lost": 40, "all_won": 40, "no_end": 30, "single": 1}


def s06b(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """Segments that no model can be fitted to, beside an ordinary one."""
    draw = rng["leads"]
    product = np.repeat(np.array(list(SEGMENTS), dtype=object), list(SEGMENTS.values()))
    n = len(product)
    opened = LAST_DAY - draw.uniform(40, 200, n)
    closed = opened + np.minimum(draw.exponential(25, n), 39)
    status = np.where(draw.random(n) < 0.5, "lost", "won")
    status = np.select([product == "all_lost", product == "all_won"], ["lost", "won"], status)
    is_open = (product == "no_end") | ((product == "mixed") & (draw.random(n) < 0.2))
    leads = leads_frame(opened, np.where(is_open, np.nan, closed), status)
    leads["product"] = product
    leads["rep_id"] = "R01"
    leads["budget"] = np.nan
    leads["x_number"] = draw.normal(size=n)
    leads["x_copy"] = leads["x_number"]
    leads["x_constant"] = 1.0
    leads["x_empty"] = pd.Series(None, index=leads.index, dtype=object)
    people = owners(leads).assign(kind="individual", gender=None)
    stop = leads["_closed"].fillna(LAST_DAY - HOUR).to_numpy()
    rows = np.repeat(np.arange(n), 2)
    days = opened[rows] + np.tile([0.02, 0.5], n) * (stop - opened)[rows]
    contacts = contacts_frame(leads, rows, days)
    return {"customers": people, "leads": leads, "interactions": contacts}, []
