"""The states of which patterns are made, and what each lead shows at a check (M04).

A state is a sign of `deals.signs` or one of the same form that needs more than one table. Which
states can be read depends on the source; the rest is never asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import pandas as pd

from crm_analysis.deals.signs import (
    SIGNS,
    Sign,
    SignLimits,
    check_now,
    contact_signs,
    probability_signs,
)
from crm_analysis.features.pattern_states import (
    model_states,
    pay_states,
    question_states,
    stage_states,
)
from crm_analysis.language import Text
from crm_analysis.source.frames import collect

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

_PROBABILITY = ("probability_fallen", "sudden_drop", "swings")
_CONTACT = ("customer_silent", "not_contacted")
_MORE = (
    Sign(
        name="stage_back",
        needs="assessments",
        label=Text("stage set back", "阶段倒退"),
        reason=Text("the deal went back to an earlier stage", "商机退回到更早的阶段"),
        action=Text("Ask what the customer took back, and why.", "了解客户收回了什么、为什么。"),
    ),
    Sign(
        name="stage_stuck",
        needs="assessments",
        label=Text("same stage for weeks", "长期停留在同一阶段"),
        reason=Text("the deal has not moved to another stage for weeks", "商机数周未进入下一阶段"),
        action=Text("Agree on the next step and its date.", "约定下一步及日期。"),
    ),
    Sign(
        name="pay_fallen",
        needs="assessments",
        label=Text("customer would pay less than before", "客户愿付价格低于先前"),
        reason=Text("the customer would pay less than before", "客户愿付价格低于先前"),
        action=Text("Ask with what the price is compared.", "询问客户在拿什么比价。"),
    ),
    Sign(
        name="pay_below_quote",
        needs="assessments",
        label=Text("customer would pay less than our quote", "客户愿付价格低于报价"),
        reason=Text("the customer would pay less than our quote", "客户愿付价格低于报价"),
        action=Text(
            "Show what the price buys, or offer a model that fits it.",
            "说明价格的价值，或推荐符合预算的型号。",
        ),
    ),
    Sign(
        name="model_switched",
        needs="assessments",
        label=Text("model wanted has changed", "意向型号已改变"),
        reason=Text("the customer has changed the model wanted", "客户已改变意向型号"),
        action=Text("Settle with the customer which model fits.", "与客户确定合适的型号。"),
    ),
    Sign(
        name="question_waiting",
        needs="interactions",
        label=Text("question of the customer left open for days", "客户提问多日未答复"),
        reason=Text("a question of the customer waits for an answer", "客户的提问等待答复"),
        action=Text("Answer the open question first.", "先答复客户的提问。"),
    ),
)

STATES: dict[str, Sign] = {
    **{name: SIGNS[name] for name in _PROBABILITY},
    **{state.name: state for state in _MORE if state.name != "question_waiting"},
    **{name: SIGNS[name] for name in _CONTACT},
    "question_waiting": _MORE[-1],
}
"""Every state by name, in the order in which a pattern names them; the last one says what to do."""


def state_parts(known: Known, checks: ir.Table, settings: Config) -> list[ir.Table]:
    """Read the states that the source allows at these checks.

    Parameters
    ----------
    known : Known
        The as-of views.
    checks : Table
        lead_id, customer_id, opened_at, check_days, window_end (exclusive).
    settings : Config
        Thresholds are those of `tracks`.

    Returns
    -------
    list of Table
        States (0, 1 or NULL) by lead_id and check_days.
    """
    parts: list[ir.Table] = []
    if "assessments" in known.tables:
        parts += _assessed(known, checks, settings)
    if "interactions" in known.tables:
        contacts = known.table("interactions")
        reached = known.has("interactions", "reached")
        parts.append(contact_signs(checks, contacts, reached_known=reached))
        if known.has("interactions", "asked_at"):
            days = settings.tracks.question_days
            parts.append(question_states(checks, contacts, open_days=days))
    return parts


def _assessed(known: Known, checks: ir.Table, settings: Config) -> list[ir.Table]:
    """Read the states in what was assessed: a state of a kind that nobody told stays unknown."""
    told, tracks = known.table("assessments"), settings.tracks
    limits = SignLimits(
        drawdown=tracks.drawdown,
        sudden_drop=tracks.sudden_drop,
        reversal_step=tracks.reversal_step,
        n_reversals=tracks.n_reversals,
    )
    parts = [probability_signs(checks, told, limits=limits)]
    if known.has("assessments", "value_text"):
        parts.append(model_states(checks, told))
        parts.append(stage_states(checks, told, stuck_days=tracks.stage_days))
    parts.append(pay_states(checks, known.table("leads"), told, gap=tracks.pay_gap))
    return parts


def states_of(parts: Sequence[ir.Table]) -> tuple[str, ...]:
    """Name the states that these tables hold, in the order of `STATES`."""
    given = {name for part in parts for name in part.columns}
    return tuple(name for name in STATES if name in given)


def with_states(table: ir.Table, parts: Sequence[ir.Table]) -> ir.Table:
    """Put the states beside each check; NULL where unknown."""
    for part in parts:
        own = [name for name in STATES if name in part.columns]
        told = part.select(*own, link="lead_id", day="check_days")
        same = [table.lead_id == told.link, table.check_days == told.day]
        table = table.left_join(told, same).select(*table.columns, *own)
    return table


def open_states(known: Known, settings: Config) -> pd.DataFrame:
    """Which states does each open lead show at the end of as_of?

    Returns
    -------
    DataFrame
        lead_id and one column per state: 1, 0, or missing where unknown.
    """
    leads = known.table("leads")
    open_leads = leads.filter(leads.status == "open", leads.opened_at.notnull())
    checks = check_now(open_leads, as_of=known.as_of)
    parts = state_parts(known, checks, settings)
    names = states_of(parts)
    frame = collect(with_states(checks, parts).select("lead_id", *names))
    return frame.sort_values("lead_id", ignore_index=True).astype(dict.fromkeys(names, "float64"))


def encoded(table: ir.Table, names: Sequence[str]) -> tuple[ir.IntegerValue, ir.IntegerValue]:
    """Write the states shown, and those unknown, as the bits of one whole number each."""
    shown, unknown = ibis.literal(0, type="int64"), ibis.literal(0, type="int64")
    for place, name in enumerate(names):
        bit = ibis.literal(1 << place, type="int64")
        shown = shown + table[name].fill_null(0).cast("int64") * bit
        unknown = unknown + table[name].isnull().cast("int64") * bit
    return shown, unknown
