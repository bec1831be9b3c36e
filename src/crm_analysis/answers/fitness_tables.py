"""The tables and the list of notebook 00, made from its measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.answers.fitness import Fitness
from crm_analysis.answers.fitness_words import window_label
from crm_analysis.contract import LEAD_STATES, TABLES
from crm_analysis.deals.leak_audit import LeakAudit
from crm_analysis.features.coverage import ITEMS
from crm_analysis.language import Text
from crm_analysis.results import ActionList, ShownTable
from crm_analysis.source.faults import SHOWN

if TYPE_CHECKING:
    from crm_analysis.source.known import Known

_TABLE = Text("Table", "表")
_ROWS = Text("Rows known", "已知行数")


def fitness_tables(known: Known, fitness: Fitness) -> tuple[ShownTable, ...]:
    """Make the tables in reading order; one without rows is left out."""
    tables = [
        _overview(fitness),
        _items(fitness.items),
        _leaks(fitness.leaks),
        _reps(fitness.leaks),
        _delays(fitness.delays),
        _batches(fitness.batches),
        _states(fitness.states),
        _off(fitness),
        _columns(fitness.filled),
        _rows_in_and_out(known),
        _audit(known),
    ]
    return tuple(table for table in tables if table is not None and not table.frame.empty)


def fitness_lists(known: Known, fitness: Fitness) -> tuple[ActionList, ...]:
    """List the contacts typed after their lead's end, unless the data are stale."""
    if known.stale is not None or fitness.leaks is None or fitness.leaks.late_rows.empty:
        return ()
    purpose = Text(
        "Contacts dated before their lead's end but typed in after it: ask how they came to be.",
        "日期在商机结束之前、录入在结束之后的联系：请核实其来历。",
    )
    return (ActionList(name="late_typed_contacts", frame=fitness.leaks.late_rows, purpose=purpose),)


def _labelled(frame: pd.DataFrame) -> pd.DataFrame:
    """Put the table's label in both languages before its other columns."""
    labels = [TABLES[name].label for name in frame["table"]]
    rest = frame.drop(columns="table").reset_index(drop=True)
    rest.insert(0, "table_en", [label.en for label in labels])
    rest.insert(1, "table_zh", [label.zh for label in labels])
    return rest


def _overview(fitness: Fitness) -> ShownTable:
    given = fitness.filled[fitness.filled["given"]]
    sums = given.groupby("table", sort=False)[["n_rows", "n_filled"]].sum()
    frame = fitness.newest.copy()
    frame["filled_share"] = [
        sums.loc[name, "n_filled"] / sums.loc[name, "n_rows"] if sums.loc[name, "n_rows"] else None
        for name in frame["table"]
    ]
    order = ["table", "n_known", "filled_share", "newest_day", "age_days"]
    return ShownTable(
        name="overview",
        frame=_labelled(frame[order]),
        caption=Text(
            "What was known at the end of the as-of day. Filled: share of the cells of the given "
            "columns that hold something. Plans have no newest day.",
            "截至当日结束时的已知数据。填写率：所给列中有内容的单元格占比。计划类表没有最新日期。",
        ),
        columns={
            "table": _TABLE,
            "n_known": _ROWS,
            "filled_share": Text("Filled", "填写率"),
            "newest_day": Text("Newest row", "最新记录"),
            "age_days": Text("Days before as-of", "距截止日天数"),
        },
        units={"n_known": "count", "filled_share": "share", "age_days": "count"},
        headline=True,
    )


def _items(items: pd.DataFrame) -> ShownTable:
    frame = pd.DataFrame(
        {
            "item_en": [ITEMS[name].en for name in items["item"]],
            "item_zh": [ITEMS[name].zh for name in items["item"]],
            "n_with": items["n_with"].astype("int64"),
            "n_lost": items["n_lost"].astype("int64"),
            "share": (items["n_with"] / items["n_lost"]).astype("float64"),
        }
    )
    return ShownTable(
        name="lost_leads_with_data",
        frame=frame,
        caption=Text(
            "Which data are there for the leads we lost, whenever they were typed in.",
            "丢单商机具备哪些数据（不论何时录入）。",
        ),
        columns={
            "item": Text("Data", "数据"),
            "n_with": Text("Lost leads with it", "具备的丢单数"),
            "n_lost": Text("Lost leads", "丢单数"),
            "share": Text("Share", "占比"),
        },
        units={"n_with": "count", "n_lost": "count", "share": "share"},
    )


def _leaks(leaks: LeakAudit | None) -> ShownTable | None:
    if leaks is None:
        return None
    labels = [window_label(window) for window in leaks.windows]
    frame = pd.DataFrame(
        {
            "window_en": [label.en for label in labels],
            "window_zh": [label.zh for label in labels],
            "n_lost": [window.n_lost for window in leaks.windows],
            "n_won": [window.n_won for window in leaks.windows],
            "guarded": [window.guarded_auc for window in leaks.windows],
            "unguarded": [window.unguarded_auc for window in leaks.windows],
            "gap": [window.gap for window in leaks.windows],
        }
    )
    return ShownTable(
        name="leak_audit",
        frame=frame.astype({"guarded": float, "unguarded": float, "gap": float}),
        caption=Text(
            "How well numbers of contacts tell lost from won leads (AUC, .5 is chance): known in "
            "time, and with what was typed in later. A gap above .10 is a red flag, up to .03 is "
            "silent; a dash where there are fewer than 25 leads of either end.",
            "联系次数区分丢单与成交的能力（AUC，0.5 为随机）：只用当时已知的，以及加上事后录入的。"
            "差距超过 0.10 为红色警示，不超过 0.03 视为无泄漏；任一结局少于 25 条时以横线表示。",
        ),
        columns={
            "window": Text("Contacts dated in", "联系日期范围"),
            "n_lost": Text("Lost", "丢单"),
            "n_won": Text("Won", "成交"),
            "guarded": Text("AUC, known in time", "AUC（当时已知）"),
            "unguarded": Text("AUC, typed whenever (naive)", "AUC（不论何时录入，朴素）"),
            "gap": Text("Gap", "差距"),
        },
        units=dict.fromkeys(("guarded", "unguarded", "gap"), "ratio"),
    )


def _reps(leaks: LeakAudit | None) -> ShownTable | None:
    if leaks is None:
        return None
    late = leaks.by_rep[leaks.by_rep["n_late"] > 0].dropna(subset="rep_id")
    return ShownTable(
        name="typed_after_the_end",
        frame=late.head(10).reset_index(drop=True),
        caption=Text(
            "Contacts on lost and won leads, dated before the end but typed in after it, by who "
            "made them; the ten with most.",
            "丢单与成交商机的联系中，日期在结束之前而录入在结束之后的，按联系人员列出前十名。",
        ),
        columns={
            "rep_id": Text("Representative", "销售代表"),
            "n_contacts": Text("Contacts", "联系数"),
            "n_late": Text("Typed after the end", "结束后录入"),
            "late_share": Text("Share", "占比"),
        },
        units={"n_contacts": "count", "n_late": "count", "late_share": "share"},
    )


def _delays(delays: pd.DataFrame) -> ShownTable | None:
    if delays.empty:
        return None
    late = {str(name): int(str(name)[7:]) for name in delays.columns if "n_over_" in str(name)}
    frame = delays[["table", "n_timed", "median_days"]].copy()
    for name, days in late.items():
        frame[f"over_{days}"] = delays[name] / delays["n_timed"]
    return ShownTable(
        name="typing_delays",
        frame=_labelled(frame),
        caption=Text(
            "Calendar days from the event to its typing; for stated reasons, from the loss.",
            "事件到录入的日历天数；原因类从丢单当日起算。",
        ),
        columns={
            "table": _TABLE,
            "n_timed": Text("Rows with both times", "两个时间齐全的行"),
            "median_days": Text("Median days", "中位天数"),
            **{f"over_{d}": Text(f"Over {d} days", f"超过 {d} 天") for d in late.values()},
        },
        units={
            "n_timed": "count",
            "median_days": "count",
            **{f"over_{d}": "share" for d in late.values()},
        },
    )


def _batches(batches: pd.DataFrame) -> ShownTable | None:
    if batches.empty:
        return None
    frame = _labelled(batches.drop(columns="flagged"))
    flagged = batches["flagged"].astype(bool)
    frame["flag_en"] = ["batch entry" if flag else "" for flag in flagged]
    frame["flag_zh"] = ["集中补录" if flag else "" for flag in flagged]
    return ShownTable(
        name="batch_entry",
        frame=frame,
        caption=Text(
            "Which share was typed on the heaviest 1 % of days, against the share that happened "
            "on its heaviest 1 % of days. Flagged: a tenth or more, and three times the events.",
            "在录入最密集的 1% 日子里录入的占比，对照事件最密集的 1% 日子里发生的占比。"
            "标记条件：不低于十分之一，且为事件占比的三倍以上。",
        ),
        columns={
            "table": _TABLE,
            "n_rows": Text("Rows", "行数"),
            "n_top_days": Text("Days counted", "计入天数"),
            "typed_share": Text("Typed then", "录入占比"),
            "event_share": Text("Happened then", "发生占比"),
            "heaviest_day": Text("Heaviest day", "最密集日"),
            "heaviest_n": Text("Rows that day", "当日行数"),
            "flag": Text("Flag", "标记"),
        },
        units={
            "n_rows": "count",
            "n_top_days": "count",
            "typed_share": "share",
            "event_share": "share",
            "heaviest_n": "count",
        },
    )


def _states(states: pd.DataFrame) -> ShownTable:
    frame = pd.DataFrame(
        {
            "state_en": [LEAD_STATES[name].en for name in states["state"]],
            "state_zh": [LEAD_STATES[name].zh for name in states["state"]],
            "n": states["n"].astype("int64"),
        }
    )
    frame["share"] = frame["n"] / max(int(frame["n"].sum()), 1)
    return ShownTable(
        name="lead_states",
        frame=frame,
        caption=Text("Leads by state at the as-of day.", "截至当日各状态的商机。"),
        columns={
            "state": Text("State", "状态"),
            "n": Text("Leads", "商机数"),
            "share": Text("Share", "占比"),
        },
        units={"n": "count", "share": "share"},
    )


def _off(fitness: Fitness) -> ShownTable:
    frame = pd.DataFrame(
        {
            "missing": [switch.missing for switch in fitness.off],
            "off": [", ".join(switch.off) for switch in fitness.off],
            "says_en": [switch.says.en for switch in fitness.off],
            "says_zh": [switch.says.zh for switch in fitness.off],
        }
    )
    return ShownTable(
        name="switched_off",
        frame=frame,
        caption=Text(
            "What cannot be answered from this source, and which column or table would change it.",
            "此数据源无法回答的内容，以及补充哪个表或列即可改变。",
        ),
        columns={
            "missing": Text("Missing", "缺失"),
            "off": Text("Off", "关闭"),
            "says": Text("What that means", "含义"),
        },
    )


def _columns(filled: pd.DataFrame) -> ShownTable:
    columns = [TABLES[t].column(c) for t, c in zip(filled["table"], filled["column"], strict=True)]
    share = (filled["n_filled"] / filled["n_rows"].where(filled["n_rows"] > 0)).where(
        filled["given"]
    )
    frame = _labelled(filled[["table", "column"]]).assign(
        meaning_en=[column.meaning.en for column in columns],
        meaning_zh=[column.meaning.zh for column in columns],
        need_en=["required" if need else "optional" for need in filled["required"]],
        need_zh=["必需" if need else "可选" for need in filled["required"]],
        filled_share=share.to_numpy(dtype=float),
    )
    return ShownTable(
        name="columns",
        frame=frame,
        caption=Text(
            "Every column of the tables that are there; a dash where the source lacks the column.",
            "现有各表的全部列；数据源缺少的列以横线表示。",
        ),
        columns={
            "table": _TABLE,
            "column": Text("Column", "列"),
            "meaning": Text("Meaning", "含义"),
            "need": Text("Needed", "要求"),
            "filled_share": Text("Filled", "填写率"),
        },
        units={"filled_share": "share"},
    )


def _rows_in_and_out(known: Known) -> ShownTable:
    """Reconcile rows in with rows used and excluded; the one block that names future rows."""
    counts = known.row_counts.copy()
    counts["n_after"] = [known.future_rows.get(name, 0) for name in counts["table"]]
    balanced = (counts["n_in"] == counts["n_used"] + counts["n_excluded"]).all()
    order = ["n_in", "n_repaired", "n_excluded", "n_used", "n_after", "n_known"]
    caption = Text(
        "Rows in = rows used + rows excluded, in every table. Rows after as-of are used by no "
        f"other number of this report. private/rejects.csv lists the rows that a check excluded, "
        f"up to {SHOWN:,} a rule; rows that merging customers took out are only counted, below.",
        "每张表：读入行 = 使用行 + 排除行。截止日之后的行不进入本报告的任何其他数字。"
        f"被检查排除的行见 private/rejects.csv（每条规则最多 {SHOWN:,} 行）；"
        "因合并客户而去掉的行只在下表计数。",
    )
    if not balanced:
        caption = Text("THE COUNTS DO NOT RECONCILE. ", "行数不平！") + caption
    return ShownTable(
        name="rows_in_and_out",
        frame=_labelled(counts[["table", *order]]),
        caption=caption,
        columns={
            "table": _TABLE,
            "n_in": Text("Rows in", "读入"),
            "n_repaired": Text("Repaired", "修复"),
            "n_excluded": Text("Excluded", "排除"),
            "n_used": Text("Used", "使用"),
            "n_after": Text("After as-of", "截止日之后"),
            "n_known": Text("Known at as-of", "截止日已知"),
        },
        units=dict.fromkeys(order, "count"),
    )


def _audit(known: Known) -> ShownTable:
    frame = known.audit[["table", "rule", "severity", "n_rows"]]
    frame = frame.sort_values(["table", "severity", "rule"], ignore_index=True)
    names = {
        "repair": "修复",
        "exclude": "排除",
        "fatal": "致命",
        "warning": "提示",
        "note": "说明",
    }
    severity = frame["severity"].astype(str)
    return ShownTable(
        name="repairs_and_exclusions",
        frame=frame.drop(columns="severity").assign(
            severity_en=severity, severity_zh=[names.get(name, name) for name in severity]
        ),
        caption=Text(
            "Every rule that found something, over all rows of the source.",
            "所有命中的检查规则（基于数据源的全部行）。",
        ),
        columns={
            "table": _TABLE,
            "rule": Text("Rule", "规则"),
            "severity": Text("Done", "处理"),
            "n_rows": Text("Rows", "行数"),
        },
        units={"n_rows": "count"},
    )
