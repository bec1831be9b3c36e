"""How many closed leads are on each type of track, and how many of these were lost (M04).

Decisions:
* A type is held against all other typed leads with about as many assessments, and these differences
  are averaged (Mantel-Haenszel): turns and falls add up over a long track, and where the lost live
  longer they would else go with losses without knowing of them.
* One family over the types; where too few endings would be expected on a side there is no test.
* Shares of closed leads are not probabilities of a lead: open ones are missing from them. A track
  that most leads take warns of nothing, even where those that take another are lost less.

Source: Mantel and Haenszel (1959) for the test; Greenland and Robins (1985), the variance of the
difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
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
from crm_analysis.proportions import wilson
from crm_analysis.survival.arrays import Floats
from crm_analysis.survival.normal import critical, two_sided

FAMILY = "M04:track_types"
N_BANDS = 10


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
    bands = _bands(closed[has_type])
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
        counts = _counts(on_it[has_type], is_lost[has_type], bands)
        rows.append(_difference(blank, counts, min_events=min_events, alpha=alpha))
    return tuple(rows)


def _bands(closed: pd.DataFrame) -> pd.Series:
    """Part leads into ten bands of about as many assessments; one band where nobody counted."""
    if "n_assessments" not in closed or closed.empty:
        return pd.Series(0, index=closed.index)
    return pd.qcut(closed["n_assessments"], N_BANDS, labels=False, duplicates="drop")


def _counts(on_it: pd.Series, is_lost: pd.Series, bands: pd.Series) -> Floats:
    """Count by band: lost and all on the type, lost and all others; bands with both sides."""
    sides = pd.DataFrame(
        {"lost": on_it & is_lost, "n": on_it, "other_lost": ~on_it & is_lost, "other_n": ~on_it}
    )
    counts = sides.groupby(bands).sum().to_numpy(dtype=float)
    both: Floats = counts[(counts[:, 1] > 0) & (counts[:, 3] > 0)]
    return both


def _share(row: Estimate, events: int, n: int, alpha: float) -> Estimate:
    interval = wilson(events, n, alpha=alpha)
    if interval is None:
        return refuse(row, "few_tracks")
    return replace(row, estimate=interval.estimate, ci_lo=interval.lo, ci_hi=interval.hi)


def _difference(blank: Estimate, counts: Floats, *, min_events: int, alpha: float) -> Estimate:
    """Hold a type against all others within bands; endings must be expected on each side."""
    row = replace(
        blank,
        quantity="track_type_lost_difference",
        method="mantel_haenszel_by_assessments",
        family=FAMILY,
        evidence="associational",
    )
    lost, n, other_lost, other_n = counts.T
    if not len(counts):
        return refuse(row, "few_tracks")
    total = n + other_n
    share = (lost + other_lost).sum() / total.sum()
    expected = min(n.sum(), other_n.sum()) * min(share, 1 - share)
    status = status_by_events(int(expected), min_events=min_events)
    if status == "not_estimable":
        return refuse(row, "too_few_events")
    weight = n * other_n / total
    own, others = lost / n, other_lost / other_n
    middle = float((weight * (own - others)).sum() / weight.sum())
    spread = own * (1 - own) / n + others * (1 - others) / other_n
    reach = critical(alpha) * float(np.sqrt((weight**2 * spread).sum()) / weight.sum())
    ended = lost + other_lost
    by_chance = weight * ended * (total - ended) / (total * np.maximum(total - 1, 1))
    note = row.note if status == "ok" else f"{row.note};too_few_events"
    return replace(
        row,
        estimate=middle,
        ci_lo=max(middle - reach, -1.0),
        ci_hi=min(middle + reach, 1.0),
        p=two_sided(middle * weight.sum() / float(np.sqrt(by_chance.sum()))),
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
