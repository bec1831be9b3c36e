"""T3 interactions: contacts on leads, care of customers, plans, and one rep's back-filled notes.

The number of contacts on a lead is Poisson and has no effect on its end. What goes before a loss
is *whose* contacts they are: the customer stops calling and no longer picks up (`QUIET_DAYS`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world.clock import EXPORT_DAY, LAST_DAY, Floats, ids, office_hours, stamps

RATE = 0.14
IN_SHARE = 0.40
QUIET_DAYS, IN_SHARE_QUIET = 20.0, 0.05
REACHED, REACHED_QUIET = 0.80, 0.25
BACKFILL_REP = "R04"
CHANNELS = np.array(["call", "wechat", "meet", "sms", "qq", "email", "im", "sns"], dtype=object)
SHARES = np.array([0.40, 0.24, 0.12, 0.10, 0.05, 0.05, 0.03, 0.01])
COSTS = {"call": 3.0, "meet": 25.0, "email": 0.2, "sms": 0.1}
PURPOSES = np.array(["sell", "follow_up", "solve", "care"], dtype=object)


def lead_contacts(leads: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the first answer of the rep and the later contacts of each lead."""
    stop = leads[["_end", "_forgotten"]].min(axis=1).clip(upper=EXPORT_DAY).to_numpy()
    first = (leads["_opened"] + leads["_hours"] / 24).to_numpy()
    n_later = rng.poisson(RATE * np.maximum(stop - first, 0))
    place = np.repeat(np.arange(len(leads)), n_later)
    later = first[place] + rng.random(len(place)) * (stop - first)[place]
    rows = np.concatenate([np.flatnonzero(first < stop), place])
    days = np.concatenate([first[first < stop], later])
    frame = leads.iloc[rows][["lead_id", "customer_id", "rep_id", "_end", "_cause"]]
    frame = frame.reset_index(drop=True).assign(_day=days)
    frame["_first"] = np.arange(len(rows)) < (first < stop).sum()
    return sides(frame, rng)


def sides(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Decide who calls and whether the customer picks up: quiet before a loss."""
    n = len(frame)
    quiet = (frame["_cause"] == "lost") & (frame["_end"] - frame["_day"] < QUIET_DAYS)
    inbound = rng.random(n) < np.where(quiet, IN_SHARE_QUIET, IN_SHARE)
    inbound &= ~frame["_first"].to_numpy()
    frame["direction"] = np.where(inbound, "in", "out")
    reached = rng.random(n) < np.where(quiet, REACHED_QUIET, REACHED)
    frame["reached"] = pd.array(reached | frame["_first"], dtype="boolean")
    frame.loc[inbound, "reached"] = pd.NA
    frame["purpose"] = PURPOSES[rng.choice(4, n, p=[0.45, 0.35, 0.12, 0.08])]
    frame["purpose"] = frame["purpose"].where(~inbound)
    frame["recorded_at"] = stamps(frame["_day"] + rng.exponential(0.1, n))
    return frame


def backfilled(leads: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Add the notes that one rep writes after the closing and dates before it (a leak)."""
    own = leads[(leads["rep_id"] == BACKFILL_REP) & leads["status"].isin(["lost", "won"])]
    mean = np.where(own["status"] == "lost", 1.6, 0.2)
    rows = np.repeat(np.arange(len(own)), rng.poisson(mean))
    frame = own.iloc[rows][["lead_id", "customer_id", "rep_id", "_end", "_cause", "_closed"]]
    frame = frame.reset_index(drop=True)
    n = len(frame)
    opened = own["_opened"].to_numpy()[rows]
    frame["_day"] = opened + rng.random(n) * (frame["_closed"].to_numpy() - opened)
    frame["direction"] = "out"
    frame["reached"] = pd.array(np.ones(n, dtype=bool), dtype="boolean")
    frame["purpose"] = "follow_up"
    typed = np.minimum(frame["_closed"] + rng.uniform(4, 12, n), EXPORT_DAY - 0.01)
    frame["recorded_at"] = stamps(np.maximum(typed, frame["_day"]))
    return frame


def care_contacts(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw contacts with shop customers outside of leads: mostly sales, little care."""
    shop = people[people["_shop"]].reset_index(drop=True)
    start = np.maximum(shop["_created"].to_numpy(), 0)
    stop = np.minimum(shop["_left"].fillna(EXPORT_DAY).to_numpy(), EXPORT_DAY)
    rows = np.repeat(np.arange(len(shop)), rng.poisson(0.004 * np.maximum(stop - start, 0)))
    frame = shop.iloc[rows][["customer_id", "owner"]].reset_index(drop=True)
    frame = frame.rename(columns={"owner": "rep_id"})
    n = len(frame)
    frame["_day"] = start[rows] + rng.random(n) * (stop - start)[rows]
    inbound = rng.random(n) < 0.3
    frame["direction"] = np.where(inbound, "in", "out")
    purposes = np.array(["sell", "promo", "care", "policy"], dtype=object)
    frame["purpose"] = pd.Series(purposes[rng.choice(4, n, p=[0.5, 0.2, 0.2, 0.1])])
    frame["purpose"] = frame["purpose"].where(~inbound)
    frame["reached"] = pd.array(rng.random(n) < 0.75, dtype="boolean")
    frame.loc[inbound, "reached"] = pd.NA
    frame["recorded_at"] = stamps(frame["_day"] + rng.exponential(0.1, n))
    return frame


def visits(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Plan monthly visits to partners: most are done near the plan, some never; some lie ahead."""
    partners = people[people["_partner"] & people["_shop"] & people["_left"].isna()]
    months = np.arange(700, EXPORT_DAY + 30, 30.0)
    rows = np.repeat(np.arange(len(partners)), len(months))
    planned = np.tile(months, len(partners)) + rng.uniform(0, 25, len(rows))
    frame = partners.iloc[rows][["customer_id", "owner"]].reset_index(drop=True)
    frame = frame.rename(columns={"owner": "rep_id"})
    n = len(frame)
    done = planned + rng.normal(1, 3, n)
    happened = (rng.random(n) < 0.85) & (done < EXPORT_DAY - 1)
    frame["_planned"] = np.floor(planned) + 10 / 24
    frame["_day"] = np.where(happened, office_hours(done, rng), np.nan)
    frame["direction"], frame["purpose"], frame["channel"] = "out", "visit", "meet"
    frame["recorded_at"] = stamps(np.minimum(planned - 20, LAST_DAY - 1))
    frame["reached"] = pd.array(np.ones(n, dtype=bool), dtype="boolean")
    frame.loc[~happened, "reached"] = pd.NA
    return frame


def interactions(parts: list[pd.DataFrame], rng: np.random.Generator) -> pd.DataFrame:
    """Join all contacts, order them, number them, and fill the fields of each contact."""
    frame = pd.concat(parts, ignore_index=True)
    for name in ({"_planned", "channel", "cost"}).difference(frame):
        frame[name] = np.nan
    frame = frame[frame["_day"].isna() | (frame["_day"] < EXPORT_DAY)]
    key = frame["_day"].fillna(frame["_planned"])
    frame = frame.assign(_sort=key).sort_values(["_sort", "customer_id"], kind="stable")
    frame = frame.reset_index(drop=True)
    frame["interaction_id"] = ids("A", len(frame), 6)
    drawn = pd.Series(CHANNELS[rng.choice(len(CHANNELS), len(frame), p=SHARES)])
    frame["channel"] = frame["channel"].where(frame["channel"].notna(), drawn)
    frame["at"] = stamps(frame["_day"])
    frame["planned_at"] = stamps(frame["_planned"])
    return details(frame, rng)


def details(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Fill goal, issue, question, minutes and cost of the contacts that took place."""
    n = len(frame)
    day = frame["_day"].to_numpy(float)
    done = ~np.isnan(day)
    out = done & (frame["direction"] == "out").to_numpy()
    goal = done & (rng.random(n) < 0.6)
    goals = np.array(["报价", "demo", "了解需求", "约见面", "close"], dtype=object)
    frame["goal"] = pd.Series(goals[rng.integers(0, 5, n)]).where(goal)
    met = pd.Series(pd.array(rng.random(n) < 0.5, dtype="boolean"))
    frame["goal_met"] = met.where(goal & (rng.random(n) < 0.9))
    # not on the first answer: the age of an issue would else be a copy of the response time
    left = done & ~frame["_first"].eq(True).to_numpy() & (rng.random(n) < 0.15)
    frame["issue_left"] = pd.Series(
        np.array(["缺样品", "等报价", "delivery date"], dtype=object)[rng.integers(0, 3, n)]
    ).where(left)
    frame["issue_closed_at"] = stamps(until_export(day + rng.exponential(8, n), left))
    asked = done & ~out & (rng.random(n) < 0.6)
    frame["asked_at"] = stamps(np.where(asked, day, np.nan))
    answer = asked & (rng.random(n) < 0.9)
    frame["answered_at"] = stamps(until_export(day + rng.exponential(0.8, n), answer))
    scripted = pd.Series(pd.array(rng.random(n) < 0.2, dtype="boolean"))
    frame["is_scripted"] = scripted.where(out)
    frame["minutes"] = np.where(done, np.round(rng.gamma(2, 5, n), 0), np.nan)
    usual = np.where(out, frame["channel"].map(COSTS).fillna(0.5), np.nan)
    frame["cost"] = frame["cost"].where(frame["cost"].notna(), pd.Series(usual))
    frame["qa_passed"] = pd.Series(pd.array(rng.random(n) < 0.93, dtype="boolean"))
    frame["qa_passed"] = frame["qa_passed"].where(out & (rng.random(n) < 0.1))
    discount = pd.Series(pd.array(rng.random(n) < 0.1, dtype="boolean"))
    frame["discount_asked"] = discount.where(done & ~out)
    return frame


def until_export(days: Floats, keep: np.typing.NDArray[np.bool_]) -> Floats:
    """Blank the moments that are not to be kept or had not come when the CRM was exported."""
    return np.where(keep & (days < EXPORT_DAY), days, np.nan)
