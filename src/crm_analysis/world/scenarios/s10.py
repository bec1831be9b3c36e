"""S10: four kinds of track of the deal probability, three of which mostly end in a loss."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world.clock import LAST_DAY, Floats, stamps
from crm_analysis.world.scenarios.build import (
    HOUR,
    Planted,
    Streams,
    Tables,
    leads_frame,
    owners,
    planted_row,
)

N_LEADS = 600
TRACKS = np.array(["rise", "plateau_fall", "sudden_drop", "oscillation"], dtype=object)
P_LOST, P_LOST_RISE = 0.85, 0.15
NOISE = 0.05
UNEVEN = 0.04  # of the life: by so much an assessment comes early or late
WAVES, SWING = 2.5, 0.30
SHORTEST, LONGEST = 45.0, 75.0
YEARS_DAYS = 540.0
EARLY_DAY, GAIN = 45, 0.12


def s10(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """600 closed leads on four tracks, lost .85, on the rising one .15 (null: .675 on all)."""
    track, draw = tracks(rng), rng["leads"]
    life = draw.uniform(SHORTEST, LONGEST, N_LEADS)
    ended = LAST_DAY - HOUR - draw.uniform(0, YEARS_DAYS, N_LEADS)
    share = np.where(track == "rise", P_LOST_RISE, P_LOST)
    is_lost = draw.random(N_LEADS) < (share if planted else mean_share())
    leads = leads_frame(ended - life, ended, np.where(is_lost, "lost", "won"))
    leads["_track"] = track
    told = assessments(leads, life, rng["assessments"])
    tables = {"customers": owners(leads), "leads": leads, "assessments": told}
    shares = {name: P_LOST_RISE if name == "rise" else P_LOST for name in TRACKS}
    estimates = [
        planted_row("track_type_lost_share", f"type={name}", share, 0.1)
        for name, share in (shares if planted else dict.fromkeys(shares, mean_share())).items()
    ]
    gain = planted_row(
        "early_call_auc_gain", f"landmark_days={EARLY_DAY}", GAIN if planted else 0.0, 0.08
    )
    return tables, [*estimates, gain]


def tracks(rng: Streams) -> np.ndarray:
    """Draw the kind of track of each lead, as many of each; the first draw of its stream."""
    kinds = np.repeat(TRACKS, N_LEADS // len(TRACKS))
    return np.asarray(rng["scenario"].permutation(kinds))


def mean_share() -> float:
    """Return the share lost over all tracks.

    Examples
    --------
    >>> round(mean_share(), 3)
    0.675
    """
    return ((len(TRACKS) - 1) * P_LOST + P_LOST_RISE) / len(TRACKS)


def assessments(leads: pd.DataFrame, life: Floats, rng: np.random.Generator) -> pd.DataFrame:
    """Write 8 + Poisson(3) probabilities per lead, about evenly over its life, typed at once.

    The last ones lie an hour before the end: what is typed at the moment of the end tells nothing.
    """
    counts = 8 + rng.poisson(3, len(leads))
    rows = np.repeat(np.arange(len(leads)), counts)
    turn = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    even = turn / (counts[rows] - 1)
    elapsed = np.clip(even + rng.normal(0, UNEVEN, len(rows)), 0, 1)
    level = levels(leads["_track"].to_numpy()[rows], elapsed)
    value = np.round((level + rng.normal(0, NOISE, len(rows))) * 10) / 10
    frame = leads[["lead_id", "customer_id"]].iloc[rows].reset_index(drop=True)
    frame["at"] = stamps(leads["_opened"].to_numpy()[rows] + elapsed * (life[rows] - HOUR))
    frame["recorded_at"] = frame["at"]
    frame["kind"], frame["by"] = "deal_probability", "rep"
    frame["value_num"] = np.clip(value, 0.0, 1.0)
    return frame


def levels(track: np.ndarray, elapsed: Floats) -> Floats:
    """Return the noiseless probability at each share of the life.

    Examples
    --------
    >>> levels(TRACKS[:3], np.array([1.0, 1.0, 0.9])).round(2).tolist()
    [0.8, 0.1, 0.1]
    """
    by_track = {
        "rise": 0.25 + 0.55 * elapsed,
        "plateau_fall": 0.65 - 1.1 * np.clip(elapsed - 0.5, 0, None),
        "sudden_drop": np.where(elapsed > 0.8, 0.10, 0.70),
        "oscillation": 0.50 + SWING * np.sin(2 * np.pi * WAVES * elapsed),
    }
    return np.select([track == name for name in by_track], list(by_track.values()))
