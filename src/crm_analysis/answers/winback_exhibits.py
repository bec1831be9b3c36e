"""The tables and pictures of the win-back evaluation, all made from its estimate rows."""

from __future__ import annotations

import math

import pandas as pd

from crm_analysis.answers.winback_words import (
    Told,
    arm_of,
    arm_text,
    difference_text,
    horizon_of,
    money_text,
    trap,
)
from crm_analysis.estimates import Estimate
from crm_analysis.language import Text
from crm_analysis.results import Picture, ShownTable
from crm_analysis.winback.effect import CONTROL
from crm_analysis.winback.verdict import WORDS

SCOPE = Text(
    "All assigned customers of rounds drawn by lot whose follow-up is over.",
    "观察期已满的抽签轮次中的全体分配客户。",
)


def tables(told: Told) -> tuple[ShownTable, ...]:
    """Make the tables that have rows: effects, money with verdicts, checks of the draw."""
    made = (_effects(told), _money(told), _checks(told))
    return tuple(table for table in made if not table.frame.empty)


def pictures(told: Told) -> tuple[Picture, ...]:
    """Make the pictures that have numbers: the trap, returns and money by arm and horizon."""
    made = (_trap_picture(told), _return_picture(told), _money_picture(told))
    return tuple(picture for picture in made if picture is not None)


def _rows(told: Told, quantity: str) -> list[Estimate]:
    return [
        row
        for row in told.evaluation.estimates
        if row.quantity == quantity and row.role == "result" and row.estimate is not None
    ]


def _effects(told: Told) -> ShownTable:
    quantities = {
        "return_share_difference": Text("bought again", "再次购买"),
        "engagement_share_difference": Text("engaged", "互动"),
        "opt_out_share_difference": Text("opted out", "退订"),
        "return_share_difference_reached": Text(
            "bought again, per reached", "再次购买（按联系到）"
        ),
    }
    frame = pd.DataFrame(
        [
            {
                "outcome_en": label.en,
                "outcome_zh": label.zh,
                **_arm(row),
                "horizon_days": horizon_of(row),
                "n": row.n,
                "difference": row.estimate,
                "ci_lo": row.ci_lo,
                "ci_hi": row.ci_hi,
                "p_adj": row.p_adj,
            }
            for quantity, label in quantities.items()
            for row in _rows(told, quantity)
        ]
    )
    return ShownTable(
        name="effects",
        frame=frame,
        caption=Text("Arm less control, by outcome and horizon. ", "各组减对照组，按结果与期限。")
        + SCOPE,
        columns={
            "outcome": Text("outcome", "结果"),
            "arm": Text("arm", "组别"),
            "horizon_days": Text("within (days)", "期限（天）"),
            "n": Text("customers", "客户数"),
            "difference": Text("difference (points)", "差异（百分点）"),
            "ci_lo": Text("from", "下限"),
            "ci_hi": Text("to", "上限"),
            "p_adj": Text("p, adjusted", "校正后 p"),
        },
        units={
            "n": "count",
            "horizon_days": "count",
            "difference": "points",
            "ci_lo": "points",
            "ci_hi": "points",
            "p_adj": "p",
        },
        headline=True,
    )


def _money(told: Told) -> ShownTable:
    words = {verdict.arm: WORDS[verdict.word] for verdict in told.evaluation.verdicts}
    days = told.evaluation.horizon_days
    rows = []
    for row in _rows(told, "net_margin_difference_per_assigned"):
        word = words.get(arm_of(row)) if horizon_of(row) == days else None
        cost = told.evaluation.find("winback_cost_per_assigned", row.segment)
        rows.append(
            {
                **_arm(row),
                "horizon_days": horizon_of(row),
                "net": row.estimate,
                "ci_lo": row.ci_lo,
                "ci_hi": row.ci_hi,
                "cost": None if cost is None else cost.estimate,
                "verdict_en": "" if word is None else word.en,
                "verdict_zh": "" if word is None else word.zh,
            }
        )
    unit = told.currency
    return ShownTable(
        name="money",
        frame=pd.DataFrame(rows),
        caption=Text(
            f"Net margin per assigned customer ({unit}): arm less control, cost taken off. ",
            f"每位分配客户净毛利（{unit}）：各组减对照组，已扣成本。",
        )
        + SCOPE,
        columns={
            "arm": Text("arm", "组别"),
            "horizon_days": Text("within (days)", "期限（天）"),
            "net": Text(f"net difference ({unit})", f"净差异（{unit}）"),
            "ci_lo": Text("from", "下限"),
            "ci_hi": Text("to", "上限"),
            "cost": Text(f"cost ({unit})", f"成本（{unit}）"),
            "verdict": Text("verdict", "结论"),
        },
        units={
            "horizon_days": "count",
            "net": "money",
            "ci_lo": "money",
            "ci_hi": "money",
            "cost": "money",
        },
        headline=True,
    )


def _checks(told: Told) -> ShownTable:
    """Each check of the draw with its number and what it says."""
    labels = {
        "sample_ratio_chi2": Text("arm sizes fit the draw (p)", "各组人数与抽签相符（p）"),
        "balance_smd": Text("past differs (standard deviations)", "分配前差异（标准差）"),
        "reach_share": Text("reached (share)", "实际联系到（占比）"),
        "controls_contacted_share": Text("controls contacted (share)", "对照组被联系（占比）"),
        "immature_assigned_count": Text(
            "not followed to the end (customers)", "观察期未满（客户）"
        ),
    }
    frame = pd.DataFrame(
        [
            {
                "check_en": labels[row.quantity].en,
                "check_zh": labels[row.quantity].zh,
                "of": row.segment,
                "value": row.p if row.quantity == "sample_ratio_chi2" else row.estimate,
                "n": row.n,
                "result_en": _result(row).en,
                "result_zh": _result(row).zh,
            }
            for row in told.evaluation.estimates
            if row.quantity in labels
        ]
    )
    return ShownTable(
        name="checks",
        frame=frame,
        caption=Text(
            "Was the draw kept? Sizes, past, reach and contacted controls. ",
            "抽签是否得到遵守：人数、历史、联系率与被联系的对照。",
        ),
        columns={
            "check": Text("check", "检查"),
            "of": Text("round or arm", "轮次或组别"),
            "value": Text("value", "数值"),
            "n": Text("customers", "客户数"),
            "result": Text("result", "结果"),
        },
        units={"value": "ratio", "n": "count"},
    )


def _result(row: Estimate) -> Text:
    if row.status == "not_estimable":
        return Text("cannot be checked", "无法检查")
    size = abs(row.estimate or 0)
    # of a fair draw one in a hundred differs by more than 2.58 standard errors, here 2 / sqrt(n)
    large = row.quantity == "balance_smd" and size > max(0.1, 5.16 / math.sqrt(row.n or 1))
    stray = row.quantity == "controls_contacted_share" and (row.events or 0) > 0
    if row.status == "weak" or large or stray:
        return Text("look into it", "需查明")
    return Text("fine", "正常")


def _trap_picture(told: Told) -> Picture | None:
    found = trap(told)
    rows = [
        row
        for row in _rows(told, "return_share")
        if horizon_of(row) == told.evaluation.horizon_days
    ]
    if not found or not rows:
        return None
    return Picture(
        name="returned_by_arm",
        kind="bars",
        numbers=pd.DataFrame(
            [
                {
                    **_label(arm_text(arm_of(row))),
                    "value": row.estimate,
                    "lo": row.ci_lo,
                    "hi": row.ci_hi,
                    "highlight": arm_of(row) == CONTROL,
                }
                for row in rows
            ]
            + [
                {
                    **_label(_controls_of(arm_text(arm_of(row)))),
                    "value": row.estimate,
                    "lo": row.ci_lo,
                    "hi": row.ci_hi,
                    "highlight": True,
                }
                for row in _own_controls(told, rows)
            ]
        ),
        title=Text("Many come back without being contacted", "许多客户无需联系也会回来"),
        sentence=found[0].sentence,
        caption=Text(
            f"Share that bought again within {told.evaluation.horizon_days} days, interval. ",
            f"{told.evaluation.horizon_days} 天内再次购买的占比及区间。",
        )
        + SCOPE,
        x_label=Text("share of assigned customers", "分配客户占比"),
        unit="share",
    )


def _own_controls(told: Told, rows: list[Estimate]) -> list[Estimate]:
    """Shares of an arm's own controls, where they are not the controls of all rounds."""
    pooled = {(row.n, row.events) for row in rows if arm_of(row) == CONTROL}
    return [
        row
        for row in _rows(told, "control_return_share")
        if horizon_of(row) == told.evaluation.horizon_days
        if (row.n, row.events) not in pooled
    ]


def _controls_of(name: Text) -> Text:
    return Text(f"control in rounds of {name.en}", f"{name.zh}所在轮次的对照组")


def _return_picture(told: Told) -> Picture | None:
    rows = _rows(told, "return_share_difference")
    if not rows:
        return None
    judged = [row for row in rows if horizon_of(row) == told.evaluation.horizon_days] or rows
    clear = any((row.ci_lo or 0) > 0 or (row.ci_hi or 0) < 0 for row in judged)
    parts = [(arm_text(arm_of(row)), difference_text(row)) for row in judged]
    return Picture(
        name="return_effect",
        kind="forest",
        numbers=_forest(rows),
        title=Text("What contact really brought back", "联系真正带回了多少")
        if clear
        else Text("No effect on returns is shown", "未显示对回购有影响"),
        sentence=Text(
            "; ".join(f"{name.en}: {size.en}" for name, size in parts) + ".",
            "；".join(f"{name.zh}：{size.zh}" for name, size in parts) + "。",
        ),
        caption=Text("Bought again, arm less control, interval. ", "再次购买：各组减对照组与区间。")
        + SCOPE,
        x_label=Text("difference in points", "差异（百分点）"),
        unit="points",
        reference=0.0,
    )


def _money_picture(told: Told) -> Picture | None:
    rows = _rows(told, "net_margin_difference_per_assigned")
    if not rows:
        return None
    judged = [row for row in rows if horizon_of(row) == told.evaluation.horizon_days] or rows
    parts = [(arm_text(arm_of(row)), money_text(row, told.currency)) for row in judged]
    pays = any((row.ci_lo or 0) > 0 for row in judged)
    return Picture(
        name="net_margin",
        kind="forest",
        numbers=_forest(rows),
        title=Text("What contact earned, cost taken off", "扣除成本后联系赚了多少")
        if pays
        else Text("Contact is not shown to earn its cost", "未显示联系能收回成本"),
        sentence=Text(
            "; ".join(f"{name.en}: {size.en}" for name, size in parts) + ".",
            "；".join(f"{name.zh}：{size.zh}" for name, size in parts) + "。",
        ),
        caption=Text(
            f"Net margin per assigned customer ({told.currency}), arm less control, bootstrap by "
            "customer. ",
            f"每位分配客户净毛利（{told.currency}），各组减对照组，按客户自助抽样。",
        )
        + SCOPE,
        x_label=Text(f"{told.currency} per assigned customer", f"每位分配客户（{told.currency}）"),
        unit="money",
        reference=0.0,
    )


def _forest(rows: list[Estimate]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "label_en": f"{arm_text(arm_of(row)).en}, {horizon_of(row)} days",
                "label_zh": f"{arm_text(arm_of(row)).zh}，{horizon_of(row)} 天",
                "estimate": row.estimate,
                "ci_lo": row.ci_lo,
                "ci_hi": row.ci_hi,
                "highlight": bool((row.ci_lo or 0) > 0 or (row.ci_hi or 0) < 0),
            }
            for row in sorted(rows, key=lambda row: (arm_of(row), horizon_of(row)))
        ]
    )


def _arm(row: Estimate) -> dict[str, str]:
    name = arm_text(arm_of(row))
    return {"arm_en": name.en, "arm_zh": name.zh}


def _label(name: Text) -> dict[str, str]:
    return {"label_en": name.en, "label_zh": name.zh}
