"""Weekly checks of leads in two periods, and the week that follows each, as counts (M04).

Decisions:
* Two periods, split at the opening. A lead opened before the turn is looked at with the eyes of
  that day: only endings known then, no week that was not over. A lead opened since is looked at as
  of now. What happened since the turn to leads opened before it counts in neither period.
* The turn is the day at which as many losses had happened before as leads opened since have had.
  It looks at how many leads were lost, never at what they showed.
* Only weeks count that were over by the end of their period; so every check is followed for the
  same seven days, and a lead counts once per week of its life.
* Only counts leave the engine: check, period, states shown, states unknown, ending.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from crm_analysis.deals.patterns.states import encoded, state_parts, states_of, with_states
from crm_analysis.deals.tracks import STEP_DAYS, WEEKLY
from crm_analysis.source.frames import collect
from crm_analysis.survival.spells import CAUSES, lead_spells

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

DISCOVERY, REPLICATION = 0, 1
PERIODS = {DISCOVERY: "discovery", REPLICATION: "replication"}
COLUMNS = ("period", "check_days", "shown", "unknown", "cause", "n")
LOST = next(code for code, cause in CAUSES.items() if cause == "lost")


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekCounts:
    """Weeks at risk by period and states.

    Parameters
    ----------
    states : tuple of str
        Names of the states; the bit of a state is its place.
    frame : DataFrame
        `COLUMNS`: the cause is that of an ending in the week, else 0.
    turn : date or None
        First opening day of the replication period; None where there is no loss to split by.
    """

    states: tuple[str, ...]
    frame: pd.DataFrame
    turn: date | None


def turn_day(leads: ir.Table, *, as_of: date) -> date | None:
    """Choose the first opening day of the replication period; None without a loss.

    Examples
    --------
    >>> day = lambda text: pd.Timestamp(text)
    >>> told = pd.DataFrame({
    ...     "lead_id": ["a", "b"], "customer_id": ["1", "2"], "rep_id": "r", "product": "p",
    ...     "opened_at": [day("2026-01-01"), day("2026-03-01")], "status": "lost",
    ...     "closed_at": [day("2026-02-01"), day("2026-04-01")],
    ... })
    >>> turn_day(ibis.memtable(told), as_of=date(2026, 5, 1))
    datetime.date(2026, 2, 2)
    """
    spells = lead_spells(leads, as_of=as_of)
    lost = spells.filter(spells.cause == LOST)
    by_day = lost.group_by("opened", "duration_days").aggregate(n=lost.count())
    frame = collect(by_day)
    if frame.empty:
        return None
    origin = pd.Timestamp(frame["opened"].min())
    began = (frame["opened"] - origin).dt.days.to_numpy()
    ended, n = began + frame["duration_days"].to_numpy(), frame["n"].to_numpy()
    days = np.arange(ended.max() + 2)
    before = np.concatenate([[0], np.bincount(ended, weights=n, minlength=len(days)).cumsum()])
    since = n.sum() - np.concatenate([[0], np.bincount(began, weights=n).cumsum()])
    since = np.pad(since, (0, len(days)))[: len(days)]
    first = int(np.argmax(before[: len(days)] >= since))
    turn: date = (origin + timedelta(days=first)).date()
    return turn


def weekly_checks(leads: ir.Table, *, period: int, turn: date, as_of: date) -> ir.Table:
    """Give the leads of a period their weekly checks, and how the week after each went.

    Parameters
    ----------
    leads : Table
        The as-of view of T2.
    period : int
        `DISCOVERY` or `REPLICATION`.
    turn : date
        First opening day of the replication period.
    as_of : date
        End of the last known day.

    Returns
    -------
    Table
        lead_id, customer_id, opened_at, check_days, window_end (exclusive), cause (0 where the
        lead was still open a week later).
    """
    if period == DISCOVERY:
        lives = _lives(_as_known_at(leads, turn), until=turn - timedelta(days=1))
    else:
        lives = _lives(leads.filter(leads.opened_at >= _start(turn)), until=as_of)
    ages = ibis.array([ibis.literal(day, type="int64") for day in WEEKLY])
    spread = lives.mutate(check_days=ages.unnest())
    checks = spread.filter(
        spread.check_days < spread.duration_days,
        spread.check_days + STEP_DAYS <= spread.followed_days,
    )
    day = checks.opened.cast("timestamp")
    return checks.select(
        "lead_id",
        "customer_id",
        "opened_at",
        "check_days",
        window_end=day + (checks.check_days + 1).as_interval("D"),
        cause=(checks.duration_days <= checks.check_days + STEP_DAYS).ifelse(checks.cause, 0),
    )


def _lives(leads: ir.Table, *, until: date) -> ir.Table:
    """Return how long each lead was open and for how many days it was followed."""
    spells = lead_spells(leads, as_of=until)
    opened = leads.select("opened_at", link="lead_id")
    joined = spells.join(opened, spells.lead_id == opened.link)
    return joined.select(
        "lead_id",
        "customer_id",
        "opened_at",
        "opened",
        "duration_days",
        "cause",
        followed_days=ibis.literal(until).delta(joined.opened, unit="day").cast("int64"),
    )


def _as_known_at(leads: ir.Table, turn: date) -> ir.Table:
    """Return the leads opened before the turn; what was not known to have ended then is open."""
    early = leads.filter(leads.opened_at < _start(turn))
    known_at = early.closed_at
    if "closed_recorded_at" in leads.columns:
        typed_at = ibis.coalesce(early.closed_recorded_at, early.closed_at)
        known_at = ibis.greatest(early.closed_at, typed_at)
    is_later = (known_at >= _start(turn)).fill_null(False)
    return early.mutate(
        status=is_later.ifelse("open", early.status),
        closed_at=is_later.ifelse(ibis.null(early.closed_at.type()), early.closed_at),
    )


def _start(day: date) -> ir.TimestampValue:
    return ibis.literal(day).cast("timestamp")


def week_counts(known: Known, settings: Config) -> WeekCounts:
    """Count weeks by period, check, states and ending; in the engine, one period at a time."""
    leads, as_of = known.table("leads"), known.observed_until
    turn = turn_day(leads, as_of=as_of)
    if turn is None:
        return WeekCounts(states=(), frame=pd.DataFrame(columns=list(COLUMNS)), turn=None)
    names: tuple[str, ...] = ()
    frames = []
    for period in PERIODS:
        checks = weekly_checks(leads, period=period, turn=turn, as_of=as_of)
        parts = state_parts(known, checks, settings)
        names = states_of(parts)
        frames.append(collect(_counted(checks, parts, names)).assign(period=period))
    frame = pd.concat(frames).astype("int64")[list(COLUMNS)]
    ordered = frame.sort_values(list(COLUMNS), ignore_index=True)
    return WeekCounts(states=names, frame=ordered, turn=turn)


def _counted(checks: ir.Table, parts: Sequence[ir.Table], names: Sequence[str]) -> ir.Table:
    table = with_states(checks, parts)
    shown, unknown = encoded(table, names)
    coded = table.select("check_days", "cause", shown=shown, unknown=unknown)
    return coded.group_by("check_days", "shown", "unknown", "cause").aggregate(n=coded.count())
