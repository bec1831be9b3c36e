"""Notebook 41: did win-back pay?

Decision: the answer is one word per arm (continue, change, stop) by the rule of
`winback.verdict`; the share of contacted customers who came back is shown only beside the
controls who came back without being contacted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crm_analysis.answers import winback_exhibits as exhibits
from crm_analysis.answers.winback_words import (
    Told,
    arm_text,
    brief,
    decision,
    engagement_finding,
    headline,
    money_notes,
    opt_out_finding,
    trap,
    warnings,
)
from crm_analysis.estimates import Estimate, Status
from crm_analysis.language import Text, number_text
from crm_analysis.results import Finding, Kpi, NotebookResult
from crm_analysis.winback.effect import CONTROL
from crm_analysis.winback.evaluation import ANY_ARM, Evaluation, evaluate
from crm_analysis.winback.verdict import RULE, overall

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

NOTEBOOK = "41_winback_evaluation"


def answer(known: Known, config: Config | None = None, *, seed: int = 0) -> NotebookResult:
    """Did win-back pay: did contact bring customers back, and did it earn its cost?

    Parameters
    ----------
    known : Known
        The as-of views; needs `winback`, uses `order_lines`, `interactions`, `engagement` and
        `customers`.
    config : Config, optional
        Settings; None means those of the source.
    seed : int
        Start of the random draws.

    Returns
    -------
    NotebookResult
        Follow-up ends on the last day that the source was watched, so that a stale export does
        not turn unseen orders into no orders. Effect on all assigned customers at 30, 60 and 90
        days, net margin, checks of the draw, the treated-only share as a warning, and one verdict
        per arm.
    """
    settings = known.config if config is None else config
    if "winback" not in known.tables:
        return _off(known)
    until = known.observed_until
    evaluation = evaluate(known.tables, observed_until=until, config=settings, seed=seed)
    told = Told(evaluation=evaluation, currency=settings.currency, fdr_q=settings.fdr_q)
    tables, pictures = exhibits.tables(told), exhibits.pictures(told)
    used = ("winback", "order_lines", "interactions", "engagement")
    counts = known.row_counts.set_index("table")["n_known"].to_dict()
    return NotebookResult(
        notebook=NOTEBOOK,
        as_of=known.as_of,
        headline=_headline(told),
        brief=_brief(told),
        status=_status(known, evaluation),
        findings=tuple(_findings(told)),
        kpis=tuple(_kpis(told)),
        estimates=evaluation.estimates,
        tables=tables,
        pictures=pictures,
        does_not_show=(*([known.stale] if known.stale else []), *_limits(told)),
        todo=(*_todo(told), RULE),
        rows={name: int(counts[name]) for name in used if name in counts},
    )


def _status(known: Known, evaluation: Evaluation) -> Status:
    if not _judged(evaluation):
        return "not_estimable"
    return "ok" if known.stale is None else "weak"


def _judged(evaluation: Evaluation) -> bool:
    return evaluation.horizon_days is not None and evaluation.n_failed_draws == 0


def _brief(told: Told) -> Text | None:
    """Write the answer for the summary; None where the headline is short itself."""
    return brief(told) if _judged(told.evaluation) else None


def _headline(told: Told) -> Text:
    """One sentence: the effect on all who were assigned, the money, the verdict."""
    evaluation = told.evaluation
    if evaluation.n_drawn_rounds == 0:
        return Text(
            "Whether win-back works cannot be said: no round was drawn by lot with a control "
            "group.",
            "无法判断挽回是否有效：没有任何一轮经过抽签并设有对照组。",
        )
    if evaluation.horizon_days is None:
        return Text(
            f"Too early to say whether win-back works: none of {evaluation.n_drawn_rounds} drawn "
            "rounds has been followed to the end.",
            f"尚早：{evaluation.n_drawn_rounds} 个抽签轮次均未到观察期末，无法判断挽回是否有效。",
        )
    if evaluation.n_failed_draws:
        return Text(
            f"Win-back cannot be judged: arm sizes of {evaluation.n_failed_draws} round(s) do "
            "not fit the draw; check the assignment first.",
            f"无法判断挽回效果：{evaluation.n_failed_draws} 个轮次的各组人数与抽签比例不符，"
            "请先核查分配。",
        )
    return headline(told)


def _findings(told: Told) -> list[Finding]:
    if told.evaluation.horizon_days is None:
        return warnings(told)
    arms = [verdict.arm for verdict in told.evaluation.verdicts]
    judged = [verdict for verdict in told.evaluation.verdicts if verdict.money is not None]
    found = [*warnings(told), *(decision(told, verdict) for verdict in judged)]
    found += trap(told)
    found += [one for arm in arms for one in engagement_finding(told, arm)]
    found += [one for arm in arms for one in opt_out_finding(told, arm)]
    return found[:7]


def _kpis(told: Told) -> list[Kpi]:
    evaluation = told.evaluation
    arms = [verdict.arm for verdict in evaluation.verdicts]
    shown = ANY_ARM if len(arms) > 1 else (arms or [""])[0]
    kpis = _shares(told, shown, ("return_share_difference",))
    for verdict in evaluation.verdicts[:2]:
        if verdict.money is not None:
            name = arm_text(verdict.arm)
            label = Text(f"Net margin per customer, {name.en}", f"每客户净毛利（{name.zh}）")
            money = verdict.money
            kpis.append(_kpi(f"net_{verdict.arm}", label, money, unit="money", good="up"))
    kpis += _shares(told, shown, ("return_share",)) + _shares(told, CONTROL, ("return_share",))
    kpis.append(
        Kpi(
            name="assigned",
            label=Text("Assigned to win-back rounds", "参与挽回轮次的客户"),
            value=float(evaluation.n_assigned),
            unit="count",
        )
    )
    return kpis[:6]


def _shares(told: Told, arm: str, quantities: Sequence[str]) -> list[Kpi]:
    labels = {
        "return_share_difference": Text("Brought back by contact", "联系净带回"),
        "return_share": Text("Came back, contacted", "联系组回购率"),
    }
    if arm == CONTROL:
        labels["return_share"] = Text("Came back, not contacted", "对照组回购率")
    cards = []
    for quantity in quantities:
        row = told.evaluation.of_arm(quantity, arm)
        if row is not None:
            unit, good = ("share", "neutral") if quantity == "return_share" else ("points", "up")
            name = f"{quantity}_{arm}"
            cards.append(_kpi(name, labels[quantity], row, unit=unit, good=good))
    return cards


def _kpi(name: str, label: Text, row: Estimate, *, unit: str, good: str) -> Kpi:
    return Kpi(
        name=name,
        label=label,
        value=row.estimate,
        unit=unit,  # type: ignore[arg-type]
        good=good,  # type: ignore[arg-type]
        estimate_key=row.key,
    )


def _limits(told: Told) -> tuple[Text, ...]:
    limits = [
        Text(
            "Effects are averages over all who were assigned; they do not say for whom contact "
            "works best.",
            "效果是全体分配客户的平均值，不能说明对谁最有效。",
        ),
        Text(
            "Nothing is said about returns later than the horizon, nor about the second life of "
            "those who came back.",
            "不涉及观察期之后的回购，也不涉及回归客户之后的消费。",
        ),
    ]
    waiting = [
        row
        for row in told.evaluation.estimates
        if row.quantity == "immature_assigned_count"
        and row.segment.endswith(f"horizon_days={told.evaluation.horizon_days}")
    ]
    if waiting:
        total = number_text(sum(row.estimate or 0 for row in waiting))
        limits.append(
            Text(
                f"{total} assigned customers in {len(waiting)} round(s) are not followed to the "
                "end yet and do not count.",
                f"{len(waiting)} 个轮次共 {total} 位客户观察期未满，未计入。",
            )
        )
    notes = money_notes(told)
    limits += [text for code, text in _ASSUMED.items() if code in notes]
    n_undrawn = told.evaluation.n_rounds - told.evaluation.n_drawn_rounds
    if n_undrawn:
        limits.append(
            Text(
                f"{n_undrawn} round(s) were not drawn by lot or had no control group: no effect "
                "is given for them.",
                f"{n_undrawn} 个轮次未经抽签或没有对照组，不给出效果。",
            )
        )
    return tuple(limits)


_ASSUMED = {
    "default_margin": Text(
        "Where orders carry no margin, money rests on the configured default margin rate.",
        "订单无毛利数据时，金额按配置的默认毛利率计算。",
    ),
    "default_contact_cost": Text(
        "Where the round tells no cost, contacts are priced by the configured cost of a channel.",
        "轮次未记录成本时，联系成本按配置的渠道成本计算。",
    ),
    "no_cost": Text(
        "No cost is recorded for these rounds: the verdict is before cost.",
        "这些轮次未记录成本：结论未扣除成本。",
    ),
}


def _todo(told: Told) -> tuple[Text, ...]:
    if told.evaluation.n_drawn_rounds == 0:
        return (
            Text(
                "Draw the next round by lot and leave a part of it alone (20 %): only then can "
                "its effect be known.",
                "下一轮请抽签分配，并留出约 20% 不联系：这样才能知道效果。",
            ),
        )
    word = overall(told.evaluation.verdicts)
    if told.evaluation.horizon_days is None or word == "not_estimable":
        return (
            Text("Wait for the follow-up or repair the assignment.", "等待观察期满或修正分配。"),
        )
    best = {
        "continue": Text(
            "Keep the arms that pay, with a control group in each round.",
            "保留划算的方案，且每轮都留对照组。",
        ),
        "change": Text(
            "Change the offer or its cost, and test it again against a larger control group.",
            "调整优惠或成本，并用更大的对照组再次试验。",
        ),
        "stop": Text(
            "Stop these contacts; use the budget where an effect was tested.",
            "停止这些联系，把预算用于经过检验有效之处。",
        ),
    }
    return (best[word],)


def _off(known: Known) -> NotebookResult:
    return NotebookResult(
        notebook=NOTEBOOK,
        as_of=known.as_of,
        status="off",
        headline=Text(
            "Win-back cannot be judged: the source has no table `winback` (round, customer, arm, "
            "day of assignment). With it, and orders, this page tells what contact earned.",
            "无法评估挽回：数据源没有 `winback` 表（轮次、客户、组别、分配日期）。"
            "有了它和订单，本页就能说明联系带来了什么。",
        ),
    )
