"""The part about combinations of states: what it says of a planted one, and what it keeps quiet."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest

from crm_analysis.answers import loss_grammar, loss_patterns
from crm_analysis.answers.loss_grammar import grammar_part, open_matches
from crm_analysis.deals.patterns.states import STATES, open_states
from crm_analysis.deals.patterns.weekly_checks import week_counts
from crm_analysis.estimates import says_causes
from crm_analysis.source import load
from crm_analysis.world import scenario
from crm_analysis.world.scenarios.s10b import PLANTED
from crm_analysis.world.write import World, write
from tests.features.poison import poisoned


@pytest.fixture(scope="module")
def world():
    return scenario("S10b", seed=1)


@pytest.fixture(scope="module")
def known(world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    write(world, folder)
    return load(str(folder), as_of=world.as_of)


@pytest.fixture(scope="module")
def told(known):
    return grammar_part(known, known.config)


def test_the_planted_pattern_is_told_in_both_languages_and_claims_no_cause(told):
    part, patterns = told.part, told.patterns
    [one] = part.told
    assert one.finding.estimate_key[2] == f"cause=lost;pattern={PLANTED}"
    for words in (one.finding.sentence, one.finding.action, one.name):
        assert words.en
        assert words.zh
        assert not says_causes(words)
    assert str(patterns.turn) in one.finding.sentence.en
    assert one.finding.action == STATES["question_waiting"].action
    assert one.finding.estimate_key in {row.key for row in part.estimates}


def test_a_combination_is_told_against_its_best_part_too(told):
    [kept] = told.patterns.kept
    over = [row for row in told.part.estimates if row.quantity.startswith("pattern_over_part")]
    rows = {row.segment: row for row in over}
    assert kept.best_part.name in kept.pattern.states
    row = rows[f"cause=lost;pattern={PLANTED};part={kept.best_part.name}"]
    assert 0 < row.ci_lo < row.estimate < row.ci_hi
    [line] = told.part.tables[0].frame.to_dict("records")
    assert line["over"] == pytest.approx(math.exp(row.estimate))
    assert line["part_en"] == kept.best_part.text.en
    [one] = told.part.told
    assert f"times as fast as with “{kept.best_part.text.en}” only" in one.finding.sentence.en
    assert f"仅有“{kept.best_part.text.zh}”" in one.finding.sentence.zh


def test_open_matches_are_asked_for_once(known, monkeypatch):
    asked = []
    real = loss_grammar.open_states
    monkeypatch.setattr(
        loss_grammar, "open_states", lambda *given: asked.append(given) or real(*given)
    )
    loss_patterns.answer(known)
    assert len(asked) == 1


def test_tables_hold_what_stood_what_failed_and_how_many_were_tried(told):
    part, patterns = told.part, told.patterns
    [kept] = part.tables
    assert len(kept.frame) == len(patterns.kept) == 1
    failed, steps = part.appendix
    assert "model wanted has changed" in set(failed.frame["pattern_en"])
    assert len(failed.frame) == len(patterns.results) - len(patterns.kept)
    assert steps.frame["n"].tolist() == [
        patterns.n_tried, patterns.n_passed, patterns.n_merged, len(patterns.results), 1
    ]  # fmt: skip
    for table in (*part.tables, *part.appendix):
        shown = {name.removesuffix("_en").removesuffix("_zh") for name in table.frame}
        assert shown == set(table.columns)


def test_the_part_is_the_same_every_time(known, told):
    again = grammar_part(known, known.config)
    assert again.patterns == told.patterns
    assert again.part.estimates == told.part.estimates
    assert again.part.told == told.part.told


def test_open_leads_with_the_pattern_are_those_that_show_both_states(known, told):
    found, n_open = open_matches(known, known.config, told.patterns)
    states = open_states(known, known.config).set_index("lead_id")
    both = states[PLANTED.split("+")].eq(1).all(axis=1)
    assert n_open == len(states)
    assert len(found)
    assert sorted(found["lead_id"]) == sorted(states.index[both])
    pd.testing.assert_frame_equal(told.matches, found)


def test_thresholds_are_those_of_the_configuration(known, told):
    tracks = replace(known.config.tracks, question_days=300)
    patterns = grammar_part(known, replace(known.config, tracks=tracks)).patterns
    assert not any("question_waiting" in one.pattern.states for one in patterns.results)


def test_later_facts_change_no_bit(world, known, told, tmp_path_factory):
    """Rows of later, rows typed in later, and ends filled in later."""
    folder = tmp_path_factory.mktemp("poisoned")
    write(World(poisoned(world.tables, as_of=world.as_of), {}, world.as_of), folder)
    (folder / "crm_analysis.toml").write_text("max_excluded_share = 0.2\n")
    after = load(str(folder), as_of=world.as_of)
    assert all(after.future_rows.get(name, 0) > 0 for name in world.tables)
    pd.testing.assert_frame_equal(
        week_counts(after, after.config).frame, week_counts(known, known.config).frame
    )
    pd.testing.assert_frame_equal(
        open_states(after, after.config), open_states(known, known.config)
    )
    found = grammar_part(after, after.config)
    assert found.patterns == told.patterns
    assert found.part.estimates == told.part.estimates
    assert found.part.told == told.part.told


@pytest.mark.parametrize(
    "gone", [("interactions",), ("assessments",), ("interactions", "assessments")]
)
def test_without_a_table_its_states_are_not_asked(world, tmp_path_factory, gone):
    tables = {name: frame for name, frame in world.tables.items() if name not in gone}
    folder = tmp_path_factory.mktemp("less")
    write(World(tables, {}, world.as_of), folder)
    known = load(str(folder), as_of=world.as_of)
    found = grammar_part(known, known.config)
    part, patterns = found.part, found.patterns
    assert not {STATES[name].needs for name in patterns.states} & set(gone)
    if len(gone) == 2:
        assert not part.told
        assert patterns.n_tried == 0
        assert "not judged" in part.does_not_show[0].en
