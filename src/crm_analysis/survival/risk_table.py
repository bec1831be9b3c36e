"""The risk table: counts of leads by day, ending and pattern, made in the engine.

Kaplan–Meier, Nelson–Aalen, Aalen–Johansen, the log-rank test, Cox (`compressed.cox_table`) and
discrete hazards need only these counts, so their cost follows the number of distinct days and
patterns, not of leads, and no row leaves the engine.

Edges, decided here:

* A pattern with a missing level keeps it as a level of its own (missing), so that counts always
  sum to the number of spells; an empty table has no rows and no faults.
* Without `entry` all spells of a table enter together, at the opening or at one landmark. With it
  a row counts spells, or pieces of spells, at risk in (entry_days, time_days]: who enters on a
  day is not yet at risk on it. Entry 0 is the opening itself, and at risk from its first day on.
* An entry on or after the end is a fault of the caller, except 0 and 0.
* A piece that is followed by another of the same spell has cause 0; cutting a spell in two
  changes no estimate, but counts one piece more.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from crm_analysis.source.frames import collect
from crm_analysis.survival.arrays import Counts, Floats
from crm_analysis.survival.risk_sets import Ints


def risk_table(
    spells: ir.Table,
    by: Sequence[str] = (),
    *,
    entry: str | None = None,
    exit: str = "duration_days",
) -> pd.DataFrame:
    """Count spells by duration, cause and the columns `by`, in one pass of the engine.

    Parameters
    ----------
    spells : Ibis table
        One row per spell or piece, with `cause` (0 = still open) and days, whole but for a
        piece of half a day.
    by : sequence of str
        Columns of the pattern: covariates, groups, strata, a cluster.
    entry, exit : str
        Columns of the day after which, and to whose end, a row is at risk; without `entry` all
        enter together.

    Returns
    -------
    DataFrame
        by…, (entry_days,) time_days, cause, n; sorted by these.
    """
    days = {"time_days": spells[exit]}
    if entry is not None:
        days["entry_days"] = spells[entry]
    keys = _keys(by, entry)
    table = spells.select(*by, "cause", **days)
    counted = collect(table.group_by(keys).aggregate(n=table.count()))
    for name in (*keys[len(by) :], "n"):
        whole = counted[name].astype("int64")
        counted[name] = whole if (whole == counted[name]).all() else counted[name]
    ordered: pd.DataFrame = counted.sort_values(keys, na_position="last", ignore_index=True)
    return ordered


def compress(
    frame: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    entry: str | None = None,
    exit: str = "duration_days",
) -> pd.DataFrame:
    """Count the rows of a small frame into a risk table, as `risk_table` does in the engine.

    Examples
    --------
    >>> spells = pd.DataFrame({"duration_days": [3, 3, 5], "cause": [1, 1, 0]})
    >>> compress(spells).to_dict("list")
    {'time_days': [3, 5], 'cause': [1, 0], 'n': [2, 1]}
    """
    names = {exit: "time_days"} | ({entry: "entry_days"} if entry is not None else {})
    keys = _keys(by, entry)
    renamed = frame[[*by, "cause", *names]].rename(columns=names)
    groups = renamed.groupby(keys, dropna=False, as_index=False, observed=True)
    return groups.size().rename(columns={"size": "n"})


def _keys(by: Sequence[str], entry: str | None) -> list[str]:
    own = [*([] if entry is None else ["entry_days"]), "time_days", "cause"]
    taken = [name for name in by if name in (*own, "n")]
    if taken:
        raise ValueError(f"by {taken}: these are columns of every risk table; rename yours")
    return [*by, *own]


def counts_by_time(risk: pd.DataFrame, causes: Sequence[int]) -> Counts:
    """Turn a risk table into arrays over its distinct times.

    Patterns are summed over. Events of causes that are not asked for count as censored. At equal
    times events precede censorings: who is censored on a day was still at risk on that day.
    """
    times, place = places(risk)
    n = risk["n"].to_numpy(dtype=float)
    cause = risk["cause"].to_numpy()
    events = np.array(
        [np.bincount(place, weights=n * (cause == code), minlength=len(times)) for code in causes]
    ).astype(float)
    at_risk = at_risk_by_time(risk, np.zeros(len(risk), dtype=np.int64), times=times, n_groups=1)
    return Counts(times=times, at_risk=at_risk[0], events=events.reshape(len(causes), len(times)))


def places(risk: pd.DataFrame) -> tuple[Floats, Ints]:
    """Return the distinct times of a risk table, and the place of each row among them."""
    times, place = np.unique(risk["time_days"].to_numpy(), return_inverse=True)
    return times, place


def at_risk_by_time(risk: pd.DataFrame, group: Ints, *, times: Floats, n_groups: int) -> Floats:
    """Count who is at risk at each time by group, (n_groups, n_times).

    The spells that leave at a time or later, less those that enter then or later.
    """
    at_risk = np.zeros((n_groups, len(times)))
    n = risk["n"].to_numpy(dtype=float)
    leave = risk["time_days"].to_numpy()
    np.add.at(at_risk, (group, np.searchsorted(times, leave)), n)
    if "entry_days" in risk:
        enter = risk["entry_days"].to_numpy()
        late = enter > 0
        if (late & (enter >= leave)).any():
            raise ValueError("entry_days must lie before time_days; drop rows never at risk")
        late &= enter >= (times[0] if len(times) else 0)
        place = np.searchsorted(times, enter[late], side="right") - 1
        np.subtract.at(at_risk, (group[late], place), n[late])
    run: Floats = at_risk[:, ::-1].cumsum(axis=1)[:, ::-1]
    return run
