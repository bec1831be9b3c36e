"""The track of a lead's assessments up to a landmark: deal probability, willingness to pay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from crm_analysis.features.windows import BY_WINDOW, WINDOW_COLUMNS, landmark_windows, with_sums

_ONE = ("lead_id", "window_days")


def at_landmark(
    leads: ir.Table,
    assessments: ir.Table,
    *,
    landmark_days: int,
    as_of: date,
    kind: str = "deal_probability",
) -> ir.Table:
    """How was each lead judged up to the landmark, and did the judgement fall?

    Parameters
    ----------
    leads, assessments : Table
        The as-of views of T2 and T4.
    landmark_days : int
        Calendar days after the opening date; the landmark is the end of that day.
    as_of : date
        End of the last known day.
    kind : str
        Which assessment: a kind of T4 with a numeric value.

    Returns
    -------
    Table
        One row per lead at risk: lead_id, n_assessments (0 where none), and, NULL where none,
        first_value, last_value, net_change (last − first), largest_drop (the largest fall from
        one assessment to the next, ≥ 0), max_drawdown (the largest fall from an earlier peak,
        ≥ 0), n_reversals (changes of direction by ≥ .2 each way; for probabilities). First, next
        and last are meant in the order of typing.

    Notes
    -----
    Assessments are linked by lead_id; where it is missing, to every lead of the customer whose
    window covers them. One typed in after the landmark does not count.
    """
    windows = landmark_windows(leads, landmark_days=landmark_days, as_of=as_of)
    track = steps(told_within(windows, judged(assessments, kind=kind)))
    sums = track.group_by(**BY_WINDOW).aggregate(
        n=track.count(),
        first_value=track.value_num.max(where=track["rank"] == 0),
        last_value=track.value_num.max(where=track.rank_back == 0),
        largest_drop=track.fall.max(),
        max_drawdown=track.drawdown.max(),
        n_reversals=track.reversal.sum(),
    )
    joined = with_sums(windows, sums)
    return joined.select(
        "lead_id",
        "first_value",
        "last_value",
        "largest_drop",
        "max_drawdown",
        n_assessments=joined.n.fill_null(0),
        net_change=joined.last_value - joined.first_value,
        n_reversals=joined.n_reversals,
    )


def judged(assessments: ir.Table, *, kind: str) -> ir.Table:
    """Keep the assessments of a kind that tell a number."""
    return assessments.filter(assessments.kind == kind, assessments.value_num.notnull())


def told_within(
    windows: ir.Table, assessments: ir.Table, *, columns: Sequence[str] = ("value_num",)
) -> ir.Table:
    """Return the assessments of each lead that were known by the end of its window.

    Parameters
    ----------
    windows : Table
        From `features.windows`.
    assessments : Table
        The rows of T4 that count, of one kind.
    columns : sequence of str
        What is brought along of each.

    Returns
    -------
    Table
        One row per window and assessment: lead_id, opened_at, window_end, window_days, at,
        known_at, and the columns.
    """
    named = assessments.filter(assessments.lead_id.notnull())
    unnamed = assessments.filter(assessments.lead_id.isnull())
    track = ibis.union(
        _joined(windows, named, key="lead_id", columns=columns),
        _joined(windows, unnamed, key="customer_id", columns=columns),
    )
    return track.filter(track["at"] >= track.opened_at, track.known_at < track.window_end)


def _joined(
    windows: ir.Table, assessments: ir.Table, *, key: str, columns: Sequence[str]
) -> ir.Table:
    told = assessments.select("at", "known_at", *columns, link=assessments[key])
    joined = windows.join(told, windows[key] == told.link)
    return joined.select(*WINDOW_COLUMNS, "at", "known_at", *columns)


def steps(track: ir.Table, *, reversal_step: float = 0.2) -> ir.Table:
    """Number the assessments in the order of typing and measure change, fall and turn at each.

    T4 has no key: two typed at the same moment are ordered by the time they are about, then the
    higher first; the same order as in the signs of a loss (`deals.signs`).
    """
    order = [track.known_at, track["at"], ibis.desc(track.value_num)]
    back = [ibis.desc(track.known_at), ibis.desc(track["at"]), track.value_num]
    forward = ibis.window(group_by=_ONE, order_by=order)
    so_far = ibis.window(group_by=_ONE, order_by=order, preceding=None, following=0)
    step = track.mutate(
        rank=ibis.row_number().over(forward),
        rank_back=ibis.row_number().over(ibis.window(group_by=_ONE, order_by=back)),
        change=track.value_num - track.value_num.lag().over(forward),
        peak=track.value_num.max().over(so_far),
    )
    turned = step.mutate(
        before=step.change.lag().over(ibis.window(group_by=_ONE, order_by=step["rank"]))
    )
    big = reversal_step - 1e-9  # .7 - .5 is a hair below .2
    return turned.mutate(
        fall=ibis.greatest(-turned.change.fill_null(0.0), 0.0),
        drawdown=turned.peak - turned.value_num,
        reversal=(
            (turned.change * turned.before < 0)
            & (turned.change.abs() >= big)
            & (turned.before.abs() >= big)
        ).ifelse(1, 0),
    )
