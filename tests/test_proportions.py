"""Shares and differences: pencil tables, other libraries, invariants, edges."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    proportions_ztest,
)

from crm_analysis.proportions import (
    clopper_pearson,
    instrumented_difference,
    minimum_detectable_share,
    newcombe,
    stratified_difference,
    wilson,
)


def _world(seed: int, n: int = 400):
    rng = np.random.default_rng(seed)
    stratum = rng.integers(0, 4, n)
    treated = rng.binomial(1, 0.3 + 0.1 * stratum)
    outcome = rng.binomial(1, 0.1 + 0.1 * stratum + 0.15 * treated).astype(float)
    return outcome, treated, stratum


def _design(treated, stratum):
    return np.column_stack([treated, np.eye(stratum.max() + 1)[stratum]])


def test_no_subjects_give_no_share():
    assert wilson(0, 0) is None
    assert clopper_pearson(0, 0) is None
    assert newcombe((0, 3), (0, 10)) is None


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_intervals_hold_their_share_and_stay_shares(counts):
    for interval in (wilson(*counts), clopper_pearson(*counts)):
        assert 0 <= interval.lo <= interval.estimate + 1e-12
        assert interval.estimate - 1e-12 <= interval.hi <= 1


@pytest.mark.parametrize("alpha", [0.05, 0.2])
@pytest.mark.parametrize(("function", "method"), [(wilson, "wilson"), (clopper_pearson, "beta")])
def test_intervals_equal_statsmodels(function, method, alpha):
    for events, n in [(0, 1), (1, 1), (0, 12), (1, 12), (5, 12), (12, 12), (317, 9_041)]:
        interval = function(events, n, alpha=alpha)
        expected = proportion_confint(events, n, alpha=alpha, method=method)
        assert (interval.lo, interval.hi) == pytest.approx(expected, rel=1e-10, abs=1e-14)


def test_alpha_widens_the_interval():
    assert wilson(3, 10, alpha=0.01).hi > wilson(3, 10, alpha=0.1).hi


def test_newcombe_equals_statsmodels_and_its_p_the_pooled_z_test():
    interval = newcombe((30, 18), (120, 150))
    expected = confint_proportions_2indep(30, 120, 18, 150, method="newcomb", compare="diff")
    assert (interval.lo, interval.hi) == pytest.approx(expected, abs=1e-9)
    assert interval.p == pytest.approx(proportions_ztest([30, 18], [120, 150])[1])


def test_newcombe_swapped_arms_change_only_the_sign():
    one, other = newcombe((30, 18), (120, 150)), newcombe((18, 30), (150, 120))
    assert one.estimate == pytest.approx(-other.estimate)
    assert one.lo == pytest.approx(-other.hi)
    assert one.p == pytest.approx(other.p)


def test_no_event_at_all_is_no_difference():
    interval = newcombe((0, 0), (10, 10))
    assert (interval.estimate, interval.p) == (0.0, 1.0)
    assert interval.lo < 0 < interval.hi


def test_stratified_difference_by_hand():
    # stratum 0: 2/2 against 0/2; stratum 1: 1/2 against 1/2; equal weights: (1 + 0) / 2
    outcome = np.array([1.0, 1, 0, 0, 1, 0, 1, 0])
    treated = np.array([1, 1, 0, 0, 1, 1, 0, 0])
    stratum = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    assert stratified_difference(outcome, treated, stratum).estimate == pytest.approx(0.5)


def test_stratified_difference_equals_statsmodels_hc1():
    outcome, treated, stratum = _world(1)
    fit = sm.OLS(outcome, _design(treated, stratum)).fit(cov_type="HC1")
    interval = stratified_difference(outcome, treated, stratum)
    assert interval.estimate == pytest.approx(fit.params[0])
    assert interval.se == pytest.approx(fit.bse[0])
    assert interval.p == pytest.approx(fit.pvalues[0])


def test_stratified_difference_equals_statsmodels_by_cluster():
    outcome, treated, stratum = _world(2)
    cluster = np.arange(len(outcome)) // 3
    fit = sm.OLS(outcome, _design(treated, stratum)).fit(
        cov_type="cluster", cov_kwds={"groups": cluster}
    )
    interval = stratified_difference(outcome, treated, stratum, cluster=cluster)
    assert interval.se == pytest.approx(fit.bse[0])
    assert interval.se != pytest.approx(stratified_difference(outcome, treated, stratum).se)


def test_strata_remove_confounding_by_stratum():
    rng = np.random.default_rng(3)
    stratum = rng.integers(0, 2, 20_000)
    treated = rng.binomial(1, np.where(stratum == 1, 0.8, 0.2))
    outcome = rng.binomial(1, np.where(stratum == 1, 0.5, 0.1)).astype(float)
    interval = stratified_difference(outcome, treated, stratum)
    naive = outcome[treated == 1].mean() - outcome[treated == 0].mean()
    assert interval.lo < 0 < interval.hi
    assert naive > 0.2


@given(st.permutations(range(30)))
def test_order_of_rows_changes_nothing(order):
    outcome, treated, stratum = _world(4, 30)
    order = np.array(order)
    one = stratified_difference(outcome, treated, stratum)
    other = stratified_difference(outcome[order], treated[order], stratum[order])
    assert one.estimate == pytest.approx(other.estimate)
    assert one.se == pytest.approx(other.se)


def test_one_arm_only_is_no_difference():
    ones = np.ones(5, dtype=int)
    assert stratified_difference(np.ones(5), ones, np.zeros(5, dtype=int)) is None


def test_per_reached_by_hand_and_full_reach_is_the_plain_difference():
    outcome = np.array([1.0, 0, 0, 0, 0, 0, 0, 0])
    assigned = np.array([1, 1, 1, 1, 0, 0, 0, 0])
    stratum = np.zeros(8, dtype=int)
    half = instrumented_difference(
        outcome, assigned, np.array([1, 1, 0, 0, 0, 0, 0, 0]), stratum=stratum
    )
    assert half.estimate == pytest.approx(0.25 / 0.5)
    full = instrumented_difference(outcome, assigned, assigned, stratum=stratum)
    plain = stratified_difference(outcome, assigned, stratum)
    assert (full.estimate, full.se) == pytest.approx((plain.estimate, plain.se))
    nobody = instrumented_difference(outcome, assigned, np.zeros(8, dtype=int), stratum=stratum)
    assert nobody is None


def test_more_subjects_see_smaller_differences():
    assert minimum_detectable_share(0.2, (2000, 2000)) < minimum_detectable_share(0.2, (200, 200))
    assert minimum_detectable_share(0.2, (200, 200), power=0.9) > minimum_detectable_share(
        0.2, (200, 200)
    )


def test_one_cluster_carries_no_variance_and_gives_no_difference():
    outcome, treated, stratum = _world(1, n=60)
    one = np.zeros(60, dtype=np.int64)
    assert stratified_difference(outcome, treated, stratum, cluster=one) is None
