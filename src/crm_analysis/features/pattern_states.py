"""States of price, model, stage and questions, as seen at checks of a lead's life (M04).

Decisions:
* A check is the end of a calendar day; only what was known by then counts (both clocks). The order
  of assessments is that of typing, as in the signs of a loss (`deals.signs`).
* pay_below_quote: the last price that the customer would pay lies below our quote by a share.
  A quote without its time is not read: at a check nobody could say whether it had been made.
* pay_fallen: the last such price lies below the highest told before, by the same share.
* model_switched: the model wanted has changed since the first one told.
* stage_back: the stage lies before one that was reached earlier. stage_stuck: the stage has been
  the same for so many days; told again it is not new.
* question_waiting: a question of the customer has been open for so many days. It begins when it was
  asked and known, and ends when it was answered (as `features.switching`).
* Without any assessment of a kind its states are unknown, not absent; a question that was never
  asked is absent.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from crm_analysis.features.checks import last_known, lasts_until, lives
from crm_analysis.features.records import is_question
from crm_analysis.features.windows import calendar_days, contacts_within

_SLACK = 1e-9  # .5 - .4 is a hair below .1


def pay_states(
    checks: ir.Table, leads: ir.Table, assessments: ir.Table, *, gap: float = 0.1
) -> ir.Table:
    """Would the customer pay less than our quote, or less than before, at each check?

    Parameters
    ----------
    checks : Table
        lead_id, customer_id, opened_at, check_days, window_end (exclusive).
    leads, assessments : Table
        The as-of views of T2 and T4.
    gap : float
        Share of the quote, or of the highest price told, that makes the state.

    Returns
    -------
    Table
        lead_id, check_days, pay_below_quote (NULL where no quote was known), pay_fallen (0 or 1);
        only checks by which a price was told.
    """
    track = _told(checks, assessments, "willingness_to_pay").filter(lambda t: t.value_num > 0)
    order = [track.known_at, track["at"], ibis.desc(track.value_num)]
    so_far = ibis.window(group_by="link", order_by=order, preceding=None, following=0)
    told = track.select(
        "link",
        "known_at",
        would_pay=track.value_num,
        peak=track.value_num.max().over(so_far),
        until=lasts_until(track, order),
    )
    quotes = leads.filter(leads.quoted_at.notnull(), leads.quoted_price > 0).select(
        "quoted_at", quote=leads.quoted_price.cast("float64"), quoted="lead_id"
    )
    held = last_known(checks, told)
    beside = held.left_join(
        quotes, [held.lead_id == quotes.quoted, quotes.quoted_at < held.window_end]
    )
    return beside.select(
        "lead_id",
        "check_days",
        pay_below_quote=_flag(beside.would_pay <= beside.quote * (1 - gap + _SLACK)),
        pay_fallen=_flag(beside.would_pay <= beside.peak * (1 - gap + _SLACK)),
    )


def model_states(checks: ir.Table, assessments: ir.Table) -> ir.Table:
    """Had the customer changed the model wanted by each check?

    Returns
    -------
    Table
        lead_id, check_days, model_switched (0 or 1); only checks by which a model was told.
    """
    track = _told(checks, assessments, "model_interest").filter(lambda t: t.value_text.notnull())
    order = [track.known_at, track["at"], track.value_text]
    along = ibis.window(group_by="link", order_by=order)
    steps = track.mutate(is_new=_flag(track.value_text != track.value_text.lag().over(along)))
    so_far = ibis.window(
        group_by="link",
        order_by=[steps.known_at, steps["at"], steps.value_text],
        preceding=None,
        following=0,
    )
    told = steps.select(
        "link",
        "known_at",
        n_switches=steps.is_new.fill_null(0).sum().over(so_far),
        until=lasts_until(track, order),
    )
    held = last_known(checks, told)
    return held.select("lead_id", "check_days", model_switched=_flag(held.n_switches > 0))


def stage_states(checks: ir.Table, assessments: ir.Table, *, stuck_days: int = 30) -> ir.Table:
    """Had the lead gone back to an earlier stage, or stood still, at each check?

    Returns
    -------
    Table
        lead_id, check_days, stage_back (NULL where stages have no place), stage_stuck (0 or 1);
        only checks by which a stage was told.
    """
    rows = _told(checks, assessments, "stage")
    track = rows.mutate(stage=rows.value_text.fill_null(""), place=rows.value_num.fill_null(-1.0))
    order = [track.known_at, track["at"], track.place, track.stage]
    along = ibis.window(group_by="link", order_by=order)
    moved = (track.stage != track.stage.lag().over(along)) | (
        track.place != track.place.lag().over(along)
    )
    entered = moved.fill_null(True).ifelse(track["at"], ibis.null("timestamp(6)"))
    steps = track.mutate(entered_at=entered, until=lasts_until(track, order))
    so_far = ibis.window(
        group_by="link",
        order_by=[steps.known_at, steps["at"], steps.place, steps.stage],
        preceding=None,
        following=0,
    )
    told = steps.select(
        "link",
        "known_at",
        "until",
        "value_num",
        entered_at=steps.entered_at.max().over(so_far),
        farthest=steps.value_num.max().over(so_far),
    )
    held = last_known(checks, told)
    last_day = (held.window_end - ibis.interval(days=1)).date()
    return held.select(
        "lead_id",
        "check_days",
        stage_back=_flag(held.value_num < held.farthest - _SLACK),
        stage_stuck=_flag(calendar_days(last_day, held.entered_at.date()) >= stuck_days),
    )


def question_states(checks: ir.Table, interactions: ir.Table, *, open_days: int = 3) -> ir.Table:
    """Had a question of the customer been open for so many days at each check?

    Returns
    -------
    Table
        lead_id, check_days, question_waiting (0 or 1), for every check.
    """
    asked = interactions.filter(is_question(interactions))
    columns = ("at", "known_at", "asked_at", "answered_at")
    inside = contacts_within(lives(checks), asked, clock="known_at", columns=columns)
    begins_at = ibis.greatest(inside.asked_at, inside.known_at) + ibis.interval(days=open_days)
    waiting = inside.mutate(begins_at=begins_at).filter(
        lambda t: t.answered_at.isnull() | (t.answered_at > t.begins_at)
    )
    answered = waiting.filter(waiting.answered_at.notnull())
    moves = ibis.union(
        waiting.select(link="lead_id", known_at="begins_at", step=ibis.literal(1, type="int64")),
        answered.select(
            link="lead_id", known_at="answered_at", step=ibis.literal(-1, type="int64")
        ),
    )
    sums = moves.group_by("link", "known_at").aggregate(step=moves.step.sum())
    so_far = ibis.window(group_by="link", order_by=sums.known_at, preceding=None, following=0)
    told = sums.select(
        "link",
        "known_at",
        n_waiting=sums.step.sum().over(so_far),
        until=lasts_until(sums, [sums.known_at]),
    )
    held = last_known(checks, told, how="left")
    return held.select(
        "lead_id", "check_days", question_waiting=_flag(held.n_waiting > 0).fill_null(0)
    )


def _told(checks: ir.Table, assessments: ir.Table, kind: str) -> ir.Table:
    """Return the assessments of a kind from each lead's opening to its last check."""
    lives = checks.group_by(lead="lead_id", opened="opened_at").aggregate(
        last_end=checks.window_end.max()
    )
    told = assessments.filter(assessments.kind == kind, assessments.lead_id.notnull()).select(
        "at", "known_at", "value_num", "value_text", link="lead_id"
    )
    joined = lives.join(told, lives.lead == told.link)
    return joined.filter(joined["at"] >= joined.opened, joined.known_at < joined.last_end)


def _flag(holds: ir.BooleanValue) -> ir.IntegerValue:
    """Write 1, 0, or NULL where it is not known whether it holds."""
    return holds.cast("int64")
