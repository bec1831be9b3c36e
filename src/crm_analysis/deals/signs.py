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
            reason=Text("deal probability fell by {drop} in one step", "成交概率一次下跌 {drop}"),
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
        lead_id, customer_id, opened_at, check_days, window_end (exclusive); also for days after
        the lead's end, which the caller leaves out.
    """
    ages = ibis.array([ibis.literal(day, type="int64") for day in days])
    spread = leads.select("lead_id", "customer_id", "opened_at", check_days=ages.unnest())
    day = spread.opened_at.date().cast("timestamp")
    checks = spread.mutate(window_end=day + (spread.check_days + 1).as_interval("D"))
    return checks.filter(checks.window_end <= end_of_day(ibis.literal(as_of)))


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
    told = interactions.mutate(heard=heard)
    by_lead = told.filter(told.lead_id.notnull())
    by_customer = told.filter(told.lead_id.isnull(), told.round_id.isnull())
    parts = [_seen(checks, by_lead, "lead_id"), _seen(checks, by_customer, "customer_id")]
    seen = ibis.union(*parts).group_by("lead_id", "check_days")
    last = seen.aggregate(
        contact_at=ibis._["at"].max(),
        heard_at=ibis._["at"].max(where=ibis._.heard),
    ).rename(lead="lead_id", days="check_days")
    joined = checks.left_join(
        last, (checks.lead_id == last.lead) & (checks.check_days == last.days)
    )
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


def _seen(checks: ir.Table, contacts: ir.Table, key: str) -> ir.Table:
    told = contacts.select("at", "known_at", "heard", link=contacts[key])
    joined = checks.join(told, checks[key] == told.link)
    inside = joined.filter(joined["at"] >= joined.opened_at, joined.known_at < joined.window_end)
    return inside.select("lead_id", "check_days", "at", "heard")


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
    steps = _steps(assessments, limits)
    joined = checks.join(steps, checks.lead_id == steps.link)
    inside = joined.filter(joined["at"] >= joined.opened_at, joined.known_at < joined.window_end)
    sums = inside.group_by("lead_id", "check_days").aggregate(
        n_assessments=inside.count(),
        last_value=inside.value.argmax(inside["rank"]),
        peak_value=inside.value.max(),
        largest_drop=inside.fall.max(),
        n_turns=inside.turn.sum(),
    )
    slack = 1e-9  # .7 - .4 is a hair below .3
    return sums.mutate(
        probability_fallen=(sums.peak_value - sums.last_value >= limits.drawdown - slack).ifelse(
            1, 0
        ),
        sudden_drop=(sums.largest_drop >= limits.sudden_drop - slack).ifelse(1, 0),
        swings=(sums.n_turns >= limits.n_reversals).ifelse(1, 0),
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
