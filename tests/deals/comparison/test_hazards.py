"""One-column hazards against pencil, lifelines, and what must not change them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import CoxPHFitter
from scipy import stats

from crm_analysis.deals.comparison.hazards import cox_by_level, cox_one_by_one, levels_test
from crm_analysis.survival.cox import cox_efron

LIFELINES_TOLERANCE = 1e-6


def made(seed: int, n: int = 300, k: int = 3):
    rng = np.random.default_rng(seed)
    covariates = rng.normal(size=(n, k))
    duration = np.ceil(rng.exponential(20 * np.exp(-0.4 * covariates[:, 0])))  # heavy ties
    event = rng.random(n) < 0.7
    return covariates, duration, event


def test_each_column_equals_its_own_lifelines_fit():
    covariates, duration, event = made(1)
    fit = cox_one_by_one(covariates, duration, event)
    for place in range(covariates.shape[1]):
        frame = pd.DataFrame({"x": covariates[:, place], "t": duration, "e": event})
        witness = CoxPHFitter().fit(frame, "t", "e")
        assert fit.log_hazard_ratio[place] == pytest.approx(
            witness.params_["x"], abs=LIFELINES_TOLERANCE
        )
        assert fit.se[place] == pytest.approx(
            witness.standard_errors_["x"], abs=LIFELINES_TOLERANCE
        )
        assert fit.p[place] == pytest.approx(witness.summary.loc["x", "p"], abs=LIFELINES_TOLERANCE)


def test_strata_equal_lifelines_strata_and_change_the_answer():
    covariates, duration, event = made(2)
    strata = np.arange(len(duration)) % 4
    duration = duration * (1 + strata)
    fit = cox_one_by_one(covariates[:, :1], duration, event, strata=strata)
    frame = pd.DataFrame({"x": covariates[:, 0], "t": duration, "e": event, "s": strata})
    witness = CoxPHFitter(strata=["s"]).fit(frame, "t", "e")
    assert fit.log_hazard_ratio[0] == pytest.approx(witness.params_["x"], abs=LIFELINES_TOLERANCE)
    pooled = cox_one_by_one(covariates[:, :1], duration, event)
    assert abs(pooled.log_hazard_ratio[0] - fit.log_hazard_ratio[0]) > 1e-3


@given(st.integers(min_value=0, max_value=10_000))
def test_order_of_rows_and_shift_of_a_column_change_nothing(seed):
    covariates, duration, event = made(seed % 50, n=80)
    order = np.random.default_rng(seed).permutation(len(duration))
    fit = cox_one_by_one(covariates, duration, event)
    other = cox_one_by_one(covariates[order] + 7, duration[order], event[order])
    assert other.log_hazard_ratio == pytest.approx(fit.log_hazard_ratio, abs=1e-8)
    assert other.se == pytest.approx(fit.se, abs=1e-8)


def test_events_on_one_side_are_told_as_not_converged():
    x = np.array([[1.0], [1.0], [0.0], [0.0], [0.0]])
    duration = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    fit = cox_one_by_one(x, duration, np.array([True, True, False, False, False]))
    assert not fit.converged[0]


def test_a_column_without_spread_has_not_converged():
    fit = cox_one_by_one(np.ones((4, 1)), np.array([1.0, 2, 3, 4]), np.ones(4, dtype=bool))
    assert not fit.converged[0]


def test_two_levels_in_one_stratum_equal_mantels_chi_square():
    level = np.repeat([0, 1], [30, 50])
    event = np.arange(80) % 3 == 0
    a, n1, m1, n = int(event[:30].sum()), 30, int(event.sum()), 80
    variance = n1 * (n - n1) * m1 * (n - m1) / (n**2 * (n - 1))
    test = levels_test(level, event, np.zeros(80, dtype=np.int64))
    assert test is not None
    assert test.chi2 == pytest.approx((a - n1 * m1 / n) ** 2 / variance)
    assert test.df == 1


def test_levels_test_keeps_its_error_rate_with_many_levels():
    rng = np.random.default_rng(5)
    p = []
    for _ in range(300):
        level, stratum = rng.integers(0, 40, 1200), rng.integers(0, 30, 1200)
        event = rng.random(1200) < 0.3 + 0.4 * (stratum / 30)
        test = levels_test(level, event, stratum)
        assert test is not None
        p.append(test.p)
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert np.mean(np.array(p) < 0.05) <= 0.08


def test_nothing_to_compare_has_no_test():
    level = np.array([0, 1, 0, 1])
    assert levels_test(level, np.zeros(4, dtype=bool), np.zeros(4, dtype=np.int64)) is None
    apart = np.array([0, 1, 0, 1])
    assert levels_test(level, np.array([True, False, False, True]), apart) is None


@pytest.mark.parametrize("n_strata", [1, 4])
def test_each_column_equals_the_fit_of_the_other_engine(n_strata):
    covariates, duration, event = made(5)
    assert len(np.unique(duration[event])) < event.sum()  # ties
    strata = np.arange(len(duration)) % n_strata
    fit = cox_one_by_one(covariates, duration, event, strata=strata)
    for place in range(covariates.shape[1]):
        frame = pd.DataFrame(
            {"x": covariates[:, place], "duration_days": duration, "event": event, "s": strata}
        )
        term = cox_efron(frame, covariates=["x"], strata=["s"]).terms[0]
        assert fit.log_hazard_ratio[place] == pytest.approx(term.coef, abs=1e-8)
        assert fit.se[place] == pytest.approx(term.se, abs=1e-8)
        assert fit.p[place] == pytest.approx(term.p, abs=1e-8)


def test_levels_equal_columns_of_zero_and_one():
    _, duration, event = made(7, n=900)
    level = np.random.default_rng(7).integers(0, 4, len(duration))
    strata = np.arange(len(duration)) % 3
    columns = (level[:, None] == np.arange(4)).astype(float)
    by_level = cox_by_level(level, duration, event, strata=strata)
    by_column = cox_one_by_one(columns, duration, event, strata=strata)
    assert by_level.log_hazard_ratio == pytest.approx(by_column.log_hazard_ratio, abs=1e-9)
    assert by_level.se == pytest.approx(by_column.se, rel=1e-9)
    assert by_level.p == pytest.approx(by_column.p, abs=1e-9)


def test_many_ties_equal_the_fit_event_by_event():
    rng = np.random.default_rng(3)
    x = rng.integers(0, 3, 4000).astype(float)
    duration = np.ceil(rng.exponential(3, 4000))
    event = rng.random(4000) < 0.7
    fit = cox_one_by_one(x[:, None], duration, event)
    frame = pd.DataFrame({"x": x, "t": duration, "e": event})
    witness = CoxPHFitter().fit(frame, "t", "e")
    assert fit.log_hazard_ratio[0] == pytest.approx(witness.params_["x"], abs=LIFELINES_TOLERANCE)
    assert fit.se[0] == pytest.approx(witness.standard_errors_["x"], abs=LIFELINES_TOLERANCE)


@pytest.mark.parametrize("seed", [3, 4])
def test_clustered_errors_equal_the_general_fit_within_strata(seed):
    covariates, duration, event = made(seed)
    rng = np.random.default_rng(seed)
    strata, cluster = rng.integers(0, 3, len(duration)), rng.integers(0, 40, len(duration))
    fit = cox_one_by_one(covariates[:, :1], duration, event, strata=strata, cluster=cluster)
    frame = pd.DataFrame(
        {"x": covariates[:, 0], "duration_days": duration, "event": event, "s": strata}
    ).assign(c=cluster)
    witness = cox_efron(frame, covariates=["x"], strata=["s"], cluster="c").term("x")
    assert fit.log_hazard_ratio[0] == pytest.approx(witness.coef, abs=1e-8)
    assert fit.se[0] == pytest.approx(witness.se, rel=1e-6)
    own = cox_one_by_one(covariates[:, :1], duration, event, strata=strata)
    assert fit.se[0] != pytest.approx(own.se[0], rel=1e-6)


def test_each_lead_twice_in_one_cluster_leaves_the_clustered_error_alone():
    covariates, duration, event = made(5, k=1)
    ids = np.arange(len(duration))
    distinct = duration + ids / 1000  # without ties, so that doubling changes no correction
    once = cox_one_by_one(covariates, distinct, event, cluster=ids)
    stacked = (np.tile(covariates, (2, 1)), np.tile(distinct, 2), np.tile(event, 2))
    groups = np.repeat([0, 1], len(ids))
    twice = cox_one_by_one(*stacked, strata=groups, cluster=np.tile(ids, 2))
    naive = cox_one_by_one(*stacked, strata=groups)
    assert twice.se[0] == pytest.approx(once.se[0], rel=1e-6)
    assert naive.se[0] < 0.8 * twice.se[0]
