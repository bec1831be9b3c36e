"""Days as whole numbers since 1970-01-01, months before a day, and how late ends are typed in."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_analysis.survival.arrays import Floats

EPOCH = date(1970, 1, 1)
MARGIN_SHARE = 0.95
SETTLED_DAYS = 60
"""After so many days an end is taken for typed in: delays are learned from ends older than that."""


def number_of(day: date) -> int:
    """Number a day as the engine does.

    Examples
    --------
    >>> number_of(date(1970, 1, 3))
    2
    """
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """Return the day of a number; the inverse of `number_of`."""
    return EPOCH + timedelta(days=number)


def months_before(day: date, n_months: int) -> list[date]:
    """List the same day of the months before, newest first; the end of a month stays its end.

    Examples
    --------
    >>> [str(day) for day in months_before(date(2026, 3, 31), 2)]
    ['2026-02-28', '2026-01-31']
    """
    stamp = pd.Timestamp(day)
    if stamp.is_month_end:
        found = [stamp - pd.offsets.MonthEnd(k) for k in range(1, n_months + 1)]
    else:
        found = [stamp - pd.DateOffset(months=k) for k in range(1, n_months + 1)]
    return [one.date() for one in found]


def month_of(days: Floats | pd.Series) -> pd.Series:
    """Name the month of each day number: "2026-10"."""
    distinct, place = np.unique(np.asarray(days, dtype=float), return_inverse=True)
    names = pd.to_datetime(pd.Series(distinct), unit="D").dt.strftime("%Y-%m")
    return pd.Series(names.to_numpy()[place], dtype=object)


def typing_delays(stages: pd.DataFrame, *, until: int) -> Floats:
    """Return the days from end to typing of won leads, as known at the end of `until`."""
    won = stages[(stages["status"] == "won") & (stages["closed_known_day"] <= until)]
    settled = won[won["closed_day"] <= until - SETTLED_DAYS]
    used = settled if len(settled) else won
    delays: Floats = (used["closed_known_day"] - used["closed_day"]).to_numpy(dtype=float)
    return delays


def typing_margin(stages: pd.DataFrame, *, until: int) -> int:
    """After how many days are 95 % of won leads typed in? 0 where nothing is known."""
    delays = typing_delays(stages, until=until)
    if not len(delays):
        return 0
    return int(np.quantile(delays, MARGIN_SHARE, method="higher"))


def still_untyped(stages: pd.DataFrame, *, first: int, last: int, until: int) -> float:
    """Expect how many leads were won from `first` to `last` and are not typed in at `until`.

    Each day's wins are divided by the share that past wins show typed after as many days.
    """
    delays = typing_delays(stages, until=until)
    won = stages[(stages["status"] == "won") & (stages["closed_known_day"] <= until)]
    here = won[won["closed_day"].between(first, last)]
    if not len(delays) or here.empty:
        return 0.0
    ages = until - here["closed_day"].to_numpy(dtype=float)
    typed = np.searchsorted(np.sort(delays), ages, side="right") / len(delays)
    return float((1.0 / np.maximum(typed, 1.0 / len(delays)) - 1.0).sum())
