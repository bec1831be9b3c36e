"""The history of a lead's stages: how many it saw, where it stands, and since when (T4 kind stage).

Decisions: stages are ordered by typing; two typed at the same moment by the time they are about,
then the lower first, then by name. A stage that is typed again is the same stay in it; a return to
an earlier stage is a new stay.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from crm_analysis.features.assessments import told_within
from crm_analysis.features.windows import BY_WINDOW, calendar_days, with_sums

_COLUMNS = ("value_num", "value_text")


def stage_track(windows: ir.Table, assessments: ir.Table) -> ir.Table:
    """Which stages had each lead seen, and for how long has it stood in the last one?

    Parameters
    ----------
    windows : Table
        From `features.windows`.
    assessments : Table
        The as-of view of T4.

    Returns
    -------
    Table
        One row per window: lead_id, window_days, n_stages (different ones; 0 where none), and,
        NULL where none: last_stage (its name), last_stage_level (0-1), days_in_stage.
    """
    staged = assessments.filter(
        assessments.kind == "stage",
        assessments.value_num.notnull() | assessments.value_text.notnull(),
    )
    steps = _stays(told_within(windows, staged, columns=_COLUMNS))
    sums = steps.group_by(**BY_WINDOW).aggregate(
        n_names=steps.value_text.nunique(),
        n_levels=steps.value_num.nunique(),
        last_stage=steps.value_text.max(where=steps.rank_back == 0),
        last_stage_level=steps.value_num.max(where=steps.rank_back == 0),
        since=steps["at"].max(where=steps["rank"] == steps.last_begin),
    )
    joined = with_sums(windows, sums)
    last_day = (joined.window_end - ibis.interval(days=1)).date()
    return joined.select(
        "lead_id",
        "window_days",
        "last_stage",
        "last_stage_level",
        n_stages=ibis.greatest(joined.n_names, joined.n_levels).fill_null(0),
        days_in_stage=calendar_days(last_day, joined.since.date()),
    )


def _stays(told: ir.Table) -> ir.Table:
    """Number the stages by typing and mark where the last stay begins."""
    level, name = told.value_num.fill_null(-1.0), told.value_text.fill_null("")
    order = [told.known_at, told["at"], level, name]
    back = [ibis.desc(key) for key in order]
    one = ["lead_id", "window_days"]
    along = ibis.window(group_by=one, order_by=order)
    step = told.mutate(
        rank=ibis.row_number().over(along),
        rank_back=ibis.row_number().over(ibis.window(group_by=one, order_by=back)),
        moved=(told.value_text != told.value_text.lag().over(along)).fill_null(False)
        | (told.value_num != told.value_num.lag().over(along)).fill_null(False),
    )
    begin = (step.moved | (step["rank"] == 0)).ifelse(step["rank"], ibis.null("int64"))
    return step.mutate(last_begin=begin.max().over(ibis.window(group_by=one)))
