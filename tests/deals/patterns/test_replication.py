"""The search in two periods: synonyms go, what does not hold again goes, chance goes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.deals.patterns.matching import COLUMNS, matching
from crm_analysis.deals.patterns.pattern_estimates import (
    FAMILY,
    match_estimates,
    pattern_estimates,
)
from crm_analysis.deals.patterns.replication import Patterns, find_patterns
from crm_analysis.deals.patterns.states import STATES
from crm_analysis.deals.patterns.weekly_checks import DISCOVERY, REPLICATION, WeekCounts
from crm_analysis.estimates import adjust_families, is_finding
from tests.deals.patterns.weeks import counted, weeks

NAMES = list(STATES)
N = 6000


def always(s: list[np.ndarray]) -> np.ndarray:
    return np.ones(len(s[0]))


def both(s: list[np.ndarray]) -> np.ndarray:
    return np.where(s[0] & s[1], 4.0, 1.0)


def search(first=always, second=always, *, seed: int = 1, states: int = 4, mend=None) -> Patterns:
    """Search in weeks of two periods with an effect each; `mend` changes states before."""
    parts = [
        weeks(seed=100 * seed + period, n=N, states=states, period=period, effect=effect)
        for period, effect in ((DISCOVERY, first), (REPLICATION, second))
    ]
    rows = pd.concat(parts, ignore_index=True)
    if mend is not None:
        mend(rows)
    return find_patterns(counted(rows))


def names(results) -> list[tuple[str, str]]:
    return [(one.cause, one.pattern.name) for one in results]


@pytest.mark.parametrize("seed", range(1, 6))
def test_two_states_that_matter_together_are_found_and_nothing_else(seed):
    found = search(both, both, seed=seed)
    assert names(found.before_losses) == [("lost", f"{NAMES[0]}+{NAMES[1]}")]
    assert found.n_tried == 2 * (4 + 6 + 4)
    assert found.n_passed == found.n_merged + len(found.results)


@pytest.mark.parametrize("seed", range(1, 6))
def test_what_matters_in_one_period_only_is_not_kept(seed):
    found = search(both, always, seed=seed)
    assert found.results
    assert not found.kept
    assert not search(always, both, seed=seed).kept


def test_what_turns_round_is_not_kept_however_clear_it_is():
    found = search(lambda s: np.where(s[0], 3.0, 1.0), lambda s: np.where(s[0], 0.3, 1.0), states=2)
    assert names(found.results)[0] == ("lost", NAMES[0])
    assert found.results[0].replication.p < 1e-6
    assert found.results[0].p == 1.0
    assert not found.kept


def test_nothing_is_kept_where_nothing_matters():
    kept = [len(search(seed=seed, states=5).kept) for seed in range(20)]
    assert sum(n > 0 for n in kept) <= 1


def test_of_two_names_for_the_same_thing_one_stays():
    """The second state shows with the first, but for one time in ten."""

    def mend(rows: pd.DataFrame) -> None:
        other = np.random.default_rng(0).random(len(rows)) < 0.1
        rows["s1"] = np.where(other, rows["s1"], rows["s0"])

    found = search(*[lambda s: np.where(s[0], 4.0, 1.0)] * 2, mend=mend)
    assert names(found.kept) == [("lost", NAMES[0])]
    assert NAMES[1] in found.kept[0].stands_for


def test_a_consequence_of_a_pattern_tells_nothing_of_its_own():
    """The third state goes with the first, overlapping little, and matters only through it."""

    def mend(rows: pd.DataFrame) -> None:
        rows["s2"] = np.where(rows["s0"] == 1, rows["s2"], 0.3 * rows["s2"] > 0.2).astype(float)
        seen = np.random.default_rng(0).random(len(rows)) < 0.5
        rows["s2"] = np.where(seen, rows["s0"], rows["s2"])

    kept = [
        names(search(*[lambda s: np.where(s[0], 4.0, 1.0)] * 2, seed=seed, mend=mend).kept)
        for seed in range(1, 6)
    ]
    assert all(one[0] == ("lost", NAMES[0]) for one in kept)
    assert sum(len(one) > 1 for one in kept) <= 1


def test_both_endings_sooner_is_no_way_to_a_loss():
    """Where a state shows, far more leads are lost and won, in the proportion of all others."""

    def mend(rows: pd.DataFrame) -> None:
        draw = np.random.default_rng(0).random(len(rows))
        sooner = (rows["s0"] == 1) & (rows["cause"] == 0) & (draw < 0.12)
        rows.loc[sooner, "cause"] = np.where(draw[sooner] < 0.12 * 5 / 8, 1, 2)

    found = search(states=2, mend=mend)
    assert not found.kept


def test_where_hardly_any_lead_is_won_sooner_means_lost():
    def mend(rows: pd.DataFrame) -> None:
        rows.loc[rows["cause"] == 2, "cause"] = 0

    found = search(both, both, mend=mend)
    assert names(found.kept) == [("lost", f"{NAMES[0]}+{NAMES[1]}")]


def test_the_order_of_rows_changes_nothing():
    rows = weeks(seed=1, n=N, states=3, effect=both)
    again = weeks(seed=2, n=N, states=3, effect=both, period=REPLICATION)
    counts = counted(pd.concat([rows, again], ignore_index=True))
    mixed = WeekCounts(
        states=counts.states, frame=counts.frame.sample(frac=1, random_state=1), turn=counts.turn
    )
    assert find_patterns(counts) == find_patterns(mixed)


def test_without_losses_or_weeks_nothing_is_asked():
    empty = weeks(seed=1, n=0, states=2)
    assert find_patterns(counted(empty)) == Patterns(
        states=tuple(NAMES[:2]), turn=counted(empty).turn
    )
    none = WeekCounts(states=(), frame=counted(empty).frame, turn=None)
    assert not find_patterns(none).results


def test_estimates_are_those_of_the_second_period_and_one_family():
    found = search(both, both)
    rows = pattern_estimates(found)
    family = [row for row in rows if row.family == FAMILY]
    assert adjust_families(family) == tuple(family)
    assert [row.p_adj for row in family] == [
        one.p_adj for one in found.results if one.p_adj is not None
    ]
    standing = [row.segment for row in family if is_finding(row, 0.05)]
    assert standing == [f"cause={one.cause};pattern={one.pattern.name}" for one in found.kept]
    assert family[0].estimate == found.kept[0].replication.own.log_ratio
    steps = {row.segment: row.estimate for row in rows if row.quantity == "pattern_questions_count"}
    assert steps["step=asked"] == found.n_tried
    assert steps["step=passed"] == steps["step=merged"] + steps["step=asked_again"]
    shares = [row for row in rows if row.quantity == "pattern_week_share"]
    assert [round(row.estimate, 2) for row in shares] == pytest.approx([0.20, 0.05], abs=0.03)


def test_open_leads_are_matched_by_all_states_and_never_by_unknown_ones():
    found = search(both, both)
    frame = pd.DataFrame(
        {
            "lead_id": ["a", "b", "c", "d"],
            NAMES[0]: [1.0, 1.0, np.nan, 1.0],
            NAMES[1]: [1.0, 0.0, 1.0, np.nan],
        }
    )
    seen = matching(found, frame)
    assert list(seen["lead_id"]) == ["a"]
    assert list(seen.columns) == COLUMNS
    [row] = match_estimates(found, seen, len(frame))
    assert (row.estimate, row.n) == (1.0, 4)
    assert matching(found, frame[["lead_id", NAMES[0]]]).empty
    assert list(matching(search(), frame).columns) == COLUMNS
