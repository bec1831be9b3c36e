"""T6 order_lines: each customer buys at an own rhythm until leaving; won leads and returns add.

Story "supply break": in one region and one month only 40 % of the orders happen. Partners buy on
account (`due_at`, `paid_at`); the unhealthy ones pay late in the last year.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world.clock import EXPORT_DAY, Floats, dates, day_of, ids, office_hours, stamps

SHAPE = 4.0
BREAK = ("South", day_of(2025, 9, 1), day_of(2025, 10, 1), 0.4)
UNHEALTHY_FROM = day_of(2025, 11, 1)
CATEGORIES = ("paper", "ink", "furniture", "lamps", "tea", "tools", "textiles", "gifts")
ESSENTIAL = dict(zip(CATEGORIES, (True, True, False, False, True, True, False, False), strict=True))
PRODUCTS = {f"P{i:02d}": CATEGORIES[(i - 1) // 3] for i in range(1, 25)}
PRICES = {name: 18.0 + 11.0 * (i % 9) for i, name in enumerate(PRODUCTS)}
MARGIN = 0.32
P_LINE, MORE_PIECES, PRICE_SD = 0.22, 0.8, 0.12
MEAN_LIST = (1 + 2 * P_LINE) * (1 + MORE_PIECES) * float(np.mean(list(PRICES.values())))
MEAN_LIST *= float(np.exp(PRICE_SD**2 / 2))  # expected list amount of an order


def rhythm(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw each shop customer's order moments until leaving, falling silent or the export."""
    shop = people[people["_shop"]].reset_index(drop=True)
    n, most = len(shop), 64
    gaps = rng.gamma(SHAPE, (shop["_gap"] / SHAPE).to_numpy()[:, None], (n, most))
    begin = np.maximum(shop["_created"].to_numpy(), 0)
    first = np.where(shop["_created"] < 0, rng.random(n) * shop["_gap"], rng.random(n) * 3 + 0.5)
    gaps[:, 0] = first
    moments = begin[:, None] + np.cumsum(gaps, axis=1)
    end = shop[["_left", "_silent_from"]].min(axis=1).fillna(EXPORT_DAY).to_numpy()
    row, place = np.nonzero(moments < np.minimum(end, EXPORT_DAY)[:, None])
    days = office_hours(moments[row, place], rng)
    frame = pd.DataFrame({"customer_id": shop["customer_id"].to_numpy()[row], "_day": days})
    region = shop["region"].to_numpy()[row]
    hit = (region == BREAK[0]) & (days >= BREAK[1]) & (days < BREAK[2])
    happened = ~hit | (rng.random(len(frame)) < BREAK[3])
    return frame.take(np.flatnonzero(happened)).reset_index(drop=True)


def order_lines(
    orders: pd.DataFrame, people: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Turn orders (customer, day, perhaps lead, round, discount, size) into priced lines."""
    orders = orders[orders["_day"] < EXPORT_DAY].sort_values(["_day", "customer_id"])
    orders = orders.reset_index(drop=True)
    orders["order_id"] = ids("O", len(orders), 6)
    n_lines = 1 + rng.binomial(2, P_LINE, len(orders))
    lines = orders.loc[orders.index.repeat(n_lines)].reset_index(drop=True)
    lines["line_id"] = ids("N", len(lines), 6)
    priced = prices(lines, rng)
    priced["at"] = stamps(priced["_day"])
    priced["recorded_at"] = stamps(priced["_day"] + rng.exponential(0.15, len(priced)))
    return on_account(priced, people, rng)


def prices(lines: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw product and quantity; apply the order's discount; make 2 % of the lines returns."""
    n = len(lines)
    drawn = np.array(list(PRODUCTS), dtype=object)[rng.integers(0, len(PRODUCTS), n)]
    given = lines["product"] if "product" in lines else pd.Series(None, index=lines.index)
    lines["product"] = given.where(given.notna(), pd.Series(drawn))
    lines["category"] = lines["product"].map(PRODUCTS)
    lines["essential"] = lines["category"].map(ESSENTIAL).astype("boolean")
    quantity = 1 + rng.poisson(MORE_PIECES, n)
    price = lines["product"].map(PRICES).to_numpy(float) * np.exp(rng.normal(0, PRICE_SD, n))
    size = lines["_size"].fillna(1.0).to_numpy(float)
    listed = np.round(quantity * price * size, 2)
    promo = (rng.random(n) < 0.08) & lines["_discount"].isna().to_numpy()
    lines["promo_id"] = pd.Series(promo_name(lines["_day"].to_numpy())).where(promo)
    discount = lines["_discount"].fillna(0).to_numpy(float) + np.where(promo, 0.1, 0)
    back = (rng.random(n) < 0.02) & lines["round_id"].isna() & lines["lead_id"].isna()
    sign = np.where(back, -1.0, 1.0)
    lines["qty"] = sign * quantity
    lines["list_amount"] = np.round(sign * listed, 2)
    lines["amount"] = np.round(sign * listed * (1 - discount), 2)
    lines["margin"] = np.round(sign * listed * (MARGIN - discount), 2)
    return lines


def promo_name(days: Floats) -> np.ndarray:
    """Name the quarter's promotion that an order fell into."""
    return np.array([f"promo-{int(day // 91) + 1:02d}" for day in days], dtype=object)


def on_account(lines: pd.DataFrame, people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Let partners pay 30 days later; the unhealthy ones pay 20-60 days late in the last year."""
    by_id = people.set_index("customer_id")
    partner = lines["customer_id"].map(by_id["_partner"]).to_numpy(bool)
    unhealthy = lines["customer_id"].map(by_id["_unhealthy"]).to_numpy(bool)
    day = lines["_day"].to_numpy()
    first = lines.groupby("order_id")["_day"].transform("size").to_numpy()
    delay = rng.normal(-2, 3, len(lines)) + 0 * first
    late = unhealthy & (day >= UNHEALTHY_FROM) & (rng.random(len(lines)) < 0.8)
    delay = np.where(late, rng.uniform(20, 60, len(lines)), delay)
    owed = partner & (lines["amount"] > 0).to_numpy()
    due = np.where(owed, day + 30, np.nan)
    paid = due + delay
    lines["due_at"] = dates(due)
    lines["paid_at"] = dates(np.where(paid < EXPORT_DAY, paid, np.nan))
    return lines


def won_orders(leads: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Give each won lead its order within three weeks of closing."""
    won = leads[leads["status"] == "won"]
    day = won["_closed"].to_numpy() + rng.uniform(0, 20, len(won))
    frame = won[["customer_id", "lead_id", "product"]].reset_index(drop=True)
    frame["_day"] = office_hours(day, rng)
    frame["_size"] = 2.0
    return frame
