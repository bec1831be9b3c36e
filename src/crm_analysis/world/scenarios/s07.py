"""S07: reasons typed half a year late, when "price" is the easy answer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world.clock import LAST_DAY, Floats, ids, office_hours, stamps
from crm_analysis.world.scenarios.build import (
    HOUR,
    Planted,
    Streams,
    Tables,
    leads_frame,
    owners,
    planted_row,
)
from crm_analysis.world.texts import languages, wordings

SHARES = {
    "price": 0.20,
    "speed": 0.25,
    "quality": 0.15,
    "attitude": 0.15,
    "range_few": 0.15,
    "distance": 0.10,
}
CODES = np.array(list(SHARES), dtype=object)
N_LOST, N_OPEN = 1200, 60
P_LATE, P_TO_PRICE, P_RIGHT, P_CALLBACK, P_RIGHT_CALLBACK = 0.55, 0.60, 0.80, 0.25, 0.92
CLEAN_UP = LAST_DAY - 20.0  # the one day on which all that was left out is typed in


def s07(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """1,200 lost leads, 55 % of their reasons typed after 180 days; a random quarter called back.

    Prompt reasons are 80 % right. Planted: of the late ones that were not price 60 % become
    "price". Null: late ones are typed on the same day, as right as the prompt ones.
    """
    draw = rng["leads"]
    ended = CLEAN_UP - draw.uniform(185, 545, N_LOST)
    opened = np.r_[ended - 5 - draw.exponential(30, N_LOST), LAST_DAY - draw.uniform(1, 40, N_OPEN)]
    leads = leads_frame(opened, np.r_[ended, np.full(N_OPEN, np.nan)], np.full(len(opened), "lost"))
    said = reasons(leads.iloc[:N_LOST], rng["reasons"], planted=planted)
    estimates = [
        planted_row("reason_share_corrected", f"code={code}", observed(share), 0.05)
        for code, share in SHARES.items()
    ]
    return {"customers": owners(leads), "leads": leads, "reasons": said}, estimates


def observed(share: float) -> float:
    """Return the share that callbacks show on average: eight in a hundred name another code."""
    wrong = (1 - P_RIGHT_CALLBACK) / (len(SHARES) - 1)
    return round(share * P_RIGHT_CALLBACK + (1 - share) * wrong, 4)


def heard(truth: np.ndarray, p_right: float, rng: np.random.Generator) -> np.ndarray:
    """Return what is noted: the truth, or else one of the other codes."""
    place = np.searchsorted(np.sort(CODES), truth.astype(str))
    others = np.sort(CODES)[(place + rng.integers(1, len(CODES), len(truth))) % len(CODES)]
    return np.where(rng.random(len(truth)) < p_right, truth, others)


def reasons(lost: pd.DataFrame, rng: np.random.Generator, *, planted: bool) -> pd.DataFrame:
    """Write the rep's reason of each lost lead, and the callbacks."""
    n, ended = len(lost), lost["_closed"].to_numpy()
    truth = rng.choice(CODES, n, p=list(SHARES.values()))
    late, called = rng.random(n) < P_LATE, rng.random(n) < P_CALLBACK
    noted = heard(truth, P_RIGHT, rng)
    remembered = np.where(rng.random(n) < P_TO_PRICE, "price", truth)
    base = lost[["lead_id", "customer_id"]].assign(_event=ended, about="lead_loss")
    rep = base.assign(source="rep_opinion", _said=ended)
    rep["_code"] = np.where(late, remembered, noted) if planted else noted
    rep["_typed"] = np.where(
        late, CLEAN_UP + rng.uniform(14, 18, n) * HOUR, prompt_days(ended, rng)
    )
    call = base.assign(source="callback", _code=heard(truth, P_RIGHT_CALLBACK, rng))
    call["_said"] = office_hours(ended + rng.uniform(14, 40, n), rng)
    call["_typed"] = call["_said"] + HOUR
    return worded(pd.concat([rep, call[called]], ignore_index=True), rng)


def prompt_days(ended: Floats, rng: np.random.Generator) -> Floats:
    """Return when reasons are typed at once: within days of the loss."""
    return np.asarray(ended + np.minimum(rng.exponential(4, len(ended)), 29), dtype=float)


def worded(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Number, word and code the reasons; the first coder has read all, the second a quarter."""
    frame = frame.sort_values(["_typed", "lead_id", "source"], ignore_index=True)
    n = len(frame)
    frame["reason_id"] = ids("Y", n)
    langs = languages(n, rng)
    frame["text"] = wordings(frame["_code"].to_numpy(), langs, rng)
    frame["lang"] = langs
    frame["code_a"] = frame["_code"]
    frame["code_b"] = pd.Series(heard(frame["_code"].to_numpy(), 0.9, rng)).where(
        rng.random(n) < 0.25
    )
    frame["prompted"] = pd.array(np.zeros(n, dtype=bool), dtype="boolean")
    for column, hidden in (("event_at", "_event"), ("said_at", "_said"), ("recorded_at", "_typed")):
        frame[column] = stamps(frame[hidden])
    return frame
