"""T5 reasons: what is said about a loss, by whom, and how long after.

Truth per lost lead follows `SHARES`. Half of the reps' reasons are typed on one of two clean-up
days, more than 180 days late; then 60 % of what was not price has become "price". Prompt ones are
80 % right. A random quarter of the lost is called back: 92 % right.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world.clock import EXPORT_DAY, day_of, ids, office_hours, stamps
from crm_analysis.world.texts import languages, wordings

SHARES = {
    "price": 0.20,
    "speed": 0.24,
    "quality": 0.15,
    "attitude": 0.15,
    "range_few": 0.16,
    "distance": 0.10,
}
CODES = np.array(list(SHARES), dtype=object)
CLEAN_UP = (day_of(2025, 6, 30), day_of(2026, 6, 30))
LATE_DAYS = 180
P_LATE, P_TO_PRICE, P_RIGHT, P_CALLBACK, P_RIGHT_CALLBACK = 0.65, 0.60, 0.80, 0.25, 0.92


def lead_reasons(leads: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the reps' reasons and the callbacks of all lost leads."""
    lost = leads[leads["status"] == "lost"].reset_index(drop=True)
    n = len(lost)
    truth = rng.choice(CODES, n, p=list(SHARES.values()))
    closed = lost["_closed"].to_numpy()
    clean = np.select([closed + LATE_DAYS < day for day in CLEAN_UP], CLEAN_UP, np.nan)
    late = (rng.random(n) < P_LATE) & ~np.isnan(clean)
    typed = np.where(late, clean, closed + rng.exponential(4, n))
    prompt_code = np.where(rng.random(n) < P_RIGHT, truth, rng.choice(CODES, n))
    late_code = np.where(rng.random(n) < P_TO_PRICE, "price", prompt_code)
    base = lost[["lead_id", "customer_id"]].assign(_event=closed, about="lead_loss", _true=truth)
    rep = base.assign(source="rep_opinion", prompted=False)
    rep["_code"] = np.where(late, late_code, prompt_code)
    rep["_typed"] = np.where(late, np.floor(typed) + rng.uniform(14, 18, n) / 24, typed)
    rep["_said"] = closed
    rep = rep[rng.random(n) < 0.92]
    call = base.assign(source="callback", prompted=rng.random(n) < 0.3)
    call["_code"] = np.where(rng.random(n) < P_RIGHT_CALLBACK, truth, rng.choice(CODES, n))
    call["_said"] = office_hours(closed + rng.uniform(14, 40, n), rng)
    call["_typed"] = call["_said"] + 0.05
    return pd.concat([rep, call[rng.random(n) < P_CALLBACK]], ignore_index=True)


def churn_reasons(
    people: pd.DataFrame, rounds: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Let the first call of a win-back round ask the treated who are reached why they left."""
    asked = rounds[(rounds["arm"] != "control") & (rng.random(len(rounds)) < 0.6)]
    why = people.set_index("customer_id")["_why"]
    left = people.set_index("customer_id")["_left"]
    frame = asked[["customer_id", "round_id"]].reset_index(drop=True)
    frame["_true"] = frame["customer_id"].map(why).fillna("")
    wrong = (rng.random(len(frame)) > P_RIGHT_CALLBACK) & (frame["_true"] != "")
    frame["_code"] = np.where(wrong, rng.choice(CODES, len(frame)), frame["_true"])
    frame["_event"] = frame["customer_id"].map(left)
    frame["_said"] = asked["_first_call"].to_numpy() + 0.01
    frame["_typed"] = frame["_said"] + 0.1
    return frame.assign(about="churn", source="callback", prompted=False)


def reasons(parts: list[pd.DataFrame], rng: np.random.Generator) -> pd.DataFrame:
    """Join, order, number, word and partly code the reasons."""
    frame = pd.concat(parts, ignore_index=True)
    frame = frame[frame["_typed"] < EXPORT_DAY].sort_values(["_typed", "customer_id"])
    frame = frame.reset_index(drop=True)
    n = len(frame)
    frame["reason_id"] = ids("Y", n)
    frame["lang"] = languages(n, rng)
    codes = frame["_code"].to_numpy()
    frame["text"] = wordings(codes, frame["lang"].to_numpy(), rng)
    frame["lang"] = frame["lang"].where(rng.random(n) < 0.7)
    coded = (rng.random(n) < 0.25) & (codes != "")
    frame["code_a"] = frame["_code"].where(coded)
    second = np.where(rng.random(n) < 0.9, codes, rng.choice(CODES, n))
    frame["code_b"] = pd.Series(second, dtype=object).where(coded)
    frame["event_at"] = stamps(frame["_event"])
    frame["said_at"] = stamps(frame["_said"])
    frame["recorded_at"] = stamps(frame["_typed"])
    frame["prompted"] = frame["prompted"].astype("boolean")
    return frame
