"""Interaction indicators of a lead (A-09 to A-17), at a landmark or over its whole life.

`at_landmark` is what may be used to explain or forecast: it sees only what was known at the
landmark. `end_of_life` counts up to the end and is biased (a long life collects contacts:
immortal time); it exists to be shown as a warning beside the right number.
"""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from crm_analysis.features.windows import (
    calendar_days,
    contacts_within,
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

    Ties in time are ordered by interaction_id. Gaps are calendar days.
    """
    forward = ibis.window(group_by="lead_id", order_by=[contacts["at"], contacts.interaction_id])
    backward = ibis.window(
        group_by="lead_id",
        order_by=[ibis.desc(contacts["at"]), ibis.desc(contacts.interaction_id)],
    )
    previous = contacts["at"].lag().over(forward)
    end = contacts.window_end
    numbered = contacts.mutate(
        rank=ibis.row_number().over(forward),
        rank_back=ibis.row_number().over(backward),
        gap=calendar_days(contacts["at"].date(), previous.date()),
        unanswered=(contacts.direction == "in")
        & contacts.asked_at.notnull()
        & (contacts.answered_at.isnull() | (contacts.answered_at >= end)),
        issue_open=contacts.issue_left.notnull()
        & (contacts.issue_closed_at.isnull() | (contacts.issue_closed_at >= end)),
    )
    return numbered.mutate(gap_squared=numbered.gap * numbered.gap)


def _sums(contacts: ir.Table) -> ir.Table:
    """Sum, per lead, what the features are made of: integers only, so engines agree."""
    is_out = contacts.direction == "out"
    aggregates = {
        "n": contacts.count(),
        "n_out": is_out.ifelse(1, 0).sum(),
        "first_out_at": contacts["at"].min(where=is_out),
        "first_at": contacts["at"].min(),
        "last_at": contacts["at"].max(),
        "sum_gap": contacts.gap.sum(),
        "sum_gap_squared": contacts.gap_squared.sum(),
        "longest_gap": contacts.gap.max(),
        "first_gap": contacts.gap.max(where=contacts["rank"] == 1),
        "last_gap": contacts.gap.max(where=contacts.rank_back == 0),
        "last_in": (~is_out).ifelse(1, 0).max(where=contacts.rank_back == 0),
        "first_channel": contacts.channel.max(where=contacts["rank"] == 0),
        "n_channels": contacts.channel.nunique(),
        "n_unanswered": contacts.unanswered.ifelse(1, 0).sum(),
        "oldest_unanswered_at": contacts.asked_at.min(where=contacts.unanswered),
        "n_goal": contacts.goal.notnull().ifelse(1, 0).sum(),
        "n_goal_judged": contacts.goal_met.notnull().ifelse(1, 0).sum(),
        "n_goal_met": contacts.goal_met.ifelse(1, 0).sum(),
        "n_issue": contacts.issue_left.notnull().ifelse(1, 0).sum(),
        "n_issue_open": contacts.issue_open.ifelse(1, 0).sum(),
        "oldest_issue_at": contacts["at"].min(where=contacts.issue_open),
    }
    by_channel = {f"n_{name}": (contacts.channel == name).ifelse(1, 0).sum() for name in CHANNELS}
    return contacts.group_by(key="lead_id").aggregate(**aggregates, **by_channel)


def _last_day(joined: ir.Table) -> ir.Value:
    return (joined.window_end - ibis.interval(days=1)).date()


def _share(part: ir.Value, whole: ir.Value) -> ir.Value:
    """Divide counts; an empty denominator gives missing, not zero."""
    return part.cast("float64") / whole.cast("float64").nullif(0.0)


def _timing(joined: ir.Table) -> dict[str, ir.Value]:
    """A-09 to A-12: first response, number, rate, recency and span of contacts."""
    seconds = joined.first_out_at.epoch_seconds() - joined.opened_at.epoch_seconds()
    n = joined.n.fill_null(0)
    return {
        "first_response_hours": seconds.cast("float64") / 3600,
        "first_contact_hour": joined.first_out_at.hour().cast("int64"),
        "first_contact_weekday": joined.first_out_at.day_of_week.index().cast("int64"),
        "n_contacts": n,
        "contacts_per_week": _share(n * 7, joined.window_days),
        "days_since_last_contact": calendar_days(_last_day(joined), joined.last_at.date()),
        "contact_span_days": calendar_days(joined.last_at.date(), joined.first_at.date()),
    }


def _cadence(joined: ir.Table) -> dict[str, ir.Value]:
    """A-13: mean, spread, longest and trend of the gaps between contacts."""
    n_gaps = joined.n - 1
    mean = _share(joined.sum_gap, n_gaps)
    spread = joined.sum_gap_squared.cast("float64") - joined.sum_gap.cast("float64") * mean
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
        "outbound_share": _share(joined.n_out, joined.n),
        "last_by_customer": joined.last_in.cast("int64"),
        "n_unanswered": joined.n_unanswered.fill_null(0),
        "oldest_unanswered_days": calendar_days(
            _last_day(joined), joined.oldest_unanswered_at.date()
        ),
    }


def _channels(joined: ir.Table) -> dict[str, ir.Value]:
    """A-15: the mix of channels."""
    shares = {f"{name}_share": _share(joined[f"n_{name}"], joined.n) for name in CHANNELS}
    return {
        "n_channels": joined.n_channels.fill_null(0),
        "first_channel": joined.first_channel,
        **shares,
    }


def _goals_issues(joined: ir.Table) -> dict[str, ir.Value]:
    """A-16 and A-17: goals stated and met, issues left open."""
    closed = joined.n_issue - joined.n_issue_open
    return {
        "goal_stated_share": _share(joined.n_goal, joined.n),
        "goal_met_share": _share(joined.n_goal_met, joined.n_goal_judged),
        "n_open_issues": joined.n_issue_open.fill_null(0),
        "oldest_open_issue_days": calendar_days(_last_day(joined), joined.oldest_issue_at.date()),
        "issue_closed_share": _share(closed, joined.n_issue),
    }
