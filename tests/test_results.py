"""The narrative of a notebook survives its JSON round trip unchanged."""

from __future__ import annotations

import json
from datetime import date

import pandas as pd
import pytest

from crm_analysis.language import Text
from crm_analysis.results import ActionList, Finding, Kpi, NotebookResult, from_json, to_json

KEY = ("M10", "return_share_difference", "", "newcombe", "result")


def _result() -> NotebookResult:
    return NotebookResult(
        notebook="41_winback_evaluation",
        as_of=date(2026, 10, 31),
        headline=Text("It does not pay.", "不划算。"),
        brief=Text("No.", "不。"),
        status="weak",
        findings=(
            Finding(
                sentence=Text("a", "甲"),
                evidence="randomised",
                action=Text("stop", "停止"),
                estimate_key=KEY,
            ),
        ),
        kpis=(
            Kpi(name="net", label=Text("Net", "净"), value=0.1 + 0.2, unit="money", good="up"),
            Kpi(name="none", label=Text("None", "无"), value=None, unit="share"),
        ),
        lists=(
            ActionList(
                name="open_deals",
                frame=pd.DataFrame({"lead_id": ["L1", "L2"]}),
                purpose=Text("call", "致电"),
            ),
        ),
        does_not_show=(Text("why", "为何"),),
        todo=(Text("wait", "等待"),),
        rows={"winback": 12},
    )


def test_round_trip_keeps_every_narrative_part():
    result = _result()
    back = from_json(to_json(result), lists={"open_deals": result.lists[0].frame})
    assert back.findings == result.findings
    assert back.kpis[0].value == 0.3  # 12 significant digits
    assert back.kpis[1] == result.kpis[1]
    assert back.lists[0].purpose == result.lists[0].purpose
    assert back.brief == result.brief
    assert (back.headline, back.status, back.as_of) == (
        result.headline,
        result.status,
        result.as_of,
    )
    assert (back.does_not_show, back.todo, back.rows) == (
        result.does_not_show,
        result.todo,
        result.rows,
    )
    assert to_json(back) == to_json(result)


def test_rows_of_lists_never_enter_the_narrative():
    told = json.loads(to_json(_result()))
    assert told["lists"] == [
        {"name": "open_deals", "purpose": {"en": "call", "zh": "致电"}, "n_rows": 2}
    ]
    assert "L1" not in to_json(_result())
    assert from_json(to_json(_result())).lists == ()


def test_more_than_seven_findings_are_refused():
    finding = Finding(sentence=Text("a", "a"), evidence="exact", action=Text("b", "b"))
    with pytest.raises(ValueError, match="at most 7"):
        NotebookResult(
            notebook="x", as_of=date(2026, 1, 1), headline=Text("", ""), findings=(finding,) * 8
        )
