"""Episodes: spells, or pieces of spells, as arrays that say when each was under observation.

Edges, decided here:

* Duration 0 (ended or censored on the opening day) enters as .5.
* An episode must end after its entry; one that does not is a fault of the caller.
* Missing strata or clusters are a level of their own.
* Many episodes may share one row of covariates (a pattern).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_analysis.survival.arrays import Bools, Floats
from crm_analysis.survival.risk_sets import Ints, RiskSets, ones, risk_sets

SAME_DAY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Episodes:
    """One element per episode in each array that is given.

    Parameters
    ----------
    exit_days, entry_days : array (n,)
        Last day, and the day after which it is observed (None: from the opening).
    event : bool array (n,)
        Whether it ended with the event of interest.
    stratum, cluster : int array (n,)
        Codes of its stratum and cluster (None: one stratum, no clusters).
    repeats : array (n,)
        How many identical episodes it stands for.
    row : int array (n,)
        The row of covariates it has (None: its own).
    """

    exit_days: Floats
    entry_days: Floats | None
    event: Bools
    stratum: Ints | None
    cluster: Ints | None
    repeats: Floats
    row: Ints | None = None

    def sets(self) -> RiskSets:
        """Find the event times at which each episode is at risk."""
        begin = 0.0 if self.entry_days is None else self.entry_days
        if not (self.exit_days > begin).all():
            raise ValueError("each duration must lie after entry (or after 0); drop other rows")
        return risk_sets(
            self.exit_days,
            self.event,
            entry_days=self.entry_days,
            stratum=self.stratum,
            repeats=self.repeats,
            row=self.row,
        )

    def among(self, rows: Bools) -> Episodes:
        """Keep the episodes whose row of covariates is kept, and number these anew."""
        if rows.all():
            return self
        keep = rows if self.row is None else rows[self.row]
        row = None if self.row is None else (np.cumsum(rows) - 1)[self.row[keep]]
        return Episodes(
            exit_days=self.exit_days[keep],
            entry_days=None if self.entry_days is None else self.entry_days[keep],
            event=self.event[keep],
            stratum=None if self.stratum is None else self.stratum[keep],
            cluster=None if self.cluster is None else self.cluster[keep],
            repeats=self.repeats[keep],
            row=row,
        )

    def by_row(self, n_rows: int) -> tuple[Floats, Bools]:
        """Return how many each row of covariates stands for, and whether any had the event."""
        if self.row is None:
            return self.repeats, self.event
        n = np.bincount(self.row, weights=self.repeats, minlength=n_rows).astype(np.float64)
        return n, np.bincount(self.row, weights=self.event, minlength=n_rows) > 0


def episodes_of(
    frame: pd.DataFrame,
    *,
    columns: tuple[str, str | None, str | None],
    event: Bools,
    strata: Sequence[str] = (),
    cluster: str | None = None,
) -> Episodes:
    """Read episodes from a frame; `columns` are duration, entry and repeats."""
    duration, entry, repeats = columns
    exit_days = frame[duration].to_numpy(dtype=float)
    counted = ones(len(frame)) if repeats is None else frame[repeats].to_numpy(dtype=float)
    return Episodes(
        exit_days=np.where(exit_days == 0, SAME_DAY, exit_days),
        entry_days=None if entry is None else frame[entry].to_numpy(dtype=float),
        event=event,
        stratum=codes_of(frame, strata) if strata else None,
        cluster=None if cluster is None else codes_of(frame, [cluster]),
        repeats=counted,
    )


def codes_of(frame: pd.DataFrame, names: Sequence[str]) -> Ints:
    """Number the distinct combinations of some columns in their order, missing ones last."""
    codes = frame.groupby(list(names), dropna=False, sort=True, observed=True).ngroup()
    return np.asarray(codes.to_numpy(), dtype=np.int64)
