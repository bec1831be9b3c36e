"""Notebook 10 in words: what stands, what does not, what is missing, and sizes that match."""

from __future__ import annotations

from datetime import timedelta

import ibis
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text as MplText

from crm_analysis.answers.failure_causes import NOTEBOOK, answer
from crm_analysis.answers.failure_levels import level_picture
from crm_analysis.config import Config
from crm_analysis.estimates import Estimate, is_finding, refuse, says_causes, segment
from crm_analysis.language import Text
from crm_analysis.plots.draw import draw
from crm_analysis.results import to_json
from tests.answers.worlds import faults, known
from tests.deals.small_world import AS_OF, SmallWorld, small_world

QUICK = Config(landmark_days=(7, 14))


def asked(world: SmallWorld, *, without: tuple[str, ...] = (), **given: object):
    views = {name: view for name, view in world.tables().items() if name not in without}
    return answer(known(views, **{"as_of": AS_OF, "config": QUICK, **given}))


@pytest.fixture(scope="module")
def nothing():
    return asked(small_world(11, n=900))


@pytest.fixture(scope="module")
def planted():
    return asked(small_world(12, n=1500, contact_effect=0.6))


def test_without_leads_it_is_off_and_says_what_would_be_possible():
    result = answer(known())
    assert (result.notebook, result.status, result.estimates) == (NOTEBOOK, "off", ())
    assert "no leads" in result.headline.en
    assert result.headline.en.count(".") == 2


def test_where_nothing_stands_the_headline_says_so(nothing):
    assert nothing.headline.en.startswith("No regularity found")
    assert nothing.headline.zh.startswith("没有发现规律")
    assert nothing.findings == ()
    assert "Change nothing" in nothing.todo[0].en


def test_what_stands_is_told_with_interval_size_and_one_action(planted):
    assert planted.headline.en.startswith("Losing goes with")
    assert 1 <= len(planted.findings) <= 7
    by_key = {row.key: row for row in planted.estimates}
    for finding in planted.findings:
        row = by_key[finding.estimate_key]
        assert is_finding(row, 0.05)
        assert f"{np.exp(row.estimate):.2f}" in finding.sentence.en
        assert "lost deals" in finding.sentence.en
        assert not says_causes(finding.sentence)
        assert finding.action.en.endswith(".")


def test_the_naive_row_stands_beside_as_a_warning(planted):
    naive = [row for row in planted.estimates if row.note.startswith("immortal_time")]
    assert naive
    assert all(row.role == "naive" and row.p_adj is None for row in naive)
    numbers = planted.picture("contact_habits").numbers
    assert numbers["warning"].sum() == 3
    assert numbers.loc[numbers["warning"], "label_en"].str.contains("misleading").all()


def test_pages_have_all_their_columns_and_a_stable_narrative(planted):
    assert not faults(planted)
    assert to_json(planted) == to_json(asked(small_world(12, n=1500, contact_effect=0.6)))
    assert {row.segment for row in planted.estimates if row.quantity == "leads_count"} == {
        "state=open",
        "state=lost",
        "state=won",
        "state=void",
    }


def test_cards_carry_their_estimates(nothing):
    by_key = {row.key: row for row in nothing.estimates}
    for card in nothing.kpis:
        assert card.value == by_key[card.estimate_key].estimate


def test_questions_asked_and_the_unadjusted_count_are_shown(nothing):
    asked_table = nothing.table("questions_asked").frame
    in_family = [row for row in nothing.estimates if row.family is not None]
    assert asked_table["m"].sum() == sum(row.p_adj is not None for row in in_family)
    assert (asked_table["n_bh"] == 0).all()
    assert asked_table["n_unadjusted"].sum() > 0


def test_without_interactions_habits_are_off_in_words_and_the_rest_stands():
    result = asked(small_world(11, n=300), without=("interactions", "customers"))
    assert any("no interactions" in text.en for text in result.does_not_show)
    assert not any(row.module == "M03" for row in result.estimates)
    assert result.picture("endings").numbers["y"].max() > 0


def test_equal_durations_switch_habits_off_in_words():
    world = small_world(11, n=120)
    same = pd.Timestamp("2026-03-01 09:00")
    leads = world.leads.assign(opened_at=same, closed_at=same + pd.Timedelta(days=5), status="lost")
    result = asked(SmallWorld(leads, world.interactions, world.assessments, world.customers))
    assert any("same number of days" in text.en for text in result.does_not_show)


def test_no_dated_lead_is_not_estimable():
    world = small_world(11, n=20)
    leads = world.leads.assign(opened_at=pd.Series(pd.NaT, index=range(20), dtype="datetime64[us]"))
    engine = ibis.duckdb.connect()
    result = answer(known({"leads": engine.create_table("leads", leads)}, as_of=AS_OF))
    assert result.status == "not_estimable"
    assert "would be enough" in result.headline.en


def test_the_horizon_of_the_configuration_reaches_headline_and_cards():
    result = asked(small_world(11, n=300), config=Config(landmark_days=(7,), horizon_days=45))
    assert "45 days" in result.headline.en
    assert result.kpis[0].estimate_key[2] == "cause=lost;horizon_days=45"


def test_in_a_stale_export_follow_up_ends_with_the_data(nothing):
    late = Text("The export ends two months before.", "导出早两个月结束。")
    later = AS_OF + timedelta(days=60)
    stale = asked(small_world(11, n=900), as_of=later, observed_until=AS_OF, stale=late)
    assert stale.estimates == nothing.estimates
    assert stale.status == "weak"
    assert late in stale.does_not_show


def test_questions_about_levels_are_counted_as_they_were_judged():
    world = small_world(13, n=900)
    own = (world.leads["rep_id"] == "R1") & (world.leads["status"] == "won")
    own &= world.leads.index % 3 > 0
    leads = world.leads.assign(status=world.leads["status"].where(~own, "lost"))
    result = asked(SmallWorld(leads, world.interactions, world.assessments, world.customers))
    levels = [row for row in result.estimates if row.family == "M05:levels"]
    shown = result.table("questions_asked").frame.set_index("family_en")
    line = shown.loc["single levels of the factors that stand"]
    assert line["m"] == sum(row.p_adj is not None for row in levels)
    assert line["n_bh"] == sum(is_finding(row, 0.05) for row in levels) > 0


def test_captions_name_the_level_of_the_configuration():
    result = asked(small_world(11, n=300), config=Config(landmark_days=(7,), alpha=0.1))
    captions = [part.caption for part in (*result.tables, *result.pictures)]
    written = " ".join(caption.en + caption.zh for caption in captions)
    assert "90 % interval" in written
    assert "90 % 区间" in written
    assert "95 %" not in written


def shares_of(n_levels: int) -> list[Estimate]:
    """Levels whose extremes have the fewest leads, so that a choice by size would miss them."""
    return [
        Estimate(
            module="M05",
            quantity="outcome_probability",
            segment=segment(cause="lost", horizon_days=90, factor="rep_id", level=f"R{i:02d}"),
            method="aalen_johansen",
            role="diagnostic",
            estimate=0.153 + 0.01 * i,
            ci_lo=0.1,
            ci_hi=0.6,
            n=100 + 10 * min(i, n_levels - 1 - i),
            events=30,
        )
        for i in range(n_levels)
    ]


def drawn_levels(rows: list[Estimate], standing: set[str], **given: int):
    label = Text("representative", "代表")
    (picture,) = level_picture(rows, label, standing=standing, days=90, alpha=0.05, **given)
    return picture


def test_of_thirty_levels_both_extremes_are_drawn_and_said():
    rows = shares_of(30)
    picture = drawn_levels(rows, set())
    numbers = picture.numbers
    shown = list(numbers.loc[numbers["drawn"], "label_en"])
    assert shown == [f"R{i:02d}" for i in (*range(29, 23, -1), *range(5, -1, -1))]
    low, top = (f"{100 * end(row.estimate for row in rows):.1f} %" for end in (min, max))
    assert f"from {low} (R00) to {top} (R29)" in picture.sentence.en
    assert f"{low}（R00）至 {top}（R29）" in picture.sentence.zh
    assert sorted(numbers["value"]) == sorted(row.estimate for row in rows)
    assert "12 of 30 levels drawn: the 6 highest and the 6 lowest; the CSV" in picture.caption.en
    assert "30 个水平中的 12 个：最高 6 个、最低 6 个；CSV 含全部" in picture.caption.zh
    assert "pooled" not in picture.caption.en
    assert "合并" not in picture.caption.zh
    for narrow in (False, True):
        labels = {text.get_text() for text in draw(picture, narrow=narrow).findobj(MplText)}
        assert {"R00", "R29"} <= labels
        assert not {f"R{i:02d}" for i in range(6, 24)} & labels


def test_a_level_that_stands_out_is_drawn_wherever_it_lies():
    picture = drawn_levels(shares_of(30), {"R15"})
    assert picture.numbers.set_index("label_en")["drawn"]["R15"]
    assert "R15 stands out" in picture.title.en
    assert "13 of 30 levels drawn: the 6 highest, the 6 lowest and 1 between" in picture.caption.en
    many = drawn_levels(shares_of(30), {f"R{i:02d}" for i in range(8, 22)})
    assert many.numbers["drawn"].sum() == 18
    assert "and 8 more stand out" in many.title.en


def test_few_levels_are_all_drawn_and_what_has_no_share_is_counted():
    rows = [*shares_of(4)[:3], refuse(shares_of(4)[3], "few_at_risk")]
    picture = drawn_levels(rows, set(), n_left_out=2)
    assert picture.numbers["drawn"].all()
    assert "; 2 too small even together left out" in picture.caption.en
    assert "；2 个合并后仍太小，未列" in picture.caption.zh
    assert "; 3 levels; 1 more observed too briefly" in picture.caption.en
    assert "；3 个水平；另有 1 个观察太短" in picture.caption.zh
