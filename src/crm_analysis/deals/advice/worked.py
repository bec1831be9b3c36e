"""What was done with deals that showed a pattern, in the week after they first showed it (A-48).

Decisions:
* Time zero is the first weekly check at which a deal shows the pattern. What was done in the week
  after it is the strategy: an open question or matter was settled (remove the obstacle), we made a
  contact (act), or neither (left alone). Outcomes count from the end of that week, among deals
  still open then, so that no deal needs to live on to get a strategy.
* Only deals whose horizon after that week is over are kept, whatever became of them.
* Bands are those of age and of the last noted probability: what the seller thought of the deal.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from crm_analysis.features.windows import contacts_within, end_of_day
from crm_analysis.survival.spells import lead_spells

WEEK = 7
ALONE = "left_alone"
STRATEGIES = ("act", "remove_obstacle")
"""What is compared with deals left alone."""

AGE_BANDS = (14, 30, 60)
VALUE_BANDS = (0.35, 0.65)


def worked(
    leads: ir.Table,
    shown: ir.Table,
    interactions: ir.Table,
    *,
    contact_cost: Mapping[str, float],
    as_of: date,
    values: ir.Table | None = None,
) -> ir.Table:
    """What was done in the week after a deal showed a pattern, and how did it end?

    Parameters
    ----------
    leads, interactions : Table
        The as-of views of T2 and T3.
    shown : Table
        From `first_shown.together`: lead_id, day, pattern.
    contact_cost : mapping of str to float
        Cost by channel where a contact has none of its own.
    as_of : date
        The last day that was watched.
    values : Table, optional
        lead_id, check_days, last_value: the last noted probability at checks.

    Returns
    -------
    Table
        One row per lead and pattern: lead_id, customer_id, pattern, day, amount, opened,
        duration_days, cause, n_contacts, n_settled, cost, last_value.
    """
    spells = lead_spells(leads, as_of=as_of).select(
        "opened", "duration_days", "cause", link="lead_id"
    )
    money = leads.select("customer_id", "opened_at", deal="lead_id", amount=leads.amount)
    rows = shown.join(spells, shown.lead_id == spells.link)
    rows = rows.join(money, rows.lead_id == money.deal)
    windows = rows.select(
        "lead_id",
        "customer_id",
        "opened_at",
        window_end=end_of_day(rows.opened) + (rows.day + WEEK).as_interval("D"),
        window_days=rows.day.cast("int64"),
    ).distinct()
    done = _done(windows, interactions, contact_cost)
    joined = rows.left_join(done, (rows.lead_id == done.key) & (rows.day == done.key_day))
    if values is None:
        joined = joined.mutate(last_value=ibis.null("float64"))
    else:
        told = values.select("last_value", told_of="lead_id", told_on="check_days")
        same = (joined.lead_id == told.told_of) & (joined.day == told.told_on)
        joined = joined.left_join(told, same)
    return joined.select(
        *("lead_id", "customer_id", "pattern", "day", "opened", "duration_days", "cause"),
        "last_value",
        amount=joined.amount.cast("float64"),
        n_contacts=joined.n_contacts.fill_null(0),
        n_settled=joined.n_settled.fill_null(0),
        cost=joined.cost.fill_null(0.0),
    )


def _done(windows: ir.Table, interactions: ir.Table, contact_cost: Mapping[str, float]) -> ir.Table:
    """Count our contacts of the window's last week, their cost, and what was settled in it."""
    inside = contacts_within(
        windows,
        interactions,
        clock="known_at",
        columns=(
            *("at", "known_at", "direction", "channel", "cost"),
            *("asked_at", "answered_at", "issue_left", "issue_closed_at"),
        ),
    )
    start = inside.window_end - ibis.interval(days=WEEK)
    ours = (inside.direction == "out") & (inside["at"] >= start)
    answered = (
        (inside.asked_at < start)
        & (inside.answered_at >= start)
        & (inside.answered_at < inside.window_end)
    )
    closed = (
        inside.issue_left.notnull()
        & (inside["at"] < start)
        & (inside.issue_closed_at >= start)
        & (inside.issue_closed_at < inside.window_end)
    )
    settled = answered.fill_null(False) | closed.fill_null(False)
    by_channel = ibis.cases(
        *((inside.channel == name, float(cost)) for name, cost in contact_cost.items()),
        else_=float(contact_cost.get("other", 0.0)),
    )
    paid = ibis.coalesce(inside.cost.cast("float64"), by_channel)
    return inside.group_by(key="lead_id", key_day="window_days").aggregate(
        n_contacts=ours.ifelse(1, 0).sum(),
        n_settled=settled.ifelse(1, 0).sum(),
        cost=ours.ifelse(paid, 0.0).sum(),
    )


def with_strategy(frame: pd.DataFrame, *, horizon_days: int, until: date) -> pd.DataFrame:
    """Keep the deals open at the end of the week and followed long enough; name what was done.

    Parameters
    ----------
    frame : DataFrame
        The collected rows of `worked`.
    horizon_days : int
        Days after the week within which a loss counts.
    until : date
        The last day that was watched.

    Returns
    -------
    DataFrame
        The rows kept, with strategy, band and lost.
    """
    age = (pd.Timestamp(until) - pd.to_datetime(frame["opened"])).dt.days
    was_open = frame["duration_days"] > frame["day"] + WEEK
    kept = frame[was_open & (age >= frame["day"] + WEEK + horizon_days)].copy()
    kept["strategy"] = np.where(
        kept["n_settled"] > 0, "remove_obstacle", np.where(kept["n_contacts"] > 0, "act", ALONE)
    )
    value = kept["last_value"].to_numpy(dtype=float)
    band = np.where(np.isnan(value), -1, np.searchsorted(VALUE_BANDS, np.nan_to_num(value)))
    kept["band"] = 10 * np.searchsorted(AGE_BANDS, kept["day"].to_numpy()) + band
    lost = (kept["cause"] == 1) & (kept["duration_days"] <= kept["day"] + WEEK + horizon_days)
    kept["lost"] = lost.astype("int64")
    ordered: pd.DataFrame = kept.sort_values(["pattern", "lead_id"], ignore_index=True)
    return ordered
