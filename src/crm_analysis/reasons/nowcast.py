"""How many reasons of the recent months are still to be typed in?

Reasons of a month come in for months. The delays are right-truncated: of last month only short
ones can have been seen. The share that has come in by each age is the product-limit in reverse
time (Lynden-Bell 1971; Lagakos, Barraj, De Gruttola 1988), and each reason seen stands for one
over that share. The interval counts both the delays' error (bootstrap over deals) and the chance
of what is still to come.

Decisions: delays beyond a year are not completed for, because too few ages allow one to be seen.
Delays are taken to stay as they were; where sellers have since begun to type at once, too many
would be expected, so there are never more reasons than losses.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
LONGEST_DAYS = 365
MIN_AT_RISK = 10
MATURE, LEAST = 0.90, 0.20
_LEAST_CHANCE = 1e-3
COLUMNS = ("month", "observed", "completed", "lo", "hi", "completeness", "immature", "status")


def share_in_by(delay: Ints, age: Ints, weight: Ints | None = None) -> Floats:
    """Return the share of reasons typed in by each delay 0 … `LONGEST_DAYS`.

    Parameters
    ----------
    delay, age : array of int
        Days from event to typing, and from event to as_of; delay is at most age.
    weight : array of int, optional
        How often each deal counts (bootstrap draws).

    Examples
    --------
    >>> share_in_by(np.array([0] * 30 + [2] * 10), np.array([0] * 20 + [9] * 20))[:3]
    array([0.5, 0.5, 1. ])
    """
    size = LONGEST_DAYS + 2
    seen = delay <= LONGEST_DAYS
    counted = np.ones(len(delay)) if weight is None else weight.astype(float)
    typed = np.bincount(delay[seen], weights=counted[seen], minlength=size)[:-1]
    ages = np.bincount(
        np.minimum(age[seen], LONGEST_DAYS + 1), weights=counted[seen], minlength=size
    )
    younger = np.r_[0.0, np.cumsum(ages)[:-1]][:-1]  # deals younger than each delay
    at_risk = np.cumsum(typed) - younger
    hazard = np.where(at_risk >= MIN_AT_RISK, typed / np.maximum(at_risk, 1.0), 0.0)
    later = np.r_[1.0, np.cumprod((1 - hazard[1:])[::-1])][::-1]
    return np.asarray(later, dtype=float)


def nowcast(
    pairs: pd.DataFrame,
    *,
    as_of: date,
    losses: Mapping[str, int] | None = None,
    n_months: int = 12,
    n_boot: int = 200,
    alpha: float = 0.05,
    seed: int = 0,
) -> pd.DataFrame:
    """Complete the sellers' reasons of the last months by the delays seen so far.

    Parameters
    ----------
    pairs : DataFrame
        From `reports.reports`; those with one code only, to complete that code.
    as_of : date
        The last known day.
    losses : mapping of str to int, optional
        Losses known of each month ("2026-10"): there can be no more reasons than losses.
    n_months : int
        Months of events up to that of as_of.
    n_boot : int
        Draws of the delays and of what is still to come.
    alpha : float
        1 - coverage.
    seed : int
        Of the draws.

    Returns
    -------
    DataFrame
        One row a month of events, by month: `COLUMNS`. A month is immature where less than nine
        tenths have come in, and not_estimable where less than a fifth has.
    """
    rows = _dated(pairs, as_of)
    if rows.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    delay, age = rows["delay"].to_numpy(np.int64), rows["age"].to_numpy(np.int64)
    months = pd.period_range(end=pd.Period(as_of, freq="M"), periods=n_months, freq="M")
    place = months.get_indexer(pd.PeriodIndex(rows["month"]))
    chance = _chances(delay, age, None)
    observed = np.bincount(place[place >= 0], minlength=n_months)
    completed = np.bincount(place[place >= 0], weights=1 / chance[place >= 0], minlength=n_months)
    to_come = _to_come(delay, age, place, n_months=n_months, n_boot=n_boot, seed=seed)
    lo, hi = np.quantile(observed + to_come, [alpha / 2, 1 - alpha / 2], axis=0)
    most = np.array([np.inf if losses is None else losses.get(str(one), 0) for one in months])
    most = np.maximum(most, observed)
    lo = np.where(lo > most, observed, lo)  # the delays expect more than can be: anything may come
    completed, hi = np.minimum(completed, most), np.minimum(hi, most)
    share = np.divide(observed, completed, out=np.full(n_months, np.nan), where=completed > 0)
    return pd.DataFrame(
        {
            "month": months.astype(str), "observed": observed, "completed": completed,
            "lo": lo, "hi": hi, "completeness": share, "immature": ~(share >= MATURE),
            "status": np.where(share >= LEAST, "ok", "not_estimable"),
        }
    )  # fmt: skip


def _dated(pairs: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Return delay, age and month of the reasons typed in within a year of a dated event."""
    rows = pairs[pairs["rep"].notna() & pairs["delay_days"].notna()]
    event = pd.to_datetime(rows["event_at"])
    age = (pd.Timestamp(as_of) - event.dt.normalize()).dt.days
    frame = pd.DataFrame(
        {"delay": rows["delay_days"], "age": age, "month": event.dt.to_period("M")}
    )
    seen = frame["delay"] <= frame["age"].clip(upper=LONGEST_DAYS)
    return frame[seen].astype({"delay": "int64", "age": "int64"})


def _chances(delay: Ints, age: Ints, weight: Ints | None) -> Floats:
    """Return for each deal the chance that its reason has come in by now."""
    share = share_in_by(delay, age, weight)[np.minimum(age, LONGEST_DAYS)]
    return np.asarray(np.clip(share, _LEAST_CHANCE, 1.0), dtype=float)


def _to_come(delay: Ints, age: Ints, place: Ints, *, n_months: int, n_boot: int, seed: int) -> Ints:
    """Draw how many reasons of each month are still to come, row by row of a bootstrap."""
    rng = np.random.default_rng(seed)
    n, recent = len(delay), np.flatnonzero(place >= 0)
    drawn = np.zeros((n_boot, n_months), dtype=np.int64)
    for row in range(n_boot):
        weight = np.bincount(rng.integers(0, n, n), minlength=n)
        more = rng.geometric(_chances(delay, age, weight)[recent]) - 1
        drawn[row] = np.bincount(place[recent], weights=more, minlength=n_months)
    return drawn
