"""Tables and the strip of what was said and what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from crm_analysis.deals.alarms.settlement import Settled, balance
from crm_analysis.estimates import Estimate, read_segment
from crm_analysis.language import Text, level_text, number_text
from crm_analysis.results import Picture, ShownTable
from crm_analysis.state import OUTCOMES

SHOWN_MONTHS = 12
OUTCOME_LABELS: Mapping[str, Text] = {
    "lost": Text("lost", "丢单"),
    "won": Text("won", "成交"),
    "void": Text("void or gone", "作废或已不在数据中"),
    "expired": Text("did not end in time", "到期未结束"),
    "open": Text("still open", "仍未结束"),
}
_SHARES = {
    "precision": ("alarm_precision", ("estimate", "ci_lo", "ci_hi")),
    "lead_days": ("alarm_lead_time_days", ("estimate",)),
    "missed": ("alarm_missed_share", ("estimate",)),
}


def alarm_table(estimates: Sequence[Estimate], settled: Settled, *, alpha: float) -> ShownTable:
    """Show the balance by month, with precision, lead time and missed losses."""
    frame = balance(settled).merge(_by(estimates, "month"), on="month", how="left")
    return ShownTable(
        name="alarms",
        frame=frame,
        caption=Text(
            "What we said, what happened: alarms by the month in which they were raised. Raised "
            "is lost, won, void, not ended in time and open together. Shares are of deals warned "
            f"of whose horizon is over, {level_text(alpha)} interval; losses without an alarm are "
            "by the month of the loss.",
            "我们说了什么，发生了什么：按发出月份列出预警。发出数等于丢单、成交、作废、到期未结束与"
            f"未结束之和。占比以观察期已满的被预警商机计，{level_text(alpha)} 区间；未预警的丢单按"
            "丢单月份计。",
        ),
        columns={
            "month": Text("month", "月份"),
            "raised": Text("raised", "发出"),
            **OUTCOME_LABELS,
            "kept_back": Text("of these kept back by lot", "其中随机保留不预警"),
            "corrected": Text("of these corrected later", "其中后来更正"),
            **_share_columns(),
            "missed": Text("losses without an alarm", "未预警的丢单"),
        },
        units={"precision": "share", "ci_lo": "share", "ci_hi": "share", "missed": "share"},
    )


def rule_table(estimates: Sequence[Estimate], *, alpha: float) -> tuple[ShownTable, ...]:
    """Show the same by the rule that raised the alarms, where one is due."""
    frame = _by(estimates, "rule_version")
    if frame.empty:
        return ()
    shown = ShownTable(
        name="alarms_by_rule",
        frame=frame.drop(columns=[name for name in ("missed",) if name in frame]),
        caption=Text(
            f"Alarms whose horizon is over, by the rule that raised them; {level_text(alpha)} "
            "interval.",
            f"观察期已满的预警，按所用规则；{level_text(alpha)} 区间。",
        ),
        columns={"rule_version": Text("rule", "规则"), **_share_columns()},
        units={"precision": "share", "ci_lo": "share", "ci_hi": "share"},
    )
    return (shown,)


def correction_table(settled: Settled) -> tuple[ShownTable, ...]:
    """Count what was said and is said otherwise, by month; the old word stays in the ledger."""
    changes = settled.corrections
    if changes.empty:
        return ()
    counts = (
        changes.assign(month=changes["seen"].dt.strftime("%Y-%m"))
        .groupby(["month", "was", "now"])
        .size()
        .rename("n")
        .reset_index()
    )
    for name in ("was", "now"):
        for lang in ("en", "zh"):
            counts[f"{name}_{lang}"] = [OUTCOME_LABELS[one].say(lang) for one in counts[name]]
    shown = ShownTable(
        name="alarm_corrections",
        frame=counts[["month", "was_en", "was_zh", "now_en", "now_zh", "n"]],
        caption=Text(
            "Corrections: endings that were changed or typed in late (the same ending twice: its "
            "day was changed). Open to an ending: the deal had ended by the day of the alarm, "
            "which was not known then.",
            "更正：结局被更改或补录（前后结局相同：日期被更改）。由未结束改为结局者：预警当日该商机已结束，但当时未知。",
        ),
        columns={
            "month": Text("seen in", "发现月份"),
            "was": Text("was said", "原先"),
            "now": Text("is said now", "现在"),
            "n": Text("alarms", "预警数"),
        },
    )
    return (shown,)


def _share_columns() -> dict[str, Text]:
    return {
        "n": Text("deals judged", "已评判商机"),
        "precision": Text("lost in time", "期限内丢单"),
        "ci_lo": Text("from", "下限"),
        "ci_hi": Text("to", "上限"),
        "lead_days": Text("median days before the loss", "提前天数中位数"),
    }


def _by(estimates: Sequence[Estimate], name: str) -> pd.DataFrame:
    """Lay shares out by one name of their segment."""
    rows: dict[str, dict[str, object]] = {}
    for row in estimates:
        pairs = read_segment(row.segment)
        for column, (quantity, fields) in _SHARES.items():
            if row.quantity != quantity or set(pairs) != {name} or row.estimate is None:
                continue
            line = rows.setdefault(pairs[name], {name: pairs[name]})
            line[column] = row.estimate
            line |= {field: getattr(row, field) for field in fields[1:]}
            if column == "precision":
                line["n"] = row.n
    columns = [name, "n", "precision", "ci_lo", "ci_hi", "lead_days", "missed"]
    frame = pd.DataFrame(list(rows.values()), columns=columns)
    return frame.sort_values(name, ignore_index=True)


def alarm_picture(estimates: Sequence[Estimate]) -> tuple[Picture, ...]:
    """Draw what became of the alarms of each month; the oldest months stand in the CSV only."""
    counts = {
        (pairs.get("month", ""), pairs["outcome"]): int(row.estimate or 0)
        for row in estimates
        if row.quantity == "alarm_count"
        for pairs in [read_segment(row.segment)]
    }
    months = sorted({month for month, _ in counts if month})
    if not months:
        return ()
    numbers = pd.DataFrame(
        [
            {
                "row_en": month,
                "row_zh": month,
                "part_en": OUTCOME_LABELS[outcome].en,
                "part_zh": OUTCOME_LABELS[outcome].zh,
                "value": counts[month, outcome],
                "drawn": month in months[-SHOWN_MONTHS:],
            }
            for month in months
            for outcome in OUTCOMES
        ]
    )
    said = {name: number_text(counts["", name]) for name in ("raised", *OUTCOMES)}
    picture = Picture(
        name="alarms",
        kind="strip",
        numbers=numbers,
        title=Text(
            f"What we said, what happened: {said['lost']} of {said['raised']} alarms ended in a "
            "loss",
            f"我们说了什么，发生了什么：{said['raised']} 次预警中 {said['lost']} 次丢单",
        ),
        sentence=Text(
            f"Of {said['raised']} alarms since {months[0]}, {said['lost']} ended in a loss, "
            f"{said['won']} in a sale, {said['void']} were void or are gone, {said['expired']} did "
            f"not end in time and {said['open']} are still open.",
            f"自 {months[0]} 以来的 {said['raised']} 次预警中，{said['lost']} 次丢单，"
            f"{said['won']} 次成交，{said['void']} 次作废或已不在数据中，{said['expired']} 次到期"
            f"未结束，{said['open']} 次仍未结束。",
        ),
        caption=Text(
            "Alarms by the month in which they were raised, as what became of them is known now; "
            "counted from the ledger, not computed again.",
            "按发出月份的预警及现知结果；由台账逐条清点，并非事后重算。",
        ),
        x_label=Text("alarms", "预警数"),
        unit="count",
    )
    return (picture,)
