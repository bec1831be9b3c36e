"""The track of a lead: what was thought of it, offered for it and heard (M04, A-18 to A-23).

Decisions:
* A track is read at a calendar landmark, or at the end of as_of for leads that are open then. Only
  what was known by the end of the window counts (both clocks), in the order of typing.
* A slope is a straight line through the values on the times they are about; a single moment has
  none. Values are summed as whole numbers, so that every engine gives the same line.
* Willingness to pay is held against our quote only where the quote is dated within the window: one
  without a date might have been made later.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis.expr.types as ir

from crm_analysis.features.assessments import judged, steps, told_within
from crm_analysis.features.models import model_track
from crm_analysis.features.silence import silence
from crm_analysis.features.stages import stage_track
from crm_analysis.features.windows import (
    BY_WINDOW,
    landmark_windows,
    open_windows,
    with_sums,
)

PROBABILITY = "deal_probability"
MONTH_MINUTES = 30 * 24 * 60
_SHARE_SCALE, _MONEY_SCALE = 10_000, 100


def track_features(
    leads: ir.Table,
    *,
    assessments: ir.Table | None = None,
    interactions: ir.Table | None = None,
    order_lines: ir.Table | None = None,
    landmark_days: int | None = None,
    as_of: date,
    reversal_step: float = 0.2,
) -> ir.Table:
    """How had each lead's probability, price, model, stage and contact moved by its landmark?

    Parameters
    ----------
    leads : Table
        The as-of view of T2.
    assessments, interactions, order_lines : Table, optional
        The as-of views of T4, T3 and T6; the columns of a table that is missing are left out, and
        without order lines no direction of models can be told.
    landmark_days : int, optional
        Calendar days after the opening date; None reads the leads that are open at as_of, then.
    as_of : date
        End of the last known day.
    reversal_step : float
        A turn counts where the probability changed by this much each way.

    Returns
    -------
    Table
        One row per lead at risk: lead_id, then the features that `features.CATALOG` lists under
        the families "assessments" and "tracks".
    """
    windows = (
        open_windows(leads, as_of=as_of)
        if landmark_days is None
        else landmark_windows(leads, landmark_days=landmark_days, as_of=as_of)
    )
    tables = {"assessments": assessments, "interactions": interactions, "order_lines": order_lines}
    rows = tracks_within(windows, leads, **tables, reversal_step=reversal_step)
    return rows.drop("window_days")


def tracks_within(
    windows: ir.Table,
    leads: ir.Table,
    *,
    assessments: ir.Table | None = None,
    interactions: ir.Table | None = None,
    order_lines: ir.Table | None = None,
    reversal_step: float = 0.2,
) -> ir.Table:
    """How had each lead moved within each of its windows? As `track_features`, at several ages.

    Returns
    -------
    Table
        One row per window: lead_id, window_days, then the features.
    """
    rows = windows.select("lead_id", "window_days")
    if assessments is not None:
        probability = probability_track(windows, assessments, reversal_step=reversal_step)
        rows = beside(rows, probability)
        rows = beside(rows, price_track(windows, leads, assessments))
        rows = beside(rows, model_track(windows, assessments, order_lines))
        rows = beside(rows, stage_track(windows, assessments))
    if interactions is not None:
        rows = beside(rows, silence(windows, interactions))
    return rows


def beside(
    rows: ir.Table, part: ir.Table, *, by: Sequence[str] = ("lead_id", "window_days")
) -> ir.Table:
    """Put the columns of a part beside the windows; part has one row per window."""
    own = [name for name in part.columns if name not in by]
    told = part.select(*own, **{f"link_{name}": name for name in by})
    same = [rows[name] == told[f"link_{name}"] for name in by]
    return rows.left_join(told, same).select(*rows.columns, *own)


def probability_track(
    windows: ir.Table,
    assessments: ir.Table,
    *,
    kind: str = PROBABILITY,
    reversal_step: float = 0.2,
) -> ir.Table:
    """How did the judged level of each lead move within its window?

    Returns
    -------
    Table
        One row per window: lead_id, window_days, n_assessments (0 where none) and, NULL where none,
        first_value, last_value, net_change, n_changes, largest_drop, max_drawdown, n_reversals;
        slope_per_30_days is NULL where all values are of one moment.
    """
    told = told_within(windows, judged(assessments, kind=kind))
    track = _on_a_line(steps(told, reversal_step=reversal_step), scale=_SHARE_SCALE)
    sums = track.group_by(**BY_WINDOW).aggregate(
        first_value=track.value_num.max(where=track["rank"] == 0),
        last_value=track.value_num.max(where=track.rank_back == 0),
        n_changes=track.count(where=track.change.abs() > 1e-9),
        largest_drop=track.fall.max(),
        max_drawdown=track.drawdown.max(),
        n_reversals=track.reversal.sum(),
        **_line_sums(track),
    )
    joined = with_sums(windows, sums)
    return joined.select(
        "lead_id",
        "window_days",
        "first_value",
        "last_value",
        "n_changes",
        "largest_drop",
        "max_drawdown",
        "n_reversals",
        n_assessments=joined.n.fill_null(0),
        net_change=joined.last_value - joined.first_value,
        slope_per_30_days=_slope(joined, scale=_SHARE_SCALE),
    )


def price_track(windows: ir.Table, leads: ir.Table, assessments: ir.Table) -> ir.Table:
    """How much would the customer pay, against our quote, and which way did it go?

    Returns
    -------
    Table
        One row per window: lead_id, window_days, wtp_last, wtp_gap_share ((quote - willingness) /
        quote), wtp_slope_per_30_days; NULL where unknown by then.
    """
    told = told_within(windows, judged(assessments, kind="willingness_to_pay"))
    track = _on_a_line(steps(told), scale=_MONEY_SCALE)
    sums = track.group_by(**BY_WINDOW).aggregate(
        wtp_last=track.value_num.max(where=track.rank_back == 0), **_line_sums(track)
    )
    joined = with_sums(windows, sums)
    slopes = joined.select(
        "lead_id",
        "window_days",
        "window_end",
        "wtp_last",
        wtp_slope_per_30_days=_slope(joined, scale=_MONEY_SCALE),
    )
    quotes = leads.filter(leads.quoted_price > 0).select(
        "quoted_at", link="lead_id", quote=leads.quoted_price.cast("float64")
    )
    rows = slopes.left_join(
        quotes, (slopes.lead_id == quotes.link) & (quotes.quoted_at < slopes.window_end)
    )
    return rows.select(
        "lead_id",
        "window_days",
        "wtp_last",
        "wtp_slope_per_30_days",
        wtp_gap_share=(rows.quote - rows.wtp_last) / rows.quote,
    )


def _on_a_line(track: ir.Table, *, scale: int) -> ir.Table:
    """Write time and value as whole numbers: minutes since the opening, and parts of the unit."""
    seconds = track["at"].epoch_seconds() - track.opened_at.epoch_seconds()
    return track.mutate(
        minute=(seconds.cast("float64") / 60).floor().cast("int64"),
        parts=(track.value_num * scale).round().cast("int64"),
    )


def _line_sums(track: ir.Table) -> dict[str, ir.Value]:
    return {
        "n": track.count(),
        "sum_x": track.minute.sum(),
        "sum_y": track.parts.sum(),
        "sum_xx": (track.minute * track.minute).sum(),
        "sum_xy": (track.minute * track.parts).sum(),
    }


def _slope(sums: ir.Table, *, scale: int) -> ir.FloatingValue:
    """Fit the line by least squares from its sums; NULL where the times do not differ."""
    n, x, y, xx, xy = (
        sums[name].cast("float64") for name in ("n", "sum_x", "sum_y", "sum_xx", "sum_xy")
    )
    spread = n * xx - x * x
    slope: ir.FloatingValue = (n * xy - x * y) / spread.nullif(0.0) * (MONTH_MINUTES / scale)
    return slope
