"""T9 issues: promises, complaints, faults, questions; made before anybody leaves.

Rows after a customer has left are cut later (`until_left`), so that the ever-broken comparison is
biased as in life: who stays long has time to be let down.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world.clock import EXPORT_DAY, ids, stamps
from crm_analysis.world.texts import ISSUE_CODES

P_BROKEN = 0.35
PROMISES = ("送货上门", "三日内退款", "call back tomorrow", "更換配件", "free repair")


def issues(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the issues of the shop's customers with their hidden days of breach."""
    shop = people.loc[people["_shop"], ["customer_id", "_created"]]
    parts = [drawn(shop, rng, kind, rate) for kind, rate in KINDS.items()]
    frame = pd.concat(parts, ignore_index=True)
    frame = frame.sort_values(["_opened", "customer_id"], ignore_index=True)
    n = len(frame)
    frame["issue_id"] = ids("I", n)
    frame["class"] = rng.choice(["product", "price", "service"], n, p=[0.4, 0.15, 0.45])
    frame["code"] = frame["class"].map(lambda name: name).astype(object)
    frame["code"] = [str(rng.choice(ISSUE_CODES[name])) for name in frame["class"]]
    frame["found_by"] = rng.choice(["customer", "rep"], n, p=[0.8, 0.2])
    frame = outcomes(frame, rng)
    return escalation(frame, rng)


KINDS = {"promise": 0.28, "complaint": 0.22, "fault": 0.20, "question": 0.30, "dispute": 0.03}


def drawn(shop: pd.DataFrame, rng: np.random.Generator, kind: str, rate: float) -> pd.DataFrame:
    """Draw at most one issue of a kind per customer, somewhere in the window."""
    chosen = shop[rng.random(len(shop)) < rate]
    start = np.maximum(chosen["_created"].to_numpy(), 0) + 5
    opened = start + rng.random(len(chosen)) * np.maximum(EXPORT_DAY - start, 1)
    return pd.DataFrame(
        {"customer_id": chosen["customer_id"].to_numpy(), "kind": kind, "_opened": opened}
    )


def outcomes(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Resolve each issue: promises are kept or broken at their due moment."""
    n = len(frame)
    promise = (frame["kind"] == "promise").to_numpy()
    due = np.where(promise, frame["_opened"] + rng.uniform(3, 21, n), np.nan)
    resolved = frame["_opened"] + rng.exponential(6, n) + 0.1
    frame["_resolved"] = np.where(promise, due, np.where(rng.random(n) < 0.9, resolved, np.nan))
    outcome = np.where(rng.random(n) < 0.88, "resolved", "unresolved").astype(object)
    broken = promise & (rng.random(n) < P_BROKEN)
    outcome = np.where(promise, np.where(broken, "broken", "kept"), outcome)
    frame["outcome"] = np.where(np.isnan(frame["_resolved"]), "open", outcome)
    frame["_broken_at"] = np.where(broken, due, np.nan)
    text = np.array(PROMISES, dtype=object)[rng.integers(0, len(PROMISES), n)]
    frame["promise"] = pd.Series(text).where(promise)
    frame["_due"] = due
    return frame


def escalation(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Escalate complaints by failed repairs, waiting and tone, not by the fault itself."""
    n = len(frame)
    repairs = rng.poisson(np.where(frame["kind"].isin(["fault", "complaint"]), 1.0, 0.1), n)
    handoffs = rng.poisson(0.8, n)
    harsh = rng.random(n) < 0.18
    waiting = frame["_resolved"].fillna(EXPORT_DAY) - frame["_opened"] > 10
    logit = -4.2 + 0.6 * repairs + 0.8 * waiting + 1.6 * harsh + 0.2 * handoffs
    risky = frame["kind"].isin(["complaint", "fault", "dispute"]).to_numpy()
    escalated = risky & (rng.random(n) < 1 / (1 + np.exp(-logit)))
    tones = np.array(["lie", "bad_attitude", "unequal", "ignored", "ignored;bad_attitude"], object)
    frame["tone"] = pd.Series(tones[rng.integers(0, 5, n)]).where(harsh)
    frame["handoffs"] = pd.Series(handoffs, dtype="Int64")
    frame["repairs"] = pd.Series(repairs, dtype="Int64")
    frame["escalated"] = pd.array(escalated, dtype="boolean")
    day = frame["_opened"] + np.minimum(
        frame["_resolved"].fillna(EXPORT_DAY) - frame["_opened"], 12
    )
    frame["_escalated_at"] = np.where(escalated, day, np.nan)
    return frame


def until_left(frame: pd.DataFrame, left: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    """Keep what was opened before the customer left and before the export; write the stamps."""
    gone = frame["customer_id"].map(left).fillna(np.inf)
    kept = frame[frame["_opened"] < np.minimum(gone, EXPORT_DAY)].copy().reset_index(drop=True)
    n = len(kept)
    late = (kept["_resolved"] >= EXPORT_DAY).to_numpy()
    kept.loc[late, ["_resolved"]] = np.nan
    kept.loc[late, "outcome"] = "open"
    kept["opened_at"] = stamps(kept["_opened"])
    kept["recorded_at"] = stamps(kept["_opened"] + rng.uniform(0, 0.3, n))
    kept["due_at"] = stamps(kept["_due"])
    kept["resolved_at"] = stamps(kept["_resolved"])
    assigned = kept["_opened"] + rng.uniform(0, 0.5, n)
    kept["assigned_at"] = stamps(np.where(assigned < EXPORT_DAY, assigned, np.nan))
    told = kept["_resolved"] + rng.uniform(0, 2, n)
    kept["told_at"] = stamps(told.where((told < EXPORT_DAY) & (rng.random(n) < 0.7)))
    kept["counts_at"] = stamps(
        np.minimum(kept["_resolved"].fillna(EXPORT_DAY - 1), kept["_opened"] + 12)
    )
    return kept
