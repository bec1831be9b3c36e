"""What each calendar day would have seen if only the age of leads mattered, and what it did see.

Decision: a hazard by age of the lead is taken over all days; each day's expectation is the sum of
it over the leads open on that day, by their ages. Over all days expected and observed endings are
equal, so that only the calendar is left between them (indirect standardisation).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]


def day_counts(risk: pd.DataFrame, *, causes: dict[int, str]) -> pd.DataFrame:
    """Count endings by calendar day, and what the ages of open leads make expect.

    Parameters
    ----------
    risk : DataFrame
        A risk table by day of opening: opened (date), time_days, cause, n.
    causes : dict
        Name by code of the endings looked at.

    Returns
    -------
    DataFrame
        day, and observed_<cause> and expected_<cause> for each ending.

    Examples
    --------
    >>> risk = pd.DataFrame(
    ...     {"opened": pd.to_datetime(["2026-01-01"] * 2), "time_days": [1, 2], "cause": 1, "n": 1}
    ... )
    >>> day_counts(risk, causes={1: "lost"})["expected_lost"].tolist()
    [0.0, 1.0, 1.0]
    """
    opened = pd.to_datetime(risk["opened"])
    start = opened.min()
    place = (opened - start).dt.days.to_numpy(dtype=np.int64)
    age = risk["time_days"].to_numpy(dtype=np.int64)
    n = risk["n"].to_numpy(dtype=float)
    n_days, n_ages = int((place + age).max()) + 1, int(age.max()) + 1
    open_by_age = _still_open(np.bincount(age, weights=n, minlength=n_ages))
    frame = pd.DataFrame({"day": start + pd.to_timedelta(np.arange(n_days), unit="D")})
    groups = _by_opening(np.asarray(place, dtype=np.int64))
    for code, name in causes.items():
        ended = n * (risk["cause"].to_numpy() == code)
        hazard = np.bincount(age, weights=ended, minlength=n_ages) / np.maximum(open_by_age, 1)
        expected = np.zeros(n_days)
        for rows in groups:
            first, own = int(place[rows[0]]), np.bincount(age[rows], weights=n[rows])
            expected[first : first + len(own)] += _still_open(own) * hazard[: len(own)]
        frame[f"observed_{name}"] = np.bincount(place + age, weights=ended, minlength=n_days)
        frame[f"expected_{name}"] = expected
    return frame


def _still_open(ended: npt.ArrayLike) -> Floats:
    """Count who is still at risk at each age."""
    return np.asarray(np.asarray(ended, dtype=np.float64)[::-1].cumsum()[::-1])


def _by_opening(place: npt.NDArray[np.int64]) -> list[npt.NDArray[np.intp]]:
    order = np.argsort(place, kind="stable")
    return list(np.split(order, np.flatnonzero(np.diff(place[order])) + 1))
