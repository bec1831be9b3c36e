"""T4 assessments: the rep's deal probability week by week, in steps of 10 %.

Tracks of leads that will be lost: plateau then fall 26 %, sudden drop 26 %, oscillation 24 %, rise
24 % (nothing warns of these); of all others rise 60 %, a dip that passes 18 %, plateau 12 %,
oscillation 10 %. The fall begins 28 days before the loss, the sudden drop 10 days before it: the
customer's mind, seen by a rep who types at once.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world.clock import EXPORT_DAY, Floats, stamps

TRACKS = np.array(
    ["plateau_fall", "sudden_drop", "oscillation", "rise", "plateau", "dip"], dtype=object
)
P_LOST = (0.26, 0.26, 0.24, 0.24, 0.0, 0.0)
P_OTHER = (0.0, 0.0, 0.10, 0.60, 0.12, 0.18)
DIP_FROM, DIP_TO = 10.0, 30.0
FALL_DAYS, DROP_DAYS = 28.0, 10.0
STEP_DAYS = 6.0
NOISE = 0.05
STAGES = ("contacted", "interested", "quoted", "decision")


def tracks(leads: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    """Draw the hidden kind of track of each lead from its end."""
    lost = (leads["_cause"] == "lost").to_numpy()
    u = rng.random(len(leads))[:, None]
    place = np.where(lost[:, None], u > np.cumsum(P_LOST), u > np.cumsum(P_OTHER)).sum(axis=1)
    return pd.Series(TRACKS[np.minimum(place, 5)], index=leads.index)


def assessments(leads: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw all assessments of all leads: probability weekly, the other kinds now and then."""
    leads = leads.assign(_track=tracks(leads, rng))
    stop = leads[["_end", "_forgotten"]].min(axis=1).clip(upper=EXPORT_DAY).to_numpy()
    first = (leads["_opened"] + leads["_hours"] / 24).to_numpy() + 0.1
    counts = np.maximum(np.floor((stop - first) / STEP_DAYS), 0).astype(int) + (first < stop)
    rows = np.repeat(np.arange(len(leads)), counts)
    turn = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    days = first[rows] + STEP_DAYS * turn + rng.uniform(0, 2, len(rows)) * (turn > 0)
    frame = leads.iloc[rows][
        ["lead_id", "customer_id", "_track", "_opened", "_end", "amount", "product"]
    ]
    frame = frame.reset_index(drop=True).assign(_day=days)
    frame = frame[(days < stop[rows])].reset_index(drop=True)
    frame = pd.concat([probability(frame, rng), others(frame, rng)], ignore_index=True)
    frame["at"] = stamps(frame["_day"])
    frame["recorded_at"] = stamps(frame["_day"] + rng.exponential(0.1, len(frame)))
    return frame


def probability(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Evaluate each track on its day, add noise, round to steps of 10 %."""
    level = levels(frame)
    noisy = level + rng.normal(0, NOISE, len(frame))
    value = np.clip(np.round(noisy * 10) / 10, 0.0, 1.0)
    return frame.assign(kind="deal_probability", value_num=value, by="rep")


def levels(frame: pd.DataFrame) -> Floats:
    """Return the noiseless probability of each row."""
    age = (frame["_day"] - frame["_opened"]).to_numpy()
    left = (frame["_end"] - frame["_day"]).to_numpy()
    rise = np.minimum(0.30 + 0.012 * age, 0.85)
    fall = 0.65 - 0.55 * np.clip((FALL_DAYS - left) / FALL_DAYS, 0, 1)
    drop = np.where(left < DROP_DAYS, 0.10, 0.70)
    wave = 0.50 + 0.30 * np.sin(2 * np.pi * age / 24)
    dip = np.where((age > DIP_FROM) & (age < DIP_TO), 0.25, rise + 0.1)
    known = frame["_track"].to_numpy()
    by_track = {
        "plateau_fall": fall,
        "sudden_drop": drop,
        "oscillation": wave,
        "rise": rise,
        "dip": dip,
    }
    return np.select([known == name for name in by_track], list(by_track.values()), 0.55)


def others(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw willingness to pay, model interest and stage on some of the same days."""
    parts = []
    for kind, share in (("willingness_to_pay", 0.10), ("model_interest", 0.08), ("stage", 0.12)):
        part = frame[rng.random(len(frame)) < share].copy()
        part["kind"] = kind
        part["by"] = np.where(kind == "stage", "system", "customer")
        place = rng.integers(0, 4, len(part))
        if kind == "willingness_to_pay":
            part["value_num"] = np.round(part["amount"] * rng.uniform(0.8, 1.1, len(part)), 2)
        elif kind == "stage":
            part["value_num"] = (place + 1) / 4
            part["value_text"] = np.array(STAGES, dtype=object)[place]
        else:
            part["value_text"] = part["product"]
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
