"""The package's own way: a risk table made in the engine, then arrays of its size."""

from __future__ import annotations

import ibis
import pandas as pd

from benchmarks.peer import Tables, Task
from benchmarks.survival.answers import (
    CONTINUOUS,
    by_day,
    coefficient_tables,
    incidence_table,
    survival_table,
)
from benchmarks.survival.inputs import LEVELS
from crm_analysis.survival.competing import aalen_johansen
from crm_analysis.survival.compressed import cox_table
from crm_analysis.survival.cox import cox_efron
from crm_analysis.survival.curves import kaplan_meier
from crm_analysis.survival.risk_table import risk_table


def curves(task: Task) -> Tables:
    """Kaplan–Meier with its interval, and both cumulative incidences with theirs."""
    spells = ibis.duckdb.connect().read_parquet(task.inputs / "spells.parquet")
    risk = risk_table(spells)
    curve = kaplan_meier(risk, causes=(1, 2))
    shares = aalen_johansen(risk, causes=(1, 2))
    lost, won = (by_day(shares.times, row, before=0.0) for row in shares.cif)
    return {
        "survival": survival_table(by_day(curve.times, curve.survival, before=1.0)),
        "incidence": incidence_table(lost, won),
    }


def cox_categories(task: Task) -> Tables:
    """A Cox model of losing on the counts per pattern."""
    spells = ibis.duckdb.connect().read_parquet(task.inputs / "spells.parquet")
    fit = cox_table(risk_table(spells, by=list(LEVELS)), covariates=list(LEVELS))
    names = [name.split("=")[1] for name in fit.names]  # "region=region_1"
    return coefficient_tables(names, fit.coef, fit.se)


def cox_continuous(task: Task) -> Tables:
    """A Cox model of losing on 20 numbers per spell, none repeated."""
    frame = pd.read_parquet(task.inputs / "spells.parquet")
    frame["event"] = frame["cause"] == 1
    fit = cox_efron(frame, covariates=CONTINUOUS)
    return coefficient_tables(fit.names, fit.coef, fit.se)
