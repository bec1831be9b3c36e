"""The early call in words: where it stands, where it does not, and with a future put in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pytest

from crm_analysis.answers.loss_early_call import call_early, early_call_part
from crm_analysis.answers.part import Part
from crm_analysis.config import Config
from crm_analysis.deals.early_call.open_chances import REASONS
from crm_analysis.estimates import estimates_frame, says_causes
from crm_analysis.language import Text
from crm_analysis.results import NotebookResult
from crm_analysis.source import load
from crm_analysis.world import World, scenario, write
from tests.answers.worlds import faults
from tests.features.poison import poisoned, without_future

SETTINGS = Config(early_call_days=(30, 45))


def brought(tables, as_of, folder):
    write(World(tables, {}, as_of), folder)
    (folder / "crm_analysis.toml").write_text("max_excluded_share = 0.2\n")
    return load(str(folder), as_of=as_of)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    """S10 sixty days before its end, when leads stand open: as made, cut, and poisoned."""
    world = scenario("S10", seed=1)
    as_of = world.as_of - timedelta(days=60)
    clean = without_future(world.tables, as_of=as_of)
    variants = {
        "made": world.tables,
        "cut": clean,
        "poisoned": poisoned(clean, as_of=as_of),
    }
    return {
        name: brought(frames, as_of, tmp_path_factory.mktemp(name))
        for name, frames in variants.items()
    }


@pytest.fixture(scope="module")
def called(worlds):
    return {name: call_early(known, SETTINGS) for name, known in worlds.items()}


@pytest.fixture(scope="module")
def part(worlds, called) -> Part:
    return early_call_part(worlds["made"], SETTINGS, called=called["made"])


@pytest.fixture(scope="module")
def nothing(tmp_path_factory):
    world = scenario("S10", seed=2, planted=False)
    known = brought(world.tables, world.as_of, tmp_path_factory.mktemp("null"))
    return early_call_part(known, SETTINGS)


def test_facts_from_after_as_of_change_no_bit(worlds, called):
    """Neither what really came, nor what is put in, moves a number or a probability."""
    first = called["cut"]
    assert len(first.chances) > 20
    assert first.early.skilled
    for name in ("made", "poisoned"):
        other = called[name]
        pd.testing.assert_frame_equal(other.chances, first.chances, check_exact=True)
        rows = [
            estimates_frame(
                (*one.early.estimates, *one.expected), as_of=worlds[name].as_of, notebook="20"
            )
            for one in (other, first)
        ]
        pd.testing.assert_frame_equal(*rows, check_exact=True)


def test_the_finding_says_day_pairs_level_and_calls(part, called):
    [told] = part.told
    [call] = [one for one in called["made"].early.calls if one.landmark_days == 30]
    sentence = told.finding.sentence
    assert "On day 30" in sentence.en
    assert "第 30 天" in sentence.zh
    for row in (
        call.row("early_call_auc"),
        call.row("early_call_auc", role="diagnostic"),
        call.row("early_call_precision"),
        call.row("early_call_base_share"),
    ):
        assert f"{100 * row.estimate:.0f} %" in sentence.en
        assert f"{100 * row.estimate:.0f} %" in sentence.zh
    assert told.finding.estimate_key == call.row("early_call_auc_gain").key
    # Calls are bounded by what can be contacted and by half of the leads: both are said.
    assert "as many as can be contacted, at most the likelier half" in sentence.en
    assert "至多为可能性较高的一半" in sentence.zh
    assert "likelier half" in part.tables[0].caption.en
    assert not says_causes(sentence)


def test_tables_and_picture_have_what_a_page_needs(part, worlds):
    result = NotebookResult(
        notebook="20_loss_patterns",
        as_of=worlds["made"].as_of,
        headline=Text("x", "x"),
        estimates=part.estimates,
        findings=tuple(one.finding for one in part.told),
        tables=part.tables,
        appendix=part.appendix,
        pictures=part.pictures,
    )
    assert not faults(result)
    [table], [ages, calibrated], [picture] = part.tables, part.appendix, part.pictures
    assert table.frame["verdict_en"].tolist() == ["predicts better than the last level"] * 2
    assert len(calibrated.frame) == 2 * 3
    assert len(picture.numbers) == 5
    assert picture.numbers["value"].between(0, 1).all()
    for shown in (table, ages, calibrated):
        for name in shown.columns:
            assert name in shown.frame or {f"{name}_en", f"{name}_zh"} <= set(shown.frame)


def test_expected_losses_add_up_to_the_probabilities(called):
    row, *_ = called["made"].expected
    assert row.quantity == "open_leads_lost_expected"
    chances = called["made"].chances
    assert row.estimate == pytest.approx(chances["loss_probability"].sum())
    assert row.n == len(chances)
    assert row.ci_lo < row.estimate < row.ci_hi


def test_every_open_lead_has_a_probability_or_a_reason(called, part):
    """Nobody is left out unsaid: the counts add up, in the rows, on the page and in the table."""
    made = called["made"]
    left_out = [row for row in made.expected if row.quantity == "open_leads_unscored_count"]
    assert {row.segment for row in left_out} == {f"reason={reason}" for reason in REASONS}
    n_left = sum(row.estimate for row in left_out)
    assert len(made.chances) + n_left == len(made.open_leads) == left_out[0].n
    ages = part.appendix[0]
    assert ages.name == "early_call_ages"
    scored = ages.frame["verdict_en"] == "has a probability"
    assert ages.frame.loc[scored, "n_open"].sum() == len(made.chances)
    said = [text for text in part.does_not_show if "have no probability" in text.en]
    if n_left:
        assert said[0].en.startswith(f"{n_left:.0f} of {left_out[0].n} open leads")
        assert said[0].zh.startswith(f"{left_out[0].n} 个未结束线索中有 {n_left:.0f} 个")
    else:
        assert not said


def test_without_skill_nothing_is_told_and_no_probability_shown(nothing):
    assert nothing.told == ()
    assert nothing.pictures == ()
    [text] = nothing.does_not_show
    assert "no probability of loss is shown" in text.en
    assert "不给出" in text.zh
    assert not [row for row in nothing.estimates if row.quantity == "open_leads_lost_expected"]
    assert set(nothing.tables[0].frame["verdict_en"]) == {"does not predict"}


def test_stale_data_judge_the_calls_but_call_no_open_lead(worlds):
    stale = replace(worlds["cut"], stale=Text("old", "旧"))
    found = call_early(stale, SETTINGS)
    assert found.chances.empty
    assert found.expected == ()
    assert found.early.skilled


def test_without_contacts_and_assessments_it_says_what_is_missing_in_two_sentences(worlds):
    known = worlds["cut"]
    bare = replace(known, tables={"leads": known.table("leads")})
    part = early_call_part(bare, SETTINGS)
    assert part.estimates == ()
    [text] = part.does_not_show
    assert text.en.count(". ") + 1 == 2
    assert text.zh.count("。") == 2


def test_too_few_leads_say_so(worlds):
    known = worlds["cut"]
    few = replace(known, tables={**known.tables, "leads": known.table("leads").limit(30)})
    part = early_call_part(few, SETTINGS)
    assert part.told == ()
    assert "too few leads" in part.does_not_show[0].en
    judged = [row for row in part.estimates if row.quantity != "open_leads_unscored_count"]
    assert {row.status for row in judged} == {"not_estimable"}
