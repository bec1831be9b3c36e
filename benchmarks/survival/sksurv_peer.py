"""scikit-survival on the raw rows; its Cox model gives no standard errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.nonparametric import cumulative_incidence_competing_risks, kaplan_meier_estimator

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
    """`kaplan_meier_estimator` and `cumulative_incidence_competing_risks`."""
    spells = pd.read_parquet(task.inputs / "spells.parquet", columns=["duration_days", "cause"])
    days, cause = spells["duration_days"].to_numpy(), spells["cause"].to_numpy()
    times, share = kaplan_meier_estimator(cause > 0, days)
    when, shares = cumulative_incidence_competing_risks(cause, days)
    lost, won = (by_day(when, shares[place], before=0.0) for place in (1, 2))
    return {
        "survival": survival_table(by_day(times, share, before=1.0)),
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
    kind = np.dtype([("event", "?"), ("days", "<f8")])
    ended = np.empty(len(frame), dtype=kind)
    ended["event"], ended["days"] = frame["cause"] == 1, frame["duration_days"]
    fit = CoxPHSurvivalAnalysis(ties="efron", tol=1e-12).fit(frame[names], ended)
    return coefficient_tables(names, fit.coef_, None)
