"""The demo company: shop, forum and sales reps; all twelve tables from the stories' parts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.contract import TABLES
from crm_analysis.world import (
    actions,
    assessments,
    customers,
    engagement,
    interactions,
    issues,
    leads,
    leaving,
    orders,
    reasons,
    surveys,
    targets,
    winback,
)
from crm_analysis.world.clock import AS_OF, EXPORT_DAY, dates, stamps
from crm_analysis.world.dirt import soil
from crm_analysis.world.stories import truth
from crm_analysis.world.streams import streams
from crm_analysis.world.write import World, handed_over

SEED = 20261031


def demo_world(*, seed: int = SEED) -> World:
    """Make the demo company as exported six days after as_of: 12 tables and what was planted."""
    rngs = streams(seed)
    people = customers.people(rngs["customers"])
    trouble = issues.issues(people, rngs["issues"])
    people = leaving.leave(people, trouble, rngs["leaving"])
    deals = leads.leads(people, rngs["leads"])
    rounds = winback.rounds(people, rngs["winback"])
    people = later_facts(people, rounds, rngs["returns"])
    tables = {
        "customers": pd.concat([people, customers.merged(people, rngs["returns"])]),
        "leads": deals,
        "interactions": contacts(people, deals, rounds, rngs),
        "assessments": assessments.assessments(deals, rngs["assessments"]),
        "reasons": said(people, deals, rounds, rngs["reasons"]),
        "order_lines": bought(people, deals, rounds, rngs["order_lines"]),
        "engagement": engagement.engagement(people, rngs["engagement"]),
        "surveys": surveys.surveys(people, rngs["surveys"]),
        "issues": issues.until_left(
            trouble, people.set_index("customer_id")["_left"], rngs["issues"]
        ),
        "winback": rounds,
        "targets": targets.targets(rngs["targets"]),
        "actions": actions.actions(people, rngs["actions"]),
    }
    soiled = soil(tables, rngs["dirt"])
    return World({name: handed_over(name, soiled[name]) for name in TABLES}, truth(seed), AS_OF)


def contacts(
    people: pd.DataFrame,
    deals: pd.DataFrame,
    rounds: pd.DataFrame,
    rngs: dict[str, np.random.Generator],
) -> pd.DataFrame:
    """Join the contacts of leads, care, visits and rounds into T3."""
    rng = rngs["interactions"]
    parts = [
        interactions.lead_contacts(deals, rng),
        interactions.backfilled(deals, rng),
        interactions.care_contacts(people, rngs["care"]),
        interactions.visits(people, rngs["care"]),
        winback.contacts(rounds, rngs["returns"]),
    ]
    return interactions.interactions(parts, rng)


def said(
    people: pd.DataFrame, deals: pd.DataFrame, rounds: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Join the reasons of lost leads and of lost customers into T5."""
    parts = [reasons.lead_reasons(deals, rng), reasons.churn_reasons(people, rounds, rng)]
    return reasons.reasons(parts, rng)


def bought(
    people: pd.DataFrame, deals: pd.DataFrame, rounds: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Join the orders of the shop, of won leads and of the returned into T6."""
    parts = [
        orders.rhythm(people, rng),
        orders.won_orders(deals, rng),
        winback.return_orders(rounds, rng),
    ]
    joined = pd.concat(parts, ignore_index=True)
    lines = orders.order_lines(joined, people, rng)
    offered = lines["round_id"].notna() & (lines["_discount"].fillna(0) > 0)
    lines["offer"] = pd.Series("25% off first order", index=lines.index).where(offered)
    return lines


def later_facts(
    people: pd.DataFrame, rounds: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Add opt-outs, the partners' observed leaving, and who referred whom."""
    frame = people.copy()
    out = rounds.set_index("customer_id")["_left_round"]
    frame["opted_out_at"] = stamps(frame["customer_id"].map(out))
    observed = frame["_left"].where(frame["_partner"])
    frame["left_at"] = stamps(observed)
    frame["left_recorded_at"] = stamps(observed + rng.exponential(1, len(frame)))
    year = np.ceil((EXPORT_DAY - frame["_created"]) / 365) * 365 + frame["_created"]
    frame["contract_end"] = dates(year.where(frame["_partner"]))
    friend = (frame["source"] == "friend") & (frame["_created"] > 0)
    known = frame.index[frame["_shop"] & (frame["_created"] <= 0)]
    referrer = frame.loc[rng.choice(known, len(frame)), "customer_id"].to_numpy()
    frame["referrer_id"] = pd.Series(referrer, index=frame.index).where(friend)
    frame["merged_into"] = None
    return frame
