"""Notebook 50: made from published results alone; changes, actions, open questions, privacy."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from crm_analysis.answers.leadership_summary import answer
from crm_analysis.answers.summary_changes import changes, value_words
from crm_analysis.answers.summary_inputs import TITLES
from crm_analysis.estimates import Estimate, estimates_frame, segment
from crm_analysis.language import Text
from crm_analysis.report.page import earlier_of
from crm_analysis.results import ActionList, Finding, Kpi, NotebookResult, to_json
from tests.answers.worlds import AS_OF, faults, known

WINBACK = "41_winback_evaluation"


def row(value: float = 0.05, arm: str = "treat", **given: object) -> Estimate:
    base: dict[str, object] = {
        "module": "M10",
        "quantity": "return_share_difference",
        "segment": segment(arm=arm, horizon_days=90),
        "method": "newcombe",
        "estimate": value,
        "ci_lo": value - 0.02,
        "ci_hi": value + 0.02,
        "n": 200,
        "p": 0.01,
        "p_adj": 0.01,
        "family": "M10:return",
        "evidence": "randomised",
    }
    return Estimate(**{**base, **given})  # type: ignore[arg-type]


def finding(one: Estimate, words: str = "It works") -> Finding:
    return Finding(
        sentence=Text(f"{words}.", "有效。"),
        evidence=one.evidence,
        action=Text("go on", "继续"),
        estimate_key=one.key,
    )


def page(notebook: str = WINBACK, *rows: Estimate, **given: object) -> NotebookResult:
    cards = tuple(
        Kpi(
            name=f"card{place}",
            label=Text("brought back", "净带回"),
            value=one.estimate,
            unit="points",
            estimate_key=one.key,
        )
        for place, one in enumerate(rows)
    )
    base: dict[str, object] = {
        "notebook": notebook,
        "as_of": AS_OF,
        "headline": Text("Contact works.", "联系有效。"),
        "kpis": cards,
        "estimates": rows,
    }
    return NotebookResult(**{**base, **given})  # type: ignore[arg-type]


def publish(folder, *results: NotebookResult) -> None:
    for name in ("results", "estimates", "private/lists"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for result in results:
        name = result.notebook
        (folder / "results" / f"{name}.json").write_text(to_json(result), encoding="utf-8")
        frame = estimates_frame(result.estimates, as_of=AS_OF, notebook=name)
        frame.to_parquet(folder / "estimates" / f"{name}.parquet", index=False)
        for one in result.lists:
            path = folder / "private" / "lists" / f"{one.name}.csv"
            one.frame.to_csv(path, index=False, encoding="utf-8-sig")


def publish_before(folder, *rows: Estimate) -> None:
    (folder / "previous").mkdir()
    frame = estimates_frame(rows, as_of=date(2026, 9, 30), notebook=WINBACK)
    frame.to_parquet(folder / "previous" / "estimates.parquet", index=False)


def summary(folder, **given: object) -> NotebookResult:
    return answer(known(results_dir=folder, **given))


def test_the_headline_is_that_of_the_page_with_the_strongest_finding(tmp_path):
    weak = row(arm="a", evidence="associational")
    strong = row(arm="b")
    publish(
        tmp_path,
        page("10_failure_causes", weak, headline=Text("Slow.", "慢。"), findings=(finding(weak),)),
        page(WINBACK, strong, findings=(finding(strong),)),
    )
    result = summary(tmp_path)
    assert result.headline.en == "Contact works; 2 findings to act on."
    assert result.headline.zh == "联系有效；共 2 项发现需要处理。"
    assert [one.evidence for one in result.findings] == ["randomised", "associational"]


def test_no_finding_says_no_regularity_found(tmp_path):
    publish(tmp_path, page(WINBACK, row(p_adj=0.6)))
    result = summary(tmp_path)
    assert result.headline.en.startswith("No regularity found")
    assert result.estimates[0].estimate == 0
    assert result.estimates[0].n == 1


def test_cards_come_from_each_page_in_turn_and_are_six_at_most(tmp_path):
    publish(
        tmp_path,
        page("10_failure_causes", *(row(arm=f"a{k}") for k in range(4))),
        page(WINBACK, *(row(arm=f"b{k}") for k in range(4))),
    )
    arms = [one.estimate_key[2][4:6] for one in summary(tmp_path).kpis]
    assert arms == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_the_first_report_has_nothing_to_compare(tmp_path):
    publish(tmp_path, page(WINBACK, row()))
    table = summary(tmp_path).table("changes")
    assert "first report" in table.caption.en
    assert len(table.frame) == 1


def test_equal_numbers_are_no_change(tmp_path):
    publish(tmp_path, page(WINBACK, row()))
    publish_before(tmp_path, row())
    table = summary(tmp_path).table("changes")
    assert table.frame["what_en"].tolist() == ["No change"]
    assert table.frame["what_zh"].tolist() == ["无变化"]
    assert "2026-09-30" in table.caption.en


def test_moves_and_new_and_gone_findings_are_told_in_words(tmp_path):
    now = (row(0.05, "moved"), row(0.05, "fresh"), row(0.05, "faded", p_adj=0.5))
    before = (row(0.10, "moved"), row(0.05, "fresh", p_adj=0.5), row(0.05, "faded"))
    publish(tmp_path, page(WINBACK, *now))
    publish_before(tmp_path, *before)
    frame = summary(tmp_path).table("changes").frame
    told = dict(zip(frame["what_en"].str.extract(r"arm: (\w+)")[0], frame["word_en"], strict=True))
    assert told == {
        "fresh": "new finding",
        "faded": "no longer a finding",
        "moved": "down",
    }
    moved = frame[frame["word_en"] == "down"].iloc[0]
    assert (moved["before"], moved["now"], moved["word_zh"]) == ("+10.0 pp", "+5.0 pp", "下降")


def _kinds(now: Estimate, before: Estimate, **options: object) -> list[str]:
    given = {"fdr_q": 0.05, "min_cell": 5, **options}
    return [one.kind for one in changes([now], [before], **given)]


def test_a_move_within_the_former_interval_is_no_change():
    assert _kinds(row(0.06), row(0.05)) == []
    assert _kinds(row(0.08), row(0.05)) == ["up"]


def test_what_does_not_show_in_the_digits_is_no_change():
    bare = {"ci_lo": None, "ci_hi": None}
    assert _kinds(row(0.05001, **bare), row(0.05, **bare)) == []
    assert _kinds(row(0.052, **bare), row(0.05, **bare)) == ["up"]


def test_naive_rows_small_cells_and_refused_rows_are_never_compared():
    assert _kinds(row(0.5, role="naive"), row(0.05, role="naive")) == []
    assert _kinds(row(0.5, n=4), row(0.05, n=4)) == []
    assert _kinds(row(0.5, n=4), row(0.05, n=4), min_cell=2) == ["up"]


def test_missing_pages_are_named_with_the_reason(tmp_path):
    publish(tmp_path, page(WINBACK, row()))
    (tmp_path / "run.json").write_text(json.dumps({"missing": {"10_failure_causes": "failed"}}))
    told = [text.en for text in summary(tmp_path).does_not_show]
    assert "Missing: Why deals fail (failed in this run)." in told
    assert "Missing: Data fitness (not in this run)." in told
    assert not [text for text in told if "Win-back" in text and "Missing" in text]


def test_pages_that_are_off_say_so(tmp_path):
    off = page(WINBACK, status="off", headline=Text("No table.", "没有表。"))
    publish(tmp_path, off)
    assert "Win-back: No table." in [text.en for text in summary(tmp_path).does_not_show]


def test_small_cells_are_withheld_and_counted(tmp_path):
    small = row(n=4)
    publish(tmp_path, page(WINBACK, small, findings=(finding(small),)))
    result = summary(tmp_path)
    assert result.findings == ()
    assert result.kpis == ()
    assert any("2 statement(s) rest on fewer than 5" in text.en for text in result.does_not_show)
    shown = summary(tmp_path, config=replace(known().config, min_cell=2))
    assert len(shown.findings) == 1
    assert len(shown.kpis) == 1


def test_lists_show_owners_and_counts_never_rows(tmp_path):
    people = pd.DataFrame(
        {
            "lead_id": [f"L{k}" for k in range(9)],
            "rep_id": ["R1"] * 6 + ["R2"] * 2 + [""],
            "customer_name": ["Secret Name"] * 9,
        }
    )
    one = ActionList(name="open_deals", frame=people, purpose=Text("call them", "致电"))
    publish(tmp_path, page("20_loss_patterns", row(), lists=(one,)))
    result = summary(tmp_path)
    frame = result.table("lists").frame
    assert frame["n_rows"].tolist() == ["9"]
    assert frame["owners_en"].tolist() == ["R1: 6, R2: < 5, ?: < 5"]
    assert "Secret Name" not in to_json(result)
    assert "L3" not in frame.to_csv()
    assert any("open_deals (9 rows)" in text.en for text in result.todo)


def test_a_stale_source_is_said_before_what_to_do(tmp_path):
    publish(tmp_path, page(WINBACK, row()))
    stale = Text("The data end too early.", "数据过早截止。")
    assert summary(tmp_path, stale=stale).todo[0] == stale


def test_it_needs_no_table_and_can_be_drawn(tmp_path):
    publish(tmp_path, *(page(name, row(arm=name)) for name in TITLES))
    result = summary(tmp_path)
    assert result.status == "ok"
    assert not faults(result)
    assert to_json(result) == to_json(summary(tmp_path))


def test_nothing_published_is_told(tmp_path):
    result = summary(tmp_path)
    assert "No notebook gave a result" in result.headline.en
    assert len([text for text in result.does_not_show if "Missing" in text.en]) == len(TITLES)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (None, "share", "–"),
        (0.241, "share", "24.1 %"),
        (0.02, "points", "+2.0 pp"),
        (1234.0, "count", "1,234"),
        (3.25, "days", "3.2"),
        (-13.789, "money", "-13.79"),
    ],
)
def test_values_by_unit(value, unit, words):
    assert value_words(value, unit) == words


def test_the_headline_is_the_short_answer_where_the_page_has_one(tmp_path):
    one = row()
    short = Text("Yes: 2 CNY.", "是：2 CNY。")
    publish(tmp_path, page(WINBACK, one, findings=(finding(one),), brief=short))
    result = summary(tmp_path)
    assert result.headline.en == "Yes: 2 CNY; 1 finding to act on."
    assert result.headline.zh == "是：2 CNY；共 1 项发现需要处理。"


def test_small_events_and_counts_lists_and_headlines_are_withheld(tmp_path):
    few, fine = row(arm="few", events=3), row(arm="fine")
    short = ActionList(
        name="open_deals",
        frame=pd.DataFrame({"lead_id": ["L1", "L2", "L3"]}),
        purpose=Text("call them", "致电"),
    )
    told = page(
        WINBACK,
        *(few, fine),
        findings=(finding(few, "Three came"), finding(fine, "Many came")),
        headline=Text("Three of them came.", "来了三位。"),
        lists=(short,),
    )
    publish(tmp_path, told)
    result = summary(tmp_path)
    assert result.headline.en == "Many came; 1 finding to act on."
    assert [one.estimate_key for one in result.findings] == [fine.key]
    assert [one.estimate_key for one in result.kpis] == [fine.key]
    assert result.table("lists").frame["n_rows"].tolist() == ["< 5"]
    assert any("open_deals (< 5 rows)" in text.en for text in result.todo)
    assert "3 rows" not in to_json(result)


def test_a_count_of_few_is_never_compared():
    given = {"quantity": "open_leads_with_sign_count", "segment": "sign=x", "n": 100}
    bare = {"ci_lo": None, "ci_hi": None, "p": None, "p_adj": None, "family": None}
    assert _kinds(row(3.0, **given, **bare), row(9.0, **given, **bare)) == []
    assert _kinds(row(7.0, **given, **bare), row(9.0, **given, **bare)) == ["down"]


def test_values_with_separators_are_named_as_they_are():
    (change,) = changes([row(0.2, arm="a\\")], [row(0.05, arm="a\\")], fdr_q=0.05, min_cell=5)
    assert "arm: a\\, within days: 90" in change.what.en


def test_rows_of_an_earlier_catalogue_do_not_stop_the_summary_or_its_page(tmp_path):
    publish(tmp_path, page(WINBACK, row()))
    publish_before(tmp_path, row(), row(arm="old"))
    path = tmp_path / "previous" / "estimates.parquet"
    frame = pd.read_parquet(path)
    frame.loc[frame["segment"].str.contains("old"), "quantity"] = "a_quantity_of_old"
    frame.to_parquet(path, index=False)
    assert summary(tmp_path).table("changes").frame["what_en"].tolist() == ["No change"]
    assert list(earlier_of(known(results_dir=tmp_path)).values) == [row().key]
