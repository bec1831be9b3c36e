"""The test of weeks: by pencil, against statsmodels, and what must always hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import StratifiedTable

from crm_analysis.deals.patterns.week_test import Side, week_test


def side(at_risk: list[float], ended: list[float]) -> Side:
    return Side(at_risk=np.array(at_risk, dtype=float), ended=np.array(ended, dtype=float))


def test_by_pencil():
    """Two ages: 4 of 10 against 3 of 30, then 2 of 10 against 1 of 20."""
    found = week_test(side([10, 10], [4, 2]), side([30, 20], [3, 1]))
    # Expected: 7 * 10 / 40 + 3 * 10 / 30.
    assert found.expected == pytest.approx(1.75 + 1)
    variance = 10 * 30 * 7 * 33 / (1600 * 39) + 10 * 20 * 3 * 27 / (900 * 29)
    assert found.z == pytest.approx((6 - 2.75) / math.sqrt(variance))
    # Ratio: (4 * 30 / 40 + 2 * 20 / 30) / (3 * 10 / 40 + 1 * 10 / 30).
    assert math.exp(found.log_ratio) == pytest.approx(4.0)
    numerator = (10 * 30 * 7 - 4 * 3 * 40) / 1600 + (10 * 20 * 3 - 2 * 1 * 30) / 900
    assert found.se == pytest.approx(math.sqrt(numerator / ((13 / 3) * (13 / 12))))
    assert (found.n, found.events, found.n_shown, found.shown_events) == (70, 10, 20, 6)


def tables(draws: list[tuple[int, int, int, int]]) -> tuple[Side, Side, list[np.ndarray]]:
    """Write counts of endings and survivors as sides, and as the tables of statsmodels."""
    shown = side([a + b for a, b, _, _ in draws], [a for a, _, _, _ in draws])
    absent = side([c + d for _, _, c, d in draws], [c for _, _, c, _ in draws])
    return shown, absent, [np.array([[a, b], [c, d]], dtype=float) for a, b, c, d in draws]


def test_statsmodels_says_the_same():
    shown, absent, made = tables([(12, 40, 9, 80), (3, 25, 7, 60), (8, 11, 5, 31), (1, 9, 2, 50)])
    found, wanted = week_test(shown, absent), StratifiedTable(made)
    test = wanted.test_null_odds(correction=False)
    assert found.z**2 == pytest.approx(test.statistic, rel=1e-12)
    assert found.p == pytest.approx(test.pvalue, rel=1e-9)
    assert math.exp(found.log_ratio) == pytest.approx(wanted.riskratio_pooled, rel=1e-12)


counts = st.tuples(*[st.integers(0, 30)] * 4)


@given(st.lists(counts, min_size=1, max_size=6))
def test_the_other_way_round_everything_is_mirrored(draws):
    shown, absent, _ = tables(draws)
    one, other = week_test(shown, absent), week_test(absent, shown)
    assert one.z == pytest.approx(-other.z, abs=1e-9)
    assert one.events == other.events
    assert one.expected + other.expected == pytest.approx(one.events)
    if one.log_ratio is not None:
        assert one.log_ratio == pytest.approx(-other.log_ratio, abs=1e-9)
        assert one.se == pytest.approx(other.se, abs=1e-9)


@given(st.lists(counts, min_size=1, max_size=6))
def test_an_age_at_which_one_side_is_missing_says_nothing(draws):
    shown, absent, _ = tables(draws)
    more = Side(at_risk=np.r_[shown.at_risk, 0], ended=np.r_[shown.ended, 0])
    less = Side(at_risk=np.r_[absent.at_risk, 20], ended=np.r_[absent.ended, 5])
    assert week_test(more, less) == week_test(shown, absent)


def test_nothing_to_compare_is_no_evidence():
    found = week_test(side([0, 5], [0, 0]), side([7, 9], [3, 0]))
    assert (found.z, found.p, found.log_ratio, found.interval(0.05)) == (0.0, 1.0, None, None)


def test_a_level_of_five_in_a_hundred_is_kept_where_nothing_differs():
    rng = np.random.default_rng(5)
    p = []
    for _ in range(400):
        n1, n0 = rng.integers(20, 80, 12), rng.integers(60, 200, 12)
        hazard = rng.uniform(0.01, 0.08, 12)
        p.append(
            week_test(
                side(n1, rng.binomial(n1, hazard)), side(n0, rng.binomial(n0, hazard))
            ).p
        )  # fmt: skip
    assert 0.02 <= np.mean(np.array(p) < 0.05) <= 0.085
