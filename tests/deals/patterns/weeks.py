"""Weeks at risk made up row by row, and counted as the engine counts them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd

from crm_analysis.deals.patterns.states import STATES
from crm_analysis.deals.patterns.weekly_checks import COLUMNS, DISCOVERY, WeekCounts
from crm_analysis.deals.tracks import WEEKLY

LOSS, WIN = 0.05, 0.03


def weeks(
    *,
    seed: int,
    n: int,
    states: int,
    p_unknown: float = 0.0,
    period: int = DISCOVERY,
    effect: Callable[[list[np.ndarray]], np.ndarray] = lambda s: np.ones(len(s[0])),
) -> pd.DataFrame:
    """Draw weeks with independent states s0, s1 … (NaN unknown) and an ending: 1 lost, 2 won."""
    rng = np.random.default_rng(seed)
    shown = [rng.random(n) < 0.4 for _ in range(states)]
    lost = LOSS * effect(shown)
    draw = rng.random(n)
    rows = pd.DataFrame({"check_days": rng.choice(WEEKLY[:10], n), "period": period})
    rows["cause"] = np.select([draw < lost, draw < lost + WIN], [1, 2], 0)
    for place, values in enumerate(shown):
        rows[f"s{place}"] = np.where(rng.random(n) < p_unknown, np.nan, values.astype(float))
    return rows


def counted(rows: pd.DataFrame, names: tuple[str, ...] = tuple(STATES)) -> WeekCounts:
    """Count the weeks by states shown and unknown."""
    columns = [name for name in rows if name.startswith("s") and name[1:].isdigit()]
    bits = [1 << int(name[1:]) for name in columns]
    states = rows[columns].to_numpy()
    coded = rows.assign(
        shown=((states == 1) * bits).sum(axis=1), unknown=(np.isnan(states) * bits).sum(axis=1)
    )
    frame = coded.groupby(list(COLUMNS[:-1]), as_index=False).size().rename(columns={"size": "n"})
    return WeekCounts(states=names[: len(columns)], frame=frame, turn=date(2026, 1, 1))
