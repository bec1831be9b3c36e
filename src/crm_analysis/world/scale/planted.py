"""The truth of a scale world: those of the demo's stories that it tells, at its own sizes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from crm_analysis.world import leads
from crm_analysis.world.clock import AS_OF
from crm_analysis.world.scale.numbers import N_REPS, first_day
from crm_analysis.world.scale.size import Scale
from crm_analysis.world.stories.collection import stories
from crm_analysis.world.stories.story import Planted, Story, told

TOLD = (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 19, 22)
_DEMO_ASSIGNED = 1260
_LEAST = 0.25  # of the demo's tolerance: what stays where sampling error is gone


def scale_truth(scale: Scale, *, n_leads: int, n_assigned: int) -> dict[str, Any]:
    """Return what was planted, as `truth.json` holds it.

    Tolerances are the demo's, narrowed or widened with the root of the number of rows; at least a
    quarter stays, because whole days and what happens between them are part of every estimate.
    """
    listed = sorted((s for s in stories() if s.number in TOLD), key=lambda story: story.number)
    rows = {True: _DEMO_ASSIGNED / max(n_assigned, 1), False: leads.N_LEADS / max(n_leads, 1)}
    return {
        "as_of": AS_OF.isoformat(),
        "first_day": first_day(scale.months).isoformat(),
        "seed": scale.seed,
        "customers": scale.customers,
        "months": scale.months,
        "events_per_customer": scale.events,
        "stories": [told(_sized(story, rows[story.number in (9, 10, 11)])) for story in listed],
    }


def _sized(story: Story, ratio: float) -> Story:
    """Give the story's numbers the tolerance of its size; the average over reps is its own."""
    factor = max(_LEAST, math.sqrt(ratio))
    kept = [row for row in story.estimates if story.number != 7]
    return replace(
        story, estimates=tuple(_own(row, round(row.tolerance * factor, 4)) for row in kept)
    )


def _own(row: Planted, tolerance: float) -> Planted:
    if row.quantity != "outcome_probability":
        return replace(row, tolerance=tolerance)
    parts = dict(part.split("=") for part in row.segment.split(";"))
    share = leads.ended_share(parts["cause"], int(parts["horizon_days"]), n_reps=N_REPS)
    return replace(row, value=round(share, 4), tolerance=tolerance)
