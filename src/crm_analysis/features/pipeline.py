"""Where each lead stood: the stages it reached, and the open pipeline as it was known on a day.

Decisions (A-56 to A-64, B-74):
* A lead stands in the pipeline of a day if it was known by the end of that day and its end was
  not: one that was won, but typed in later, stood there as open, as it does today.
* What is told of a lead in a pipeline was known by the end of that day: its last deal probability
  in the order of typing, whether it was filed, and the last contact.
* A lead reached "contacted" by a contact known by the end of its closing day; a note typed in
  after the end does not make it so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from crm_analysis.features.windows import (
    calendar_days,
    contacts_within,
    end_of_day,
    epoch_day,
    whole_life_windows,
)

STEP = 1000
"""Probabilities are counted in thousandths, so that every engine gives the same number."""


def lead_stages(
    leads: ir.Table,
    *,
    interactions: ir.Table | None,
    assessments: ir.Table | None,
    as_of: date,
) -> ir.Table:
    """Which stages did each lead reach, and when?

    Parameters
    ----------
    leads, interactions, assessments : Table
        The as-of views of T2, T3 and T4; None where the source has none.
    as_of : date
        End of the last known day.

    Returns
    -------
    Table
        One row per lead: lead_id, customer_id, rep_id, amount, status, lost_to, next_buy_day, and
        as days since 1970-01-01, NULL where it did not happen: opened_day, known_day, filed_day,
        contact_day (first), last_contact_day, assessed_day, closed_day, closed_known_day.
    """
    closed_known = ibis.greatest(
        leads.closed_at, ibis.coalesce(leads.closed_recorded_at, leads.closed_at)
    )
    rows = leads.select(
        "lead_id",
        "customer_id",
        "rep_id",
        "status",
        "lost_to",
        amount=leads.amount.cast("float64"),
        next_buy_day=epoch_day(leads.next_buy_at),
        opened_day=epoch_day(leads.opened_at),
        known_day=epoch_day(leads.known_at),
        filed_day=epoch_day(leads.filed_at),
        closed_day=epoch_day(leads.closed_at),
        closed_known_day=epoch_day(closed_known),
    )
    windows = whole_life_windows(leads, as_of=as_of)
    names = ["contact_day", "last_contact_day", "assessed_day"]
    rows = rows.mutate(**dict.fromkeys(names, ibis.null().cast("int64")))
    if interactions is not None:
        contacts = contacts_within(
            windows, interactions, clock="known_at", columns=("at", "known_at")
        )
        told = contacts.group_by(link="lead_id").aggregate(
            contact_day=epoch_day(contacts["at"].min()),
            last_contact_day=epoch_day(contacts["at"].max()),
        )
        rows = _beside(rows, told, names[:2])
    if assessments is not None:
        track = _probabilities(windows, assessments)
        told = track.group_by(link="lead_id").aggregate(assessed_day=epoch_day(track["at"].min()))
        rows = _beside(rows, told, names[2:])
    return rows


def pipelines(
    leads: ir.Table,
    *,
    interactions: ir.Table | None,
    assessments: ir.Table | None,
    days: Sequence[date],
) -> ir.Table:
    """Which leads stood in the pipeline at the end of each day, and what was known of them?

    Parameters
    ----------
    leads, interactions, assessments : Table
        The as-of views; None where the source has none.
    days : sequence of date
        Ends of days, none after as_of.

    Returns
    -------
    Table
        One row per lead and day: lead_id, day, age_days, is_filed, rep_thousandths (last deal
        probability, NULL where none was told), idle_days (since the last contact, NULL where there
        was none).
    """
    windows = ibis.union(*(_open_on(leads, day) for day in days))
    rows = windows.select(
        "lead_id",
        "day",
        "window_end",
        "is_filed",
        age_days=windows.window_days,
        rep_thousandths=ibis.null().cast("int64"),
        idle_days=ibis.null().cast("int64"),
    )
    keyed = windows.drop("day", "is_filed")
    if assessments is not None:
        last = _last_told(_probabilities(keyed, assessments))
        rows = _beside(rows, last, ["rep_thousandths"])
    if interactions is not None:
        contacts = contacts_within(
            keyed, interactions, clock="known_at", columns=("at", "known_at")
        )
        told = contacts.group_by(link="lead_id", until="window_end").aggregate(
            last_at=contacts["at"].max()
        )
        told = told.select(
            "link", "until", idle_days=calendar_days(told.until.date(), told.last_at.date()) - 1
        )
        rows = _beside(rows, told, ["idle_days"])
    return rows.drop("window_end")


def _open_on(leads: ir.Table, day: date) -> ir.Table:
    """Return the leads whose opening was known by the end of a day, and whose end was not."""
    end = end_of_day(ibis.literal(day))
    closed_known = ibis.greatest(
        leads.closed_at, ibis.coalesce(leads.closed_recorded_at, leads.closed_at)
    )
    there = leads.filter(
        leads.opened_at < end,
        leads.known_at < end,
        closed_known.isnull() | (closed_known >= end),
    )
    return there.select(
        "lead_id",
        "customer_id",
        "opened_at",
        day=ibis.literal(day),
        window_end=end_of_day(ibis.literal(day)),
        window_days=calendar_days(ibis.literal(day), there.opened_at.date()),
        is_filed=(there.filed_at < end).fill_null(False),
    )


def _probabilities(windows: ir.Table, assessments: ir.Table) -> ir.Table:
    """Return the deal probabilities of each window that were known by its end."""
    told = assessments.filter(
        assessments.kind == "deal_probability", assessments.value_num.notnull()
    )
    parts = []
    for key, part in (
        ("lead_id", told.filter(told.lead_id.notnull())),
        ("customer_id", told.filter(told.lead_id.isnull())),
    ):
        values = part.select("at", "known_at", "value_num", link=part[key])
        joined = windows.join(values, windows[key] == values.link)
        inside = joined.filter(
            joined["at"] >= joined.opened_at, joined.known_at < joined.window_end
        )
        parts.append(inside.select("lead_id", "window_end", "at", "known_at", "value_num"))
    return ibis.union(*parts)


def _last_told(track: ir.Table) -> ir.Table:
    """Keep the last probability in the order of typing; ties as in `features.assessments`."""
    back = ibis.window(
        group_by=["lead_id", "window_end"],
        order_by=[ibis.desc(track.known_at), ibis.desc(track["at"]), track.value_num],
    )
    ranked = track.mutate(rank=ibis.row_number().over(back))
    last = ranked.filter(ranked["rank"] == 0)
    return last.select(
        link="lead_id",
        until="window_end",
        rep_thousandths=(last.value_num * STEP).round().cast("int64"),
    )


def _beside(rows: ir.Table, told: ir.Table, names: Sequence[str]) -> ir.Table:
    """Put columns beside the rows of the same lead (and window)."""
    fresh = {f"_{name}": told[name] for name in names}
    keys = [name for name in ("link", "until") if name in told.columns]
    told = told.select(*keys, **fresh)
    on = [rows.lead_id == told.link]
    if "until" in told.columns:
        on.append(rows.window_end == told.until)
    joined = rows.left_join(told, on)
    kept = [name for name in rows.columns if name not in names]
    return joined.select(*kept, **{name: joined[f"_{name}"] for name in names})
