"""Will the target be met: sentences, table and picture of the forecast and its past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pandas as pd

from crm_analysis.deals.funnel.days import day_of
from crm_analysis.deals.funnel.forecast import Forecast
from crm_analysis.estimates import Estimate, read_segment
from crm_analysis.language import Text, number_text, share_text
from crm_analysis.results import Finding, Kpi, Picture, ShownTable

PARTS: dict[str, Text] = {
    "so_far": Text("won already", "已成交"),
    "open_leads": Text("from open leads", "来自在手线索"),
    "new_leads": Text("from leads still to come", "来自尚未出现的线索"),
    "total": Text("together", "合计"),
}


def found(
    estimates: Sequence[Estimate], quantity: str, segment: str, role: str = "result"
) -> Estimate | None:
    """Return the row of a quantity, segment and role that has a number, else None."""
    for row in estimates:
        if (row.quantity, row.segment, row.role) == (quantity, segment, role):
            return row if row.estimate is not None else None
    return None


def number(row: Estimate | None) -> float:
    """Return a row's number; 0 where there is none."""
    return 0.0 if row is None or row.estimate is None else row.estimate


def between(row: Estimate) -> Text:
    """Write an interval of counts."""
    low, high = number_text(row.ci_lo or 0.0), number_text(row.ci_hi or 0.0)
    return Text(f"{low} to {high}", f"{low} 至 {high}")


def period_text(made: Forecast) -> str:
    """Name the period: its month where it is one, else its first and last day."""
    first, last = day_of(made.period.first), day_of(made.period.last)
    is_month = first.day == 1 and (last + timedelta(days=1)).day == 1 and last.month == first.month
    return first.strftime("%Y-%m") if is_month else f"{first} – {last}"


def outlook_headline(estimates: Sequence[Estimate], made: Forecast) -> Text:
    """Say in one sentence what the period will bring."""
    total = found(estimates, "expected_deals", "part=total")
    when = period_text(made)
    if total is None:
        return Text(
            f"Too few deals have ended to forecast {when}.", f"已结束的线索太少，无法预测 {when}。"
        )
    ends = between(total)
    expected = Text(
        f"{number_text(number(total))} deals are expected in {when} (90 %: {ends.en})",
        f"{when} 预计成交 {number_text(number(total))} 单（90 %：{ends.zh}）",
    )
    chance = found(estimates, "target_probability", "metric=deals")
    target = found(estimates, "target_deals", "window=ahead")
    if chance is None or target is None:
        return expected + Text(
            "; no target in deals is given for it.", "；该期间未给出成交数目标。"
        )
    share, goal = share_text(number(chance), 0), number_text(number(target), 1)
    return expected + Text(
        f"; the target of {goal} will be met with a probability of {share}.",
        f"；达成目标 {goal} 单的概率为 {share}。",
    )


def outlook_finding(estimates: Sequence[Estimate], made: Forecast) -> tuple[Finding, ...]:
    """Tell whether the target will be met, and what it would take."""
    chance = found(estimates, "target_probability", "metric=deals")
    if chance is None:
        return ()
    short = found(estimates, "expected_shortfall", "")
    more = found(estimates, "leads_needed_count", "sure=0.5")
    sentence = outlook_headline(estimates, made)
    if short is not None and number(short) > 0:
        missing, ends = number_text(number(short), 1), between(short)
        sentence = sentence + Text(
            f" On average {missing} deals will be missing ({ends.en}).",
            f"平均将短缺 {missing} 单（{ends.zh}）。",
        )
    return (
        Finding(
            sentence=sentence,
            evidence="descriptive",
            action=_advice(more, number(chance), foreseen=is_foreseen(estimates)),
            status=chance.status,
            estimate_key=chance.key,
        ),
    )


def is_foreseen(estimates: Sequence[Estimate]) -> bool:
    """Say whether past months show that the chances tell which open leads will be won."""
    gain = found(estimates, "brier_gain", "", "diagnostic")
    return gain is not None and gain.note != "no_skill"


def _advice(more: Estimate | None, chance: float, *, foreseen: bool) -> Text:
    if chance >= 0.5 or more is None:
        calm = Text("Keep the follow-ups on time", "按时跟进即可")
        which = Text(
            "; the list open_pipeline says which leads carry the expected deals.",
            "；名单 open_pipeline 列出承载预期成交的线索。",
        )
        return calm + (which if foreseen else Text(".", "。"))
    n = number_text(number(more))
    decide = Text(
        f"Decide now: for even odds {n} leads beyond the usual inflow would have to come in early, "
        "or the target has to be set anew",
        f"请尽早决定：要有一半把握，除通常新增外还需尽早增加 {n} 条线索，否则应重定目标",
    )
    work = Text(
        "; work the likeliest open leads of the list open_pipeline first.",
        "；先跟进名单 open_pipeline 中最有望的在手线索。",
    )
    return decide + (work if foreseen else Text(".", "。"))


def outlook_cards(estimates: Sequence[Estimate]) -> tuple[Kpi, ...]:
    """Make the cards: probability of the target, deals expected and wanted."""
    wanted = (
        ("target_probability", "metric=deals", "share", "up",
         Text("probability that the target is met", "达成目标的概率")),
        ("expected_deals", "part=total", "count", "up",
         Text("deals expected in the target period", "目标期内预计成交")),
        ("target_deals", "window=ahead", "count", "neutral", Text("deals wanted", "目标成交数")),
        ("deals_count", "window=last_period", "count", "up",
         Text("deals won in the last period", "上一期成交数")),
    )  # fmt: skip
    cards = []
    for quantity, segment, unit, good, label in wanted:
        row = found(estimates, quantity, segment)
        if row is not None:
            cards.append(
                Kpi(
                    name=f"{quantity}_{read_segment(row.segment).get('window', 'ahead')}",
                    label=label,
                    value=row.estimate,
                    unit=unit,  # type: ignore[arg-type]
                    good=good,  # type: ignore[arg-type]
                    estimate_key=row.key,
                )
            )
    return tuple(cards)


def outlook_table(estimates: Sequence[Estimate], made: Forecast) -> ShownTable:
    """Show where the deals of the period will come from, the reps' own sum beside them."""
    lines = []
    for part, label in PARTS.items():
        row = found(estimates, "expected_deals", f"part={part}")
        lines.append(_line(label, row))
    naive = found(estimates, "expected_deals", "part=open_leads", "naive")
    own = Text(
        "warning: representatives' own sum, open leads", "警告：代表自报概率之和（在手线索）"
    )
    lines.append(_line(own, naive))
    target = found(estimates, "target_deals", "window=ahead")
    lines.append(_line(Text("target", "目标"), target))
    when = period_text(made)
    return ShownTable(
        name="outlook",
        frame=pd.DataFrame(lines),
        caption=Text(
            f"Deals expected in {when}. Intervals of 90 %; the representatives' own sum has no "
            "date and is not calibrated.",
            f"{when} 预计成交数。区间为 90 %；代表自报之和没有期限，也未经校准。",
        ),
        columns={
            "what": Text("what", "内容"),
            "deals": Text("deals", "成交数"),
            "ci_lo": Text("from", "下限"),
            "ci_hi": Text("to", "上限"),
        },
        units={"deals": "count", "ci_lo": "count", "ci_hi": "count"},
        headline=True,
    )


def _line(label: Text, row: Estimate | None) -> dict[str, object]:
    return {
        "what_en": label.en,
        "what_zh": label.zh,
        "deals": None if row is None else row.estimate,
        "ci_lo": None if row is None else row.ci_lo,
        "ci_hi": None if row is None else row.ci_hi,
    }


def outlook_picture(
    past: pd.DataFrame, made: Forecast, estimates: Sequence[Estimate]
) -> tuple[Picture, ...]:
    """Draw what was forecast for past months, what came, what was wanted, and what comes now."""
    total = found(estimates, "expected_deals", "part=total")
    if total is None or past.empty:
        return ()
    n = len(past)
    series = {
        Text("forecast before (90 %)", "事前预测（90 %）"): [*past["expected"], number(total)],
        Text("deals won", "实际成交"): [*past["actual"]],
        Text("target", "目标"): [*past["target"], made.period.target],
    }
    bands = {"lo": [*past["lo"], total.ci_lo], "hi": [*past["hi"], total.ci_hi]}
    months = _months_from(made.day, [*past["day"], made.day])
    frames = [
        _steps(name, values, months=months, bands=bands if place == 0 else {})
        for place, (name, values) in enumerate(series.items())
    ]
    inside = int(past["actual"].between(past["lo"], past["hi"]).sum())
    ends = between(total)
    return (
        Picture(
            name="months",
            kind="curves",
            numbers=pd.concat(frames, ignore_index=True).dropna(subset=["y"]),
            title=Text(
                f"{inside} of {n} past months came as forecast; next: {ends.en} deals",
                f"过去 {n} 个月中 {inside} 个月在预测区间内；下期：{ends.zh} 单",
            ),
            sentence=Text(
                f"In {inside} of {n} past months the deals lay in the interval forecast before; "
                f"for {period_text(made)} {number_text(number(total))} are expected "
                f"({ends.en}).",
                f"过去 {n} 个月中有 {inside} 个月的成交数落在事前区间内；{period_text(made)} 预计 "
                f"{number_text(number(total))} 单（{ends.zh}）。",
            ),
            caption=Text(
                "Each forecast was made from what was known at the end of the month before; band: "
                "90 %.",
                "每次预测只用上月末已知的数据；色带为 90 % 区间。",
            ),
            x_label=Text(
                "months from the as-of day (0 to 1 = the coming one)",
                "距截至日的月数（0 至 1 为下一期）",
            ),
            y_label=Text("deals", "成交数"),
            unit="count",
        ),
    )


def _months_from(origin: int, days: list[int]) -> list[int]:
    """Count the whole months from a day to others; negative before it."""
    start = day_of(origin)
    dates = [day_of(int(day)) for day in days]
    return [12 * (one.year - start.year) + one.month - start.month for one in dates]


def _steps(
    name: Text,
    values: list[float | None],
    *,
    months: list[int],
    bands: dict[str, list[float | None]],
) -> pd.DataFrame:
    """Write one series as steps from month to month; the last value holds to its month's end."""
    held, places = [*values, values[-1]], months[: len(values)]
    frame = pd.DataFrame(
        {
            "series_en": name.en,
            "series_zh": name.zh,
            "x": np.array([*places, places[-1] + 1], dtype=float),
            "y": pd.Series(held, dtype=float),
        }
    )
    for column, ends in bands.items():
        frame[column] = pd.Series([*ends, ends[-1]], dtype=float)
    return frame
