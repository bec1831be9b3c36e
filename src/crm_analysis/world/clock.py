"""The demo world's calendar: days since its first day, turned into stamps and dates."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

FIRST = date(2024, 5, 1)
AS_OF = date(2026, 10, 31)
EXPORTED = date(2026, 11, 6)  # the CRM export is younger than as_of: real future rows
LAST_DAY = float((AS_OF - FIRST).days + 1)  # end of as_of, in days
EXPORT_DAY = float((EXPORTED - FIRST).days + 1)


def day_of(year: int, month: int, day: int) -> float:
    """Return a date as days since the world's first day.

    Examples
    --------
    >>> day_of(2024, 5, 3)
    2.0
    """
    return float((date(year, month, day) - FIRST).days)


def stamps(days: Floats | pd.Series, first: date = FIRST) -> pd.Series:
    """Turn days (with fractions; NaN stays missing) into time stamps of whole seconds."""
    seconds = np.round(np.asarray(days, dtype=float) * 86400)
    known = np.isfinite(seconds)
    moments = np.full(len(seconds), np.datetime64("NaT", "us"))
    start = np.datetime64(first, "us")
    moments[known] = start + seconds[known].astype("int64").astype("timedelta64[s]")
    return pd.Series(moments)


def dates(days: Floats | pd.Series, first: date = FIRST) -> pd.Series:
    """Turn days into dates, kept as midnight stamps until they are written."""
    return stamps(np.floor(np.asarray(days, dtype=float)), first)


def office_hours(days: Floats, rng: np.random.Generator) -> Floats:
    """Move each moment into the opening hours (9-19 h) of its own day."""
    return np.asarray(np.floor(days) + rng.uniform(9, 19, len(days)) / 24, dtype=float)


def ids(prefix: str, n: int, width: int = 5) -> npt.NDArray[np.object_]:
    """Number things: C00001, C00002 ...

    Examples
    --------
    >>> list(ids("C", 2))
    ['C00001', 'C00002']
    """
    return np.array([f"{prefix}{i:0{width}d}" for i in range(1, n + 1)], dtype=object)
