"""S10b: two states that matter only together, and a decoy that matters in one period only."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.world.clock import LAST_DAY, Floats, stamps
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

N_LEADS, LONGEST, SPAN_DAYS = 2400, 200, 700.0
LOSS, WIN = 0.006, 0.005
TOGETHER, DECOY = 4.0, 2.5
ERA = 0.45  # of the span: so long the decoy matters
P_FALL, FALL_DAYS, DEPTH = 0.45, 12.0, 0.4
P_SWITCH, EARLIEST, LATEST = 0.4, 5.0, 60.0
QUESTIONS, ANSWER_DAYS, WAIT_DAYS = 0.015, 40.0, 3.0
CONTACTS, JUDGED_EVERY = 0.08, 6.0
PLANTED = "probability_fallen+question_waiting"
Flags = npt.NDArray[np.bool_]


def s10b(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """2,400 leads; loss is 4 times as likely while a fall and an open question meet (null: 1).

    Neither alone matters. A change of the model wanted makes losses 2.5 times as likely, but only
    up to the middle of the time (null: never).
    """
    draw = rng["leads"]
    opened = LAST_DAY - HOUR - draw.uniform(0, SPAN_DAYS, N_LEADS)
    begins = draw.uniform(EARLIEST, LATEST, N_LEADS)
    falls = np.where(draw.random(N_LEADS) < P_FALL, begins, np.inf)
    begins = draw.uniform(EARLIEST, LATEST, N_LEADS)
    switches = np.where(draw.random(N_LEADS) < P_SWITCH, begins, np.inf)
    judged = judged_at(rng["assessments"])
    lead, asked, answered = questions(rng["interactions"])
    states = fallen(judged, falls) & waiting(lead, asked, answered)
    early = opened[:, None] + np.arange(LONGEST) < LAST_DAY - (1 - ERA) * SPAN_DAYS
    decoy = early & (switches[:, None] < np.arange(LONGEST) + 1)
    ratios = (TOGETHER, DECOY) if planted else (1.0, 1.0)
    hazard = LOSS * np.where(states, ratios[0], 1.0) * np.where(decoy, ratios[1], 1.0)
    life, is_lost = endings(hazard, draw)
    closed = np.where(opened + life < LAST_DAY - HOUR, opened + life, np.nan)
    leads = leads_frame(opened, closed, np.where(is_lost, "lost", "won"))
    told = pd.concat([probabilities(leads, judged, falls), models(leads, switches)])
    tables = {
        "customers": owners(leads),
        "leads": leads,
        "assessments": told.reset_index(drop=True),
        "interactions": contacts(leads, (lead, asked, answered), rng["care"]),
    }
    segment = f"cause=lost;pattern={PLANTED}"
    truth = planted_row("pattern_log_hazard_ratio", segment, math.log(ratios[0]), 0.35)
    return tables, [truth]


def judged_at(rng: np.random.Generator) -> Floats:
    """Draw the days of assessment of each lead: every six days, whatever becomes of it."""
    turns = JUDGED_EVERY * np.arange(int(LONGEST / JUDGED_EVERY))
    days: Floats = 0.5 + turns + rng.uniform(0, 1, (N_LEADS, len(turns)))
    return days


def questions(rng: np.random.Generator) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """Draw the questions: lead, day asked and day answered, on the lead's own clock."""
    lead = np.repeat(np.arange(N_LEADS), rng.poisson(QUESTIONS * LONGEST, N_LEADS))
    asked = rng.uniform(0, LONGEST, len(lead))
    return lead, asked, asked + rng.exponential(ANSWER_DAYS, len(lead))


def probability(days: Floats, falls: Floats) -> Floats:
    """Return the probability noted: .7, and .3 lower or more a week and a half after the fall.

    Examples
    --------
    >>> probability(np.array([[0.0, 12.0, 22.0]]), np.array([10.0])).tolist()
    [[0.7, 0.6, 0.3]]
    """
    since = np.clip((days - falls[:, None]) / FALL_DAYS, 0, 1)
    values: Floats = np.round(0.7 - DEPTH * since, 1)
    return values


def fallen(judged: Floats, falls: Floats) -> Flags:
    """Say for each lead and day of its life whether a fall had been noted by the day before."""
    noted = np.where(probability(judged, falls) <= 0.4, judged, np.inf).min(axis=1)
    return np.asarray(np.ceil(noted)[:, None] <= np.arange(LONGEST))


def waiting(lead: npt.NDArray[np.int64], asked: Floats, answered: Floats) -> Flags:
    """Say for each lead and day of its life whether a question had been open for days."""
    change = np.zeros((N_LEADS, LONGEST + 1))
    begins, ends = np.ceil(asked + WAIT_DAYS), np.ceil(answered)
    long = (begins < ends) & (begins < LONGEST)
    np.add.at(change, (lead[long], begins[long].astype(int)), 1)
    until = np.minimum(ends[long], LONGEST).astype(int)
    np.add.at(change, (lead[long], until), -1)
    return np.asarray(change.cumsum(axis=1)[:, :LONGEST] > 0)


def endings(hazard: Floats, rng: np.random.Generator) -> tuple[Floats, Flags]:
    """Draw the day on which each lead ends, never where it lives longest, and whether lost."""
    ends = rng.random(hazard.shape) < 1 - np.exp(-(hazard + WIN))
    first = ends.argmax(axis=1)
    share = hazard / (hazard + WIN)
    is_lost = rng.random(N_LEADS) < share[np.arange(N_LEADS), first]
    life = np.where(ends.any(axis=1), first + rng.uniform(0.05, 0.95, N_LEADS), np.inf)
    return life, is_lost


def probabilities(leads: pd.DataFrame, judged: Floats, falls: Floats) -> pd.DataFrame:
    """Write the probabilities noted up to the end."""
    values = probability(judged, falls).ravel()
    rows = np.repeat(np.arange(N_LEADS), judged.shape[1])
    frame = _told(leads, rows, judged.ravel())
    frame["kind"], frame["by"] = "deal_probability", "rep"
    frame["value_num"] = values[frame.pop("_turn")]
    return frame


def models(leads: pd.DataFrame, switches: Floats) -> pd.DataFrame:
    """Write the model wanted on the first day, and the other one where it changed."""
    rows = np.tile(np.arange(N_LEADS), 2)
    frame = _told(leads, rows, np.r_[np.full(N_LEADS, 0.4), switches])
    frame["kind"], frame["by"] = "model_interest", "customer"
    frame["value_text"] = np.where(frame.pop("_turn") < N_LEADS, "basic", "plus")
    return frame


def _told(leads: pd.DataFrame, rows: npt.NDArray[np.int64], days: Floats) -> pd.DataFrame:
    """Write what was told on these days of the leads' lives, as far as they were open."""
    at = leads["_opened"].to_numpy()[rows] + days
    kept = at < _last(leads)[rows]
    frame = leads[["lead_id", "customer_id"]].iloc[rows[kept]].reset_index(drop=True)
    frame["at"] = frame["recorded_at"] = stamps(at[kept])
    frame["_turn"] = np.flatnonzero(kept)
    return frame


def _last(leads: pd.DataFrame) -> Floats:
    """Return the end of each lead, or of what is known."""
    return np.asarray(leads["_closed"].fillna(LAST_DAY - HOUR), dtype=float)


def contacts(
    leads: pd.DataFrame,
    asked: tuple[npt.NDArray[np.int64], Floats, Floats],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Write questions, and other contacts of both directions at an even rate."""
    opened, last = leads["_opened"].to_numpy(), _last(leads)
    other = np.repeat(np.arange(N_LEADS), rng.poisson(2 * CONTACTS * LONGEST, N_LEADS))
    rows = np.r_[asked[0], other]
    at = opened[rows] + np.r_[asked[1], rng.uniform(0, LONGEST, len(other))]
    until = opened[rows] + np.r_[asked[2], np.full(len(other), np.nan)]
    by_customer = np.r_[np.full(len(asked[0]), True), rng.random(len(other)) < 0.5]
    kept = at < last[rows]
    frame = contacts_frame(leads, rows[kept], at[kept])
    frame["direction"] = np.where(by_customer[kept], "in", "out")
    is_question = ~np.isnan(until[kept])
    frame["asked_at"] = frame["at"].where(is_question)
    frame["answered_at"] = stamps(np.where(until[kept] < LAST_DAY - HOUR, until[kept], np.nan))
    return frame
