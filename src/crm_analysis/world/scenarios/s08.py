"""S08: price is stated, slow response is the cause; and the mirror world, where price is."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world.clock import LAST_DAY, Floats, ids, stamps
from crm_analysis.world.scenarios.build import (
    HOUR,
    Planted,
    Streams,
    Tables,
    contacts_frame,
    leads_frame,
    owners,
    planted_row,
)

N_LEADS = 3000
LANDMARK_DAYS = 14
LOSS, WIN = 0.010, 0.008
SLOPE_LOSS, SLOPE_WIN = 0.45, -0.25
P_STATES_PRICE = 0.55
GAP_SD = 0.10
OTHERS = np.array(["quality", "attitude", "range_few", "distance", "brand"], dtype=object)


def s08(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """3,000 leads; response .45 loss and -.25 win per SD, 55 % of the lost state price at random.

    The null is the mirror: the price gap has these effects, and is stated the more the higher it
    is; the response has none.
    """
    draw = rng["leads"]
    response, gap = draw.normal(size=N_LEADS), draw.normal(size=N_LEADS)
    drives = response if planted else gap
    rates = np.column_stack([LOSS * np.exp(SLOPE_LOSS * drives), WIN * np.exp(SLOPE_WIN * drives)])
    life = LANDMARK_DAYS + 1 + draw.exponential(1, N_LEADS) / rates.sum(axis=1)
    is_loss = draw.random(N_LEADS) < rates[:, 0] / rates.sum(axis=1)
    follow_up = draw.uniform(30, 180, N_LEADS)
    opened = LAST_DAY - HOUR - follow_up
    closed = np.where(life < follow_up, opened + life, np.nan)
    leads = leads_frame(opened, closed, np.where(is_loss, "lost", "won"))
    leads = _priced(leads, gap, draw)
    hours = 8.0 * 2 ** (1.2 * response)
    contacts = contacts_frame(leads, np.arange(N_LEADS), opened + hours * HOUR)
    tables = {"customers": owners(leads), "leads": leads, "interactions": contacts}
    tables["reasons"] = _stated(leads, gap, by_gap=not planted, rng=rng["reasons"])
    driver, other = ("speed", "price") if planted else ("price", "speed")
    estimates = []
    for code, slopes in ((driver, (SLOPE_LOSS, SLOPE_WIN)), (other, (0.0, 0.0))):
        for cause, slope in zip(("lost", "won"), slopes, strict=True):
            segment = f"cause={cause};landmark_days={LANDMARK_DAYS};code={code}"
            estimates.append(planted_row("revealed_log_hazard_ratio", segment, slope, 0.08))
    return tables, estimates


def _priced(leads: pd.DataFrame, gap: Floats, rng: np.random.Generator) -> pd.DataFrame:
    """Quote a price and note the rival's on the day of opening; their ratio less 1 is the gap."""
    rival = np.exp(rng.normal(6.5, 0.5, len(leads)))
    leads["rival_price"] = np.round(rival, 2)
    leads["quoted_price"] = np.round(rival * (1.0 + GAP_SD * gap), 2)
    leads["rival_price_at"] = leads["quoted_at"] = leads["opened_at"]
    return leads


def _stated(
    leads: pd.DataFrame, gap: Floats, *, by_gap: bool, rng: np.random.Generator
) -> pd.DataFrame:
    """Write the rep's coded reason of each lost lead, a day after the loss."""
    lost = np.flatnonzero((leads["status"] == "lost").to_numpy())
    logit = np.log(P_STATES_PRICE / (1 - P_STATES_PRICE)) + (1.2 * gap[lost] if by_gap else 0.0)
    says_price = rng.random(len(lost)) < 1 / (1 + np.exp(-logit))
    frame = leads.loc[lost, ["lead_id", "customer_id"]].reset_index(drop=True)
    frame["reason_id"] = ids("Y", len(frame))
    frame["about"], frame["source"] = "lead_loss", "rep_opinion"
    closed = leads["_closed"].to_numpy()[lost]
    frame["event_at"] = stamps(closed)
    frame["recorded_at"] = stamps(np.minimum(closed + 1, LAST_DAY - HOUR))
    frame["code_a"] = np.where(says_price, "price", rng.choice(OTHERS, len(lost)))
    frame["text"] = "coded by hand"
    return frame
