"""Conjunctions: each is counted as by hand, must add to its parts, and is bounded by support."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from crm_analysis.deals.patterns.grammar import (
    asked,
    candidates,
    grid_of,
    pattern_of,
    states_in,
)
from crm_analysis.deals.patterns.states import STATES
from crm_analysis.deals.patterns.week_test import Side, week_test
from crm_analysis.deals.patterns.weekly_checks import DISCOVERY
from crm_analysis.deals.tracks import WEEKLY
from tests.deals.patterns.weeks import counted, weeks


def test_a_pattern_is_counted_as_by_hand():
    """Row by row in pandas, with states unknown here and there."""
    rows = weeks(seed=3, n=6000, states=4, p_unknown=0.2)
    grid = grid_of(counted(rows), DISCOVERY)
    for size in (1, 2, 3):
        for places in itertools.combinations(range(4), size):
            states = rows[[f"s{place}" for place in places]]
            shown, absent = states.eq(1).all(axis=1), states.eq(0).any(axis=1)
            want = week_test(by_age(rows[shown]), by_age(rows[absent]))
            found = asked(grid, sum(1 << place for place in places), "lost").own
            assert (found.n, found.events, found.shown_events) == (
                want.n, want.events, want.shown_events
            )  # fmt: skip
            assert found.z == pytest.approx(want.z, rel=1e-12)


def by_age(rows: pd.DataFrame) -> Side:
    ages = rows.groupby("check_days")
    at_risk = ages.size().reindex(WEEKLY, fill_value=0).to_numpy(dtype=float)
    ended = ages["cause"].apply(lambda cause: (cause == 1).sum())
    return Side(at_risk=at_risk, ended=ended.reindex(WEEKLY, fill_value=0).to_numpy(dtype=float))


def test_a_state_that_adds_nothing_cannot_ride_on_one_that_does():
    rows = weeks(seed=4, n=20000, states=2, effect=lambda s: np.where(s[0], 3.0, 1.0))
    grid = grid_of(counted(rows), DISCOVERY)
    single, both = asked(grid, 1, "lost"), asked(grid, 3, "lost")
    assert single.p < 1e-6
    assert both.own.p < 1e-6
    assert both.p > 0.05


def test_the_best_part_is_the_one_that_tells_most_by_hand():
    """The first state trebles losses, both together are six times: two times their best part."""
    rows = weeks(
        seed=8, n=60000, states=2, effect=lambda s: np.where(s[0], 3.0, 1.0) * (1 + (s[0] & s[1]))
    )
    both = asked(grid_of(counted(rows), DISCOVERY), 3, "lost")
    assert both.best_part == 1
    first = rows[rows["s0"] == 1]
    want = week_test(by_age(first[first["s1"] == 1]), by_age(first[first["s1"] == 0]))
    assert both.over_part.log_ratio == pytest.approx(want.log_ratio, rel=1e-12)
    assert np.exp(both.over_part.log_ratio) == pytest.approx(2.0, rel=0.1)
    single = asked(grid_of(counted(rows), DISCOVERY), 1, "lost")
    assert (single.best_part, single.over_part) == (0, None)


def test_two_states_that_matter_only_together_add_to_each_other():
    rows = weeks(seed=5, n=20000, states=2, effect=lambda s: np.where(s[0] & s[1], 3.0, 1.0))
    grid = grid_of(counted(rows), DISCOVERY)
    both = asked(grid, 3, "lost")
    assert both.is_more
    assert both.p < 1e-6


def test_outside_another_pattern_only_what_is_its_own_remains():
    """The first state is all; the second shows where the first does, and often besides."""
    alone = []
    for seed in range(20):
        rows = weeks(seed=seed, n=8000, states=2, effect=lambda s: np.where(s[0], 3.0, 1.0))
        rows["s1"] = np.maximum(rows["s1"], rows["s0"])
        grid = grid_of(counted(rows), DISCOVERY)
        assert asked(grid, 2, "lost").own.p < 1e-6
        alone.append(asked(grid, 2, "lost", outside=[1]).own.p)
    assert sum(p < 0.05 for p in alone) <= 4


def test_what_shows_too_rarely_or_always_is_not_asked():
    rows = weeks(seed=7, n=4000, states=3)
    rows["s1"] = (rows.index < 40).astype(float)
    rows["s2"] = 1.0
    counts = counted(rows)
    tried = candidates(counts, grid_of(counts, DISCOVERY), min_events=10)
    assert {one.bits for one in tried} == {1}
    assert {one.cause for one in tried} == {"lost", "won"}


def test_support_does_not_look_at_who_ends():
    """Shuffling endings among the weeks of an age changes p, never what is asked."""
    rows = weeks(seed=8, n=4000, states=3, effect=lambda s: np.where(s[0], 4.0, 1.0))
    rng = np.random.default_rng(1)
    mixed = rows.assign(
        cause=rows.groupby("check_days")["cause"].transform(lambda c: rng.permutation(c))
    )
    asked_of = [
        [(one.bits, one.cause, round(one.own.expected, 9)) for one in tried if one.n_states == 1]
        for tried in (
            candidates(counts, grid_of(counts, DISCOVERY), min_events=10)
            for counts in (counted(rows), counted(mixed))
        )
    ]
    assert asked_of[0] == asked_of[1]


def test_a_pattern_is_named_by_its_states_in_order_and_said_in_both_languages():
    counts = counted(weeks(seed=9, n=100, states=3))
    names = list(STATES)[:3]
    assert states_in(counts, 0b101) == (names[0], names[2])
    pattern = pattern_of(["swings", "not_contacted", "question_waiting"])
    assert pattern.name == "swings+not_contacted+question_waiting"
    assert pattern.text.en.count(" while ") == pattern.text.en.count(" and ") - 1 == 1
    assert pattern.text.zh.count("，同时") == 2
