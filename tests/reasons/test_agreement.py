"""Kappa against published numbers, statsmodels, and what must hold for any two readers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa

from crm_analysis.reasons.agreement import (
    by_band,
    cohen,
    cohen_table,
    fleiss,
    late_difference,
    per_code,
)

# Fleiss (1971): ten subjects, fourteen raters, five codes
FLEISS = np.array(
    [
        *([0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1]),
        *([7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]),
    ],
    dtype=float,
)
CODES = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=10)


def test_r15_cohen():
    found = cohen_table(np.array([[20.0, 5.0], [10.0, 15.0]]))
    assert found.kappa == pytest.approx(0.400, abs=1e-9)
    assert found.se == pytest.approx(0.127, abs=5e-4)
    assert found.agreed == 0.7


def test_r14_fleiss():
    found = fleiss(FLEISS)
    assert found.kappa == pytest.approx(0.20993, abs=5e-6)
    assert found.kappa == pytest.approx(fleiss_kappa(FLEISS), abs=1e-12)
    assert found.lo < found.kappa < found.hi


def test_cohens_error_is_that_of_statsmodels():
    table = np.random.default_rng(3).integers(0, 30, (6, 6)).astype(float) + 20 * np.eye(6)
    witness, found = cohens_kappa(table), cohen_table(table)
    assert found.kappa == pytest.approx(witness.kappa, abs=1e-12)
    assert found.se == pytest.approx(witness.std_kappa, abs=1e-12)


def test_two_raters_are_fleiss_too():
    """With two raters Fleiss' kappa differs from Cohen's only by pooling the margins."""
    rng = np.random.default_rng(5)
    one, two = rng.integers(0, 3, 400), rng.integers(0, 3, 400)
    two = np.where(rng.random(400) < 0.6, one, two)
    counts = np.eye(3)[one] + np.eye(3)[two]
    pooled = counts.sum(axis=0) / 800
    chance = float(pooled @ pooled)
    by_hand = ((one == two).mean() - chance) / (1 - chance)
    assert fleiss(counts).kappa == pytest.approx(by_hand, abs=1e-12)


def test_raters_may_differ_in_number_and_a_lone_one_says_nothing():
    counts = np.vstack([np.tile([2.0, 0.0], (10, 1)), np.tile([0.0, 3.0], (10, 1))])
    with_lone = np.vstack([counts, np.tile([1.0, 0.0], (50, 1))])
    assert fleiss(with_lone) == fleiss(counts)
    assert fleiss(counts).kappa == 1.0


def test_random_readers_cover_zero_at_their_rate():
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(300):
        found = cohen(list(rng.choice(list("abcd"), 120)), list(rng.choice(list("abcd"), 120)))
        covered += found.lo <= 0 <= found.hi
    assert 0.90 <= covered / 300 <= 0.99


@given(CODES)
def test_swapping_readers_changes_nothing_and_names_do_not_count(pairs):
    first, second = ([pair[at] for pair in pairs] for at in (0, 1))
    found = cohen(first, second)
    other = cohen(second, first)
    renamed = cohen(
        [{"a": "z", "b": "y", "c": "x"}[code] for code in first],
        [{"a": "z", "b": "y", "c": "x"}[code] for code in second],
    )
    for again in (other, renamed):
        assert again.note == found.note
        if found.kappa is not None:
            assert again.kappa == pytest.approx(found.kappa, abs=1e-12)
            assert again.se == pytest.approx(found.se, abs=1e-12)
            assert -1 <= found.lo <= found.kappa <= found.hi <= 1


def test_too_few_or_one_code_only_is_refused_with_the_reason():
    assert cohen(["a"] * 9, ["a"] * 9).note == "too_few_pairs"
    refused = cohen(["a"] * 20, ["a"] * 20)
    assert (refused.status, refused.kappa, refused.note) == ("not_estimable", None, "one_code_only")
    assert fleiss(np.tile([2.0, 0.0], (20, 1))).note == "one_code_only"


def test_per_code_counts_by_hand():
    first = ["a"] * 10 + ["b"] * 10
    second = ["a"] * 8 + ["b"] * 12
    rows = per_code(first, second).set_index("code")
    assert rows.loc["a", ["n_first", "n_second", "n_both"]].tolist() == [10, 8, 8]
    assert rows.loc["a", "kappa"] == pytest.approx(0.8)  # .9 agreed, .5 by chance


def test_late_readers_are_told_from_prompt_ones():
    good = pd.DataFrame({"rep": list("abcd") * 25, "callback": list("abcd") * 25, "band": "0-30"})
    rng = np.random.default_rng(1)
    bad = good.assign(rep=rng.permutation(good["rep"]), band="181+")
    found = by_band(pd.concat([good, bad]), ("0-30", "31-180", "181+"))
    assert list(found) == ["0-30", "181+"]
    late = late_difference(found, ("0-30", "31-180", "181+"))
    assert late.difference < -0.5
    assert late.p < 0.001
    assert (late.band, late.n) == ("181+", 200)
    few = {**found, "365+": cohen(["a"] * 3, ["a"] * 3), "unknown": found["0-30"]}
    assert late_difference(few, ("0-30", "31-180", "181+", "365+", "unknown")) == late
    assert late_difference({"181+": found["181+"]}, ("0-30", "181+")) is None
