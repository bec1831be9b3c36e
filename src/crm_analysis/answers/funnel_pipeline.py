"""What the open leads will do, and what the representatives' probabilities are worth."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crm_analysis.answers.failure_words import count_text, scaled_ends
from crm_analysis.answers.funnel_outlook import between, found, number
from crm_analysis.deals.funnel.weighted import Prospects
from crm_analysis.estimates import Estimate, is_finding, read_segment
from crm_analysis.language import Text, level_text, number_text, points_text, share_text
from crm_analysis.results import ActionList, Finding, Kpi, Picture, ShownTable


def optimism_finding(
    estimates: Sequence[Estimate], told: pd.DataFrame, *, q: float
) -> tuple[Finding, ...]:
    """Tell how far the representatives' probabilities are off, where it stands."""
    row = found(estimates, "optimism", "")
    if row is None or not is_finding(row, q):
        return ()
    said, won = share_text(told["rep_share"].mean(), 0), share_text(told["won"].mean(), 0)
    size = points_text(number(row))
    ends = f"{points_text(row.ci_lo or 0.0)} to {points_text(row.ci_hi or 0.0)}"
    standing = [
        one
        for one in estimates
        if one.quantity == "optimism" and one.segment and is_finding(one, q)
    ]
    count, fewer = count_text(scaled_ends(row, row.n or 0)), number(row) > 0
    tail = Text(
        f" Against what they said about {count.en} deals "
        f"{'are missing' if fewer else 'were won beyond it'}.",
        f"与所说相比约{'少' if fewer else '多'} {count.zh}单。",
    )
    if standing:
        names = ", ".join(read_segment(one.segment)["rep_id"] for one in standing[:5])
        tail += Text(
            f" One by one it stands for {len(standing)} of the representatives ({names}).",
            f"逐人看，{len(standing)} 位代表的偏差成立（{names}）。",
        )
    slope = found(estimates, "calibration_slope", "", "diagnostic")
    return (
        Finding(
            sentence=Text(
                f"Representatives say {said}, {won} were won: {size} ({ends}), "
                f"{number_text(row.n or 0)} leads.{_slope_text(slope).en}",
                f"代表评估 {said}，实际成交 {won}：{size}（{ends.replace(' to ', ' 至 ')}），"
                f"共 {number_text(row.n or 0)} 条线索。{_slope_text(slope).zh}",
            )
            + tail,
            evidence="descriptive",
            action=Text(
                "Plan with the calibrated probability, and show everybody the picture of what was "
                "said and what came.",
                "请按校准后的概率做计划，并让大家看到“所说与所得”的图。",
            ),
            status=row.status,
            estimate_key=row.key,
        ),
    )


def _slope_text(slope: Estimate | None) -> Text:
    if slope is None or slope.ci_hi is None:
        return Text("", "")
    if slope.ci_hi <= 0:
        return Text(
            " A higher probability did not mean more wins at all.", "概率高并不意味着成交更多。"
        )
    value = f"{number(slope):.2f}"
    return Text(
        f" Their odds carry {value} of what they claim (1 would be right).",
        f"其几率的含金量为 {value}（1 为名副其实）。",
    )


def said_picture(steps: pd.DataFrame, *, alpha: float) -> tuple[Picture, ...]:
    """Draw the share won at each probability that was said, beside what was said."""
    if len(steps) < 3:
        return ()
    won, said = Text("won", "实际成交"), Text("as said", "如所说")
    centred = steps.assign(x=100 * steps["said"] - 5)
    held = pd.concat([centred, centred.tail(1).assign(x=centred["x"].iloc[-1] + 10)])
    numbers = pd.concat(
        [
            held[["x", "lo", "hi"]].assign(series_en=won.en, series_zh=won.zh, y=held["won"]),
            held[["x"]].assign(series_en=said.en, series_zh=said.zh, y=held["said"]),
        ],
        ignore_index=True,
    )
    top = steps.iloc[-1]
    pair = share_text(float(top["said"]), 0), share_text(float(top["won"]), 0)
    return (
        Picture(
            name="said_and_won",
            kind="curves",
            numbers=numbers,
            title=Text(
                f"Of leads given {pair[0]}, {pair[1]} were won",
                f"评为 {pair[0]} 的，成交 {pair[1]}",
            ),
            sentence=Text(
                f"Of the leads to which {pair[0]} was given, {pair[1]} were won in the end "
                f"({share_text(float(top['lo']), 0)} to {share_text(float(top['hi']), 0)}).",
                f"被评为 {pair[0]} 的线索，最终成交 {pair[1]}"
                f"（{share_text(float(top['lo']), 0)} 至 {share_text(float(top['hi']), 0)}）。",
            ),
            caption=Text(
                f"Each lead once, at its first month's end; {number_text(int(steps['n'].sum()))} "
                f"leads whose fate is settled; band: {level_text(alpha)}.",
                f"每条线索取首个月末的评估；{number_text(int(steps['n'].sum()))} 条结局已定的线索；"
                f"色带为 {level_text(alpha)}。",
            ),
            x_label=Text("probability said by the representative (%)", "代表所评概率（%）"),
            y_label=Text("share won", "成交占比"),
            unit="share",
        ),
    )


def pipeline_tables(estimates: Sequence[Estimate], now: Prospects) -> tuple[ShownTable, ShownTable]:
    """Show what the open leads will do, and what they are worth."""
    days = now.horizon_days
    horizon = f"horizon_days={days}"
    won = Text(f"won within {days} days", f"{days} 天内成交")
    lost = Text(f"lost within {days} days", f"{days} 天内丢单")
    said = Text("warning: as representatives say", "警告：按代表所说")
    counts = ((won, "expected_wins"), (lost, "expected_losses"))
    money = ((Text("calibrated", "校准后"), "result"), (said, "naive"))
    n = number_text(len(now.pipeline))
    does = Text(
        f"What the {n} leads open now will do. Intervals of 90 %.",
        f"目前 {n} 条未结束线索将如何。区间为 90 %。",
    )
    worth = Text(
        "What the open leads are worth: amounts weighted by their chance to be won. Interval of "
        "90 %.",
        "在手线索的价值：金额按成交概率加权。区间为 90 %。",
    )
    worths = [_line(estimates, label, "weighted_pipeline", "", role) for label, role in money]
    return (
        _told(
            "pipeline", does, [_line(estimates, *one, horizon, "result") for one in counts], "count"
        ),
        _told("worth", worth, worths, "money"),
    )


def _line(
    estimates: Sequence[Estimate], label: Text, quantity: str, segment: str, role: str
) -> dict[str, object]:
    row = found(estimates, quantity, segment, role)
    return {
        "what_en": label.en,
        "what_zh": label.zh,
        "value": None if row is None else row.estimate,
        "ci_lo": None if row is None else row.ci_lo,
        "ci_hi": None if row is None else row.ci_hi,
    }


def _told(name: str, caption: Text, lines: list[dict[str, object]], unit: str) -> ShownTable:
    return ShownTable(
        name=name,
        frame=pd.DataFrame(lines),
        caption=caption,
        columns={
            "what": Text("what", "内容"),
            "value": Text("expected", "预计"),
            "ci_lo": Text("from", "下限"),
            "ci_hi": Text("to", "上限"),
        },
        units=dict.fromkeys(("value", "ci_lo", "ci_hi"), unit),
    )


def pipeline_cards(estimates: Sequence[Estimate], days: int) -> tuple[Kpi, ...]:
    """Make the cards of the open leads: expected losses and calibrated worth."""
    cards = []
    losses = found(estimates, "expected_losses", f"horizon_days={days}")
    if losses is not None:
        cards.append(
            Kpi(
                name="expected_losses_count",
                label=Text(
                    f"open leads to be lost within {days} days ({between(losses).en})",
                    f"{days} 天内预计丢失的在手线索（{between(losses).zh}）",
                ),
                value=losses.estimate,
                unit="count",
                good="down",
                estimate_key=losses.key,
            )
        )
    worth = found(estimates, "weighted_pipeline", "")
    if worth is not None:
        cards.append(
            Kpi(
                name="weighted_pipeline",
                label=Text("worth of open leads, calibrated", "在手线索的校准价值"),
                value=worth.estimate,
                unit="money",
                good="up",
                estimate_key=worth.key,
            )
        )
    return tuple(cards)


def pipeline_list(frame: pd.DataFrame, *, spared: int, foreseen: bool) -> ActionList:
    """Hand over the open leads with their chances; `spared` customers' leads are left out.

    Where past months do not show that the chances tell leads apart (`foreseen`), the list says so.
    """
    rounded = frame.copy()
    for name in (
        *("rep_probability", "won_in_period", "lo", "hi"),
        *("won_in_horizon", "lost_in_horizon"),
    ):
        rounded[name] = rounded[name].astype(float).round(4)
    purpose = Text(
        "Every open lead with its calibrated chances, most expected money first: a hint where "
        "the deals of the period will come from, no verdict on a lead or a person.",
        "全部未结束线索及其校准概率，预期金额高者在前：提示本期成交可能来自何处，并非对线索或"
        "个人的定论。",
    )
    if not foreseen:
        purpose = Text(
            "Every open lead with its calibrated chances, most expected money first. The chances "
            "did not tell past leads apart better than the share of all: the order follows the "
            "amounts and does not say which lead will be won.",
            "全部未结束线索及其校准概率，预期金额高者在前。以往月份中这些概率并不比总体占比更能区分"
            "线索：排序随金额而定，不说明哪条线索会成交。",
        )
    return ActionList(name="open_pipeline", frame=rounded, purpose=purpose + spared_text(spared))


def spared_text(n: int) -> Text:
    """Say how many rows of a list are left out because nobody is to be contacted there."""
    if not n:
        return Text("", "")
    shown = number_text(n)
    return Text(
        f" Not listed: {shown} of customers who asked for no more contact or have left.",
        f"未列入：{shown} 条，客户已要求不再联系或已离开。",
    )
