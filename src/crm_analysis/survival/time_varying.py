"""Start–stop rows: a lead's state while it is open, so that a later state cannot explain itself.

Edges, decided here:

* A row covers (entry, exit] in days since opening. A change on day d holds from the end of day d:
  an ending on day d is judged by the state before it.
* A change on day 0, or dated before the opening, is part of the state at the start.
* A change on or after the last day of a spell changes nothing; several changes of one day count
  as the last of them (values) or all of them (counts).
* A spell of 0 days is the row (0, .5], like in Cox.
* A spell with `entry_days` (a landmark) is only at risk after it, with the state it had by then.
* Cutting a row in two without a change of state changes no estimate (a test).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crm_analysis.survival.cox import SAME_DAY


def start_stop(
    spells: pd.DataFrame, changes: pd.DataFrame, *, start: Mapping[str, float]
) -> pd.DataFrame:
    """Cut each spell where its state changes.

    Parameters
    ----------
    spells : DataFrame
        One row per lead: lead_id, duration_days, event, perhaps entry_days; further columns are
        carried along.
    changes : DataFrame
        lead_id, day, and one column per state with its value from the end of that day on; in
        order within a day. A missing value leaves the state as it was.
    start : mapping of str to float
        The states and their value at the opening.

    Returns
    -------
    DataFrame
        The columns of `spells` with entry_days, exit_days and the states; `event` only in the
        last row of each lead. Sorted by lead and entry. For
        `cox_efron(…, entry="entry_days", duration="exit_days")`.

    Examples
    --------
    >>> spells = pd.DataFrame({"lead_id": ["a"], "duration_days": [9], "event": [True]})
    >>> changes = pd.DataFrame({"lead_id": ["a", "a"], "day": [4, 9], "asked": [1, 0]})
    >>> rows = start_stop(spells, changes, start={"asked": 0})
    >>> rows[["entry_days", "exit_days", "asked", "event"]].to_numpy().tolist()
    [[0.0, 4.0, 0.0, False], [4.0, 9.0, 1.0, True]]
    """
    names = list(start)
    end = spells.set_index("lead_id")["duration_days"].astype(float).replace(0.0, SAME_DAY)
    known = changes[changes["lead_id"].isin(end.index)]
    moves = known[["lead_id", *names]].assign(entry_days=known["day"].clip(lower=0).astype(float))
    moves = moves[moves["entry_days"] < moves["lead_id"].map(end)]
    opening = pd.DataFrame({"lead_id": spells["lead_id"], "entry_days": 0.0, **start})
    rows = pd.concat([opening, moves], ignore_index=True)
    rows = rows.sort_values(["lead_id", "entry_days"], kind="stable", ignore_index=True)
    rows[names] = rows.groupby("lead_id")[names].ffill().astype(float)
    rows = rows.drop_duplicates(["lead_id", "entry_days"], keep="last", ignore_index=True)
    following = rows.groupby("lead_id")["entry_days"].shift(-1)
    rows["exit_days"] = following.fillna(rows["lead_id"].map(end))
    carried = spells.rename(columns={"entry_days": "_late"}).drop(columns="duration_days")
    whole = rows.merge(carried, on="lead_id", validate="m:1")
    whole["event"] = whole["event"].astype(bool) & following.isna().to_numpy()
    if "_late" in whole:
        whole["entry_days"] = np.maximum(whole["entry_days"], whole.pop("_late"))
        whole = whole[whole["exit_days"] > whole["entry_days"]].reset_index(drop=True)
    return whole


def running_count(events: pd.DataFrame, name: str) -> pd.DataFrame:
    """Turn dated events (lead_id, day) into changes of their number so far.

    Examples
    --------
    >>> events = pd.DataFrame({"lead_id": ["a", "a", "a"], "day": [4, 2, 4]})
    >>> running_count(events, "n_contacts").to_numpy().tolist()
    [['a', 2, 1], ['a', 4, 3]]
    """
    ordered = events[["lead_id", "day"]].sort_values(["lead_id", "day"], ignore_index=True)
    ordered[name] = ordered.groupby("lead_id").cumcount() + 1
    return ordered.drop_duplicates(["lead_id", "day"], keep="last", ignore_index=True)
