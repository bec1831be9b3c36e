"""The playbook as tables: pattern by strategy, and what was drawn by lot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from crm_analysis.deals.advice.drawn_patterns import NO_PATTERN
from crm_analysis.deals.advice.worked import ALONE, STRATEGIES, WEEK
from crm_analysis.deals.signs import SIGNS
from crm_analysis.estimates import GRADES, Estimate, is_finding, read_segment, segment
from crm_analysis.language import Text, level_text, number_text
from crm_analysis.results import ShownTable

STRATEGY_NAMES: dict[str, Text] = {
    "act": Text("contacted within a week", "一周内联系"),
    "remove_obstacle": Text("open question or matter settled within a week", "一周内解决遗留问题"),
    ALONE: Text("left alone for a week", "一周内未处理"),
}


def pattern_name(pattern: str) -> Text:
    """Return the words for a pattern of the playbook."""
    if pattern == NO_PATTERN:
        return Text("no sign before the loss", "丢单前无征兆")
    return SIGNS[pattern].label


def playbook_table(
    estimates: Sequence[Estimate],
    standing: Sequence[str],
    *,
    q: float,
    alpha: float,
    currency: str,
) -> tuple[ShownTable, ...]:
    """Show pattern by strategy: share lost, difference, value, and what a test would take."""
    found = {(row.quantity, row.segment): row for row in estimates}
    days = {
        read_segment(row.segment)["horizon_days"] for row in estimates if "pattern" in row.segment
    }
    lines = [
        _line(found, pattern, strategy, day=day, q=q)
        for pattern in standing
        for strategy in (ALONE, *STRATEGIES)
        for day in sorted(days)
        if ("pattern_loss_share", _place(pattern, strategy, day)) in found
    ]
    if not lines:
        return ()
    [day] = sorted(days)
    table = ShownTable(
        name="playbook",
        frame=pd.DataFrame(lines),
        caption=Text(
            f"What was done in the {WEEK} days after a sign first showed, and the share lost in "
            f"the {day} days that followed. Differences are against deals left alone, of the same "
            f"age and last noted probability; {level_text(alpha)} interval; "
            f"{GRADES['adjusted'].en}. Tests by lot are sized to show one loss less in ten.",
            f"首次出现征兆后 {WEEK} 天内的应对，及其后 {day} 天内丢单占比。差异为与未处理、"
            f"时长和最近概率相近者相比；{level_text(alpha)} 区间；{GRADES['adjusted'].zh}。"
            "抽签检验的规模以能看出每十单少丢一单为准。",
        ),
        columns={
            "pattern": Text("sign", "征兆"),
            "strategy": Text("what was done", "应对"),
            "n": Text("deals", "商机数"),
            "lost": Text("lost", "丢单"),
            "difference": Text("difference", "差异"),
            "ci_lo": Text("from", "下限"),
            "ci_hi": Text("to", "上限"),
            "value": Text(f"value a deal, {currency}", f"每单价值，{currency}"),
            "reading": Text("reading", "解读"),
        },
        units={
            "lost": "share",
            "difference": "points",
            "ci_lo": "points",
            "ci_hi": "points",
            "value": "money",
        },
    )
    return (table,)


def _place(pattern: str, strategy: str, day: str) -> str:
    return segment(pattern=pattern, strategy=strategy, horizon_days=day)


def _line(
    found: Mapping[tuple[str, str], Estimate], pattern: str, strategy: str, *, day: str, q: float
) -> dict[str, object]:
    at = _place(pattern, strategy, day)
    share = found["pattern_loss_share", at]
    difference = found.get(("pattern_loss_share_difference", at))
    value = found.get(("pattern_value_per_deal", at))
    needed = found.get(("pattern_needed_per_arm_count", segment(pattern=pattern, horizon_days=day)))
    name, done = pattern_name(pattern), STRATEGY_NAMES[strategy]
    reading = _reading(difference, needed, q=q)
    told = difference is not None and difference.estimate is not None
    return {
        "pattern_en": name.en,
        "pattern_zh": name.zh,
        "strategy_en": done.en,
        "strategy_zh": done.zh,
        "n": share.n,
        "lost": share.estimate,
        "difference": difference.estimate if told and difference else None,
        "ci_lo": difference.ci_lo if told and difference else None,
        "ci_hi": difference.ci_hi if told and difference else None,
        "value": None if value is None else value.estimate,
        "reading_en": reading.en,
        "reading_zh": reading.zh,
    }


def _reading(difference: Estimate | None, needed: Estimate | None, *, q: float) -> Text:
    """Say whether the cell stands; beside what it is compared with, what would settle it."""
    if difference is not None:
        if is_finding(difference, q):
            return Text("stands, not tested by lot", "成立，未经抽签")
        if difference.estimate is None:
            return Text("too little data", "数据太少")
        return Text("no difference shown", "未见差异")
    word = Text("compared with", "比较基准")
    if needed is None or needed.estimate is None:
        return word
    n = number_text(needed.estimate)
    return word + Text(f"; a test by lot takes {n} deals an arm", f"；抽签检验每组需 {n} 单")


def lot_table(estimates: Sequence[Estimate], *, q: float, alpha: float) -> tuple[ShownTable, ...]:
    """Show what win-back drawn by lot brought, by the pattern of the deal lost before."""
    rows = [row for row in estimates if row.quantity == "pattern_return_share_difference"]
    if not rows:
        return ()
    lines = []
    for row in rows:
        place = read_segment(row.segment)
        name = pattern_name(place["pattern"])
        reading = _lot_reading(row, q=q)
        lines.append(
            {
                "pattern_en": name.en,
                "pattern_zh": name.zh,
                "arm": place["arm"],
                "n": row.n,
                "events": row.events,
                "difference": row.estimate,
                "ci_lo": row.ci_lo,
                "ci_hi": row.ci_hi,
                "reading_en": reading.en,
                "reading_zh": reading.zh,
            }
        )
    table = ShownTable(
        name="playbook_by_lot",
        frame=pd.DataFrame(lines),
        caption=Text(
            "Win-back drawn by lot, by the sign that the customer's last lost deal had shown: "
            f"share that bought again, arm less control; {level_text(alpha)} interval; "
            f"{GRADES['randomised'].en}.",
            f"抽签挽回，按客户最近丢单曾出现的征兆：再购占比，试验组减对照组；"
            f"{level_text(alpha)} 区间；{GRADES['randomised'].zh}。",
        ),
        columns={
            "pattern": Text("sign", "征兆"),
            "arm": Text("arm", "组别"),
            "n": Text("customers", "客户数"),
            "events": Text("bought again", "再购"),
            "difference": Text("difference", "差异"),
            "ci_lo": Text("from", "下限"),
            "ci_hi": Text("to", "上限"),
            "reading": Text("reading", "解读"),
        },
        units={"difference": "points", "ci_lo": "points", "ci_hi": "points"},
    )
    return (table,)


def _lot_reading(row: Estimate, *, q: float) -> Text:
    if row.estimate is None:
        return Text("too few bought again", "再购太少")
    return Text("stands", "成立") if is_finding(row, q) else Text("not shown", "未见差异")
