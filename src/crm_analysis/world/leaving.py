"""Who leaves when, and why: daily hazards of the shop's customers (hidden truth).

Base hazard, times 2.2 after a broken promise, times 1.8 after the rival opened nearby, times 3
for 90 days after a complaint was escalated. About 7 % of those who leave do so for no reason that
any table shows; a further few fall silent as buyers and stay in the forum.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world.clock import EXPORT_DAY, Floats
from crm_analysis.world.customers import RIVAL_OPENED

BASE = 0.0021
HR_PROMISE = 2.2
HR_RIVAL = 1.8
HR_ESCALATED = 3.0
UNEXPLAINED = 0.07
N_SILENT = 120
TRUE_REASONS = {
    "price": 0.20,
    "speed": 0.24,
    "quality": 0.15,
    "attitude": 0.15,
    "range_few": 0.16,
    "distance": 0.10,
}


def leave(people: pd.DataFrame, issues: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Add `_left` (day, NaN while a customer), `_why` and `_silent_from` to the people."""
    grid = np.arange(0, int(EXPORT_DAY) + 1, dtype=float)
    hazard = np.full((len(people), len(grid)), BASE)
    hazard *= np.where(grid >= first_day(people, issues, "_broken_at")[:, None], HR_PROMISE, 1)
    rival = np.where(people["_rival"], RIVAL_OPENED, np.inf)
    hazard *= np.where(grid >= rival[:, None], HR_RIVAL, 1)
    escalated = first_day(people, issues, "_escalated_at")[:, None]
    hazard *= np.where((grid >= escalated) & (grid < escalated + 90), HR_ESCALATED, 1)
    start = np.maximum(people["_created"].to_numpy(), 0)[:, None]
    hazard *= grid >= start + 5
    total = np.cumsum(hazard, axis=1)
    due = rng.exponential(1, len(people))[:, None]
    day = np.where(total[:, -1:] > due, (total < due).sum(axis=1, keepdims=True), np.nan)[:, 0]
    frame = people.copy()
    frame["_left"] = np.where(frame["_shop"], day + rng.random(len(day)), np.nan)
    return reasons_why(silent(frame, rng), issues, rng)


def first_day(people: pd.DataFrame, issues: pd.DataFrame, column: str) -> Floats:
    """Return the first day of something per customer, infinity where it never came."""
    first = issues.groupby("customer_id")[column].min()
    return people["customer_id"].map(first).fillna(np.inf).to_numpy(dtype=float)


def silent(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Let some stop buying a year and more before as_of and stay in the forum."""
    able = frame.index[frame["_shop"] & frame["_left"].isna() & (frame["_created"] < 250)]
    chosen = rng.choice(able, N_SILENT, replace=False)
    frame["_silent_from"] = np.nan
    frame.loc[chosen, "_silent_from"] = rng.uniform(280, 500, N_SILENT)
    frame.loc[chosen, "_forum"] = True
    return frame


def reasons_why(
    frame: pd.DataFrame, issues: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Give each leaver the true reason; the planted causes outrank the drawn ones."""
    n = len(frame)
    why = rng.choice(list(TRUE_REASONS), n, p=list(TRUE_REASONS.values())).astype(object)
    left = frame["_left"].to_numpy()
    broken = first_day(frame, issues, "_broken_at") < left
    escalated = first_day(frame, issues, "_escalated_at") < left
    rival = frame["_rival"].to_numpy() & (left > RIVAL_OPENED)
    why = np.where(rival & (rng.random(n) < 1 - 1 / HR_RIVAL), "rival_nearby", why)
    why = np.where(broken & (rng.random(n) < 1 - 1 / HR_PROMISE), "promise_broken", why)
    why = np.where(escalated & (rng.random(n) < 1 - 1 / HR_ESCALATED), "attitude", why)
    why = np.where(rng.random(n) < UNEXPLAINED, "", why)
    frame["_why"] = pd.Series(why, index=frame.index, dtype=object).where(~np.isnan(left))
    return frame
