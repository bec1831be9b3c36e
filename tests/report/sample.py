# ruff: noqa: E501
"""A hand-made result and the notebook that shows it, for page tests without a source."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from unittest import mock

import nbformat
import pandas as pd

from crm_analysis.config import Config
from crm_analysis.language import Text
from crm_analysis.report import Page, publish
from crm_analysis.results import ActionList, Finding, Kpi, NotebookResult, ShownTable
from tests.plots.sample import PICTURES

NASTY = '<script>alert("x")</script> & 客户说：“太贵”'


def known(results_dir=None):
    return SimpleNamespace(results_dir=results_dir, config=Config())


def result() -> NotebookResult:
    table = ShownTable(
        name="by_rep",
        frame=pd.DataFrame(
            {
                "rep_en": ["Anna", NASTY],
                "rep_zh": ["安娜", NASTY],
                "n_leads": [120, 80],
                "lost_share": [0.241, None],
                "median_days": [12.0, 30.5],
            }
        ),
        caption=Text("Lost leads by representative", "各销售代表的丢单"),
        columns={
            "rep": Text("representative", "销售代表"),
            "n_leads": Text("leads", "线索数"),
            "lost_share": Text("lost within 90 days", "90 天内丢单"),
            "median_days": Text("median (days)", "中位数（天）"),
        },
        units={"n_leads": "count", "lost_share": "share", "median_days": "days"},
        headline=True,
    )
    return NotebookResult(
        notebook="10_failure_causes",
        as_of=date(2026, 10, 31),
        headline=Text(
            "Within 90 days 30.3 % (28.1 to 32.5 %) of leads are lost and 20.1 % won.",
            "90 天内 30.3 %（28.1 至 32.5 %）的线索丢单，20.1 % 成交。",
        ),
        findings=(
            Finding(
                sentence=Text(
                    "Silence of two weeks is associated with losing: hazard ratio 1.35 (1.10–1.62).",
                    "沉默两周与丢单相关：风险比 1.35（1.10–1.62）。",
                ),
                evidence="adjusted",
                action=Text("Call the 12 leads on the list.", "请致电清单上的 12 条线索。"),
            ),
            Finding(
                sentence=Text(
                    "The letter causes 4.5 pp more visits.", "信函使到访增加 4.5 个百分点。"
                ),
                evidence="randomised",
                action=Text("Send it again.", "再寄一次。"),
                status="weak",
            ),
        ),
        kpis=(
            Kpi(
                name="a",
                label=Text("Lost within 90 days", "90 天内丢单"),
                value=0.303,
                unit="share",
                good="down",
            ),
            Kpi(
                name="b",
                label=Text("Won revenue", "成交额"),
                value=1840000.0,
                unit="money",
                good="up",
            ),
            Kpi(
                name="c",
                label=Text("Median cycle", "周期中位数"),
                value=47.0,
                unit="days",
                good="down",
            ),
            Kpi(name="d", label=Text("Open leads", "未结线索"), value=812.0, unit="count"),
        ),
        tables=(table,),
        pictures=tuple(make() for make in PICTURES),
        lists=(
            ActionList(
                name="open_deals",
                frame=pd.DataFrame({"lead_id": ["L1", "L2"], "note": ["=1+2", "-3"]}),
                purpose=Text("Open leads that are silent now", "目前沉默的未结线索"),
            ),
        ),
        does_not_show=(Text("Nothing here was tested.", "此处没有检验。"),),
        todo=(Text("Call them.", "致电。"),),
        rows={"leads": 1200},
    )


def off() -> NotebookResult:
    """What a notebook tells whose data are missing."""
    says = Text("The source has no leads.", "数据源没有线索表。")
    return NotebookResult(
        notebook="10_failure_causes", as_of=date(2026, 10, 31), status="off", headline=says
    )


def notebook(lang: str = "en,zh", folder: str = "", shown: NotebookResult | None = None):
    """Run the cells a notebook would run and keep what they display."""
    shown = result() if shown is None else shown
    cells = [
        nbformat.v4.new_markdown_cell(
            "# Why do we lose deals?\n\nOpen leads are censored.",
            metadata={"zh": "# 我们为什么丢单？\n\n未结线索按删失处理。"},
        ),
        nbformat.v4.new_code_cell("secret = 1", metadata={"tags": ["injected-parameters"]}),
    ]

    def run(source, title=None, zh=None):
        outputs = []

        def keep(data, metadata):
            outputs.append(nbformat.v4.new_output("display_data", data=data, metadata=metadata))

        with mock.patch("IPython.display.publish_display_data", keep):
            source()
        outputs.append(nbformat.v4.new_output("stream", name="stderr", text="Warning: no"))
        if title:
            cells.append(nbformat.v4.new_markdown_cell(f"## {title}", metadata={"zh": f"## {zh}"}))
        cells.append(nbformat.v4.new_code_cell("page.part()", outputs=outputs))

    page = Page(known(), shown, lang=lang)
    run(page.headline)
    run(page.kpis)
    run(page.findings, "What stands", "发现")
    run(page.pictures, "Evidence", "证据")
    run(page.headline_tables)
    run(page.limits, "What this does not show", "本页不能说明什么")
    run(page.todo, "What to do", "建议行动")
    run(page.lists)
    run(lambda: publish(shown, folder, source="demo:", lang=lang))
    made = nbformat.v4.new_notebook(cells=cells)
    for place, cell in enumerate(made["cells"]):
        cell["id"] = f"cell-{place}"
    return made
