"""Counts over distinct times, and step functions read at a day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MIN_AT_RISK = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Who was at risk and who ended, per distinct time.

    Parameters
    ----------
    times : array (n_times,)
        Distinct durations in days, ascending, event times and censoring times alike.
    at_risk : array (n_times,)
        Spells still open just before each time.
    events : array (n_causes, n_times)
        Spells that ended at each time, by cause.
    """

    times: Floats
    at_risk: Floats
    events: Floats


def step(times: Floats, values: Floats, day: float, *, before: float) -> float:
    """Read a right-continuous step function at `day`; `before` holds ahead of its first time."""
    place = int(np.searchsorted(times, day, side="right")) - 1
    return float(values[place]) if place >= 0 else before


def at_risk_on(times: Floats, at_risk: Floats, day: float) -> int:
    """Return how many were still open just before `day`.

    Examples
    --------
    >>> times, at_risk = np.array([2.0, 5.0]), np.array([10.0, 4.0])
    >>> [at_risk_on(times, at_risk, day) for day in (1, 2, 3, 5, 6)]
    [10, 10, 4, 4, 0]
    """
    place = int(np.searchsorted(times, day, side="left"))
    return int(at_risk[place]) if place < len(times) else 0


def last_shown(times: Floats, at_risk: Floats, min_at_risk: int = MIN_AT_RISK) -> float:
    """Return the last time at which at least `min_at_risk` were at risk; 0 where never."""
    enough = times[at_risk >= min_at_risk]
    return float(enough[-1]) if len(enough) else 0.0
