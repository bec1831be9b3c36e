"""Tables of the patterns that held in both periods, of those that did not, and of the search."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crm_analysis.answers.failure_evidence import INTERVAL_COLUMNS, RATIO_UNITS, ratio_columns
from crm_analysis.deals.outcomes import ENDINGS
from crm_analysis.deals.patterns.replication import PatternResult, Patterns
from crm_analysis.estimates import Estimate, segment
from crm_analysis.language import Text, level_text
from crm_analysis.results import ShownTable

NO_PART = Text("–", "–")
Rows = dict[tuple[str, str], Estimate]


def rows_by_place(estimates: Sequence[Estimate]) -> Rows:
    """Find the rows of the second period by their segment, and of the first by its role."""
    return {
        (row.role, row.segment): row
        for row in estimates
        if row.quantity in ("pattern_log_hazard_ratio", "pattern_over_part_log_hazard_ratio")
    }


def row_of(rows: Rows, one: PatternResult, role: str = "result") -> Estimate:
    """Return the row of a pattern: role "result" is the second period, "diagnostic" the first."""
    return rows[role, f"cause={one.cause};pattern={one.pattern.name}"]


def over_part_of(rows: Rows, one: PatternResult) -> Estimate | None:
    """Return what a pattern adds to its best part; None for a single state."""
    part = "" if one.best_part is None else one.best_part.name
    place = segment(cause=one.cause, pattern=one.pattern.name, part=part)
    return rows.get(("diagnostic", place))


def kept_table(patterns: Patterns, rows: Rows, *, alpha: float) -> tuple[ShownTable, ...]:
    """Show what held in both periods."""
    if not patterns.kept:
        return ()
    table = ShownTable(
        name="patterns",
        frame=pd.DataFrame([_line(one, rows) for one in patterns.kept]),
        caption=Text(
            f"Patterns that held in both periods: how much more often the ending came in the week "
            f"after a check with the pattern, among leads opened since {patterns.turn}, "
            f"{level_text(alpha)} interval. A pattern of several states adds to each of its parts; "
            "beside it its best part, to which it adds least, and how many times as often the "
            "ending came with the whole pattern as with that part only. "
            "Where losses and wins came sooner alike, nothing is shown.",
            f"两期均成立的组合：{patterns.turn} 之后开启的线索中，出现组合后一周内该结局为平时的"
            f"倍数及 {level_text(alpha)} 区间。多状态组合均优于其各部分；另列其最强部分，"
            "以及整个组合相对仅有该部分时的倍数。丢单与成交同样提前的，"
            "不予展示。",
        ),
        columns={
            "pattern": Text("pattern", "组合"),
            "ending": Text("ending", "结局"),
            **INTERVAL_COLUMNS,
            "n": Text("weeks observed", "观察周数"),
            "part": Text("best part", "最强部分"),
            "over": Text("times that part", "对该部分的倍数"),
            "over_lo": Text("from", "下限"),
            "over_hi": Text("to", "上限"),
            "first_ratio": Text("ratio before", "前期比值"),
        },
        units={
            **RATIO_UNITS,
            **dict.fromkeys(("over", "over_lo", "over_hi", "first_ratio"), "ratio"),
        },
    )
    return (table,)


def _line(one: PatternResult, rows: Rows) -> dict[str, object]:
    first = ratio_columns(row_of(rows, one, "diagnostic"))
    part = NO_PART if one.best_part is None else one.best_part.text
    over_row = over_part_of(rows, one)
    over = {} if over_row is None else ratio_columns(over_row)
    return {
        **_names(one),
        **ratio_columns(row_of(rows, one)),
        "part_en": part.en,
        "part_zh": part.zh,
        "over": over.get("ratio"),
        "over_lo": over.get("ci_lo"),
        "over_hi": over.get("ci_hi"),
        "first_ratio": first["ratio"],
    }


def _names(one: PatternResult) -> dict[str, str]:
    words, ending = one.pattern.text, ENDINGS[one.cause]
    return {
        "pattern_en": words.en,
        "pattern_zh": words.zh,
        "ending_en": ending.en,
        "ending_zh": ending.zh,
    }


def failed_table(patterns: Patterns, rows: Rows) -> tuple[ShownTable, ...]:
    """Show what was found once and did not hold again."""
    failed = [one for one in patterns.results if not one.is_kept]
    if not failed:
        return ()
    lines = []
    for one in failed:
        first = ratio_columns(row_of(rows, one, "diagnostic"))
        again = ratio_columns(row_of(rows, one))
        why = _why_failed(one)
        lines.append(
            {
                **_names(one),
                "first_ratio": first["ratio"],
                "ratio": again["ratio"],
                "p_adj": again["p_adj"],
                "why_en": why.en,
                "why_zh": why.zh,
            }
        )
    table = ShownTable(
        name="patterns_not_repeated",
        frame=pd.DataFrame(lines),
        caption=Text(
            "Patterns found in the first period that did not hold in the second: nothing to act "
            "on.",
            "前期发现、后期未再成立的组合：不可据以行动。",
        ),
        columns={
            "pattern": Text("pattern", "组合"),
            "ending": Text("ending", "结局"),
            "first_ratio": Text("ratio before", "前期比值"),
            "ratio": Text("ratio since", "后期比值"),
            "p_adj": Text("adjusted p since", "后期校正 p"),
            "why": Text("why not kept", "未保留原因"),
        },
        units={"first_ratio": "ratio", "ratio": "ratio"},
    )
    return (table,)


def _why_failed(one: PatternResult) -> Text:
    if one.status == "not_estimable":
        return Text("too rare to ask again", "太少，无法再次检验")
    if one.discovery.is_more != one.replication.is_more:
        return Text("the other way round", "方向相反")
    return Text("within chance", "未超出偶然")


def steps_table(patterns: Patterns) -> tuple[ShownTable, ...]:
    """Show how many questions came to each step."""
    if not patterns.n_tried:
        return ()
    steps = (
        (Text("asked in the first period", "前期提问"), patterns.n_tried),
        (Text("stood there after correction", "前期校正后成立"), patterns.n_passed),
        (Text("told nothing of their own, merged", "与他者重复而合并"), patterns.n_merged),
        (Text("asked again in the second period", "后期再次提问"), len(patterns.results)),
        (Text("held again, kept", "再次成立并保留"), len(patterns.kept)),
    )
    table = ShownTable(
        name="pattern_search",
        frame=pd.DataFrame([{"step_en": text.en, "step_zh": text.zh, "n": n} for text, n in steps]),
        caption=Text(
            "The search: one question is one pattern times one ending.",
            "搜索过程：一个组合乘一种结局为一个问题。",
        ),
        columns={"step": Text("step", "步骤"), "n": Text("questions", "问题数")},
    )
    return (table,)
