"""T2 leads: won, lost and void as competing ends, driven by the response time and by one rep.

    x       = log2(first response hours / 8), sd 1.1
    lost    : .010 a day x exp(.25 x) x 1.8 for rep R07
    won     : .008 a day x exp(-.20 x)
    void    : .0012 a day
    nothing closes before day 3; of those still open after 45 days 15 % are forgotten: nobody
    contacts them any more, which changes nothing in how they end (dormant leads)

Product, profile, price gap and the number of contacts have no effect at all.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world.clock import EXPORT_DAY, Floats, dates, ids, stamps
from crm_analysis.world.customers import REPS, pick
from crm_analysis.world.orders import PRODUCTS

N_LEADS = 3500
LOSS, WIN, VOID = 0.010, 0.008, 0.0012
SLOPE_LOSS, SLOPE_WIN = 0.25, -0.20
HARD_REP, HR_REP = "R07", 1.8
MEDIAN_HOURS, SD_LOG2 = 8.0, 1.1
FIRST_CLOSING = 3.0
P_FORGOTTEN = 0.15
ENDS = np.array(["lost", "won", "void"], dtype=object)
LOST_TO = ("other_brand", "same_brand_elsewhere", "not_planning", "postponed", "unknown")


def leads(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw all leads with their hidden end (`_end`, `_cause`), cut at the export."""
    n = N_LEADS
    opened = np.sort(rng.uniform(0, EXPORT_DAY, n))
    frame = pd.DataFrame({"lead_id": ids("L", n), "_opened": opened})
    frame["customer_id"] = known_customers(people, opened, rng)
    frame["rep_id"] = pick(rng, n, REPS)
    frame["product"] = pick(rng, n, tuple(PRODUCTS))
    frame["visited_store"] = pd.array(rng.random(n) < 0.35, dtype="boolean")
    frame["amount"] = np.round(np.exp(rng.normal(6.6, 0.6, n)), 2)
    frame["_hours"] = MEDIAN_HOURS * 2 ** np.clip(rng.normal(0, SD_LOG2, n), -4, 3)
    frame = ended(frame, rng)
    frame["opened_at"] = stamps(opened)
    frame["recorded_at"] = stamps(opened + rng.exponential(0.05, n))
    filed = opened + rng.exponential(0.6, n)
    frame["filed_at"] = stamps(
        np.where((rng.random(n) < 0.9) & (filed < EXPORT_DAY), filed, np.nan)
    )
    frame["x_hall"] = pick(rng, n, ("A", "B", "C"))
    return prices(frame, rng)


def known_customers(people: pd.DataFrame, opened: Floats, rng: np.random.Generator) -> list[str]:
    """Choose for each lead somebody who was known by then, prospects twice as often."""
    order = people.sort_values("_created", kind="stable")
    created = order["_created"].to_numpy()
    alive = order[["_left", "_silent_from"]].min(axis=1).fillna(np.inf).to_numpy()
    weight = np.where(order["_shop"], 1.0, 3.0)
    names = order["customer_id"].to_numpy()
    chosen = []
    for moment, draw in zip(opened, rng.random(len(opened)), strict=True):
        able = np.cumsum(weight * ((created < moment) & (alive > moment)))
        chosen.append(str(names[np.searchsorted(able, draw * able[-1], side="right")]))
    return chosen


def ended(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw end and cause by the competing hazards; forget some of those open at day 45."""
    n = len(frame)
    x = np.log2(frame["_hours"].to_numpy() / MEDIAN_HOURS)
    hard = np.where(frame["rep_id"] == HARD_REP, HR_REP, 1.0)
    lost = LOSS * np.exp(SLOPE_LOSS * x) * hard
    rates = np.column_stack([lost, WIN * np.exp(SLOPE_WIN * x), np.full(n, VOID)])
    life = FIRST_CLOSING + rng.exponential(1, n) / rates.sum(axis=1)
    cause = (rng.random(n)[:, None] * rates.sum(axis=1)[:, None] > rates.cumsum(axis=1)).sum(axis=1)
    forgotten = (rng.random(n) < P_FORGOTTEN) & (life > 45)
    since = frame["_opened"].to_numpy() + rng.uniform(45, 60, n)
    frame["_forgotten"] = np.where(forgotten, since, np.nan)
    frame["_end"] = frame["_opened"] + life
    frame["_cause"] = ENDS[cause]
    closed = np.where(frame["_end"] < EXPORT_DAY, frame["_end"], np.nan)
    frame["_closed"] = closed
    frame["status"] = np.where(np.isnan(closed), "open", frame["_cause"])
    frame["closed_at"] = stamps(closed)
    frame["closed_recorded_at"] = stamps(closed + rng.exponential(0.8, n))
    return frame


def prices(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Quote prices and note rivals; the gap between them has no effect on the end."""
    n = len(frame)
    quoted = frame["_opened"] + frame["_hours"] / 24 + rng.uniform(0, 2.5, n)
    shown = (quoted < np.minimum(frame["_end"], EXPORT_DAY)).to_numpy() & (rng.random(n) < 0.85)
    price = frame["amount"].to_numpy() * np.exp(rng.normal(0, 0.05, n))
    frame["quoted_price"] = np.where(shown, np.round(price, 2), np.nan)
    frame["quoted_at"] = stamps(np.where(shown, quoted, np.nan))
    known = shown & (rng.random(n) < 0.5)
    frame["rival_price"] = np.where(
        known, np.round(price * np.exp(rng.normal(0, 0.1, n)), 2), np.nan
    )
    frame["rival_price_at"] = stamps(np.where(known, quoted + 0.01, np.nan))
    told = rng.random(n) < 0.4
    frame["budget"] = np.where(told, np.round(price * np.exp(rng.normal(0, 0.15, n)), -1), np.nan)
    frame["budget_at"] = stamps(np.where(told, frame["_opened"] + 0.02, np.nan))
    lost = (frame["status"] == "lost").to_numpy()
    to = pd.Series(rng.choice(LOST_TO, n, p=[0.34, 0.14, 0.22, 0.14, 0.16]).astype(object))
    frame["lost_to"] = to.where(lost)
    rivals = pick(rng, n, ("Lanting", "Qingfeng", "Beishan"))
    frame["rival"] = rivals.where(lost & to.isin(LOST_TO[:2]).to_numpy())
    later = (to == "postponed").to_numpy() & lost
    frame["next_buy_at"] = dates(
        np.where(later, frame["_closed"] + rng.uniform(60, 240, n), np.nan)
    )
    return frame


def ended_share(cause: str, days: float, *, n_reps: int = len(REPS)) -> float:
    """Expected share of leads that end by `cause` within `days` whole calendar days.

    Averages the competing hazards over the planted spread of response times and the reps.
    """
    x = np.clip(np.linspace(-4, 4, 801) * SD_LOG2, -4, 3)
    weight = np.exp(-(np.linspace(-4, 4, 801) ** 2) / 2)
    share = 0.0
    for hard, part in ((HR_REP, 1 / n_reps), (1.0, 1 - 1 / n_reps)):
        rates = {"lost": LOSS * np.exp(SLOPE_LOSS * x) * hard, "won": WIN * np.exp(SLOPE_WIN * x)}
        total = rates["lost"] + rates["won"] + VOID
        ended = 1 - np.exp(-total * (days + 0.5 - FIRST_CLOSING))
        of_cause = rates.get(cause, np.full_like(x, VOID)) / total * ended
        share += part * float(np.sum(weight * of_cause) / np.sum(weight))
    return share
