"""How many closed leads are on each type of track, and how many of these were lost (M04).

Decisions: a type is held against all other typed leads (Newcombe, score test), one family over the
types; where too few endings would be expected on a side there is no test. Shares of closed leads
are not probabilities of a lead: open ones are missing from them. A track that most leads take warns
of nothing, even where those that take another are lost less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from crm_analysis.deals.typology.rules import TOO_FEW, TYPES
from crm_analysis.estimates import (
    Estimate,
    is_finding,
    read_segment,
    refuse,
    segment,
    status_by_events,
)
from crm_analysis.proportions import newcombe, wilson

FAMILY = "M04:track_types"


def type_estimates(closed: pd.DataFrame, *, min_events: int, alpha: float) -> tuple[Estimate, ...]:
    """Count each type, its share lost, and how far that is from the share of all others.

    Returns
    -------
    tuple of Estimate
        `track_type_share` (too few assessments included), `track_type_lost_share`, and
        `track_type_lost_difference`, family M04:track_types.
    """
    rows: list[Estimate] = []
    kinds, is_lost = closed["track_type"], closed["status"] == "lost"
    has_type = kinds != TOO_FEW
    for kind in TYPES:
        on_it = kinds == kind
        n, lost = int(on_it.sum()), int((on_it & is_lost).sum())
        share = Estimate(
            module="M04",
            quantity="track_type_share",
            segment=segment(type=kind),
            method="wilson",
            n=len(closed),
            events=n,
        )
        rows.append(_share(share, n, len(closed), alpha))
        if kind == TOO_FEW:
            continue
        blank = replace(
            share, quantity="track_type_lost_share", n=n, events=lost, note="not_a_probability"
        )
        rows.append(_share(blank, lost, n, alpha))
        others = (int((is_lost & has_type & ~on_it).sum()), int((has_type & ~on_it).sum()))
        rows.append(_difference(blank, (lost, others[0]), (n, others[1]), (min_events, alpha)))
    return tuple(rows)


def _share(row: Estimate, events: int, n: int, alpha: float) -> Estimate:
    interval = wilson(events, n, alpha=alpha)
    if interval is None:
        return refuse(row, "few_tracks")
    return replace(row, estimate=interval.estimate, ci_lo=interval.lo, ci_hi=interval.hi)


def _difference(
    blank: Estimate, lost: tuple[int, int], n: tuple[int, int], limits: tuple[int, float]
) -> Estimate:
    """Hold a type against all others; the score test needs endings expected on each side."""
    row = replace(
        blank,
        quantity="track_type_lost_difference",
        method="newcombe",
        family=FAMILY,
        evidence="associational",
    )
    gap = newcombe(lost, n, alpha=limits[1])
    if gap is None:
        return refuse(row, "few_tracks")
    share = sum(lost) / sum(n)
    expected = min(n) * min(share, 1 - share)
    status = status_by_events(int(expected), min_events=limits[0])
    if status == "not_estimable":
        return refuse(row, "too_few_events")
    note = row.note if status == "ok" else f"{row.note};too_few_events"
    return replace(
        row,
        estimate=gap.estimate,
        ci_lo=gap.lo,
        ci_hi=gap.hi,
        p=gap.p,
        status=status,
        note=note,
    )


def loss_types(estimates: Sequence[Estimate], *, q: float) -> tuple[str, ...]:
    """Name the types that go with more losses than the others, as far as that stands.

    Returns
    -------
    tuple of str
        Strongest first; by the data alone, whatever a type is called. A type on which more than
        half of the leads are is the usual way of a lead and warns of nothing.
    """
    usual = usual_type(estimates)
    rows = [
        row
        for row in estimates
        if row.quantity == "track_type_lost_difference"
        and is_finding(row, q)
        and (row.estimate or 0.0) > 0
    ]
    ordered = sorted(rows, key=lambda row: -(row.estimate or 0.0))
    named = (read_segment(row.segment)["type"] for row in ordered)
    return tuple(kind for kind in named if kind != usual)


def usual_type(estimates: Sequence[Estimate]) -> str | None:
    """Name the type on which more than half of the typed leads are, if there is one."""
    sizes = {
        read_segment(row.segment)["type"]: row.n or 0
        for row in estimates
        if row.quantity == "track_type_lost_share"
    }
    return next((kind for kind, n in sizes.items() if 2 * n > sum(sizes.values())), None)
