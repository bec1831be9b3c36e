"""Leads at a call day with a level, a track that says more than it, and fates of chosen kind."""

from __future__ import annotations

import numpy as np
import pandas as pd

LAST_DAY = 20_000
HORIZON = 60


def leads(
    n: int = 2400,
    *,
    seed: int = 0,
    effect: float = 1.2,
    drift: float = 0.0,
    typing_days: float = 0.0,
) -> pd.DataFrame:
    """Draw leads over two years; log odds of a loss within the horizon are linear in the track.

    `effect` is that of the track, per standard deviation, beside .4 of the level (0 where the
    track has none); by `drift` the log odds rise in the last half year.
    """
    rng = np.random.default_rng(seed)
    landmark = np.sort(LAST_DAY - rng.integers(0, 730, n))
    level, track = rng.normal(size=n), rng.normal(size=n)
    odds = -0.4 + effect * track + (0.4 * level if effect else 0.0)
    odds = odds + drift * (landmark > LAST_DAY - 240)
    lost = rng.random(n) < 1 / (1 + np.exp(-odds))
    days = np.where(lost, rng.integers(1, HORIZON + 1, n), rng.integers(1, 3 * HORIZON, n))
    closed = landmark + days
    known = closed + np.rint(rng.exponential(typing_days, n) if typing_days else 0)
    seen = known <= LAST_DAY
    return pd.DataFrame(
        {
            "lead_id": [f"L{place:05d}" for place in range(n)],
            "landmark_day": landmark,
            "closed_day": np.where(seen, closed, np.nan),
            "closed_known_day": np.where(seen, known, np.nan),
            "cause": np.where(seen, np.where(lost, 1, 2), 0),
            "last_value": level,
            "slope_per_30_days": track,
            "last_stage": rng.choice(["quoted", "visited"], n),
        }
    )
