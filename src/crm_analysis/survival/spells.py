"""Spells: how long was each lead open, and how did it end?

Time zero is `opened_at` (rule G2); days are calendar-day differences.

Edges, decided here:

* A lead closed on its opening day has duration 0.
* An open lead, dormant or not, is censored at the end of `as_of`; opened on `as_of`, it has
  duration 0.
* A close dated after `as_of` is not known yet: the lead is open.
* A lead without `opened_at`, with an end but no `closed_at`, closed before it was opened, or
  opened after `as_of` has no spell; `count_spells` says how many there are of each.
* At a landmark only leads count that are still open at its end (duration > landmark); their
  duration still runs from the opening, and `entry_days` is the landmark.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from crm_analysis.source.frames import collect

CAUSES: dict[int, str] = {1: "lost", 2: "won", 3: "void"}
OPEN = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SpellCount:
    """Where the leads went: `n_leads` is the sum of all other fields."""

    n_leads: int
    n_spells: int
    n_without_opening: int
    n_without_closing: int
    n_closed_before_opening: int
    n_opened_later: int


def lead_spells(leads: ir.Table, *, as_of: date, landmark_days: int = 0) -> ir.Table:
    """Return one row per lead: how many days it was open, and how it ended.

    Parameters
    ----------
    leads : Ibis table
        The as-of view of T2.
    as_of : date
        End of the last known day; open leads are censored there.
    landmark_days : int
        Keep only leads still open at the end of this day after opening; 0 keeps all.

    Returns
    -------
    Ibis table
        lead_id, customer_id, rep_id, product, opened (date), entry_days, duration_days (whole
        days), cause (0 open, 1 lost, 2 won, 3 void).
    """
    if landmark_days < 0:
        raise ValueError(f"landmark_days {landmark_days}: allowed are 0 and more")
    dated = _dated(leads, as_of)
    rows = dated.filter(dated.fault == "").select(
        "lead_id",
        "customer_id",
        "rep_id",
        "product",
        "opened",
        entry_days=ibis.literal(landmark_days, type="int64"),
        duration_days=ibis.coalesce(dated.ended, ibis.literal(as_of))
        .delta(dated.opened, unit="day")
        .cast("int64"),
        cause="cause",
    )
    return rows.filter(rows.duration_days > landmark_days) if landmark_days else rows


def count_spells(leads: ir.Table, *, as_of: date) -> SpellCount:
    """Count the leads with a spell, and those without by reason."""
    dated = _dated(leads, as_of)
    found = collect(dated.group_by("fault").aggregate(n=dated.count()))
    n = {str(fault): int(n) for fault, n in zip(found["fault"], found["n"], strict=True)}
    return SpellCount(
        n_leads=sum(n.values()),
        n_spells=n.get("", 0),
        n_without_opening=n.get("without_opening", 0),
        n_without_closing=n.get("without_closing", 0),
        n_closed_before_opening=n.get("closed_before_opening", 0),
        n_opened_later=n.get("opened_later", 0),
    )


def _dated(leads: ir.Table, as_of: date) -> ir.Table:
    """Add opened and ended (dates), cause, and the fault that keeps a lead from a spell."""
    last = ibis.literal(as_of)
    plain = leads.mutate(opened=leads.opened_at.date(), closed=leads.closed_at.date())
    closed_later = (plain.closed > last).fill_null(False)
    is_open = closed_later | (plain.status == "open")
    coded = ibis.cases(*((plain.status == name, code) for code, name in CAUSES.items()))
    cause = is_open.ifelse(ibis.literal(OPEN), coded).cast("int64")
    ended = is_open.ifelse(ibis.null("date"), plain.closed)
    with_ends = plain.mutate(cause=cause, ended=ended)
    fault = ibis.cases(
        (with_ends.opened.isnull(), "without_opening"),
        (with_ends.opened > last, "opened_later"),
        ((with_ends.cause != OPEN) & with_ends.ended.isnull(), "without_closing"),
        (with_ends.ended < with_ends.opened, "closed_before_opening"),
        else_="",
    )
    return with_ends.mutate(fault=fault)
