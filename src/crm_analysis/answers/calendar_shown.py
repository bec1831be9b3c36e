"""What the calendar goes with, in words and a table: the day of the ending, not the lead."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from crm_analysis.answers.failure_words import count_text, ratio_text, share_with_interval
from crm_analysis.answers.part import Told
from crm_analysis.answers.profile_findings import standing_rows
from crm_analysis.deals.profile.calendar_effects import CALENDAR
from crm_analysis.estimates import Estimate, claim, read_segment
from crm_analysis.language import Text, number_text
from crm_analysis.proportions import newcombe
from crm_analysis.results import Finding, ShownTable

_ENDINGS = {"lost": Text("losses", "丢单"), "won": Text("wins", "成交")}
_AGAINST = Text("losses against wins", "丢单相对成交")


def calendar_told(estimates: Sequence[Estimate], *, q: float) -> tuple[Told, ...]:
    """Tell each part of the calendar that stands once: how leads end there, or else how fast."""
    told: dict[str, Told] = {}
    for quantity in ("calendar_log_loss_to_win_ratio", "calendar_log_hazard_ratio"):
        for row in standing_rows(estimates, quantity, q):
            name = read_segment(row.segment)["calendar"]
            told.setdefault(name, _told(row, name, estimates))
    return tuple(told.values())


def calendar_table(estimates: Sequence[Estimate]) -> tuple[ShownTable, ...]:
    """Show what was asked of the calendar."""
    rows = [row for row in estimates if row.family == "M05:calendar"]
    if not any(row.p is not None for row in rows):
        return ()
    lines = []
    for row in rows:
        pairs = read_segment(row.segment)
        part, what = CALENDAR[pairs["calendar"]].label, _ENDINGS.get(pairs.get("cause", ""))
        words = _AGAINST if what is None else what
        ends = [
            None if value is None else math.exp(value)
            for value in (row.estimate, row.ci_lo, row.ci_hi)
        ]
        lines.append(
            {
                "part_en": part.en,
                "part_zh": part.zh,
                "what_en": words.en,
                "what_zh": words.zh,
                **dict(zip(("ratio", "ci_lo", "ci_hi"), ends, strict=True)),
                "n": row.n,
                "p_adj": row.p_adj,
            }
        )
    table = ShownTable(
        name="calendar",
        frame=pd.DataFrame(lines),
        caption=Text(
            "Endings in a part of the calendar against the rest, at equal age of the leads; a "
            "calendar month counts as one observation, however many leads ended in it.",
            "线索时长相同时，该日历时段与其余时段的结局之比；每个日历月计为一次观察，不论结束了多少线索。",
        ),
        columns={
            "part": Text("part of the calendar", "日历时段"),
            "what": Text("of", "对象"),
            "ratio": Text("ratio to the rest", "与其余之比"),
            "ci_lo": Text("from", "下限"),
            "ci_hi": Text("to", "上限"),
            "n": Text("months or parts", "月份或时段数"),
            "p_adj": Text("adjusted p", "校正后 p"),
        },
        units={"ratio": "ratio", "ci_lo": "ratio", "ci_hi": "ratio"},
    )
    return (table,)


def _told(row: Estimate, name: str, estimates: Sequence[Estimate]) -> Told:
    part = CALENDAR[name]
    pairs = read_segment(row.segment)
    words = _ENDINGS.get(pairs.get("cause", ""), _AGAINST)
    more = (row.estimate or 0.0) > 0
    sentence = claim(
        Text(f"Closing in {part.label.en}", f"在{part.label.zh}结束"),
        Text(
            f"{'more' if more else 'fewer'} {words.en} (ratio {ratio_text(row)}, "
            f"{number_text(row.n or 0)} months or parts of one)",
            f"{words.zh}{'更多' if more else '更少'}（比值 {ratio_text(row)}，"
            f"{number_text(row.n or 0)} 个月份或时段）",
        ),
        evidence=row.evidence,
    ) + Text(".", "。")
    return Told(
        finding=Finding(
            sentence=sentence + _shares(name, estimates),
            evidence=row.evidence,
            action=Text(
                f"Find out what is different in {part.label.en} (discounts, targets, tidying up) "
                "and try it on a random half of leads at another time.",
                f"查明{part.label.zh}有何不同（折扣、指标、清理），并在其他时间对随机一半线索试行。",
            ),
            status=row.status,
            estimate_key=row.key,
        ),
        name=Text(f"closing in {part.label.en}", f"在{part.label.zh}结束"),
        size=None,
        strength=abs(row.estimate or 0.0),
    )


def _size(inside: Estimate, outside: Estimate) -> Text:
    """Write how many more, or fewer, deals were won inside than at the share outside."""
    won = [(one.events or 0, one.n or 0) for one in (inside, outside)]
    gap = newcombe((won[0][0], won[1][0]), (won[0][1], won[1][1]))
    if gap is None:
        return Text(
            " No number of deals is given: too few closed there.", "结束的线索太少，不给单数。"
        )
    n = inside.n or 0
    more = gap.estimate > 0
    ends = (n * gap.estimate, n * gap.lo, n * gap.hi)
    count = count_text(ends if more else (-ends[0], -ends[2], -ends[1]))
    return Text(
        f" That is about {count.en} deals {'more' if more else 'fewer'} won among the "
        f"{number_text(n)} closed there than at the share of the other days.",
        f"即在该时段结束的 {number_text(n)} 单中，比其余日子的占比约{'多' if more else '少'}成交 "
        f"{count.zh} 单。",
    )


def _shares(name: str, estimates: Sequence[Estimate]) -> Text:
    """Write the shares won inside and outside; it is the day that counts, not the lead."""
    part = CALENDAR[name]
    found = {
        read_segment(row.segment)["part"]: row
        for row in estimates
        if row.quantity == "calendar_closed_share" and read_segment(row.segment)["calendar"] == name
    }
    inside, outside = (share_with_interval(found[side]) for side in ("inside", "outside"))
    return _size(found["inside"], found["outside"]) + Text(
        f" Of leads closed in {part.label.en} {inside.en} were won, of those closed in "
        f"{part.rest.en} {outside.en}. It is about the day of closing, not about customers or "
        "representatives.",
        f"在{part.label.zh}结束的线索中{inside.zh}成交，在{part.rest.zh}结束的为{outside.zh}。"
        "这与结束的时点有关，与客户或代表无关。",
    )
