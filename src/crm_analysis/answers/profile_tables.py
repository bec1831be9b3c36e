"""Tables behind the profile: every level of the factors that stand."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crm_analysis.answers.failure_evidence import INTERVAL_COLUMNS, RATIO_UNITS, ratio_columns
from crm_analysis.answers.failure_words import YES_NO
from crm_analysis.deals.factor import FactorTable
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
