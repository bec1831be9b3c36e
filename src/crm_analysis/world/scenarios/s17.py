"""S17: a funnel, a pipeline judged by optimistic reps, and a target.

Leads come at a steady rate and are decided 82 to 92 days after they came, so that all that are open
at as_of are decided within the target period of 92 days, and a few that come in it as well. Ends
are typed in half a day late on average.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crm_analysis.world import customers
from crm_analysis.world.clock import AS_OF, LAST_DAY, Floats, stamps
from crm_analysis.world.scenarios.build import (
    Planted,
    Streams,
    Tables,
    contacts_frame,
    leads_frame,
    owners,
    planted_row,
)

N_PAST, N_OPEN, PERIOD_DAYS, TARGET = 1500, 200, 92, 90.0
INTERCEPT, SLOPE = -0.9, 0.8
P_UNFILED = 0.12
SHORTEST, LONGEST = 82.0, 92.0
PER_DAY = N_OPEN / ((SHORTEST + LONGEST) / 2)


def s17(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """1,500 decided and 200 open leads; logit of winning -.9 + .8 logit(rep); null: as said."""
    draw, future = rng["leads"], rng["scenario"]
    life = draw.uniform(SHORTEST, LONGEST, N_PAST + N_OPEN)
    ended = LAST_DAY - draw.uniform(0, N_PAST / PER_DAY, N_PAST)
    still_open, life[N_PAST:] = ages(draw)
    opened = np.r_[ended - life[:N_PAST], LAST_DAY - still_open]
    said = np.round(draw.beta(3, 2, len(opened)) * 10) / 10
    won = draw.random(len(opened)) < chance(said, planted=planted)
    closed = np.where(np.arange(len(opened)) < N_PAST, opened + life, np.nan)
    leads = leads_frame(opened, closed, np.where(won, "won", "lost"))
    leads["closed_recorded_at"] = stamps(closed + draw.exponential(0.5, len(opened)))
    leads["rep_id"] = customers.pick(draw, len(leads), customers.REPS)
    leads["amount"] = np.round(np.exp(draw.normal(6.6, 0.6, len(leads))), 2)
    filed = opened + draw.exponential(0.5, len(leads))
    kept = (draw.random(len(leads)) >= P_UNFILED) & (filed < LAST_DAY)
    leads["filed_at"] = stamps(np.where(kept, filed, np.nan))
    tables = {
        "customers": owners(leads),
        "leads": leads,
        "interactions": contacts(leads, rng["interactions"]),
        "assessments": assessments(leads, said),
        "targets": targets(),
    }
    from_open = int(won[N_PAST:].sum())
    wins = {"open_leads": from_open, "new_leads": new_wins(future, planted=planted)}
    wins["total"] = sum(wins.values())
    rows = [planted_row("expected_deals", f"part={part}", n, 20.0) for part, n in wins.items()]
    slope = planted_row("calibration_slope", "", SLOPE if planted else 1.0, 0.2)
    return tables, [*rows, slope]


def ages(draw: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw age and length of the open leads: who came and is not decided yet."""
    age = draw.uniform(0, LONGEST, 4 * N_OPEN)
    life = draw.uniform(SHORTEST, LONGEST, 4 * N_OPEN)
    kept = np.flatnonzero(age < life)[:N_OPEN]
    return age[kept], life[kept]


def chance(said: Floats, *, planted: bool) -> Floats:
    """Return the probability to be won of leads of which this was said."""
    share = np.clip(said, 0.05, 0.95)
    odds = np.log(share / (1 - share))
    true = INTERCEPT + SLOPE * odds if planted else odds
    return np.asarray(1 / (1 + np.exp(-true)), dtype=float)


def new_wins(draw: np.random.Generator, *, planted: bool) -> int:
    """Draw how many leads will come in the period and be won in it."""
    n = int(draw.poisson(PER_DAY * PERIOD_DAYS))
    ended = draw.uniform(0, PERIOD_DAYS, n) + draw.uniform(SHORTEST, LONGEST, n)
    said = np.round(draw.beta(3, 2, n) * 10) / 10
    won = draw.random(n) < chance(said, planted=planted)
    return int((won & (ended < PERIOD_DAYS)).sum())


def contacts(leads: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw contacts about every ten days while a lead is open."""
    last = leads["_closed"].fillna(LAST_DAY).to_numpy()
    span = last - leads["_opened"].to_numpy()
    rows = np.repeat(np.arange(len(leads)), rng.poisson(span / 10))
    return contacts_frame(
        leads, rows, leads["_opened"].to_numpy()[rows] + rng.random(len(rows)) * span[rows]
    )


def assessments(leads: pd.DataFrame, said: Floats) -> pd.DataFrame:
    """Write one probability of each lead, an hour after it came."""
    frame = leads[["lead_id", "customer_id"]].assign(kind="deal_probability", by="rep")
    frame["at"] = stamps(np.minimum(leads["_opened"] + 1 / 24, LAST_DAY - 0.001))
    frame["recorded_at"] = frame["at"]
    frame["value_num"] = said
    return frame


def targets() -> pd.DataFrame:
    """Write the target of the period ahead and of the one that is over."""
    ahead = pd.Timestamp(AS_OF) + pd.Timedelta(days=1)
    starts = [ahead - pd.Timedelta(days=PERIOD_DAYS), ahead]
    rows: list[dict[str, Any]] = [
        {
            "scope": "company",
            "scope_id": None,
            "period_start": start,
            "period_end": start + pd.Timedelta(days=PERIOD_DAYS - 1),
            "metric": "deals",
            "target": TARGET,
            "recorded_at": start - pd.Timedelta(days=10),
        }
        for start in starts
    ]
    return pd.DataFrame(rows)
