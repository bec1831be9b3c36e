"""The pictures of notebook 00, made from its measures."""

from __future__ import annotations

import pandas as pd

from crm_analysis.answers.fitness import Fitness
from crm_analysis.answers.fitness_words import window_label
from crm_analysis.contract import TABLES
from crm_analysis.deals.leak_audit import SILENT_GAP, LeakAudit
from crm_analysis.features.coverage import ITEMS
from crm_analysis.language import Text, number_text, share_text
from crm_analysis.results import Picture

_BANDS: tuple[tuple[float, Text], ...] = (
    (0.99, Text("99-100 %", "99–100%")),
    (0.80, Text("80-99 %", "80–99%")),
    (0.20, Text("20-80 %", "20–80%")),
    (0.0, Text("under 20 %", "不足 20%")),
)
_ABSENT = Text("column missing", "列缺失")


def fitness_pictures(fitness: Fitness) -> tuple[Picture, ...]:
    """Make the pictures: coverage by table, data on lost leads, the leak audit."""
    pictures = [_coverage_picture(fitness.filled), _items_picture(fitness.items)]
    if fitness.leaks is not None and fitness.leaks.worst_gap is not None:
        pictures.append(_leak_picture(fitness.leaks))
    return tuple(picture for picture in pictures if picture is not None)


def _band(row: pd.Series) -> Text:
    if not row["given"]:
        return _ABSENT
    share = row["n_filled"] / row["n_rows"] if row["n_rows"] else 0.0
    return next(label for low, label in _BANDS if share >= low)


def _coverage_picture(filled: pd.DataFrame) -> Picture | None:
    """Count the columns of each table by how full they are."""
    if filled.empty:
        return None
    bands = [_band(row) for _, row in filled.iterrows()]
    rows = []
    for name in dict.fromkeys(filled["table"]):
        own = [band for band, table in zip(bands, filled["table"], strict=True) if table == name]
        label = TABLES[name].label
        rows += [
            (label.en, label.zh, band.en, band.zh, own.count(band))
            for band in (*(text for _, text in _BANDS), _ABSENT)
        ]
    full = sum(band == _BANDS[0][1] for band in bands)
    absent = sum(band == _ABSENT for band in bands)
    return Picture(
        name="coverage",
        kind="heat",
        numbers=pd.DataFrame(rows, columns=["row_en", "row_zh", "column_en", "column_zh", "value"]),
        title=Text("How full the columns are", "各列填写程度"),
        sentence=Text(
            f"{full} of {len(filled)} columns are filled in (almost) everywhere, {absent} are "
            "missing from the source.",
            f"{len(filled)} 列中有 {full} 列几乎完整，{absent} 列在数据源中缺失。",
        ),
        caption=Text(
            "Number of columns per table, by the share of rows that hold something.",
            "各表的列数，按有内容的行占比分组。",
        ),
        unit="count",
    )


def _items_picture(items: pd.DataFrame) -> Picture | None:
    if items.empty:
        return None
    ordered = items.assign(value=(items["n_with"] / items["n_lost"]).astype(float))
    ordered = ordered.sort_values(["value", "item"], ascending=[True, True])
    least, n_half = ordered.iloc[0], int((ordered["value"] >= 0.5).sum())
    n_lost = number_text(int(items["n_lost"].iloc[0]))
    return Picture(
        name="lost_leads_with_data",
        kind="bars",
        numbers=pd.DataFrame(
            {
                "label_en": [ITEMS[name].en for name in ordered["item"]],
                "label_zh": [ITEMS[name].zh for name in ordered["item"]],
                "value": ordered["value"].to_numpy(),
                "highlight": (ordered["value"] < 0.5).to_numpy(),
            }
        ),
        title=Text("What we know of the leads we lost", "我们对丢单了解多少"),
        sentence=Text(
            f"Of {n_lost} lost leads only {share_text(least['value'], 0)} have "
            f"{ITEMS[least['item']].en}; {n_half} of {len(items)} kinds of data are there for at "
            "least half.",
            f"{n_lost} 条丢单中仅 {share_text(least['value'], 0)}{ITEMS[least['item']].zh}；"
            f"{len(items)} 类数据中有 {n_half} 类覆盖至少一半。",
        ),
        caption=Text(
            "Share of lost leads with each kind of data; dark: fewer than half.",
            "具备各类数据的丢单占比；深色：不足一半。",
        ),
        unit="share",
    )


def _leak_picture(leaks: LeakAudit) -> Picture:
    """Set the naive AUC beside the guarded one for each window."""
    shown = [window for window in leaks.windows if window.gap is not None]
    rows = []
    for window in shown:
        label = window_label(window)
        leaks_here = (window.gap or 0.0) > SILENT_GAP
        known, whenever = window.guarded_auc, window.unguarded_auc
        rows += [
            (f"{label.en}: known in time", f"{label.zh}：当时已知", known, False),
            (f"{label.en}: typed whenever", f"{label.zh}：不论何时录入", whenever, leaks_here),
        ]
    worst = max(shown, key=lambda window: window.gap or 0.0)
    label = window_label(worst)
    verdict = _verdict(leaks)
    return Picture(
        name="leak_audit",
        kind="bars",
        numbers=pd.DataFrame(rows, columns=["label_en", "label_zh", "value", "highlight"]),
        title=Text("Does what was typed late give the end away?", "补录内容是否泄露结局？"),
        sentence=Text(
            f"{verdict.en}: the largest gap is {worst.gap:.2f} ({label.en}: "
            f"{worst.guarded_auc:.2f} known in time, {worst.unguarded_auc:.2f} typed whenever).",
            f"{verdict.zh}：最大差距 {worst.gap:.2f}（{label.zh}：当时已知 "
            f"{worst.guarded_auc:.2f}，不论何时录入 {worst.unguarded_auc:.2f}）。",
        ),
        caption=Text(
            "AUC of lost against won from numbers of contacts; .5 (dashed) is chance. Only rows "
            "'known in time' may be used. Dark: late typing adds more than .03.",
            "以联系次数区分丢单与成交的 AUC；0.5（虚线）为随机。只可使用“当时已知”的行。"
            "深色：补录使其增加超过 0.03。",
        ),
        unit="ratio",
        reference=0.5,
    )


def _verdict(leaks: LeakAudit) -> Text:
    if leaks.red_flag:
        return Text("Red flag", "红色警示")
    if leaks.silent:
        return Text("No leak seen", "未见泄漏")
    return Text("Watch", "注意")
