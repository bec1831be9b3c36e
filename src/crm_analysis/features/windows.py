"""The window of each lead in which a fact may count, and which contacts fall into it.

Decisions (A-09 to A-17):
* A landmark is the end of the calendar day `opened date + landmark_days`. A lead closed on that
  day or before is no longer at risk, a lead opened less than `landmark_days` before as_of has not
  reached it; neither gets a row.
* A contact counts if it happened at or after `opened_at` and was *known* (`known_at`, the later of
  event and typing time) by the end of the window: what is typed in later is invisible.
* A contact without `lead_id` belongs to every lead of its customer whose window covers it,
  unless it was made for a win-back round: it reached the same person. Both kinds are joined at
  once, on the lead or the customer as the contact has it, so that contacts are read only once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

CONTACT_COLUMNS = (
    "interaction_id",
    "at",
    "known_at",
    "direction",
    "channel",
    "goal",
    "goal_met",
    "issue_left",
    "issue_closed_at",
    "asked_at",
    "answered_at",
)
WINDOW_COLUMNS = ("lead_id", "opened_at", "window_end", "window_days")
BY_WINDOW = {"link": "lead_id", "link_days": "window_days"}
"""What sums of facts are grouped by: a lead may have several windows, of different ages."""


def calendar_days(later: ir.Value, earlier: ir.Value) -> ir.IntegerValue:
    """Count the calendar days between two dates; every engine subtracts dates alike."""
    return later.cast("date").delta(earlier.cast("date"), unit="day").cast("int64")


def epoch_day(moment: ir.Value) -> ir.IntegerValue:
    """Number the calendar day of a moment: days since 1970-01-01."""
    return calendar_days(moment, ibis.date(1970, 1, 1))


def end_of_day(day: ir.Value, *, plus_days: int = 0) -> ir.TimestampValue:
    """Return the first moment after the day `day + plus_days`; a fact counts if before it."""
    return day.cast("timestamp") + ibis.interval(days=plus_days + 1)


def divided(part: ir.Value, whole: ir.Value) -> ir.Value:
    """Divide counts; an empty denominator gives missing, not zero."""
    return part.cast("float64") / whole.cast("float64").nullif(0.0)


def landmark_windows(leads: ir.Table, *, landmark_days: int, as_of: date) -> ir.Table:
    """Which leads are still open at their landmark, and when does it end?

    Returns
    -------
    Table
        lead_id, customer_id, opened_at, window_end (exclusive), window_days.
    """
    opened = leads.opened_at.date()
    window_end = end_of_day(opened, plus_days=landmark_days)
    at_risk = leads.filter(
        window_end <= end_of_day(ibis.literal(as_of)),
        leads.closed_at.isnull() | (leads.closed_at >= window_end),
    )
    return at_risk.select(
        "lead_id",
        "customer_id",
        "opened_at",
        window_end=end_of_day(at_risk.opened_at.date(), plus_days=landmark_days),
        window_days=ibis.literal(landmark_days, type="int64"),
    )


def ladder_windows(leads: ir.Table, *, days: Sequence[int], as_of: date) -> ir.Table:
    """Give each lead the window of each of these ages that it reached open.

    Same columns as `landmark_windows`; window_days is the age.
    """
    ages = ibis.array([ibis.literal(day, type="int64") for day in days])
    spread = leads.select(
        "lead_id", "customer_id", "opened_at", "closed_at", window_days=ages.unnest()
    )
    opened = spread.opened_at.date().cast("timestamp")
    ended = spread.mutate(window_end=opened + (spread.window_days + 1).as_interval("D"))
    at_risk = ended.filter(
        ended.window_end <= end_of_day(ibis.literal(as_of)),
        ended.closed_at.isnull() | (ended.closed_at >= ended.window_end),
    )
    return at_risk.select("lead_id", "customer_id", "opened_at", "window_end", "window_days")


def open_windows(leads: ir.Table, *, as_of: date) -> ir.Table:
    """Which leads are open at the end of as_of? Each has the window up to then.

    Same columns as `landmark_windows`; window_days is the lead's age.
    """
    still_open = leads.filter(leads.closed_at.isnull())
    today = ibis.literal(as_of)
    return still_open.select(
        "lead_id",
        "customer_id",
        "opened_at",
        window_end=end_of_day(today),
        window_days=calendar_days(today, still_open.opened_at.date()),
    )


def whole_life_windows(leads: ir.Table, *, as_of: date) -> ir.Table:
    """Give each lead the window from opening to its closing day, or to as_of where open."""
    last_day = ibis.coalesce(leads.closed_at.date(), ibis.literal(as_of))
    return leads.select(
        "lead_id",
        "customer_id",
        "opened_at",
        window_end=end_of_day(last_day),
        window_days=calendar_days(last_day, leads.opened_at.date()),
    )


def with_sums(windows: ir.Table, sums: ir.Table) -> ir.Table:
    """Put sums of facts, grouped `BY_WINDOW`, beside the windows; NULL where there was no fact."""
    same = (windows.lead_id == sums.link) & (windows.window_days == sums.link_days)
    return windows.left_join(sums, same).drop("link", "link_days")


def contacts_within(
    windows: ir.Table,
    interactions: ir.Table,
    *,
    clock: str,
    columns: Sequence[str] = CONTACT_COLUMNS,
) -> ir.Table:
    """Return the contacts inside each lead's window, one row per lead and contact.

    Parameters
    ----------
    windows : Table
        From `landmark_windows` or `whole_life_windows`.
    interactions : Table
        The as-of view of T3.
    clock : {"known_at", "at"}
        Which time must lie before the window's end. "at" ignores typing time: it is for the leak
        audit and the naive row only.
    columns : sequence of str
        What is brought along of each contact; must hold `at` and the clock.
    """
    wanted = interactions.filter(interactions.lead_id.notnull() | interactions.round_id.isnull())
    contacts = wanted.select(
        *columns,
        link=ibis.coalesce(wanted.lead_id, wanted.customer_id),
        is_named=wanted.lead_id.notnull(),
    )
    keyed = ibis.union(
        windows.select(*WINDOW_COLUMNS, key="lead_id", by_lead=ibis.literal(True)),
        windows.select(*WINDOW_COLUMNS, key="customer_id", by_lead=ibis.literal(False)),
    )
    joined = keyed.join(contacts, [keyed.key == contacts.link, keyed.by_lead == contacts.is_named])
    inside = joined.filter(joined["at"] >= joined.opened_at, joined[clock] < joined.window_end)
    return inside.select(*WINDOW_COLUMNS, *columns)
