"""lifelines on the raw rows."""

from __future__ import annotations

import pandas as pd
from lifelines import AalenJohansenFitter, CoxPHFitter, KaplanMeierFitter

from benchmarks.peer import Tables, Task
from benchmarks.survival.answers import (
    CONTINUOUS,
    Floats,
    by_day,
    coefficient_tables,
    incidence_table,
    survival_table,
    with_levels,
)


def kaplan_meier(task: Task) -> Tables:
    """Only the Kaplan–Meier curve: a part of the work."""
    spells = pd.read_parquet(task.inputs / "spells.parquet", columns=["duration_days", "cause"])
    return {"survival": survival_table(_open_share(spells))}


def curves(task: Task) -> Tables:
    """Kaplan–Meier, and Aalen–Johansen per ending, which moves tied days apart by chance."""
    spells = pd.read_parquet(task.inputs / "spells.parquet", columns=["duration_days", "cause"])
    lost, won = (_share(spells, cause) for cause in (1, 2))
    return {
        "survival": survival_table(_open_share(spells)),
        "incidence": incidence_table(lost, won),
    }


def _open_share(spells: pd.DataFrame) -> Floats:
    fit = KaplanMeierFitter().fit(spells["duration_days"], spells["cause"] > 0)
    found = fit.survival_function_["KM_estimate"]
    return by_day(found.index.to_numpy(), found.to_numpy(), before=1.0)


def _share(spells: pd.DataFrame, cause: int) -> Floats:
    fitter = AalenJohansenFitter(calculate_variance=False, seed=1)
    fit = fitter.fit(spells["duration_days"], spells["cause"], event_of_interest=cause)
    found = fit.cumulative_density_.iloc[:, 0]
    # half a day later, so that what was moved around a day counts on it
    return by_day(found.index.to_numpy() - 0.5, found.to_numpy(), before=0.0)


def cox_categories(task: Task) -> Tables:
    """A Cox model of losing on one row per spell, a column per level."""
    frame, names = with_levels(pd.read_parquet(task.inputs / "spells.parquet"))
    return _cox(frame, names)


def cox_continuous(task: Task) -> Tables:
    """A Cox model of losing on 20 numbers per spell."""
    return _cox(pd.read_parquet(task.inputs / "spells.parquet"), CONTINUOUS)


def _cox(frame: pd.DataFrame, names: list[str]) -> Tables:
    rows = frame[[*names, "duration_days"]].assign(event=frame["cause"] == 1)
    fit = CoxPHFitter().fit(rows, "duration_days", "event")
    summary = fit.summary.loc[names]
    return coefficient_tables(names, summary["coef"].to_numpy(), summary["se(coef)"].to_numpy())
