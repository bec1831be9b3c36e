"""S01: many indicators, none of which has an effect."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world import assessments, customers, interactions
from crm_analysis.world.clock import LAST_DAY
from crm_analysis.world.scenarios.build import HOUR, Planted, Streams, Tables, leads_frame, owners


def s01(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """2,000 leads whose end owes nothing to anything: won .35, lost .45, open .20."""
    n, draw = 2000, rng["leads"]
    life = 1 + draw.exponential(40, n)
    status = draw.choice(["won", "lost", "open"], n, p=[0.35, 0.45, 0.20])
    ended = LAST_DAY - HOUR - np.where(status == "open", 0, draw.uniform(0, 600, n))
    closed = np.where(status == "open", np.nan, ended)
    leads = leads_frame(ended - life, closed, status)
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
