"""What was last known at each of many checks of a lead, every record read once (M04).

Decision: records are summed along each lead's life and paired with the checks they last until, by
plain comparisons only: engines hash such a join, and try all pairs of rows for any other.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from crm_analysis.features.assessments import judged, steps, told_within

_FOR_EVER = ibis.timestamp(9000, 1, 1, 0, 0, 0)


def lives(checks: ir.Table) -> ir.Table:
    """Give each lead once, with the window up to its last check; window_days is 0.

    Parameters
    ----------
    checks : Table
        lead_id, customer_id, opened_at, check_days, window_end (exclusive).
    """
    whole = checks.group_by("lead_id", "customer_id", "opened_at").aggregate(
        window_end=checks.window_end.max()
    )
    return whole.mutate(window_days=ibis.literal(0, type="int64"))


def lasts_until(track: ir.Table, order: list[ir.Value]) -> ir.TimestampValue:
    """Say until when a record was the last one known of its lead (`link`)."""
    along = ibis.window(group_by="link", order_by=order)
    return track.known_at.lead().over(along).fill_null(_FOR_EVER)


def last_known(checks: ir.Table, told: ir.Table, *, how: str = "inner") -> ir.Table:
    """Pair each check with what was known last before its end.

    Parameters
    ----------
    checks : Table
        lead_id, check_days, window_end (exclusive).
    told : Table
        link (the lead), known_at, until.
    how : {"inner", "left"}
        Whether checks before anything was known are kept.
    """
    lasting = [
        checks.lead_id == told.link,
        told.known_at < checks.window_end,
        checks.window_end <= told.until,
    ]
    return checks.join(told, lasting, how=how)


def track_so_far(
    checks: ir.Table, assessments: ir.Table, *, kind: str, reversal_step: float = 0.2
) -> ir.Table:
    """How had the judged level of each lead moved up to each check?

    What `tracks.probability_track` says of the window up to each check, for many checks of a lead.

    Parameters
    ----------
    checks : Table
        lead_id, customer_id, opened_at, check_days, window_end (exclusive).
    assessments : Table
        The as-of view of T4.
    kind : str
        The kind of assessment.
    reversal_step : float
        A turn counts where the level changed by this much each way.

    Returns
    -------
    Table
        One row per check: lead_id, check_days, n_assessments (0 where none) and, NULL where none,
        net_change, largest_drop, max_drawdown, n_reversals.
    """
    told = told_within(lives(checks), judged(assessments, kind=kind))
    along = steps(told, reversal_step=reversal_step).rename(link="lead_id")
    so_far = ibis.window(group_by="link", order_by=along["rank"], preceding=None, following=0)
    first = (along["rank"] == 0).ifelse(along.value_num, ibis.null("float64"))
    sums = along.select(
        "link",
        "known_at",
        n_known=along["rank"].cast("int64") + 1,
        net_change=along.value_num - first.max().over(so_far),
        largest_drop=along.fall.max().over(so_far),
        max_drawdown=along.drawdown.max().over(so_far),
        n_reversals=along.reversal.sum().over(so_far),
        until=lasts_until(along, [along["rank"]]),
    )
    paired = last_known(checks, sums, how="left")
    return paired.select(
        "lead_id",
        "check_days",
        "net_change",
        "largest_drop",
        "max_drawdown",
        "n_reversals",
        n_assessments=paired.n_known.fill_null(0),
    )
