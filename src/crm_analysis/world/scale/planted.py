"""The truth of a scale world: those of the demo's stories that it tells, at its own sizes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from crm_analysis.world import leads
from crm_analysis.world.clock import AS_OF
from crm_analysis.world.scale.numbers import first_day, n_reps
from crm_analysis.world.scale.size import Scale
from crm_analysis.world.stories.collection import stories
from crm_analysis.world.stories.story import Planted, Story, told

TOLD = (1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 19, 22)
_ROUNDS = (9, 10, 11)
_DEMO_ASSIGNED = 1260
_BY_CHANCE = 3.0  # the demo plants counts of returns; here they are drawn
_LEAST = 0.25  # of the demo's tolerance: what stays where sampling error is gone


def scale_truth(scale: Scale, *, n_leads: int, n_assigned: int) -> dict[str, Any]:
    """Return what was planted, as `truth.json` holds it.

    Tolerances are the demo's, narrowed or widened with the root of the number of rows; at least a
    quarter stays, because whole days and what happens between them are part of every estimate.
    """
    listed = sorted((s for s in stories() if s.number in TOLD), key=lambda story: story.number)
    of_leads = math.sqrt(leads.N_LEADS / max(n_leads, 1))
    of_rounds = _BY_CHANCE * math.sqrt(_DEMO_ASSIGNED / max(n_assigned, 1))
    reps = n_reps(scale.customers)
    return {
        "as_of": AS_OF.isoformat(),
        "first_day": first_day(scale.months).isoformat(),
        "seed": scale.seed,
        "customers": scale.customers,
        "months": scale.months,
        "events_per_customer": scale.events,
        "stories": [
            told(_sized(story, of_rounds if story.number in _ROUNDS else of_leads, reps=reps))
            for story in listed
        ],
    }


def _sized(story: Story, factor: float, *, reps: int) -> Story:
    """Give the story's numbers the tolerance of the world's size."""
    rows = (
        replace(row, tolerance=round(row.tolerance * max(_LEAST, factor), 4))
        for row in story.estimates
    )
    return replace(story, estimates=tuple(_of_reps(row, reps) for row in rows))


def _of_reps(row: Planted, reps: int) -> Planted:
    """Average the share that ends over as many reps as there are: one of them is the slow one."""
    if row.quantity != "outcome_probability":
        return row
    parts = dict(part.split("=") for part in row.segment.split(";"))
    share = leads.ended_share(parts["cause"], int(parts["horizon_days"]), n_reps=reps)
    return replace(row, value=round(share, 4))
