"""T1 customers, and the hidden people behind them: rhythm, temper, distance.

Columns whose name starts with "_" are the hidden truth; they leave before the world is handed
over. No profile field drives anything unless a story in `stories.py` says so.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world.clock import EXPORT_DAY, Floats, dates, day_of, ids, stamps

N_SHOP = 2340
N_PROSPECTS = 260
N_MERGED = 15
REGIONS = ("North", "East", "South", "West", "Centre")
CENTRES = {"North": (39.9, 116.4), "East": (31.2, 121.5), "South": (23.1, 113.3)}
CENTRES |= {"West": (30.6, 104.1), "Centre": (30.6, 114.3)}
REPS = tuple(f"R{i:02d}" for i in range(1, 13))
RIVAL_REGION = "East"
RIVAL_OPENED = day_of(2025, 11, 1)
GAPS = (30.0, 90.0, 180.0)


def people(rng: np.random.Generator) -> pd.DataFrame:
    """Draw every customer with hidden rhythm; prospects come last and have no rhythm."""
    n = N_SHOP + N_PROSPECTS
    shop = np.arange(n) < N_SHOP
    old = rng.random(n) < 0.42
    created = np.where(old, rng.uniform(-700, 0, n), rng.uniform(0, 840, n))
    created = np.where(shop, created, rng.uniform(0, LAST_START, n))
    frame = pd.DataFrame({"customer_id": ids("C", n), "_created": created})
    frame["created_at"] = dates(created)
    frame = frame.join(profile(rng, n, created)).join(place(rng, n))
    frame["_shop"] = shop
    gap = rng.choice(GAPS, n, p=[0.35, 0.40, 0.25]) * np.exp(rng.normal(0, 0.15, n))
    frame["_gap"] = np.where(shop, gap, np.nan)
    frame["_satisfied"] = np.clip(rng.normal(7.4, 1.4, n), 1, 10)
    frame["_forum"] = rng.random(n) < 0.30
    return frame


LAST_START = EXPORT_DAY - 20


def profile(rng: np.random.Generator, n: int, created: Floats) -> pd.DataFrame:
    """Fill the profile fields at random: none of them has an effect on anything."""
    kind = rng.choice(["individual", "organisation"], n, p=[0.78, 0.22])
    person = kind == "individual"
    children = rng.poisson(0.9, n)
    frame = pd.DataFrame({"kind": kind})
    frame["gender"] = pick(rng, n, ("female", "male"), person & (rng.random(n) < 0.9))
    year = pd.Series(rng.integers(1950, 2005, n), dtype="Int64")
    frame["birth_year"] = year.where(person & (rng.random(n) < 0.8))
    frame["occupation"] = pick(rng, n, OCCUPATIONS, person & (rng.random(n) < 0.75))
    frame["industry"] = pick(rng, n, INDUSTRIES, rng.random(n) < 0.7)
    frame["position"] = pick(rng, n, ("staff", "manager", "owner", "director"), ~person)
    frame["education"] = pick(rng, n, ("school", "college", "bachelor", "master"), person)
    frame["personality"] = pick(rng, n, ("calm", "lively", "careful"), rng.random(n) < 0.4)
    income = np.round(np.exp(rng.normal(11.6, 0.5, n)), -2)
    frame["income_annual"] = np.where(person & (rng.random(n) < 0.6), income, np.nan)
    frame["marital"] = pick(rng, n, ("single", "married", "divorced"), person)
    frame["n_children"] = pd.Series(children, dtype="Int64").where(person)
    frame["children"] = child_list(rng, children, person)
    frame["motive"] = pick(rng, n, ("自用", "送礼", "replacement", "新店開張"), rng.random(n) < 0.5)
    frame["concerns"] = pick(
        rng, n, ("价格", "质量", "售后", "delivery", "品牌"), rng.random(n) < 0.5
    )
    frame["usage_months"] = np.round(rng.gamma(2, 12, n))
    frame["brands_used"] = pick(rng, n, ("Lanting", "Lanting;Qingfeng", "Qingfeng", "Beishan"))
    frame["brand_current"] = pick(rng, n, ("Lanting", "Qingfeng", "Beishan", "ours"))
    frame["brands_interest"] = pick(rng, n, ("ours", "ours;Lanting", "Qingfeng;Beishan"))
    sources = ("friend", "advert", "event", "nearby", "passing", "other")
    frame["source"] = rng.choice(sources, n, p=[0.28, 0.22, 0.12, 0.18, 0.14, 0.06])
    frame["contact_routes"] = pick(rng, n, ("call;sms", "call;wechat", "call;wechat;qq", "email"))
    frame["media"] = pick(rng, n, ("tv", "sites", "sites;papers", "radio"), rng.random(n) < 0.5)
    frame["profile_recorded_at"] = stamps(created + rng.uniform(0.4, 3, n))
    frame["x_member_level"] = pick(rng, n, ("silver", "gold", "none"))
    return frame


OCCUPATIONS = ("teacher", "engineer", "trader", "clerk", "doctor", "driver", "designer", "farmer")
INDUSTRIES = ("retail", "catering", "education", "building", "logistics", "textile", "software")


def pick(
    rng: np.random.Generator,
    n: int,
    values: tuple[str, ...],
    known: np.typing.NDArray[np.bool_] | None = None,
) -> pd.Series:
    """Draw one of `values` per row, missing where not `known`."""
    drawn = pd.Series(np.array(values, dtype=object)[rng.integers(0, len(values), n)])
    return drawn if known is None else drawn.where(known)


def child_list(
    rng: np.random.Generator,
    counts: np.typing.NDArray[np.int64],
    known: np.typing.NDArray[np.bool_],
) -> pd.Series:
    """Write each child's age and gender, "8f;5m"; missing where there is none."""
    ages = rng.integers(0, 19, (len(counts), int(counts.max())))
    girls = rng.random(ages.shape) < 0.5
    texts = [
        ";".join(f"{ages[i, j]}{'f' if girls[i, j] else 'm'}" for j in range(counts[i])) or None
        for i in range(len(counts))
    ]
    return pd.Series(texts, dtype=object).where(known)


def place(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Put each customer into a region, at a distance, with a rep, perhaps as a partner."""
    region = rng.choice(REGIONS, n, p=[0.24, 0.26, 0.22, 0.14, 0.14])
    frame = pd.DataFrame({"region": region})
    frame["distance_km"] = np.round(rng.gamma(2, 4, n), 1)
    centre = np.array([CENTRES[r] for r in region])
    frame["lat"] = np.round(centre[:, 0] + rng.normal(0, 0.08, n), 5)
    frame["lon"] = np.round(centre[:, 1] + rng.normal(0, 0.08, n), 5)
    near = (region == RIVAL_REGION) & (rng.random(n) < 0.6)
    frame["rival_opened_at"] = dates(np.where(near, RIVAL_OPENED, np.nan))
    frame["_rival"] = near
    kinds = ("consumer", "agent", "franchisee", "retailer")
    frame["partner_type"] = rng.choice(kinds, n, p=[0.88, 0.03, 0.04, 0.05])
    partner = (frame["partner_type"] != "consumer").to_numpy()
    frame["_partner"] = partner
    frame["_unhealthy"] = partner & (rng.random(n) < 0.20)
    levels = np.where(frame["_unhealthy"], rng.integers(1, 3, n), rng.integers(2, 6, n))
    frame["management_level"] = pd.Series(levels, dtype="Int64").where(partner)
    funds = np.where(frame["_unhealthy"] & (rng.random(n) < 0.8), "strained", "sound")
    frame["funds_status"] = pd.Series(funds, dtype=object).where(partner)
    frame["cost_budget"] = np.where(partner, np.round(rng.gamma(4, 20000, n), -2), np.nan)
    frame["wallet_annual"] = np.where(rng.random(n) < 0.5, np.round(rng.gamma(3, 1200, n)), np.nan)
    frame["owner"] = pick(rng, n, REPS)
    return frame


def merged(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Make second ids of known customers, each merged into the first one."""
    into = rng.choice(frame.index[frame["_shop"]], N_MERGED, replace=False)
    doubles = frame.loc[into].copy()
    doubles["merged_into"] = doubles["customer_id"]
    doubles["customer_id"] = ids("D", N_MERGED)
    return doubles
