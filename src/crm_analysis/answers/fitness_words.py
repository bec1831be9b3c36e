"""What notebook 00 says: its headline, findings, limits and what to do.

Decision: no sentence here rests on rows in and out of checking, which count rows from after as_of
too; that block stands in a table of its own.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import pandas as pd

from crm_analysis.answers.fitness import Fitness
from crm_analysis.contract import TABLES
from crm_analysis.deals.leak_audit import LeakAudit, LeakWindow
from crm_analysis.features.coverage import ITEMS
from crm_analysis.language import Text, number_text, share_text
from crm_analysis.results import Finding

if TYPE_CHECKING:
    from crm_analysis.source.known import Known

MANY_LATE_SHARE = 0.25
REP_LATE_SHARE = 0.05
REP_LATE_ROWS = 20
FEW_SHARE = 0.5


def headline(known: Known, fitness: Fitness) -> Text:
    """Answer in one sentence: what is there, what is off, how many reservations."""
    n_tables = len(known.tables)
    off = sorted({name for switch in fitness.off for name in switch.off if name[0] == "M"})
    reservations = len(fitness_findings(known, fitness))
    given = fitness.filled[fitness.filled["given"]]
    filled = share_text(given["n_filled"].sum() / max(given["n_rows"].sum(), 1), 0)
    off_en = f"{len(off)} analyses are" if len(off) > 1 else "1 analysis is"
    all_on = not off
    return Text(
        f"{n_tables} of {len(TABLES)} tables are there with {filled} of their fields filled in; "
        f"{'no analysis is' if all_on else off_en} switched off, and "
        f"{_reservations_en(reservations)}.",
        f"{len(TABLES)} 张表中有 {n_tables} 张，字段填写率 {filled}；"
        f"{'没有关闭的分析' if all_on else f'{len(off)} 项分析已关闭'}，"
        f"{f'另有 {reservations} 项保留' if reservations else '没有保留意见'}。",
    )


def _reservations_en(number: int) -> str:
    if number == 0:
        return "there is no reservation"
    return f"{number} reservation{'s' if number > 1 else ''} should be known before reading on"


def fitness_findings(known: Known, fitness: Fitness) -> tuple[Finding, ...]:
    """List what a reader must know before trusting the other pages; at most seven."""
    found = [
        *_stale(known),
        *(_leak(fitness.leaks) if fitness.leaks is not None else ()),
        *_typing_unknown(known),
        *_late(fitness.delays),
        *_batch(fitness.batches),
        *_thin(fitness.items, least=known.config.min_cell),
    ]
    return tuple(found[:7])


def _stale(known: Known) -> list[Finding]:
    if known.stale is None:
        return []
    return [
        Finding(
            sentence=known.stale,
            evidence="exact",
            action=Text("Export again up to the as-of day.", "请重新导出至截止日的数据。"),
            status="weak",
        )
    ]


def _leak(leaks: LeakAudit) -> list[Finding]:
    """Tell a leak by its size, the table, the rows and who typed them."""
    found = []
    gap = leaks.worst_gap
    if gap is not None and not leaks.silent:
        worst = max((w for w in leaks.windows if w.gap is not None), key=lambda w: w.gap or 0.0)
        flag = ("Red flag", "红色警示") if leaks.red_flag else ("Watch", "注意")
        found.append(_leak_finding(leaks, worst, flag))
    return [*found, *_leaking_rep(leaks.by_rep)]


def _leak_finding(leaks: LeakAudit, worst: LeakWindow, flag: tuple[str, str]) -> Finding:
    by_rep, whose = leaks.by_rep, Text(" the", "有")
    if worst.rep_id is not None:
        by_rep, whose = by_rep[by_rep["rep_id"] == worst.rep_id], _whose(worst.rep_id)
    n = number_text(int(by_rep["n_late"].sum()))
    return Finding(
        sentence=Text(
            f"{flag[0]}: {n} of{whose.en} rows in interactions are dated before the lead's end but "
            f"were typed in after it; counting them tells lost from won with AUC "
            f"{worst.unguarded_auc:.2f} instead of {worst.guarded_auc:.2f}.",
            f"{flag[1]}：interactions 表中{whose.zh} {n} 行日期在商机结束之前，却在结束后录入；"
            f"计入它们会使区分丢单与成交的 AUC 由 {worst.guarded_auc:.2f} 变为 "
            f"{worst.unguarded_auc:.2f}。",
        ),
        evidence="descriptive",
        action=Text(
            "Count contacts by typing time, as all pages here do; see the list of rows.",
            "请按录入时间计数（本报告均如此）；具体行见清单。",
        ),
        status="weak",
    )


def window_label(window: LeakWindow) -> Text:
    """Name a window of the leak audit for readers."""
    if window.landmark_days is not None:
        days = window.landmark_days
        return Text(f"first {days} days", f"前 {days} 天")
    if window.rep_id is not None:
        return Text(f"until the end, {window.rep_id} only", f"至结束，仅 {window.rep_id}")
    return Text("until the end", "至结束")


def _whose(rep_id: str) -> Text:
    return Text(f" {rep_id}'s", f" {rep_id} 的")


def _leaking_rep(by_rep: pd.DataFrame) -> list[Finding]:
    """Name the one who typed most contacts after the end, where it is many."""
    many = by_rep.dropna(subset="rep_id")
    many = many[(many["n_late"] >= REP_LATE_ROWS) & (many["late_share"] >= REP_LATE_SHARE)]
    if many.empty:
        return []
    rep = many.iloc[0]
    share = share_text(rep["late_share"])
    all_late = share_text(rep["n_late"] / by_rep["n_late"].sum(), 0)
    return [
        Finding(
            sentence=Text(
                f"{rep['rep_id']} typed {share} of the contacts after the lead had ended: "
                f"{all_late} of all such rows.",
                f"{rep['rep_id']} 有 {share} 的联系在商机结束后才录入，占全部此类行的 {all_late}。",
            ),
            evidence="exact",
            action=Text(
                f"Ask {rep['rep_id']} how these contacts came to be noted.",
                f"请向 {rep['rep_id']} 核实这些联系记录的来历。",
            ),
        )
    ]


def _typing_unknown(known: Known) -> list[Finding]:
    if "interactions" not in known.tables or known.has("interactions", "recorded_at"):
        return []
    return [
        Finding(
            sentence=Text(
                "Typing time of contacts is unknown: the leak check is limited to event time.",
                "联系的录入时间未知：泄漏检查仅限事件时间。",
            ),
            evidence="exact",
            action=Text("Export recorded_at with the contacts.", "请随联系记录导出 recorded_at。"),
        )
    ]


def _late(delays: pd.DataFrame) -> list[Finding]:
    """Name the table most of which is typed later than the second threshold, else the first."""
    found = []
    for name in [c for c in delays.columns if str(c).startswith("n_over_")][::-1]:
        share = delays[name] / delays["n_timed"]
        if delays.empty or share.max() < MANY_LATE_SHARE:
            continue
        row = delays.loc[share.idxmax()]
        label, days = TABLES[str(row["table"])].label, str(name)[7:]
        found.append(
            Finding(
                sentence=Text(
                    f"{share_text(share.max(), 0)} of {label.en.lower()} were typed in more than "
                    f"{days} days after the event.",
                    f"{label.zh}中有 {share_text(share.max(), 0)} 在事件发生 {days} 天之后才录入。",
                ),
                evidence="exact",
                action=Text("Note it on the day it happens.", "请在发生当日记录。"),
            )
        )
        break
    return found


def _batch(batches: pd.DataFrame) -> list[Finding]:
    """Name the two tables with most rows typed on few days."""
    flagged = batches[batches["flagged"].astype(bool)].sort_values(
        ["typed_share", "table"], ascending=[False, True]
    )
    return [_batch_finding(row) for row in flagged.head(2).to_dict("records")]


def _batch_finding(row: dict[Hashable, Any]) -> Finding:
    label = TABLES[row["table"]].label
    typed, events = share_text(row["typed_share"], 0), share_text(row["event_share"], 0)
    day, n = row["heaviest_day"], number_text(row["heaviest_n"])
    return Finding(
        sentence=Text(
            f"{typed} of {label.en.lower()} were typed on the heaviest 1 % of days (events: "
            f"{events}); {n} on {day} alone.",
            f"{label.zh}有 {typed} 集中在录入最密的 1% 日子（事件：{events}）；"
            f"仅 {day} 一天就有 {n} 行。",
        ),
        evidence="exact",
        action=Text(
            "Treat what was typed in batches as remembered, not as noted.",
            "集中补录的内容应视为回忆，而非当时的记录。",
        ),
    )


def _thin(items: pd.DataFrame, *, least: int) -> list[Finding]:
    """Name what is known of fewer than half of the lost leads, where there are enough of them."""
    if items["n_lost"].max() < least:
        return []
    thin = items[items["n_with"] < FEW_SHARE * items["n_lost"]]
    thin = thin.sort_values(["n_with", "item"])
    if thin.empty:
        return []
    few = [ITEMS[name] for name in thin["item"].head(3)]
    worst = thin.iloc[0]
    share = share_text(worst["n_with"] / worst["n_lost"], 0)
    return [
        Finding(
            sentence=Text(
                f"Of {len(items)} kinds of data on lost leads, {len(thin)} are there for fewer "
                f"than half; least for {few[0].en} ({share}).",
                f"丢单的 {len(items)} 类数据中，有 {len(thin)} 类不足一半；"
                f"最少的是“{few[0].zh}”（{share}）。",
            ),
            evidence="exact",
            action=Text(
                "Collect first: " + ", ".join(text.en for text in few) + ".",
                "请优先收集：" + "；".join(text.zh for text in few) + "。",
            ),
        )
    ]


def limits(fitness: Fitness) -> tuple[Text, ...]:
    """Say what this page cannot show."""
    texts = [
        Text(
            "Whether what was typed in is true: a full field can be wrong.",
            "录入内容是否真实：填写完整也可能有误。",
        ),
        Text(
            "Whether an empty field should be filled: an open lead rightly has no end.",
            "空字段是否本应填写：进行中的商机本来就没有结束时间。",
        ),
        Text(
            "Events that nobody noted, and customers of whom there is no row.",
            "无人记录的事件，以及没有任何记录的客户。",
        ),
    ]
    if fitness.leaks is not None:
        texts.append(
            Text(
                "A forged typing time: the leak audit trusts that clock.",
                "伪造的录入时间：泄漏检查信任该时钟。",
            )
        )
    return tuple(texts)


def todo(fitness: Fitness) -> tuple[Text, ...]:
    """Say which missing data would switch on most: at most three."""
    missing = sorted((s for s in fitness.off if s.off), key=lambda s: -len(s.off))
    return tuple(
        Text(
            f"Give the source {switch.missing}. {switch.says.en}",
            f"请补充 {switch.missing}。{switch.says.zh}",
        )
        for switch in missing[:3]
    )
