"""Which event times each spell is at risk for: all that the Cox likelihood needs of time.

Edges, decided here:

* A spell is at risk at t where entry < t <= exit: events precede censorings, and who enters on a
  day is not yet at risk on it.
* A spell with repeats 0 is nobody: it has no event.
* `repeats` counts identical spells: one with repeats 3 equals three, exactly, ties included.
* Many spells may share one row of covariates (a pattern); `row` says which.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crm_analysis.survival.arrays import Bools, Floats

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSets:
    """Which event times each spell is at risk for.

    Parameters
    ----------
    first, last : array (n_spells,)
        Spell i is at risk at event times first[i] … last[i] - 1.
    start : array (n_spells,)
        Index of the first event time of the spell's stratum.
    event : bool array (n_spells,)
        Whether the spell ends with the event, at event time last[i] - 1.
    repeats : array (n_spells,)
        How many identical subjects the spell stands for.
    edges : array (n_strata + 1,)
        Event times of stratum s are edges[s] … edges[s + 1] - 1.
    row : array (n_spells,), optional
        The row of covariates of each spell, ascending; without it spell i has row i.
    """

    first: Ints
    last: Ints
    start: Ints
    event: Bools
    repeats: Floats
    edges: Ints
    row: Ints | None = None

    @property
    def n_times(self) -> int:
        """Distinct event times, summed over strata."""
        return int(self.edges[-1])

    @property
    def n_events(self) -> int:
        """Events, repeats counted."""
        return int(self.repeats[self.event].sum())


def risk_sets(
    exit_days: Floats,
    event: Bools,
    *,
    entry_days: Floats | None = None,
    stratum: Ints | None = None,
    repeats: Floats | None = None,
    row: Ints | None = None,
) -> RiskSets:
    """Find for each spell the event times of its stratum at which it is at risk."""
    if row is not None and (np.diff(row) < 0).any():
        raise ValueError("row must not fall from one spell to the next; sort the spells by it")
    counted = ones(len(exit_days)) if repeats is None else np.asarray(repeats, dtype=np.float64)
    event = event & (counted > 0)
    times = np.unique(exit_days[event])
    last = np.searchsorted(times, exit_days, side="right").astype(np.int64, copy=False)
    first = start = np.broadcast_to(np.int64(0), len(exit_days))  # no memory
    if entry_days is not None:
        first = np.searchsorted(times, entry_days, side="right").astype(np.int64, copy=False)
    edges = np.array([0, len(times)], dtype=np.int64)
    if stratum is not None:
        base = stratum.astype(np.int64) * (len(times) + 1)
        cells = np.unique(base[event] + last[event])
        edges = np.append(np.searchsorted(cells, np.unique(base)), len(cells)).astype(np.int64)
        start = np.searchsorted(cells, base).astype(np.int64, copy=False)
        first = np.searchsorted(cells, base + first, side="right").astype(np.int64, copy=False)
        last = np.searchsorted(cells, base + last, side="right").astype(np.int64, copy=False)
    return RiskSets(
        first=first,
        last=last if entry_days is None else np.maximum(first, last),
        start=start,
        event=event,
        repeats=counted,
        edges=edges,
        row=row,
    )


def ones(n: int) -> Floats:
    """Return n ones that take no memory and cannot be changed."""
    return np.broadcast_to(np.float64(1), n)
