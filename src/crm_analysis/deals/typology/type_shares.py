"""How many closed leads are on each type of track, and how many of these were lost (M04).

Decisions:
* A type is held against all other typed leads of about the same life with about as many
  assessments, and these differences are averaged (Mantel-Haenszel): turns and falls add up over a
  long life and over many assessments, and where the lost live longer, or are judged more often,
  they would else go with losses without knowing of them.
* One family over the types; where too few endings would be expected on a side there is no test.
* Shares of closed leads are not probabilities of a lead: open ones are missing from them. A track
  that most leads take warns of nothing, even where those that take another are lost less.

Source: Mantel and Haenszel (1959) for the test; Sato (1989) for the variance of the difference,
which holds in bands of a few leads too.
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
from crm_analysis.proportions import wilson
from crm_analysis.survival.arrays import Floats
from crm_analysis.survival.normal import critical, two_sided

FAMILY = "M04:track_types"
N_PARTS = 5


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
    """Part leads into fifths of life, and each of these into fifths of assessments.

    One band where neither is told; where all are equal there is nothing to part.
    """
    if closed.empty or not {"life_days", "n_assessments"} <= set(closed):
        return pd.Series(0.0, index=closed.index)
    life = _fifths(closed["life_days"])
    often = closed.groupby(life)["n_assessments"].transform(_fifths)
    bands: pd.Series = life * N_PARTS + often
    return bands


def _fifths(values: pd.Series) -> pd.Series:
    """Part values by rank; equal ones stay together."""
    parts: pd.Series = (values.rank(pct=True) * N_PARTS).clip(upper=N_PARTS - 0.5) // 1
    return parts


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
        method="mantel_haenszel_by_life_and_assessments",
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
    middle = float(((lost * other_n - other_lost * n) / total).sum() / weight.sum())
    ended = lost + other_lost
    by_chance = float((weight * ended * (total - ended) / (total * (total - 1))).sum())
    if by_chance == 0:
        return refuse(row, "too_few_events")
    reach = critical(alpha) * _sato_se(counts, middle)
    note = row.note if status == "ok" else f"{row.note};too_few_events"
    return replace(
        row,
        estimate=middle,
        ci_lo=max(middle - reach, -1.0),
        ci_hi=min(middle + reach, 1.0),
        p=two_sided(middle * float(weight.sum()) / by_chance**0.5),
        status=status,
        note=note,
    )


def _sato_se(counts: Floats, middle: float) -> float:
    """Return the standard error of a Mantel-Haenszel difference (Sato 1989, equation 2)."""
    lost, n, other_lost, other_n = counts.T
    total = n + other_n
    tilt = n**2 * other_lost - other_n**2 * lost + n * other_n * (other_n - n) / 2
    mixed = lost * (other_n - other_lost) + other_lost * (n - lost)
    variance = middle * (tilt / total**2).sum() + (mixed / (2 * total)).sum()
    return float(max(variance, 0.0) ** 0.5 / (n * other_n / total).sum())


def loss_types(estimates: Sequence[Estimate], *, q: float) -> tuple[str, ...]:
    """Name the types that go with more losses than the others, as far as that stands.

    Returns
    -------
    tuple of str
        Strongest first; by the data alone, whatever a type is called. A type on which more than
        half of the leads are is the usual way of a lead and warns of nothing; nor does one that is
        not shown to lose more when it is read some days before the end.
    """
    usual = usual_type(estimates)
    fading = {
        row.segment
        for row in estimates
        if row.quantity == "track_type_lost_difference"
        and row.role == "sensitivity"
        and not (row.ci_lo is not None and row.ci_lo > 0)
    }
    rows = [
        row
        for row in estimates
        if row.quantity == "track_type_lost_difference"
        and is_finding(row, q)
        and (row.estimate or 0.0) > 0
        and row.segment not in fading
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
