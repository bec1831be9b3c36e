"""What the open leads will do, and what the representatives' probabilities are worth."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

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
    tail = Text("", "")
    if standing:
        names = ", ".join(read_segment(one.segment)["rep_id"] for one in standing[:5])
        tail = Text(
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
    numbers = pd.concat(
        [
            pd.DataFrame(
                {
                    "series_en": won.en, "series_zh": won.zh, "x": 100 * steps["said"],
                    "y": steps["won"], "lo": steps["lo"], "hi": steps["hi"],
                }
            ),
            pd.DataFrame(
                {
                    "series_en": said.en, "series_zh": said.zh, "x": 100 * steps["said"],
                    "y": steps["said"],
                }
            ),
        ],
        ignore_index=True,
    )  # fmt: skip
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


def pipeline_table(estimates: Sequence[Estimate], found_now: Prospects) -> ShownTable:
    """Show what the open leads will do and what they are worth."""
    days = found_now.horizon_days
    horizon = f"horizon_days={days}"
    entries = (
        (f"won within {days} days", f"{days} 天内成交", "expected_wins", horizon, "result"),
        (f"lost within {days} days", f"{days} 天内丢单", "expected_losses", horizon, "result"),
        ("worth, calibrated (money)", "校准后价值（金额）", "weighted_pipeline", "", "result"),
        ("warning: worth as representatives say (money)", "警告：按代表概率的价值（金额）",
         "weighted_pipeline", "", "naive"),
    )  # fmt: skip
    lines = []
    for en, zh, quantity, segment, role in entries:
        row = found(estimates, quantity, segment, role)
        lines.append(
            {
                "what_en": en,
                "what_zh": zh,
                "value": None if row is None else row.estimate,
                "ci_lo": None if row is None else row.ci_lo,
                "ci_hi": None if row is None else row.ci_hi,
            }
        )
    n = number_text(len(found_now.pipeline))
    return ShownTable(
        name="pipeline",
        frame=pd.DataFrame(lines),
        caption=Text(
            f"The {n} leads open now: what they will do, and what they are worth. Intervals of "
            "90 %.",
            f"目前 {n} 条未结束线索将如何、价值几何。区间为 90 %。",
        ),
        columns={
            "what": Text("what", "内容"),
            "value": Text("expected", "预计"),
            "ci_lo": Text("from", "下限"),
            "ci_hi": Text("to", "上限"),
        },
        units=dict.fromkeys(("value", "ci_lo", "ci_hi"), "count"),
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


def pipeline_list(frame: pd.DataFrame) -> ActionList:
    """Hand over every open lead with its chances."""
    rounded = frame.copy()
    for name in (
        *("rep_probability", "won_in_period", "lo", "hi"),
        *("won_in_horizon", "lost_in_horizon"),
    ):
        rounded[name] = rounded[name].astype(float).round(4)
    return ActionList(
        name="open_pipeline",
        frame=rounded,
        purpose=Text(
            "Every open lead with its calibrated chances, most expected money first: a hint where "
            "the deals of the period will come from, no verdict on a lead or a person.",
            "全部未结束线索及其校准概率，预期金额高者在前：提示本期成交可能来自何处，并非对线索或"
            "个人的定论。",
        ),
    )
