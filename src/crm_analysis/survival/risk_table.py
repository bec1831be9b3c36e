"""The risk table: counts of leads by day, ending and pattern, made in the engine.

Kaplan–Meier, Aalen–Johansen and the log-rank test need only these counts, so their cost follows
the number of distinct days and patterns, not of leads, and no row leaves the engine.

Edges, decided here: a pattern with a missing level keeps it as a level of its own (missing), so
that counts always sum to the number of spells; an empty table has no rows and no faults.
All spells of one risk table enter together (at the opening or at one landmark).
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from crm_analysis.survival.arrays import Counts


def risk_table(spells: ir.Table, by: Sequence[str] = ()) -> pd.DataFrame:
    """Count spells by duration, cause and the columns `by`, in one pass of the engine.

    Returns
    -------
    DataFrame
        by…, time_days, cause, n; sorted by these.
    """
    keys = [*by, "time_days", "cause"]
    table = spells.mutate(time_days=spells.duration_days)
    counted = table.group_by(keys).aggregate(n=table.count()).to_pandas()
    whole = counted.astype({"time_days": "int64", "cause": "int64", "n": "int64"})
    ordered: pd.DataFrame = whole.sort_values(keys, na_position="last", ignore_index=True)
    return ordered


def compress(frame: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Count the rows of a small frame with duration_days and cause into a risk table.

    Examples
    --------
    >>> spells = pd.DataFrame({"duration_days": [3, 3, 5], "cause": [1, 1, 0]})
    >>> compress(spells).to_dict("list")
    {'time_days': [3, 5], 'cause': [1, 0], 'n': [2, 1]}
    """
    keys = [*by, "time_days", "cause"]
    renamed = frame.rename(columns={"duration_days": "time_days"})
    return renamed.groupby(keys, dropna=False, as_index=False).size().rename(columns={"size": "n"})


def counts_by_time(risk: pd.DataFrame, causes: Sequence[int]) -> Counts:
    """Turn a risk table into arrays over its distinct times.

    Patterns are summed over. Events of causes that are not asked for count as censored. At equal
    times events precede censorings: who is censored on a day was still at risk on that day.
    """
    times = np.unique(risk["time_days"].to_numpy())
    place = np.searchsorted(times, risk["time_days"].to_numpy())
    n = risk["n"].to_numpy(dtype=float)
    cause = risk["cause"].to_numpy()
    leaving = np.bincount(place, weights=n, minlength=len(times)).astype(float)
    events = np.array(
        [np.bincount(place, weights=n * (cause == code), minlength=len(times)) for code in causes]
    ).astype(float)
    events = events.reshape(len(causes), len(times))
    at_risk = leaving[::-1].cumsum()[::-1]
    return Counts(times=times, at_risk=at_risk, events=events)
