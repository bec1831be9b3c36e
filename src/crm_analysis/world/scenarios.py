"""Scenario worlds: small worlds of contract tables in which one truth, or none, was planted.

S01   nothing has an effect: contacts, assessments, profile and own factors, 2,000 leads
S03   number of contacts: no effect (null) or log hazard ratio -.15 per contact of the first 14
      days (planted, in 6,000 leads: in 2,000 its estimate would have a standard deviation of .03)
S04   notes back-filled after the loss and rows from after as_of; null: nothing back-filled
S05   two competing ends under heavy censoring, whole days; two products that do not differ
S06   ties: nine distinct times, hazard ratio 2 (null 1)
S06b  degenerate segments: all lost, all won, no end, a single lead, constant and empty columns
S18   win-back of those who would return anyway (null: .20 in both arms; planted: +.08)

`planted=True` is the scenario's planted variant; for S01 and S06b both variants are the same.
Censoring works as in life: a lead censored after C days was opened C days before as_of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from crm_analysis.errors import UsageError
from crm_analysis.world import assessments, customers, interactions
from crm_analysis.world.clock import AS_OF, LAST_DAY, Floats, dates, ids, stamps
from crm_analysis.world.streams import streams
from crm_analysis.world.write import World, handed_over

Streams = Mapping[str, np.random.Generator]
Tables = dict[str, pd.DataFrame]
Planted = list[dict[str, Any]]
HOUR = 1 / 24


def scenario(name: str, *, seed: int, planted: bool = True) -> World:
    """Make one scenario world; `truth["estimates"]` names what was planted.

    Examples
    --------
    >>> world = scenario("S05", seed=1)
    >>> sorted(world.tables), len(world.tables["leads"])
    (['customers', 'leads'], 1500)
    """
    if name not in SCENARIOS:
        raise UsageError(f"scenario {name!r} is unknown; there are: {', '.join(SCENARIOS)}")
    tables, estimates = SCENARIOS[name](streams(seed), planted)
    truth = {
        "as_of": AS_OF.isoformat(),
        "seed": seed,
        "scenario": name,
        "planted": planted,
        "estimates": estimates,
    }
    shown = {table: handed_over(table, frame) for table, frame in tables.items()}
    return World(shown, truth, AS_OF)


def planted_row(quantity: str, segment: str, value: float, tolerance: float) -> dict[str, Any]:
    """Write one planted number the way the estimates table names it."""
    return {"quantity": quantity, "segment": segment, "value": value, "tolerance": tolerance}


def leads_frame(opened: Floats, closed: Floats, status: np.ndarray) -> pd.DataFrame:
    """Write leads of one customer each, typed when they happened; NaN closed is open."""
    n = len(opened)
    frame = pd.DataFrame({"lead_id": ids("L", n), "customer_id": ids("C", n)})
    frame["_opened"], frame["_closed"] = opened, closed
    frame["opened_at"] = stamps(opened)
    frame["recorded_at"] = frame["opened_at"]
    frame["status"] = np.where(np.isnan(closed), "open", status)
    frame["closed_at"] = stamps(closed)
    frame["closed_recorded_at"] = frame["closed_at"]
    return frame


def owners(leads: pd.DataFrame) -> pd.DataFrame:
    """Write the customers that the leads belong to, known the day before."""
    frame = pd.DataFrame({"customer_id": leads["customer_id"]})
    frame["created_at"] = dates(leads["_opened"] - 1)
    return frame


def contacts_frame(leads: pd.DataFrame, rows: np.ndarray, days: Floats) -> pd.DataFrame:
    """Write contacts on `days` of the leads at `rows`, typed at once unless told otherwise."""
    frame = leads[["lead_id", "customer_id"]].iloc[rows].reset_index(drop=True)
    frame["_day"] = days
    frame["at"] = stamps(days)
    frame["recorded_at"] = frame["at"]
    frame["direction"], frame["channel"] = "out", "call"
    frame["interaction_id"] = ids("A", len(frame), 6)
    return frame


def s01(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """2,000 leads whose end owes nothing to anything: won .35, lost .45, open .20."""
    n, draw = 2000, rng["leads"]
    life = 1 + draw.exponential(40, n)
    status = draw.choice(["won", "lost", "open"], n, p=[0.35, 0.45, 0.20])
    ended = LAST_DAY - HOUR - np.where(status == "open", 0, draw.uniform(0, 600, n))
    closed = np.where(status == "open", np.nan, ended)
    leads = leads_frame(ended - life, closed, status)
    leads["_end"], leads["_cause"], leads["_forgotten"] = ended, "", np.nan
    leads["rep_id"] = customers.pick(draw, n, customers.REPS)
    leads["product"] = customers.pick(draw, n, tuple(f"P{i:02d}" for i in range(1, 13)))
    leads["visited_store"] = pd.array(draw.random(n) < 0.4, dtype="boolean")
    leads["amount"] = np.round(np.exp(draw.normal(6.5, 0.6, n)), 2)
    leads["_hours"] = 8 * 2 ** np.clip(draw.normal(0, 1.1, n), -4, 1.5)
    for i in range(1, 7):
        leads[f"x_{i}"] = customers.pick(draw, n, ("a", "b", "c"))
    contacts = interactions.interactions(
        [interactions.lead_contacts(leads, rng["interactions"])], rng["interactions"]
    )
    tracks = assessments.assessments(leads, rng["assessments"])
    people = owners(leads).join(
        customers.profile(rng["customers"], n, leads["_opened"].to_numpy() - 5)
    )
    people = people.join(customers.place(rng["customers"], n))
    tables = {"customers": people, "leads": leads}
    return tables | {"interactions": contacts, "assessments": tracks}, []


def s03(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """2,000 leads, mean life 50 days, contacts Poisson .1 a day, followed up for 60-200 days."""
    n, draw = 6000 if planted else 2000, rng["leads"]
    follow_up = draw.uniform(60, 200, n)
    opened = LAST_DAY - HOUR - follow_up
    counts = rng["interactions"].poisson(0.1 * 200, n)
    rows = np.repeat(np.arange(n), counts)
    days = opened[rows] + 200 * rng["interactions"].random(len(rows))
    early = np.bincount(rows[days < np.floor(opened)[rows] + 15], minlength=n)
    to_landmark = np.floor(opened) + 15 - opened
    slope = EARLY_SLOPE if planted else 0.0
    life = draw.exponential(50, n)
    after = to_landmark + draw.exponential(50, n) / np.exp(slope * early)
    life = np.where(life < to_landmark, life, after)
    closed = np.where(life < follow_up, opened + life, np.nan)
    leads = leads_frame(opened, closed, np.full(n, "lost"))
    seen = days < np.minimum(opened + life, LAST_DAY - HOUR)[rows]
    contacts = contacts_frame(leads, rows[seen], days[seen])
    segment = "cause=lost;landmark_days=14;indicator=n_contacts"
    sd = float(np.std(early[life > to_landmark]))
    estimates = [planted_row("log_hazard_ratio_per_sd", segment, slope * sd, 0.06 * sd)]
    return {"customers": owners(leads), "leads": leads, "interactions": contacts}, estimates


EARLY_SLOPE = -0.15


def s04(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """1,500 leads without signal; notes back-filled after the end; orders and surveys to come."""
    n, draw = 1500, rng["leads"]
    life = 16 + draw.exponential(40, n)
    status = draw.choice(["won", "lost", "open"], n, p=[0.35, 0.45, 0.20])
    ended = LAST_DAY - 30 - np.where(status == "open", -29.9, draw.uniform(0, 500, n))
    opened = ended - life
    leads = leads_frame(opened, np.where(status == "open", np.nan, ended), status)
    leads["rep_id"] = customers.pick(draw, n, customers.REPS)
    counts = 1 + rng["interactions"].poisson(0.04 * life)
    rows = np.repeat(np.arange(n), counts)
    first = np.r_[True, rows[1:] != rows[:-1]]
    share = np.where(first, 0.01, rng["interactions"].random(len(rows)))
    contacts = contacts_frame(leads, rows, opened[rows] + share * life[rows])
    contacts["direction"] = np.where(first, "out", "in")
    if planted:
        contacts = pd.concat([contacts, backfill(leads, life, rng["dirt"])], ignore_index=True)
        contacts["interaction_id"] = ids("A", len(contacts), 6)
    tables = {"customers": owners(leads), "leads": leads, "interactions": contacts}
    tables |= {"order_lines": later_orders(leads, rng["order_lines"])}
    tables |= {"surveys": later_surveys(leads, rng["surveys"])}
    return tables, []


def backfill(leads: pd.DataFrame, life: Floats, rng: np.random.Generator) -> pd.DataFrame:
    """Write Poisson(1.6) notes per lost lead (won: .2), dated early on, typed after the end."""
    mean = leads["status"].map({"lost": 1.6, "won": 0.2, "open": 0.0}).to_numpy(float)
    rows = np.repeat(np.arange(len(leads)), rng.poisson(mean))
    days = leads["_opened"].to_numpy()[rows] + 0.2 + rng.random(len(rows)) * 13
    frame = contacts_frame(leads, rows, days)
    closed = leads["_closed"].to_numpy()[rows]
    frame["recorded_at"] = stamps(closed + rng.uniform(1, 20, len(rows)))
    return frame


def later_orders(leads: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Write an order of each won lead, and 200 orders of lost customers after as_of."""
    won = leads[leads["status"] == "won"]
    late = leads[leads["status"] == "lost"].iloc[:200]
    day = np.r_[won["_closed"] + 1, LAST_DAY + rng.uniform(0, 30, len(late))]
    frame = pd.concat([won, late])[["customer_id"]].reset_index(drop=True)
    frame["at"], frame["recorded_at"] = stamps(day), stamps(day)
    frame["line_id"], frame["order_id"] = ids("N", len(frame)), ids("O", len(frame))
    frame["amount"] = np.round(rng.gamma(3, 40, len(frame)), 2)
    return frame


def later_surveys(leads: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Send surveys before as_of; half of the answers come after it."""
    frame = leads[["customer_id"]].iloc[:300].reset_index(drop=True)
    sent = np.full(len(frame), LAST_DAY - 5.0)
    frame["response_id"] = ids("V", len(frame))
    frame["sent_at"], frame["recorded_at"] = stamps(sent), stamps(sent)
    frame["answered_at"] = stamps(sent + rng.uniform(0, 10, len(frame)))
    frame["nps"] = pd.array(rng.integers(0, 11, len(frame)), dtype="Int64")
    return frame


LOSS, WIN, MEAN_CENSOR = 0.008, 0.004, 35.0


def s05(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """1,500 leads, loss .008 and win .004 a day, about 71 % still open; days are whole."""
    n, draw = 1500, rng["leads"]
    life = np.ceil(draw.exponential(1 / (LOSS + WIN), n))
    censor = np.floor(draw.exponential(MEAN_CENSOR, n))
    status = np.where(draw.random(n) < LOSS / (LOSS + WIN), "lost", "won")
    opened = LAST_DAY - 1 - censor + 9 * HOUR
    leads = leads_frame(opened, np.where(life <= censor, opened + life, np.nan), status)
    leads["product"] = customers.pick(draw, n, ("A", "B"))
    estimates = []
    for days, tolerance in ((30, 0.03), (60, 0.05), (90, 0.07)):
        for cause, rate in (("lost", LOSS), ("won", WIN)):
            value = rate / (LOSS + WIN) * (1 - np.exp(-(LOSS + WIN) * days))
            segment = f"cause={cause};horizon_days={days}"
            estimates.append(planted_row("outcome_probability", segment, float(value), tolerance))
    return {"customers": owners(leads), "leads": leads}, estimates


N_TIMES, STEP_HAZARD = 9, 0.13


def s06(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """1,500 leads that can be lost on nine days only; half are exposed, hazard ratio 2 or 1."""
    n, draw = 1500, rng["leads"]
    exposed = draw.random(n) < 0.5
    ratio = 2.0 if planted else 1.0
    turn = np.ceil(draw.exponential(1, n) / (STEP_HAZARD * np.where(exposed, ratio, 1.0)))
    opened = np.full(n, LAST_DAY - 1 - 7.0 * N_TIMES + 9 * HOUR)
    closed = np.where(turn <= N_TIMES, opened + 7 * turn, np.nan)
    leads = leads_frame(opened, closed, np.full(n, "lost"))
    leads["product"] = np.where(exposed, "exposed", "base")
    leads["x_exposed"] = exposed.astype("int64")
    return {"customers": owners(leads), "leads": leads}, [
        planted_row("log_hazard_ratio_level", SEGMENT_EXPOSED, float(np.log(ratio)), 0.16)
    ]


SEGMENT_EXPOSED = "cause=lost;factor=product;level=exposed"
SEGMENTS = {"mixed": 300, "all_lost": 40, "all_won": 40, "no_end": 30, "single": 1}


def s06b(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """Segments that no model can be fitted to, beside an ordinary one."""
    draw = rng["leads"]
    product = np.repeat(np.array(list(SEGMENTS), dtype=object), list(SEGMENTS.values()))
    n = len(product)
    opened = LAST_DAY - draw.uniform(40, 200, n)
    closed = opened + np.minimum(draw.exponential(25, n), 39)
    status = np.where(draw.random(n) < 0.5, "lost", "won")
    status = np.select([product == "all_lost", product == "all_won"], ["lost", "won"], status)
    is_open = (product == "no_end") | ((product == "mixed") & (draw.random(n) < 0.2))
    leads = leads_frame(opened, np.where(is_open, np.nan, closed), status)
    leads["product"] = product
    leads["rep_id"] = "R01"
    leads["budget"] = np.nan
    leads["x_number"] = draw.normal(size=n)
    leads["x_copy"] = leads["x_number"]
    leads["x_constant"] = 1.0
    leads["x_empty"] = pd.Series(None, index=leads.index, dtype=object)
    people = owners(leads).assign(kind="individual", gender=None)
    stop = leads["_closed"].fillna(LAST_DAY - HOUR).to_numpy()
    rows = np.repeat(np.arange(n), 2)
    days = opened[rows] + np.tile([0.02, 0.5], n) * (stop - opened)[rows]
    contacts = contacts_frame(leads, rows, days)
    return {"customers": people, "leads": leads, "interactions": contacts}, []


PER_ARM, RETURN, EFFECT, CONTACT_COST = 1500, 0.20, 0.08, 5.0


def s18(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """1,500 per arm, .20 return in both (planted: .28 treated); two contacts at 5 each."""
    n, draw = 2 * PER_ARM, rng["winback"]
    day = LAST_DAY - 92.0  # 90 days are just over, and the newest orders are fresh
    treated = draw.permutation(np.arange(n) % 2 == 1)
    effect = EFFECT if planted else 0.0
    returned = draw.random(n) < RETURN + effect * treated
    frame = pd.DataFrame({"customer_id": ids("C", n), "round_id": "WB1"})
    frame["assigned_at"] = stamps(np.full(n, day + 9 * HOUR))
    frame["recorded_at"] = frame["assigned_at"]
    frame["arm"] = np.where(treated, "treat", "control")
    frame["randomised"] = pd.array(np.ones(n, dtype=bool), dtype="boolean")
    frame["p_treat"], frame["cost"] = 0.5, 0.0
    people = pd.DataFrame({"customer_id": frame["customer_id"]})
    people["created_at"] = dates(np.full(n, day - 400))
    contacts = round_contacts(frame, np.flatnonzero(treated), day, rng["interactions"])
    orders = round_orders(frame, np.flatnonzero(returned), day, rng["order_lines"])
    tables = {"customers": people, "winback": frame, "interactions": contacts}
    estimates = [planted_row("return_share_difference", "arm=treat;horizon_days=90", effect, 0.04)]
    return tables | {"order_lines": orders}, estimates


def round_contacts(
    frame: pd.DataFrame, rows: np.ndarray, day: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Write two calls per treated customer."""
    twice = np.repeat(rows, 2)
    when = day + np.tile([2.0, 9.0], len(rows)) + rng.uniform(9, 18, len(twice)) / 24
    keyed = frame.assign(lead_id=None)
    contacts = contacts_frame(keyed, twice, when).drop(columns="lead_id")
    contacts["round_id"], contacts["purpose"], contacts["cost"] = "WB1", "winback", CONTACT_COST
    contacts["attempt_no"] = pd.array(np.tile([1, 2], len(rows)), dtype="Int64")
    contacts["reached"] = pd.array(rng.random(len(twice)) < 0.7, dtype="boolean")
    return contacts


def round_orders(
    frame: pd.DataFrame, rows: np.ndarray, day: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Write one old order of everybody and the orders of those who return within 90 days."""
    n = len(frame)
    when = np.r_[day - rng.uniform(150, 390, n), day + rng.uniform(3, 90, len(rows))]
    buyers = np.concatenate([np.arange(n), rows])
    orders = pd.DataFrame({"customer_id": frame["customer_id"].to_numpy()[buyers]})
    orders["at"], orders["recorded_at"] = stamps(when), stamps(when)
    orders["line_id"], orders["order_id"] = ids("N", len(orders)), ids("O", len(orders))
    orders["amount"] = np.round(rng.gamma(4, 10, len(orders)), 2)
    orders["margin"] = np.round(orders["amount"] * 0.3, 2)
    return orders


SCENARIOS: dict[str, Callable[[Streams, bool], tuple[Tables, Planted]]] = {
    "S01": s01,
    "S03": s03,
    "S04": s04,
    "S05": s05,
    "S06": s06,
    "S06b": s06b,
    "S18": s18,
}
