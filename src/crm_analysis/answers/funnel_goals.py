"""The other targets ahead on the page: revenue, leads and teams, and those not forecast."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crm_analysis.answers.funnel_outlook import found
from crm_analysis.contract.enumerations import value_label
from crm_analysis.deals.funnel.days import day_of
from crm_analysis.deals.funnel.goals import Goal, Reached
from crm_analysis.estimates import Estimate
from crm_analysis.language import Text
from crm_analysis.results import ShownTable

_UNITS = {
    "count": Text("Targets of deals and leads", "成交数与线索数目标"),
    "money": Text("Targets of revenue", "销售额目标"),
}


def goal_tables(
    estimates: Sequence[Estimate], reached: Sequence[Reached], *, currency: str
) -> tuple[ShownTable, ...]:
    """Show what the other targets' periods will bring, in numbers and in money."""
    made = []
    for unit, label in _UNITS.items():
        lines = [
            line for one in reached for line in _line(estimates, one.goal, f"goal_expected_{unit}")
        ]
        if lines:
            of = Text(f", {currency}", f"，{currency}") if unit == "money" else Text("", "")
            made.append(_table(f"goals_{unit}", lines, label + of, unit=unit))
    return tuple(made)


def _line(estimates: Sequence[Estimate], goal: Goal, quantity: str) -> list[dict[str, object]]:
    row = found(estimates, quantity, goal.where)
    chance = found(estimates, "goal_probability", goal.where)
    if row is None or chance is None:
        return []
    whose, metric = _whose(goal), value_label("targets.metric", goal.metric)
    first, last = day_of(goal.period.first), day_of(goal.period.last)
    return [
        {
            "whose_en": whose.en,
            "whose_zh": whose.zh,
            "metric_en": metric.en,
            "metric_zh": metric.zh,
            "period": f"{first} – {last}",
            "target": goal.period.target,
            "expected": row.estimate,
            "lo": row.ci_lo,
            "hi": row.ci_hi,
            "chance": chance.estimate,
        }
    ]


def _whose(goal: Goal) -> Text:
    return (
        value_label("targets.scope", "company")
        if goal.scope == "company"
        else Text(goal.scope_id, goal.scope_id)
    )


def _table(name: str, lines: list[dict[str, object]], label: Text, *, unit: str) -> ShownTable:
    return ShownTable(
        name=name,
        frame=pd.DataFrame(lines),
        caption=label + Text(
            ": what the period will bring, by the same simulation as the company's deals. "
            "Intervals of 90 %; a win without an amount is worth what past wins were.",
            "：目标期将带来什么，与公司成交数用同一模拟。区间为 90 %；无金额的成交按以往金额计。",
        ),
        columns={
            "whose": Text("whose", "对象"),
            "metric": Text("measure", "指标"),
            "period": Text("period", "期间"),
            "target": Text("target", "目标"),
            "expected": Text("expected", "预计"),
            "lo": Text("from", "下限"),
            "hi": Text("to", "上限"),
            "chance": Text("probability that it is met", "达成概率"),
        },
        units={**dict.fromkeys(("target", "expected", "lo", "hi"), unit), "chance": "share"},
    )  # fmt: skip


def goal_limits(goals: Sequence[Goal], reached: Sequence[Reached]) -> tuple[Text, ...]:
    """Name the targets ahead that are not forecast, and why."""
    done = {one.goal for one in reached if one.total is not None}
    kinds = dict.fromkeys((one.scope, one.metric) for one in goals if one not in done)
    if not kinds:
        return ()
    words = [
        (value_label("targets.scope", scope), value_label("targets.metric", metric))
        for scope, metric in kinds
    ]
    named = ", ".join(f"{metric.en} ({scope.en})" for scope, metric in words)
    named_zh = "、".join(f"{metric.zh}（{scope.zh}）" for scope, metric in words)
    return (
        Text(
            f"Not forecast are targets for {named}: a team's leads must be named by a column "
            "x_team of the leads, and enough of them have ended; one representative has too few "
            "leads, and visits and returns are no ends of leads.",
            f"未预测的目标有：{named_zh}。团队的线索须由线索表的 x_team 列注明且已结束者足够；"
            "单个代表的线索太少；到访与回归不是线索的结局。",
        ),
    )
