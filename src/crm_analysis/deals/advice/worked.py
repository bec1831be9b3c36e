"""What was done with deals that showed a pattern, in the week after they first showed it (A-48).

Decisions:
* Time zero is the first weekly check at which a deal shows the pattern. What was done in the week
  after it is the strategy: an open question or matter was settled (remove the obstacle), we made a
  contact (act), or neither (left alone). Outcomes count from the end of that week, among deals
  still open then, so that no deal needs to live on to get a strategy.
* Only deals whose horizon after that week is over are kept, whatever became of them.
* Bands are two weeks of age, half a year and older being one, by the last noted probability:
  what the seller thought of the deal. Without probabilities age alone is adjusted for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from crm_analysis.features.windows import calendar_days, contacts_within, whole_life_windows
from crm_analysis.survival.spells import lead_spells

WEEK = 7
_MADE, _ANSWERED, _CLOSED = range(3)
_CONTACT_COLUMNS = (
    *("at", "known_at", "direction", "paid"),
    *("asked_at", "answered_at", "issue_left", "issue_closed_at"),
)
ALONE = "left_alone"
STRATEGIES = ("act", "remove_obstacle")
"""What is compared with deals left alone."""

AGE_BANDS = tuple(range(13, 183, 14))
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
        From `first_shown.first_shown`: lead_id, day, pattern.
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
    money = leads.select("customer_id", deal="lead_id", amount=leads.amount)
    rows = shown.join(spells, shown.lead_id == spells.link)
    rows = rows.join(money, rows.lead_id == money.deal)
    done = _done(whole_life_windows(leads, as_of=as_of), interactions, contact_cost)
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


def _done(lives: ir.Table, interactions: ir.Table, contact_cost: Mapping[str, float]) -> ir.Table:
    """Count our contacts of the week after each weekly check, their cost, and what was settled."""
    by_channel = ibis.cases(
        *((interactions.channel == name, float(cost)) for name, cost in contact_cost.items()),
        else_=float(contact_cost.get("other", 0.0)),
    )
    contacts = interactions.mutate(
        paid=ibis.coalesce(interactions.cost.cast("float64"), by_channel)
    )
    told = _by_week(contacts_within(lives, contacts, clock="known_at", columns=_CONTACT_COLUMNS))
    week = told.select(
        "key",
        "key_day",
        n_contacts=(told.what == _MADE).ifelse(1, 0),
        n_settled=(told.what != _MADE).ifelse(1, 0),
        cost=(told.what == _MADE).ifelse(told.paid, 0.0),
    )
    return week.group_by("key", "key_day").aggregate(
        n_contacts=week.n_contacts.sum(), n_settled=week.n_settled.sum(), cost=week.cost.sum()
    )


def _by_week(inside: ir.Table) -> ir.Table:
    """Put each contact into the weeks in which it was made, was answered and was closed.

    It counts there as far as it was known by then. Contacts are read once for all three.

    Returns
    -------
    Table
        key (lead_id), key_day (the check before the week), what (`_MADE` ...), paid.
    """
    week = {
        name: _check_before(inside[name], inside.opened_at)
        for name in ("at", "known_at", "asked_at", "answered_at", "issue_closed_at")
    }
    left = inside.issue_left.notnull()
    happened = {
        _MADE: (week["at"], inside.direction == "out"),
        _ANSWERED: (week["answered_at"], week["asked_at"] < week["answered_at"]),
        _CLOSED: (week["issue_closed_at"], left & (week["at"] < week["issue_closed_at"])),
    }
    codes = [
        ((week["known_at"] <= on) & counts).ifelse(on * len(happened) + what, ibis.null("int64"))
        for what, (on, counts) in happened.items()
    ]
    spread = inside.select("paid", key="lead_id", code=ibis.array(codes).unnest())
    told = spread.filter(spread.code >= WEEK * len(happened))
    what = told.code % len(happened)
    key_day = ((told.code - what) / len(happened)).cast("int64")
    return told.select("key", "paid", key_day=key_day, what=what)


def _check_before(moment: ir.Value, opened_at: ir.Value) -> ir.IntegerValue:
    """Return the day of the weekly check whose week holds a moment; -7 and below before day 1."""
    day = calendar_days(moment.date(), opened_at.date()) + WEEK - 1
    return day - day % WEEK - WEEK


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
