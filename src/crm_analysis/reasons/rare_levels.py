"""What is noted in segments too small to be compared: their shares drawn towards all levels (M02).

Decisions:
* Of each customer the first note counts, so that one who was lost often does not stand for many.
* Each share is drawn towards the mean of its segment's levels by a beta-binomial prior, whose
  weight is estimated from all of them; the interval allows for that weight being uncertain.
  Nothing is tested.
* Refused is a level with fewer than `min_cell` customers, and one whose own notes make less than a
  tenth of the drawn share: it would only repeat the share of all levels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from crm_analysis.estimates import Estimate, refuse, segment
from crm_analysis.reasons.segments import expected_notes, frequent_codes, segment_rows
from crm_analysis.shrinkage import (
    Floats,
    Prior,
    beta_binomial_prior,
    shrunk_interval,
    shrunk_share,
)

OWN_SHARE = 0.10
QUANTITY = "reason_share_level"


def rare_level_estimates(
    frame: pd.DataFrame, *, min_events: int = 10, min_cell: int = 5, alpha: float = 0.05
) -> tuple[Estimate, ...]:
    """What share has each code in the levels that are too small to be compared?

    Parameters
    ----------
    frame : DataFrame
        From `segments.segment_frame`.
    min_events : int
        A level is small where half as many customers with a code are not to be expected in it.
    min_cell : int
        Customers that a level needs.
    alpha : float
        1 - coverage.
    """
    codes = frequent_codes(frame, min_events)
    ordered = frame.sort_values(["event_at", "subject"])
    return tuple(
        row
        for factor, rows in segment_rows(ordered)
        for code in codes
        for row in _small(
            rows.drop_duplicates("customer"), code, factor, min_events=min_events,
            min_cell=min_cell, alpha=alpha,
        )
    )  # fmt: skip


def _small(
    rows: pd.DataFrame, code: str, factor: str, *, min_events: int, min_cell: int, alpha: float
) -> Iterator[Estimate]:
    """Yield the shares of one code in the small levels of one segment."""
    says = rows["main"] == code
    counts = says.groupby(rows[factor]).agg(["size", "sum"])
    share = float(says.mean())
    small = [2 * expected_notes(int(n), share) < min_events for n in counts["size"]]
    if not any(small):
        return
    events, n = (counts[name].to_numpy(dtype=float) for name in ("sum", "size"))
    prior = beta_binomial_prior(events, n)
    for at in np.flatnonzero(small).tolist():
        row = _share(events, n, at, prior=prior, min_cell=min_cell, alpha=alpha)
        yield replace(row, segment=segment(code=code, factor=factor, level=counts.index[at]))


def _share(
    events: Floats, n: Floats, at: int, *, prior: Prior, min_cell: int, alpha: float
) -> Estimate:
    row = Estimate(
        module="M02",
        quantity=QUANTITY,
        segment="",
        method="beta_binomial_shrunk",
        n=int(n[at]),
        events=int(events[at]),
        status="weak",
        note="as_noted;few_notes;shrunk",
    )
    if n[at] < min_cell:
        return refuse(replace(row, note="as_noted"), "too_few_notes")
    if prior.own_share(int(n[at])) < OWN_SHARE:
        return refuse(replace(row, note="as_noted"), "as_all_levels")
    share = shrunk_share(int(events[at]), int(n[at]), prior, alpha=alpha).estimate
    low, high = shrunk_interval(events, n, at, alpha=alpha)
    return replace(row, estimate=share, ci_lo=min(low, share), ci_hi=max(high, share))
