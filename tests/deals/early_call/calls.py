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


FULL_YEARS_DAYS = 1100
OLDEST = 60


def lives(n: int = 3000, *, seed: int = 0, effect: float = 0.9) -> pd.DataFrame:
    """Draw whole lives: bad signs gather with age, the more the sooner a lead is to be lost.

    Columns: lead_id, opened_day, closed_day, cause, level (noise), and `signs_by_0` to
    `signs_by_60`, the signs up to the end of that day of its life. With effect 0 signs and
    endings have nothing in common.
    """
    rng = np.random.default_rng(seed)
    fate, sign = rng.normal(size=(2, n))
    sign = fate if effect else sign
    lost = rng.exponential(1 / (0.010 * np.exp(effect * fate)))
    other = rng.exponential(1 / 0.010, n)
    opened = LAST_DAY - rng.integers(0, FULL_YEARS_DAYS, n)
    each_day = rng.poisson(0.15 * np.exp(0.7 * sign)[:, None], (n, OLDEST + 1))
    signs = pd.DataFrame(each_day.cumsum(axis=1)).add_prefix("signs_by_")
    told = pd.DataFrame(
        {
            "lead_id": [f"L{place:05d}" for place in range(n)],
            "opened_day": opened,
            "closed_day": opened + 1.0 + np.floor(np.minimum(lost, other)),
            "cause": np.where(lost < other, 1, 2),
            "level": rng.normal(size=n),
        }
    )
    return pd.concat([told, signs], axis=1)


def at_age(told: pd.DataFrame, age: int) -> pd.DataFrame:
    """Return the leads open at an age, as one sees them: what comes after `LAST_DAY` is hidden."""
    rows = told[told["closed_day"] > told["opened_day"] + age]
    rows = rows[rows["opened_day"] + age <= LAST_DAY]
    seen = rows["closed_day"] <= LAST_DAY
    return pd.DataFrame(
        {
            "lead_id": rows["lead_id"],
            "landmark_day": rows["opened_day"] + age,
            "closed_day": rows["closed_day"].where(seen),
            "closed_known_day": rows["closed_day"].where(seen),
            "cause": rows["cause"].where(seen, 0),
            "n_signs": rows[f"signs_by_{age}"],
            "level": rows["level"],
        }
    )
