"""Tables behind the profile: every level of the factors that stand."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crm_analysis.answers.failure_evidence import INTERVAL_COLUMNS, RATIO_UNITS, ratio_columns
from crm_analysis.answers.failure_words import YES_NO
from crm_analysis.deals.comparison.factor import FactorTable
from crm_analysis.estimates import Estimate, read_segment
from crm_analysis.language import Text, level_text
from crm_analysis.results import ShownTable


def level_lines(rows: Sequence[Estimate], table: FactorTable) -> pd.DataFrame:
    """Write rows of factors, and perhaps levels, as lines of a table in both languages."""
    lines = []
    for row in rows:
        pairs = read_segment(row.segment)
        label, level = table.factor(pairs["factor"]).label, pairs.get("level", "")
        words = YES_NO.get(level, Text(level, level))
        lines.append(
            {
                "factor_en": label.en,
                "factor_zh": label.zh,
                "level_en": words.en,
                "level_zh": words.zh,
                **ratio_columns(row),
            }
        )
    return pd.DataFrame(lines)


def level_table(
    estimates: Sequence[Estimate], table: FactorTable, *, alpha: float
) -> tuple[ShownTable, ...]:
    """Show the levels of the factors that stand, whether each stands by itself or not."""
    rows = [
        row for row in estimates if row.quantity == "log_loss_to_win_ratio" and row.role == "result"
    ]
    if not rows:
        return ()
    shown = ShownTable(
        name="factor_levels",
        frame=level_lines(rows, table),
        caption=Text(
            f"Losses against wins of each level against all others, {level_text(alpha)} interval, "
            "for the factors that stand; drawn towards their mean where there are three or more.",
            f"成立因素各水平的丢单对成交之比（对其余）及 {level_text(alpha)} 区间；"
            "三个及以上水平时已向均值收缩。",
        ),
        columns={
            "factor": Text("factor", "因素"),
            "level": Text("level", "水平"),
            **INTERVAL_COLUMNS,
        },
        units=RATIO_UNITS,
    )
    return (shown,)


CHECKS: dict[str, Text] = {
    "missing_as_level": Text("missing as a level", "缺失作为水平"),
    "equal_completeness": Text("at equal completeness of the profile", "画像完整度相近时"),
    "distinct_leads": Text("without repeated leads", "剔除重复线索"),
}


def check_table(
    estimates: Sequence[Estimate], table: FactorTable, *, q: float
) -> tuple[ShownTable, ...]:
    """Show how the factors that stand hold up when asked in other ways."""
    rows = [
        row
        for row in estimates
        if row.role == "sensitivity" and row.method.split(":")[-1] in CHECKS
    ]
    if not rows:
        return ()
    lines = []
    for row in rows:
        label = table.factor(read_segment(row.segment)["factor"]).label
        check = CHECKS[row.method.split(":")[-1]]
        holds = (
            Text("too little data", "数据太少")
            if row.p is None
            else Text("holds up", "仍成立")
            if row.p <= q
            else Text("no longer below the limit", "不再低于界限")
        )
        lines.append(
            {
                "factor_en": label.en,
                "factor_zh": label.zh,
                "check_en": check.en,
                "check_zh": check.zh,
                "n": row.n,
                "p": row.p,
                "reading_en": holds.en,
                "reading_zh": holds.zh,
            }
        )
    shown = ShownTable(
        name="factor_checks",
        frame=pd.DataFrame(lines),
        caption=Text(
            "The factors that stand, asked in other ways; not corrected, nothing is found here.",
            "对成立的因素换一种方式再检验；未作校正，不据此得出发现。",
        ),
        columns={
            "factor": Text("factor", "因素"),
            "check": Text("asked", "检验方式"),
            "n": Text("leads", "线索数"),
            "p": Text("p", "p 值"),
            "reading": Text("reading", "解读"),
        },
    )
    return (shown,)


def joint_table(
    estimates: Sequence[Estimate], table: FactorTable, *, alpha: float
) -> tuple[ShownTable, ...]:
    """Show what each standing factor goes with beside all others that stand."""
    rows = [
        row for row in estimates if row.method.startswith("joint_") and row.estimate is not None
    ]
    if not rows:
        return ()
    columns = {name: words for name, words in INTERVAL_COLUMNS.items() if name != "p_adj"}
    shown = ShownTable(
        name="factors_jointly",
        frame=level_lines(rows, table).drop(columns="p_adj"),
        caption=Text(
            "Losses against wins of each level against the commonest (a number: per standard "
            f"deviation), all standing factors fitted together, {level_text(alpha)} interval.",
            "所有成立因素一并拟合时，各水平对最常见水平（数值为每标准差）的丢单对成交之比及 "
            f"{level_text(alpha)} 区间。",
        ),
        columns={
            "factor": Text("factor", "因素"),
            "level": Text("level", "水平"),
            **columns,
        },
        units=RATIO_UNITS,
    )
    return (shown,)


def media_table(
    estimates: Sequence[Estimate], table: FactorTable, *, alpha: float
) -> tuple[ShownTable, ...]:
    """Show which media customers use, in all and by segment."""
    lines = []
    for row in estimates:
        if row.quantity != "medium_use_share":
            continue
        pairs = read_segment(row.segment)
        label = table.factor(pairs["factor"]).label if "factor" in pairs else Text("all", "全部")
        level = pairs.get("level", "")
        lines.append(
            {
                "medium": pairs["medium"],
                "segment_en": f"{label.en}: {level}" if level else label.en,
                "segment_zh": f"{label.zh}：{level}" if level else label.zh,
                "share": row.estimate,
                "ci_lo": row.ci_lo,
                "ci_hi": row.ci_hi,
                "n": row.n,
            }
        )
    if not lines:
        return ()
    shown = ShownTable(
        name="media",
        frame=pd.DataFrame(lines),
        caption=Text(
            f"Share of leads whose customer uses the medium, {level_text(alpha)} interval, where "
            "the profile was known at the opening.",
            f"客户使用该媒体的线索占比及 {level_text(alpha)} 区间（仅含开启时已有画像者）。",
        ),
        columns={
            "medium": Text("medium", "媒体"),
            "segment": Text("customers", "客户"),
            "share": Text("share that uses it", "使用占比"),
            "ci_lo": Text("from", "下限"),
            "ci_hi": Text("to", "上限"),
            "n": Text("leads", "线索数"),
        },
        units={"share": "share", "ci_lo": "share", "ci_hi": "share"},
    )
    return (shown,)
