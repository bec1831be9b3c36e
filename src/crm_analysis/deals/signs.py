"""The signs that a lead may be on its way to a loss, as seen at weekly checks of its life (M04).

Decisions:
* A check is the end of a calendar day. Only what was known by then counts (both clocks): the
  sequence of probabilities is that of typing, so a value typed in late is late in the track.
* Contact signs: nothing heard from the customer for 14 days (no incoming contact and none in which
  he was reached), and no contact of any kind for 14 days; counted from the opening where there
  was none, so they can show from day 14 on.
* Probability signs (thresholds in the configuration under `tracks`): fallen from its peak, one
  sudden drop, swings up and down. Without an assessment the sign is unknown, not absent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from crm_analysis.features.windows import calendar_days, end_of_day
from crm_analysis.language import Text

QUIET_DAYS = 14
_FOR_EVER = ibis.timestamp(9000, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A sign: the table it needs, words for a label, for a reason, and what to do."""

    name: str
    needs: str
    label: Text
    reason: Text
    action: Text


SIGNS: dict[str, Sign] = {
    sign.name: sign
    for sign in (
        Sign(
            name="customer_silent",
            needs="interactions",
            label=Text("customer not heard for 14 days", "客户 14 天无回应"),
            reason=Text(
                "nothing heard from the customer for {heard} days", "客户已 {heard} 天没有回应"
            ),
            action=Text(
                "Try another way of contact and ask what stands in the way.",
                "换一种方式联系，询问障碍所在。",
            ),
        ),
        Sign(
            name="not_contacted",
            needs="interactions",
            label=Text("no contact for 14 days", "14 天未联系"),
            reason=Text("no contact for {contact} days", "已 {contact} 天没有联系"),
            action=Text("Contact the customer this week.", "本周内联系客户。"),
        ),
        Sign(
            name="probability_fallen",
            needs="assessments",
            label=Text("deal probability well below its peak", "成交概率明显低于高点"),
            reason=Text(
                "deal probability down from {peak} to {last}", "成交概率由 {peak} 降至 {last}"
            ),
            action=Text(
                "Ask what changed since the peak, and decide whether more effort pays.",
                "了解高点之后的变化，判断是否值得继续投入。",
            ),
        ),
        Sign(
            name="sudden_drop",
            needs="assessments",
            label=Text("deal probability dropped in one step", "成交概率骤降"),
            reason=Text(
                "deal probability fell by {drop} points in one step",
                "成交概率一次下跌 {drop} 个百分点",
            ),
            action=Text("Call now: find the event behind the drop.", "立即致电，查明下跌原因。"),
        ),
        Sign(
            name="swings",
            needs="assessments",
            label=Text("deal probability swings up and down", "成交概率反复摇摆"),
            reason=Text("deal probability turned {turns} times", "成交概率已反转 {turns} 次"),
            action=Text(
                "Settle the open question with the customer before the next quote.",
                "在下次报价前与客户弄清未决问题。",
            ),
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignLimits:
    """Thresholds of the probability signs, shares 0-1 (M04)."""

    drawdown: float = 0.3
    sudden_drop: float = 0.4
    reversal_step: float = 0.2
    n_reversals: int = 2


def checks_at(leads: ir.Table, *, days: Sequence[int], as_of: date) -> ir.Table:
    """Give each lead a check at the end of each of these days of its life, as far as as_of.

    Returns
    -------
    Table
        lead_id, customer_id, opened_at, check_days, window_end (exclusive); only days at whose
        end the lead was still open.
    """
    ages = ibis.array([ibis.literal(day, type="int64") for day in days])
    spread = leads.select(
        "lead_id", "customer_id", "opened_at", "closed_at", check_days=ages.unnest()
    )
    day = spread.opened_at.date().cast("timestamp")
    checks = spread.mutate(window_end=day + (spread.check_days + 1).as_interval("D"))
    return checks.filter(
        checks.window_end <= end_of_day(ibis.literal(as_of)),
        checks.closed_at.isnull() | (checks.closed_at >= checks.window_end),
    ).drop("closed_at")


def check_now(leads: ir.Table, *, as_of: date) -> ir.Table:
    """Give each lead one check at the end of as_of; check_days is its age then."""
    window_end = end_of_day(ibis.literal(as_of))
    return leads.select(
        "lead_id",
        "customer_id",
        "opened_at",
        check_days=calendar_days(ibis.literal(as_of), leads.opened_at.date()),
        window_end=window_end,
    )


def contact_signs(checks: ir.Table, interactions: ir.Table, *, reached_known: bool) -> ir.Table:
    """How long had nothing been heard, and nothing been tried, at each check?

    Parameters
    ----------
    checks : Table
        From `checks_at` or `check_now`.
    interactions : Table
        The as-of view of T3.
    reached_known : bool
        Whether the source says in which contacts the customer was reached; if not, only incoming
        contacts count as heard.

    Returns
    -------
    Table
        lead_id, check_days, quiet_days (since the customer was heard), idle_days (since any
        contact), customer_silent, not_contacted (0 or 1).
    """
    heard = interactions.direction == "in"
    if reached_known:
        heard = heard | interactions.reached.fill_null(False)
    told = interactions.mutate(heard_at=heard.ifelse(interactions["at"], ibis.null("timestamp(6)")))
    by_lead = told.filter(told.lead_id.notnull())
    by_customer = told.filter(told.lead_id.isnull(), told.round_id.isnull())
    lives = _lives(checks)
    seen = ibis.union(_seen(lives, by_lead, "lead_id"), _seen(lives, by_customer, "customer_id"))
    so_far = ibis.window(group_by="lead", order_by=seen.known_at, preceding=None, following=0)
    states = seen.select(
        "lead",
        "known_at",
        contact_at=seen["at"].max().over(so_far),
        heard_at=seen.heard_at.max().over(so_far),
        until=seen.known_at.lead()
        .over(ibis.window(group_by="lead", order_by=seen.known_at))
        .fill_null(_FOR_EVER),
    )
    joined = checks.left_join(states, [checks.lead_id == states.lead, *_lasting(checks, states)])
    end = (joined.window_end - ibis.interval(days=1)).date()
    quiet = calendar_days(end, ibis.coalesce(joined.heard_at, joined.opened_at).date())
    idle = calendar_days(end, ibis.coalesce(joined.contact_at, joined.opened_at).date())
    return joined.select(
        "lead_id",
        "check_days",
        quiet_days=quiet,
        idle_days=idle,
        customer_silent=(quiet >= QUIET_DAYS).ifelse(1, 0),
        not_contacted=(idle >= QUIET_DAYS).ifelse(1, 0),
    )


def _lives(checks: ir.Table) -> ir.Table:
    """Give each lead once, up to its last check."""
    lives = checks.group_by(lead="lead_id", customer="customer_id", opened="opened_at")
    return lives.aggregate(last_end=checks.window_end.max())


def _seen(lives: ir.Table, contacts: ir.Table, key: str) -> ir.Table:
    told = contacts.select("at", "known_at", "heard_at", link=contacts[key])
    joined = lives.join(told, lives[key.removesuffix("_id")] == told.link)
    inside = joined.filter(joined["at"] >= joined.opened, joined.known_at < joined.last_end)
    return inside.select("lead", "at", "known_at", "heard_at")


def _lasting(checks: ir.Table, states: ir.Table) -> tuple[ir.BooleanValue, ...]:
    """Pair a check with what was known last before its end: one row, and no range of rows.

    Plain comparisons only: engines hash such a join, and try all pairs of rows for any other.
    """
    return states.known_at < checks.window_end, checks.window_end <= states.until


def probability_signs(
    checks: ir.Table, assessments: ir.Table, *, limits: SignLimits = SignLimits()
) -> ir.Table:
    """How did the judged deal probability move up to each check?

    Returns
    -------
    Table
        lead_id, check_days, n_assessments, last_value, peak_value, largest_drop, n_turns, and
        probability_fallen, sudden_drop, swings (0 or 1); only checks with an assessment.
    """
    states = _states(_lives(checks), _steps(assessments, limits))
    sums = checks.join(states, [checks.lead_id == states.lead, *_lasting(checks, states)]).select(
        "lead_id",
        "check_days",
        "n_assessments",
        "last_value",
        "peak_value",
        "largest_drop",
        "n_turns",
    )
    slack = 1e-9  # .7 - .4 is a hair below .3
    return sums.mutate(
        probability_fallen=(sums.peak_value - sums.last_value >= limits.drawdown - slack).ifelse(
            1, 0
        ),
        sudden_drop=(sums.largest_drop >= limits.sudden_drop - slack).ifelse(1, 0),
        swings=(sums.n_turns >= limits.n_reversals).ifelse(1, 0),
    )


def _states(lives: ir.Table, steps: ir.Table) -> ir.Table:
    """Sum each lead's steps up to and with each, and say until when that was all."""
    joined = lives.join(steps, lives.lead == steps.link)
    inside = joined.filter(joined["at"] >= joined.opened, joined.known_at < joined.last_end)
    order = ibis.window(group_by="lead", order_by=inside["rank"])
    so_far = ibis.window(group_by="lead", order_by=inside["rank"], preceding=None, following=0)
    return inside.select(
        "lead",
        "known_at",
        n_assessments=inside.count().over(so_far),
        last_value=inside.value,
        peak_value=inside.value.max().over(so_far),
        largest_drop=inside.fall.max().over(so_far),
        n_turns=inside.turn.sum().over(so_far),
        until=inside.known_at.lead().over(order).fill_null(_FOR_EVER),
    )


def _steps(assessments: ir.Table, limits: SignLimits) -> ir.Table:
    """Number each lead's probabilities in the order of typing; measure falls and turns."""
    told = assessments.filter(
        assessments.kind == "deal_probability",
        assessments.lead_id.notnull(),
        assessments.value_num.notnull(),
    )
    order = ibis.window(
        group_by="lead_id", order_by=[told.known_at, told["at"], ibis.desc(told.value_num)]
    )
    step = told.mutate(
        rank=ibis.row_number().over(order), change=told.value_num - told.value_num.lag().over(order)
    )
    before = step.change.lag().over(ibis.window(group_by="lead_id", order_by=step["rank"]))
    big = limits.reversal_step - 1e-9
    is_turn = (step.change * before < 0) & (step.change.abs() >= big) & (before.abs() >= big)
    return step.select(
        "at",
        "known_at",
        "rank",
        link=step.lead_id,
        value=step.value_num,
        fall=ibis.greatest(-step.change.fill_null(0.0), 0.0),
        turn=is_turn.fill_null(False).ifelse(1, 0),
    )
