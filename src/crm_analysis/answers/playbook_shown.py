"""The playbook as tables: pattern by strategy, and what was drawn by lot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from crm_analysis.deals.advice.first_shown import shown_text
from crm_analysis.deals.advice.worked import ALONE, STRATEGIES, WEEK
from crm_analysis.estimates import GRADES, Estimate, is_finding, read_segment, segment
from crm_analysis.language import Text, level_text, number_text
from crm_analysis.results import ShownTable

STRATEGY_NAMES: dict[str, Text] = {
    "act": Text("contacted within a week", "一周内联系"),
    "remove_obstacle": Text("open question or matter settled within a week", "一周内解决遗留问题"),
    ALONE: Text("left alone for a week", "一周内未处理"),
}


BY_AGE = Text("age", "时长")
BY_AGE_AND_VALUE = Text("age and last noted probability", "时长和最近概率")


def adjusted_for(weeks: pd.DataFrame) -> Text:
    """Name in what deals compared are alike: the probability only where one was ever noted."""
    noted = weeks["last_value"].notna().any()
    return BY_AGE_AND_VALUE if noted else BY_AGE


def playbook_table(
    estimates: Sequence[Estimate],
    names: Sequence[str],
    *,
    q: float,
    alpha: float,
    currency: str,
    like: Text = BY_AGE,
    min_events: int = 10,
) -> tuple[ShownTable, ...]:
    """Show pattern by strategy: share lost, difference, value, and what a test would take.

    Parameters
    ----------
    estimates : sequence of Estimate
        From `playbook.cell_estimates`, adjusted.
    names : sequence of str
        Signs, patterns and types of track in the order of the lines.
    like : Text
        In what the deals compared are alike, from `adjusted_for`.
    min_events : int
        Deals lost, and deals not lost, that each side of a comparison needs.
    """
    found = {(row.quantity, row.segment): row for row in estimates}
    days = {
        read_segment(row.segment)["horizon_days"] for row in estimates if "pattern" in row.segment
    }
    lines = [
        _line(found, pattern, strategy, day=day, q=q, min_events=min_events)
        for pattern in names
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
            f"What was done in the {WEEK} days after a sign, a pattern or a type of track first "
            f"showed, and the share lost in the {day} days that followed. Differences are against "
            f"deals left alone, of the same {like.en}; a value is the mean "
            f"margin of the losses less, minus the contacts' cost; {level_text(alpha)} intervals; "
            f"both {GRADES['adjusted'].en}. Tests by lot are sized to show one loss less in ten.",
            f"首次出现征兆、组合或轨迹类型后 {WEEK} 天内的应对，及其后 {day} 天内丢单占比。"
            f"差异为与未处理、{like.zh}相近者相比；价值为少丢商机的平均毛利减联系成本；"
            f"{level_text(alpha)} 区间；二者均{GRADES['adjusted'].zh}。"
            "抽签检验的规模以能看出每十单少丢一单为准。",
        ),
        columns={
            "pattern": Text("what showed", "出现的情形"),
            "strategy": Text("what was done", "应对"),
            "n": Text("deals", "商机数"),
            "lost": Text("lost", "丢单"),
            "difference": Text("difference", "差异"),
            "ci_lo": Text("from", "下限"),
            "ci_hi": Text("to", "上限"),
            "value": Text(f"value a deal, {currency}", f"每单价值，{currency}"),
            "value_lo": Text("value from", "价值下限"),
            "value_hi": Text("value to", "价值上限"),
            "reading": Text("reading", "解读"),
        },
        units={
            "lost": "share",
            "difference": "points",
            "ci_lo": "points",
            "ci_hi": "points",
            **dict.fromkeys(("value", "value_lo", "value_hi"), "money"),
        },
    )
    return (table,)


def _place(pattern: str, strategy: str, day: str) -> str:
    return segment(pattern=pattern, strategy=strategy, horizon_days=day)


def _line(
    found: Mapping[tuple[str, str], Estimate],
    pattern: str,
    strategy: str,
    *,
    day: str,
    q: float,
    min_events: int,
) -> dict[str, object]:
    at = _place(pattern, strategy, day)
    share = found["pattern_loss_share", at]
    difference = found.get(("pattern_loss_share_difference", at))
    value = found.get(("pattern_value_per_deal", at))
    needed = found.get(("pattern_needed_per_arm_count", segment(pattern=pattern, horizon_days=day)))
    name, done = shown_text(pattern), STRATEGY_NAMES[strategy]
    reading = _reading(difference, needed, q=q, min_events=min_events)
    return {
        "pattern_en": name.en,
        "pattern_zh": name.zh,
        "strategy_en": done.en,
        "strategy_zh": done.zh,
        "n": share.n,
        "lost": share.estimate,
        "difference": None if difference is None else difference.estimate,
        "ci_lo": None if difference is None else difference.ci_lo,
        "ci_hi": None if difference is None else difference.ci_hi,
        "value": None if value is None else value.estimate,
        "value_lo": None if value is None else value.ci_lo,
        "value_hi": None if value is None else value.ci_hi,
        "reading_en": reading.en,
        "reading_zh": reading.zh,
    }


def _reading(
    difference: Estimate | None, needed: Estimate | None, *, q: float, min_events: int
) -> Text:
    """Say whether the cell stands; where it is empty or but compared with, what it takes."""
    if difference is not None:
        if is_finding(difference, q):
            return Text("stands, not tested by lot", "成立，未经抽签")
        if difference.estimate is None:
            return _too_little(needed, min_events)
        return Text("no difference shown", "未见差异")
    word = Text("compared with", "比较基准")
    if needed is None or needed.estimate is None:
        return word
    n = number_text(needed.estimate)
    return word + Text(f"; a test by lot takes {n} deals an arm", f"；抽签检验每组需 {n} 单")


def _too_little(needed: Estimate | None, min_events: int) -> Text:
    """Say what an empty cell would need."""
    least = Text(
        f"too little data: takes {min_events} deals lost and {min_events} not lost on each side",
        f"数据太少：两组各需 {min_events} 单丢单和 {min_events} 单未丢单",
    )
    if needed is None or needed.estimate is None:
        return least
    n = number_text(needed.estimate)
    return least + Text(f", or a test by lot of {n} deals an arm", f"，或每组 {n} 单的抽签检验")
