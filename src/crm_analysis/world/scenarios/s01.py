"""S01: many indicators, none of which has an effect."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world import assessments, customers, interactions
from crm_analysis.world.clock import LAST_DAY
from crm_analysis.world.scenarios.build import HOUR, Planted, Streams, Tables, leads_frame, owners

DAYS = 600  # in which leads are opened
LIFE_DAYS = 40  # of a lead that ends, after its first day
ENDS_IN_TIME = 1 - (1 + LIFE_DAYS * (1 - np.exp(-(DAYS - 1) / LIFE_DAYS))) / DAYS
WON, LOST = 0.35, 0.45


def s01(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """2,000 leads whose end owes nothing to anything: won .35, lost .45, open .20.

    They are opened evenly over time and end, or never do, whenever they were opened: the last
    months hold more open leads, and no month wins or loses more at equal age.
    """
    n, draw = 2000, rng["leads"]
    opened = LAST_DAY - HOUR - draw.uniform(0, DAYS, n)
    ends = opened + 1 + draw.exponential(LIFE_DAYS, n)
    shares = [WON / ENDS_IN_TIME, LOST / ENDS_IN_TIME]
    status = draw.choice(["won", "lost", "open"], n, p=[*shares, 1 - sum(shares)])
    ended = np.where((status == "open") | (ends > LAST_DAY - HOUR), LAST_DAY - HOUR, ends)
    closed = np.where(ended < LAST_DAY - HOUR, ended, np.nan)
    leads = leads_frame(opened, closed, status)
    leads["_end"], leads["_cause"], leads["_forgotten"] = ended, "", np.nan
    leads["rep_id"] = customers.pick(draw, n, customers.REPS)
    leads["product"] = customers.pick(draw, n, tuple(f"P{i:02d}" for i in range(1, 13)))
    leads["visited_store"] = pd.array(draw.random(n) < 0.4, dtype="boolean")
    leads["amount"] = np.round(np.exp(draw.normal(6.5, 0.6, n)), 2)
    leads["_hours"] = 8 * 2 ** np.clip(draw.normal(0, 1.1, n), -4, 1.5)
    for i in range(1, 7):
        leads[f"x_{i}"] = customers.pick(draw, n, ("a", "b", "c"))
    contacts = interactions.interactions(
        [interactions.lead_contacts(leads, rng["interactions"])], rng["interactions"]
    )
    tracks = assessments.assessments(leads, rng["assessments"])
    people = owners(leads).join(
        customers.profile(rng["customers"], n, leads["_opened"].to_numpy() - 5)
    )
    people = people.join(customers.place(rng["customers"], n))
    tables = {"customers": people, "leads": leads}
    return tables | {"interactions": contacts, "assessments": tracks}, []
