"""Measure planted effects straight from the tables, with nothing of the suite under test."""

from __future__ import annotations

import numpy as np
import pandas as pd


def days(later: pd.Series, earlier: pd.Series) -> pd.Series:
    """Days between two stamps, with fractions."""
    return (later - earlier).dt.total_seconds() / 86400


def log_rate_slope(x: np.ndarray, events: np.ndarray, exposure: np.ndarray) -> tuple[float, float]:
    """Fit log(rate) = a + b x by Newton; return b and its standard error."""
    design = np.column_stack([np.ones(len(x)), x])
    beta = np.array([np.log(events.sum() / exposure.sum()), 0.0])
    for _ in range(30):
        mean = exposure * np.exp(design @ beta)
        information = design.T @ (design * mean[:, None])
        beta = beta + np.linalg.solve(information, design.T @ (events - mean))
    return float(beta[1]), float(np.sqrt(np.linalg.inv(information)[1, 1]))


def lead_lives(tables: dict[str, pd.DataFrame], as_of: pd.Timestamp) -> pd.DataFrame:
    """One row per sound lead opened by as_of: first answer, days at risk, cause known at as_of."""
    leads = tables["leads"]
    leads = leads[(leads["opened_at"] < as_of) & ~(leads["closed_at"] < leads["opened_at"])].copy()
    known = leads["closed_at"] < as_of
    leads["cause"] = leads["status"].where(known, "open")
    leads["life"] = days(leads["closed_at"].where(known, as_of), leads["opened_at"])
    contacts = tables["interactions"]
    out = contacts[contacts["lead_id"].notna() & (contacts["direction"] == "out")]
    prompt = out[out["recorded_at"] - out["at"] < pd.Timedelta(days=2)]
    first = prompt.groupby("lead_id")["at"].min()
    leads["response"] = days(leads["lead_id"].map(first), leads["opened_at"]) * 24
    return leads


def share(flags: pd.Series) -> float:
    """Share of true values."""
    return float(flags.mean())
