"""statsmodels on the raw rows."""

from __future__ import annotations

import pandas as pd
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

from benchmarks.peer import Tables, Task
from benchmarks.survival.answers import (
    CONTINUOUS,
    by_day,
    coefficient_tables,
    incidence_table,
    survival_table,
    with_levels,
)


def curves(task: Task) -> Tables:
    """`SurvfuncRight` and `CumIncidenceRight`."""
    spells = pd.read_parquet(task.inputs / "spells.parquet", columns=["duration_days", "cause"])
    days, cause = spells["duration_days"].to_numpy(), spells["cause"].to_numpy()
    curve = SurvfuncRight(days, (cause > 0).astype(int))
    shares = CumIncidenceRight(days, cause)
    lost, won = (by_day(shares.times, shares.cinc[place], before=0.0) for place in (0, 1))
    return {
        "survival": survival_table(by_day(curve.surv_times, curve.surv_prob, before=1.0)),
        "incidence": incidence_table(lost, won),
    }


def cox_categories(task: Task) -> Tables:
    """A Cox model of losing on one row per spell, a column per level."""
    frame, names = with_levels(pd.read_parquet(task.inputs / "spells.parquet"))
    return _cox(frame, names)


def cox_continuous(task: Task) -> Tables:
    """A Cox model of losing on 20 numbers per spell."""
    return _cox(pd.read_parquet(task.inputs / "spells.parquet"), CONTINUOUS)


def _cox(frame: pd.DataFrame, names: list[str]) -> Tables:
    lost = (frame["cause"] == 1).astype(int)
    fit = PHReg(frame["duration_days"], frame[names], status=lost, ties="efron").fit()
    return coefficient_tables(names, fit.params, fit.bse)
