"""The tracks of closed leads over their whole life, opening = 0 and end = 1 (M04).

Decisions:
* Relative time uses the day of the end, which nobody knows beforehand: these tracks describe closed
  leads and must never be used to call an open one.
* Only lost and won leads; a void one was ended by us. Only what was known before the end counts: a
  probability that is set when the deal is closed tells the ending, not the way to it.
* Between two assessments the track is a straight line, before the first and after the last it is
  level. Two of one moment: the one that was typed last.
* The points are found by comparing whole seconds, so that every engine takes the same two.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import ibis
import ibis.expr.types as ir

from crm_analysis.features.assessments import judged, told_within
from crm_analysis.features.tracks import PROBABILITY, beside, probability_track
from crm_analysis.features.windows import calendar_days

N_POINTS = 12
POINTS = tuple(f"point_{index:02d}" for index in range(N_POINTS))
Between = Literal["line", "last_value"]


def relative_tracks(
    leads: ir.Table,
    assessments: ir.Table,
    *,
    as_of: date,
    kind: str = PROBABILITY,
    between: Between = "line",
    lag_days: int = 0,
    reversal_step: float = 0.2,
) -> ir.Table:
    """How did each closed lead's judged level move from its opening to its end?

    Parameters
    ----------
    leads, assessments : Table
        The as-of views of T2 and T4.
    as_of : date
        End of the last known day; leads still open then get no row.
    kind : str
        Which assessment: deal_probability, or stage (its level 0-1).
    between : {"line", "last_value"}
        A straight line between two assessments, or the last value carried forward (poorer; for
        comparison).
    lag_days : int
        Leave out what was known only in these last days before the end: a sensitivity to
        representatives who mark down what they already know to be lost.
    reversal_step : float
        A turn counts where the level changed by this much each way.

    Returns
    -------
    Table
        One row per lost or won lead: lead_id, status, life_days, n_assessments and the other
        features of `tracks.probability_track` over its whole life, point_00 to point_11 (NULL
        where none is known).
    """
    windows = _lives(leads, as_of=as_of, lag_days=lag_days)
    told = told_within(windows, judged(assessments, kind=kind))
    lengths = windows.select(link="lead_id", length=_seconds(windows.closed_at, windows.opened_at))
    rows = windows.select("lead_id", "window_days", "status")
    moved = probability_track(windows, assessments, kind=kind, reversal_step=reversal_step)
    tracks = beside(rows, moved).rename(life_days="window_days")
    return beside(tracks, _points(_pieces(told, lengths), between=between), by=("lead_id",))


def _lives(leads: ir.Table, *, as_of: date, lag_days: int) -> ir.Table:
    """Give each closed lead the window from its opening to the moment of its end."""
    closed = leads.filter(
        leads.status.isin(["lost", "won"]),
        leads.closed_at.notnull(),
        leads.closed_at.date() <= ibis.literal(as_of),
        leads.closed_at >= leads.opened_at,
    )
    return closed.select(
        "lead_id",
        "customer_id",
        "status",
        "opened_at",
        "closed_at",
        window_end=closed.closed_at - ibis.interval(days=lag_days),
        window_days=calendar_days(closed.closed_at.date(), closed.opened_at.date()),
    )


def _seconds(later: ir.Value, earlier: ir.Value) -> ir.IntegerValue:
    seconds: ir.IntegerValue = later.epoch_seconds().cast("int64") - earlier.epoch_seconds().cast(
        "int64"
    )
    return seconds


def _pieces(told: ir.Table, lengths: ir.Table) -> ir.Table:
    """Lay each lead's assessments on its life: from this one to the next, in seconds."""
    last = ibis.window(
        group_by=["lead_id", told["at"]], order_by=[ibis.desc(told.known_at), told.value_num]
    )
    single = told.mutate(place=ibis.row_number().over(last))
    single = single.filter(single.place == 0)
    along = ibis.window(group_by="lead_id", order_by=single["at"])
    second = _seconds(single["at"], single.opened_at)
    step = single.select(
        "lead_id",
        second=second,
        value=single.value_num,
        is_first=single["at"].lag().over(along).isnull(),
        next_second=second.lead().over(along),
        next_value=single.value_num.lead().over(along),
    )
    return step.join(lengths, step.lead_id == lengths.link).drop("link")


def _points(pieces: ir.Table, *, between: Between) -> ir.Table:
    """Read each point from the piece that it lies on; a lead that ended at once has one level."""
    n_steps = N_POINTS - 1
    values = {}
    for index, name in enumerate(POINTS):
        target = pieces.length * index
        lies_on = (pieces.is_first | (pieces.second * n_steps <= target)) & (
            pieces.next_second.isnull() | (target < pieces.next_second * n_steps)
        )
        values[name] = _level(pieces, target, between=between).max(where=lies_on)
    return pieces.group_by("lead_id").aggregate(**values)


def _level(pieces: ir.Table, target: ir.IntegerValue, *, between: Between) -> ir.FloatingValue:
    value: ir.FloatingValue = pieces.value
    if between == "last_value":
        return value
    past = (target - pieces.second * (N_POINTS - 1)).cast("float64")
    whole = ((pieces.next_second - pieces.second) * (N_POINTS - 1)).cast("float64")
    share = ibis.greatest(past, 0.0) / whole.nullif(0.0)
    return value + ((pieces.next_value - value) * share).fill_null(0.0)
