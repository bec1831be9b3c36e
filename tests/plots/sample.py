"""One hand-made picture of each kind, for drawing and page tests."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from crm_analysis.language import Text
from crm_analysis.results import Picture


def bars() -> Picture:
    numbers = pd.DataFrame(
        {
            "label_en": ["price", "rival's offer", "budget frozen", "no decision was ever taken"],
            "label_zh": ["价格太高", "竞争对手的报价", "预算冻结", "一直没有作出决定"],
            "value": [0.34, 0.21, 0.13, 0.09],
            "lo": [0.29, 0.17, 0.09, 0.06],
            "hi": [0.39, 0.26, 0.17, 0.13],
            "highlight": [True, False, False, False],
        }
    )
    return Picture(
        name="loss_reasons",
        kind="bars",
        numbers=numbers,
        title=Text("Price is the first reason for losing", "价格是丢单的首要原因"),
        sentence=Text(
            "34.0 % of 241 lost deals were lost on price (29.0 to 39.0 %).",
            "241 个丢单中有 34.0 % 因价格丢失（29.0 至 39.0 %）。",
        ),
        caption=Text("Share of lost deals, n = 241.", "占丢单的比例，n = 241。"),
        unit="share",
    )


def curves() -> Picture:
    rows = []
    for en, zh, step in (
        ("lost", "丢单", 0.004),
        ("won", "成交", 0.0025),
        ("void", "作废", 0.0005),
    ):
        for day in range(0, 121, 5):
            y = 1 - (1 - step) ** day
            rows.append((en, zh, day, y, max(0, y - 0.02), y + 0.02))
    numbers = pd.DataFrame(rows, columns=["series_en", "series_zh", "x", "y", "lo", "hi"])
    return Picture(
        name="outcomes",
        kind="curves",
        numbers=numbers,
        title=Text("Losses come early, wins come late", "丢单来得早，成交来得晚"),
        sentence=Text("By day 90, 30.3 % are lost.", "到第 90 天，30.3 % 丢单。"),
        caption=Text(
            "Cumulative incidence with 95 % bands, n = 1,200.", "累积发生率与 95 % 区间。"
        ),
        x_label=Text("days since the lead was opened", "线索建立后的天数"),
        y_label=Text("share of leads", "占线索的比例"),
        unit="share",
    )


def forest() -> Picture:
    numbers = pd.DataFrame(
        {
            "label_en": [
                "contacts a week",
                "days since last contact",
                "naive: all contacts",
                "rare",
            ],
            "label_zh": ["每周联系次数", "距离上次联系的天数", "粗算：全部联系次数", "少见"],
            "estimate": [0.7, 1.35, 0.3, None],
            "ci_lo": [0.55, 1.1, 0.25, None],
            "ci_hi": [0.9, 1.62, 0.36, None],
            "highlight": [False, True, False, False],
            "warning": [False, False, True, False],
        }
    )
    return Picture(
        name="hazards",
        kind="forest",
        numbers=numbers,
        title=Text("Silence goes with losing", "沉默与丢单相伴"),
        sentence=Text(
            "Hazard ratio 1.35 (1.10 to 1.62), n = 900.", "风险比 1.35（1.10 至 1.62）。"
        ),
        caption=Text(
            "Adjusted hazard ratios at day 14, n = 900.", "第 14 天的调整风险比，n = 900。"
        ),
        x_label=Text("hazard ratio of losing", "丢单风险比"),
        unit="ratio",
        reference=1.0,
    )


def heat() -> Picture:
    rows = [
        (row, f"行{row}", column, f"列{column}", value)
        for row, values in (("North", (0.1, 0.3, None)), ("South", (0.2, 0.05, 0.4)))
        for column, value in zip(("Q1", "Q2", "Q3"), values, strict=True)
    ]
    return Picture(
        name="grid",
        kind="heat",
        numbers=pd.DataFrame(rows, columns=["row_en", "row_zh", "column_en", "column_zh", "value"]),
        title=Text("The south loses in Q3", "南区在三季度丢单"),
        sentence=Text("40.0 % of the south's deals were lost in Q3.", "南区三季度丢单 40.0 %。"),
        caption=Text("Share lost, n = 300.", "丢单比例，n = 300。"),
        unit="share",
    )


def tracks() -> Picture:
    rows = [
        (panel, zh, series, x, y)
        for panel, zh, slope in (("lost", "丢单", -0.05), ("won", "成交", 0.05))
        for series in ("mean", "median")
        for x in range(6)
        for y in [0.5 + slope * x + (0.02 if series == "mean" else 0)]
    ]
    return Picture(
        name="tracks",
        kind="tracks",
        numbers=pd.DataFrame(rows, columns=["panel_en", "panel_zh", "series", "x", "y"]),
        title=Text("Probability falls before a loss", "丢单之前概率下降"),
        sentence=Text("It falls by 25.0 pp in five weeks.", "五周内下降 25.0 个百分点。"),
        caption=Text("Mean and median, n = 80.", "平均与中位数，n = 80。"),
        x_label=Text("weeks", "周"),
        y_label=Text("probability", "概率"),
        unit="share",
    )


def grouped_tracks() -> Picture:
    """Single tracks told apart by how they ended, and their mean."""
    rows = [
        (panel, zh, series, group, group_zh, series == "mean", x, y)
        for panel, zh, slope in (("slides", "下滑", -0.1), ("rises", "上升", 0.1))
        for series, group, group_zh, by in (
            ("1", "lost", "丢单", -0.05),
            ("2", "won", "成交", 0.05),
            ("mean", "average", "平均", 0.0),
        )
        for x in range(0, 101, 25)
        for y in [0.5 + slope * x / 25 + by]
    ]
    columns = ["panel_en", "panel_zh", "series", "group_en", "group_zh", "is_main", "x", "y"]
    return replace(tracks(), name="grouped", numbers=pd.DataFrame(rows, columns=columns))


def strip() -> Picture:
    rows = [
        (month, f"{month} 月", part, zh, value)
        for month, values in (("March", (8, 5, 1, 6, 0)), ("April", (3, 4, 0, 0, 15)))
        for (part, zh), value in zip(
            (
                ("lost", "丢单"),
                ("won", "成交"),
                ("void", "作废"),
                ("did not end in time", "到期未结束"),
                ("still open", "仍未结束"),
            ),
            values,
            strict=True,
        )
    ]
    return Picture(
        name="alarms",
        kind="strip",
        numbers=pd.DataFrame(rows, columns=["row_en", "row_zh", "part_en", "part_zh", "value"]),
        title=Text("Of 42 alarms 11 ended in a loss", "42 次预警中 11 次丢单"),
        sentence=Text("11 of 42 alarms ended in a loss.", "42 次预警中 11 次以丢单告终。"),
        caption=Text("Alarms by month, n = 42.", "按月份的预警数，n = 42。"),
        x_label=Text("alarms", "预警数"),
        unit="count",
    )


PICTURES = (bars, curves, forest, grouped_tracks, heat, strip, tracks)
