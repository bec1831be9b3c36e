"""Notebook 41 in words: every case has one headline, graded findings and matching numbers."""

from __future__ import annotations

import re
from datetime import date

import pytest

from crm_analysis.answers.winback_evaluation import NOTEBOOK, answer
from crm_analysis.estimates import is_finding, says_causes
from crm_analysis.language import Text, points_text
from crm_analysis.proportions import minimum_detectable_share
from crm_analysis.results import to_json
from crm_analysis.source import load
from tests.answers.worlds import faults, known
from tests.winback.rounds import assignment, day, order, tables


def _rows(n: int = 80, *, treated_every: int = 2, every: int = 4, **given: object):
    """One round of 2n; every `every`-th of each arm comes back."""
    winback = [
        assignment(
            f"C{k:03}", "control" if k % 2 else "treat", **{"cost": 0 if k % 2 else 5, **given}
        )
        for k in range(2 * n)
    ]
    lines = [order(f"C{k:03}", 20, 50, margin=10) for k in range(2 * n) if (k // 2) % every == 0]
    return {"winback": winback, "order_lines": lines}


def _answer(rows, **given: object):
    return answer(known(tables(**rows), **given))


def test_without_the_table_it_is_off_and_says_what_is_missing():
    result = answer(known())
    assert result.status == "off"
    assert "`winback`" in result.headline.en
    assert "`winback`" in result.headline.zh
    assert result.estimates == ()


def test_no_effect_at_a_cost_does_not_pay():
    result = _answer(_rows())
    assert result.notebook == NOTEBOOK
    assert result.status == "ok"
    assert result.headline.en == (
        "Win-back does not pay: within 90 days contact changed returns by 0.0 pp (interval "
        "-13.3 pp to +13.3 pp, n = 160) against control and earned -5.00 CNY (-6.31 to -3.69) net "
        "per assigned customer."
    )
    assert result.findings[0].action.en == "The contacted arm: stop."
    assert result.findings[0].sentence.en.startswith("The contacted arm, 90 days: -5.00 CNY net")
    assert result.brief.en == "Win-back does not pay: -5.00 CNY net per assigned customer."
    assert result.findings[0].evidence == "randomised"
    assert result.rows == {"winback": 160, "order_lines": 40}


def test_the_flattering_number_stands_beside_the_controls():
    result = _answer(_rows())
    trap = next(one for one in result.findings if one.evidence == "descriptive")
    assert trap.sentence.en.startswith("25.0 % of the contacted came back (n = 80), but so did 25")
    assert result.picture("returned_by_arm").sentence == trap.sentence
    naive = [
        row for row in result.estimates if row.role == "naive" and row.quantity == "return_share"
    ]
    assert {row.note for row in naive} == {"treated_only"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"randomised": False}, "no round was drawn by lot"),
        ({"assigned_at": day(290)}, "Too early to say"),
    ],
)
def test_what_cannot_be_judged_is_said_so(given, words):
    result = _answer(_rows(**given))
    assert words in result.headline.en
    assert result.status == "not_estimable"
    assert not [row for row in result.estimates if row.evidence == "randomised"]
    assert result.todo


def test_a_broken_draw_is_the_headline():
    rows = _rows(300)
    rows["winback"] = [row for k, row in enumerate(rows["winback"]) if k % 2 or k % 3]
    result = _answer(rows)
    assert "do not fit the draw" in result.headline.en
    assert result.findings[0].evidence == "exact"
    assert result.status == "not_estimable"


def test_an_effect_that_pays_is_continued():
    rows = _rows(200)
    rows["order_lines"] = [
        order(f"C{k:03}", 20, 200, margin=80)
        for k in range(400)
        if (k // 2) % 10 < (2 if k % 2 else 6)
    ]
    result = _answer(rows)
    assert result.headline.en.startswith("Win-back pays:")
    assert any(is_finding(row, 0.05) for row in result.estimates)


def test_every_number_on_the_page_is_a_row_and_every_part_can_be_drawn():
    result = _answer(_rows())
    keys = {row.key for row in result.estimates}
    tied = [*result.kpis, *result.findings]
    assert {one.estimate_key for one in tied if one.estimate_key} <= keys
    assert 4 <= len(result.kpis) <= 6
    assert not faults(result)
    assert {table.name for table in result.tables if table.headline} == {"effects", "money"}


def test_only_the_drawn_may_say_causes():
    for rows in (_rows(), _rows(randomised=False)):
        for finding in _answer(rows).findings:
            assert finding.evidence == "randomised" or not says_causes(finding.sentence)


def test_both_languages_say_something_else_everywhere():
    result = _answer(_rows())
    texts = [result.headline, *result.does_not_show, *result.todo]
    texts += [finding.sentence for finding in result.findings]
    texts += [picture.title for picture in result.pictures]
    assert all(text.en and text.zh and text.en != text.zh for text in texts)


def test_equal_input_gives_equal_words_and_numbers():
    one, other = _answer(_rows()), _answer(_rows())
    assert to_json(one) == to_json(other)
    assert one.estimates == other.estimates


def test_without_orders_only_engagement_is_told():
    rows = _rows(40)
    events = [
        {"event_id": f"E{k}", "customer_id": f"C{k:03}", "at": day(5), "kind": "post"}
        for k in range(0, 80, 2)
    ]
    result = _answer({"winback": rows["winback"], "engagement": events})
    assert "no orders" in result.headline.en
    assert [one.estimate_key[1] for one in result.findings] == ["engagement_share_difference"]
    assert not faults(result)


def test_what_had_to_be_assumed_about_money_is_said():
    rows = _rows(cost=0)
    rows["order_lines"] = [{**line, "margin": None} for line in rows["order_lines"]]
    result = _answer(rows)
    told = " ".join(text.en for text in result.does_not_show)
    assert "default margin rate" in told
    assert "before cost" in told
    for lead in (result.headline, result.brief):
        assert lead.en.startswith("Before cost, win-back")
        assert lead.zh.startswith("未扣成本前，")
    assert "Before cost" not in _answer(_rows()).headline.en
    assert "default margin rate" not in " ".join(text.en for text in _answer(_rows()).does_not_show)


def test_the_demo_story_of_those_who_would_have_come_anyway():
    demo = load("demo:", as_of="2026-10-31")
    result = answer(demo)
    for finding in result.findings:
        assert finding.evidence == "randomised" or not says_causes(finding.sentence)
    planted = [
        one
        for story in demo.truth["stories"]
        for one in story["estimates"]
        if one["quantity"].startswith(("return_share", "net_margin"))
    ]
    found = {(row.quantity, row.segment): row for row in result.estimates if row.role == "result"}
    assert len(planted) >= 8
    for one in planted:
        row = found[one["quantity"], one["segment"]]
        assert row.estimate == pytest.approx(one["value"], abs=one["tolerance"]), row.key
    assert result.headline.en.startswith("Win-back does not pay")
    for text in (result.brief.en, result.brief.zh):
        assert len(re.findall(r"\d[\d.]*", text)) <= 2
        assert len(text) < 100
    assert result.findings[0].sentence.en.startswith("The care arm, 90 days: ")
    assert result.findings[0].sentence.zh.startswith("care 组，90 天：")


STALE = Text("The data end on 2026-04-01.", "数据截至 2026-04-01。")


def test_follow_up_ends_where_a_stale_source_was_last_watched():
    early = _answer(_rows(), observed_until=date(2026, 3, 1), stale=STALE)
    told = {row.segment for row in early.estimates if row.quantity == "return_share_difference"}
    assert told == {"arm=treat;horizon_days=30"}
    assert early.does_not_show[0] == STALE
    assert early.status == "weak"
    never = _answer(_rows(), observed_until=date(2026, 1, 20), stale=STALE)
    assert never.status == "not_estimable"
    assert "Too early to say" in never.headline.en
    assert _answer(_rows()).status == "ok"


def test_where_nobody_bought_nothing_is_judged():
    rows = _rows()
    result = _answer({**rows, "order_lines": [order("C000", 300, 50, margin=10)]})
    assert "cannot be judged" in result.headline.en
    assert "cannot be judged" in result.brief.en
    assert not any("stop" in one.action.en for one in result.findings)


def test_what_could_have_been_seen_rests_on_the_arms_own_size():
    rows = _rows(90)
    arms = ("control", "care", "discount")
    winback = [
        {**row, "arm": arms[k % 3], "p_treat": 2 / 3} for k, row in enumerate(rows["winback"])
    ]
    second = [
        {**row, "round_id": "R2", "customer_id": f"D{k:03}", "p_treat": 0.5}
        for k, row in enumerate(rows["winback"])
    ]
    second = [{**row, "arm": "care" if row["arm"] == "treat" else "control"} for row in second]
    result = _answer({**rows, "winback": [*winback, *second]})
    found = {(row.quantity, row.segment): row for row in result.estimates if row.role == "result"}
    of = "arm=discount;horizon_days=90"
    own, control = found["return_share", of], found["control_return_share", of]
    assert (own.n, control.n) == (60, 60)
    smallest = minimum_detectable_share(control.estimate, (60, 60)) - control.estimate
    sentence = next(one.sentence.en for one in result.findings if "discount" in one.sentence.en)
    assert f"could have seen {points_text(smallest)}" in sentence
    labels = result.picture("returned_by_arm").numbers["label_en"].tolist()
    assert "control in rounds of discount" in labels
    assert not faults(result)
