"""T8 surveys: a wave each quarter; issues damage the score, detractors answer less often."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world.clock import EXPORT_DAY, ids, stamps
from crm_analysis.world.texts import languages, wordings

# issue -> (share of customers who have it, damage to the 0-10 score)
DAMAGE = {
    "price": (0.30, 0.2),
    "speed": (0.25, 2.5),
    "range_few": (0.20, 0.1),
    "quality": (0.15, 2.0),
    "distance": (0.10, 0.5),
    "staff": (0.08, 0.3),
    "promise_broken": (0.05, 3.0),
    "canned": (0.03, 0.2),
}
PER_WAVE = 420


def surveys(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Send each quarter's wave to customers who are still there, and draw the answers."""
    parts = []
    for wave, day in enumerate(np.arange(60.0, EXPORT_DAY, 91.0), start=1):
        there = people["_shop"] & (people["_created"] < day - 10)
        there &= people["_left"].fillna(np.inf) > day
        chosen = rng.choice(people.index[there], min(PER_WAVE, int(there.sum())), replace=False)
        part = people.loc[np.sort(chosen), ["customer_id", "_satisfied", "kind"]].copy()
        parts.append(part.assign(_sent=day + 10 / 24, wave=f"W{wave:02d}"))
    frame = pd.concat(parts, ignore_index=True)
    return answers(frame, rng)


def answers(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw issues, scores and whether and when an answer comes."""
    n = len(frame)
    has = np.column_stack([rng.random(n) < share for share, _ in DAMAGE.values()])
    damage = has @ np.array([value for _, value in DAMAGE.values()])
    score = frame["_satisfied"].to_numpy() + 1.4 - damage + rng.normal(0, 1.2, n)
    nps = np.clip(np.round(score), 0, 10)
    answered = rng.random(n) < np.where(nps <= 6, 0.33, 0.55)
    day = frame["_sent"].to_numpy() + rng.exponential(4, n) + 0.05
    answered &= day < EXPORT_DAY
    frame["response_id"] = ids("V", n)
    frame["sent_at"] = stamps(frame["_sent"])
    frame["answered_at"] = stamps(np.where(answered, day, np.nan))
    frame["recorded_at"] = frame["sent_at"]
    frame["nps"] = pd.Series(nps).astype("Int64").where(answered)
    expectation = np.clip(np.round(rng.normal(7.5, 1, n)), 0, 10)
    experience = np.clip(np.round(score - 0.5), 0, 10)
    frame["satisfaction"] = np.where(answered, np.clip(np.round(score - 0.3), 0, 10), np.nan)
    frame["expectation"] = np.where(answered, expectation, np.nan)
    frame["experience"] = np.where(answered, experience, np.nan)
    frame["completeness"] = np.where(answered, np.round(rng.beta(6, 2, n), 2), np.nan)
    frame["issue_codes"] = listed(has, answered)
    worst = np.array(["price", "service", "product", "product", "service"], dtype=object)
    any_issue = has.any(axis=1) & answered
    frame["problem_class"] = pd.Series(worst[has[:, :5].argmax(axis=1)]).where(any_issue)
    roles = pd.Series(rng.choice(["buyer", "user", "manager"], n).astype(object))
    frame["respondent_role"] = roles.where(answered & (frame["kind"] == "organisation"))
    codes = np.array(list(DAMAGE), dtype=object)[has.argmax(axis=1)]
    comment = wordings(codes, languages(n, rng), rng)
    frame["comment"] = pd.Series(comment, dtype=object).where(any_issue & (rng.random(n) < 0.4))
    return frame


def listed(has: np.ndarray, answered: np.ndarray) -> list[str | None]:
    """Write the ticked issues of each answer as "price;speed"."""
    names = np.array(list(DAMAGE), dtype=object)
    return [
        ";".join(names[row]) or None if given else None
        for row, given in zip(has, answered, strict=True)
    ]
