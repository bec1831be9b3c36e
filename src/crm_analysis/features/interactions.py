"""Interaction indicators of a lead (A-09 to A-17), at a landmark or over its whole life.

`at_landmark` is what may be used to explain or forecast: it sees only what was known at the
landmark. `end_of_life` counts up to the end and is biased (a long life collects contacts:
immortal time); it exists to be shown as a warning beside the right number.
"""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import add

import ibis
import ibis.expr.types as ir

from crm_analysis.features.windows import (
    calendar_days,
    contacts_within,
    divided,
    epoch_day,
    landmark_windows,
    whole_life_windows,
)

CHANNELS = (
    "meet",
    "call",
    "sms",
    "qq",
    "wechat",
    "im",
    "email",
    "sns",
    "blog",
    "event",
    "other",
)


def at_landmark(
    leads: ir.Table, interactions: ir.Table, *, landmark_days: int, as_of: date
) -> ir.Table:
    """What had been done with each lead that was still open at the landmark?

    Parameters
    ----------
    leads, interactions : Table
        The as-of views of T2 and T3.
    landmark_days : int
        Calendar days after the opening date; the landmark is the end of that day.
    as_of : date
        End of the last known day; leads that had not reached their landmark by then get no row.

    Returns
    -------
    Table
        One row per lead at risk: lead_id, then the features that `features.CATALOG` lists under
        the family "interactions". Where no contact was known, counts are 0 and times NULL.

    Notes
    -----
    Says nothing about leads closed on the landmark day or before. A contact typed in after the
    landmark does not count, whenever it happened.
    """
    windows = landmark_windows(leads, landmark_days=landmark_days, as_of=as_of)
    return _indicators(windows, contacts_within(windows, interactions, clock="known_at"))


def end_of_life(leads: ir.Table, interactions: ir.Table, *, as_of: date) -> ir.Table:
    """How many contacts had each lead in all, up to its closing day or as_of (the naive total)?

    Same columns as `at_landmark`, one row per lead. Only for the naive row: contacts typed in
    after the end count too, and long-lived leads have more of everything.
    """
    windows = whole_life_windows(leads, as_of=as_of)
    return _indicators(windows, contacts_within(windows, interactions, clock="at"))


def unguarded_at_landmark(
    leads: ir.Table, interactions: ir.Table, *, landmark_days: int, as_of: date
) -> ir.Table:
    """What would the indicators be if typing time were ignored? For the leak audit only."""
    windows = landmark_windows(leads, landmark_days=landmark_days, as_of=as_of)
    return _indicators(windows, contacts_within(windows, interactions, clock="at"))


def _indicators(windows: ir.Table, contacts: ir.Table) -> ir.Table:
    """Aggregate contacts to one row per lead; leads without a contact keep their row."""
    sums = _sums(_ordered(contacts))
    joined = windows.left_join(sums, windows.lead_id == sums.key)
    return joined.select(
        "lead_id",
        **_timing(joined),
        **_cadence(joined),
        **_initiative(joined),
        **_channels(joined),
        **_goals_issues(joined),
    )


def _ordered(contacts: ir.Table) -> ir.Table:
    """Number the contacts of each lead in time order and measure the gap before each one.

    Ties in time are ordered by interaction_id. Gaps are calendar days. One window order and few
    narrow columns, because the sort is what costs.
    """
    marked = _marked(contacts)
    along = ibis.window(group_by="lead_id", order_by=[marked["at"], marked.interaction_id])
    return marked.select(
        *[name for name in marked.columns if name != "interaction_id"],
        rank=ibis.row_number().over(along),
        gap=marked.day - marked.day.lag().over(along),
        is_last=marked.day.lead().over(along).isnull(),
    )


def _marked(contacts: ir.Table) -> ir.Table:
    """Reduce texts and times to what is counted of them, before anything is sorted."""
    end = contacts.window_end
    is_in = contacts.direction == "in"
    unanswered = is_in & (contacts.answered_at.isnull() | (contacts.answered_at >= end))
    has_issue = contacts.issue_left.notnull()
    issue_open = contacts.issue_closed_at.isnull() | (contacts.issue_closed_at >= end)
    return contacts.select(
        "lead_id",
        "interaction_id",
        "at",
        "channel",
        "goal_met",
        day=epoch_day(contacts["at"]),
        is_out=contacts.direction == "out",
        question_at=unanswered.ifelse(contacts.asked_at, ibis.null("timestamp(6)")),
        has_goal=contacts.goal.notnull(),
        has_issue=has_issue,
        issue_at=(has_issue & issue_open).ifelse(contacts["at"], ibis.null("timestamp(6)")),
    )


def _sums(contacts: ir.Table) -> ir.Table:
    """Sum, per lead, what the features are made of: integers only, so engines agree."""
    aggregates = {
        "n": contacts.count(),
        "n_out": contacts.count(where=contacts.is_out),
        "first_out_at": contacts["at"].min(where=contacts.is_out),
        "first_day": contacts.day.min(),
        "last_day": contacts.day.max(),
        "sum_gap_squared": (contacts.gap * contacts.gap).sum(),
        "longest_gap": contacts.gap.max(),
        "first_gap": contacts.gap.max(where=contacts["rank"] == 1),
        "last_gap": contacts.gap.max(where=contacts.is_last),
        "n_last_in": contacts.count(where=contacts.is_last & ~contacts.is_out),
        "first_channel": contacts.channel.max(where=contacts["rank"] == 0),
        "n_unanswered": contacts.question_at.count(),
        "oldest_unanswered_at": contacts.question_at.min(),
        "n_goal": contacts.count(where=contacts.has_goal),
        "n_goal_judged": contacts.goal_met.count(),
        "n_goal_met": contacts.count(where=contacts.goal_met),
        "n_issue": contacts.count(where=contacts.has_issue),
        "n_issue_open": contacts.issue_at.count(),
        "oldest_issue_at": contacts.issue_at.min(),
    }
    by_channel = {f"n_{name}": contacts.count(where=contacts.channel == name) for name in CHANNELS}
    return contacts.group_by(key="lead_id").aggregate(**aggregates, **by_channel)


def _last_day(joined: ir.Table) -> ir.Value:
    return (joined.window_end - ibis.interval(days=1)).date()


def _timing(joined: ir.Table) -> dict[str, ir.Value]:
    """A-09 to A-12: first response, number, rate, recency and span of contacts."""
    seconds = joined.first_out_at.epoch_seconds() - joined.opened_at.epoch_seconds()
    n = joined.n.fill_null(0)
    return {
        "first_response_hours": seconds.cast("float64") / 3600,
        "first_contact_hour": joined.first_out_at.hour().cast("int64"),
        "first_contact_weekday": joined.first_out_at.day_of_week.index().cast("int64"),
        "n_contacts": n,
        "contacts_per_week": divided(n * 7, joined.window_days),
        "days_since_last_contact": epoch_day(joined.window_end) - 1 - joined.last_day,
        "contact_span_days": joined.last_day - joined.first_day,
    }


def _cadence(joined: ir.Table) -> dict[str, ir.Value]:
    """A-13: mean, spread, longest and trend of the gaps between contacts."""
    n_gaps = joined.n - 1
    span = joined.last_day - joined.first_day  # what the gaps add up to
    mean = divided(span, n_gaps)
    spread = joined.sum_gap_squared.cast("float64") - span.cast("float64") * mean
    variance = spread / (n_gaps - 1).cast("float64").nullif(0.0)
    two_gaps = joined.n >= 3
    return {
        "mean_gap_days": mean,
        "gap_cv": two_gaps.ifelse(
            ibis.greatest(variance, 0.0).sqrt() / mean.nullif(0.0), ibis.null("float64")
        ),
        "longest_gap_days": joined.longest_gap,
        "gap_trend_days": two_gaps.ifelse(joined.last_gap - joined.first_gap, ibis.null("int64")),
    }


def _initiative(joined: ir.Table) -> dict[str, ir.Value]:
    """A-14: who took the initiative, and which questions stood unanswered."""
    return {
        "outbound_share": divided(joined.n_out, joined.n),
        "last_by_customer": joined.n_last_in.cast("int64"),
        "n_unanswered": joined.n_unanswered.fill_null(0),
        "oldest_unanswered_days": calendar_days(
            _last_day(joined), joined.oldest_unanswered_at.date()
        ),
    }


def _channels(joined: ir.Table) -> dict[str, ir.Value]:
    """A-15: the mix of channels."""
    shares = {f"{name}_share": divided(joined[f"n_{name}"], joined.n) for name in CHANNELS}
    used = [joined[f"n_{name}"].fill_null(0).clip(upper=1) for name in CHANNELS]
    return {
        "n_channels": reduce(add, used),
        "first_channel": joined.first_channel,
        **shares,
    }


def _goals_issues(joined: ir.Table) -> dict[str, ir.Value]:
    """A-16 and A-17: goals stated and met, issues left open."""
    closed = joined.n_issue - joined.n_issue_open
    return {
        "goal_stated_share": divided(joined.n_goal, joined.n),
        "goal_met_share": divided(joined.n_goal_met, joined.n_goal_judged),
        "n_open_issues": joined.n_issue_open.fill_null(0),
        "oldest_open_issue_days": calendar_days(_last_day(joined), joined.oldest_issue_at.date()),
        "issue_closed_share": divided(closed, joined.n_issue),
    }
