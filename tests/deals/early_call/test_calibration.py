"""Slope, intercept and squared error: pencil, statsmodels, planted miscalibration, repetition."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from crm_analysis.deals.early_call.calibration import brier_gain, calibration, reliability
from crm_analysis.deals.early_call.weighted_logit import expit, fit_weighted, logit


def drawn(n=4000, *, seed=0, slope=1.0, level=0.0):
    rng = np.random.default_rng(seed)
    line = rng.normal(-0.3, 1.2, n)
    return expit(line), rng.random(n) < expit(level + slope * line)


def test_two_forecasts_give_the_line_of_the_pencil():
    """Said .2, of four one was lost; said .8, of four three: log odds ±log 3 on ±log 4."""
    p = np.repeat([0.2, 0.8], 4)
    lost = np.array([True, False, False, False, True, True, True, False])
    found = calibration(p, lost, np.ones(8))
    assert found.slope.value == pytest.approx(np.log(3) / np.log(4))
    assert found.intercept.value == pytest.approx(0, abs=1e-9)


def test_it_is_statsmodels_logit_with_its_sandwich():
    p, lost = drawn(800, seed=1, slope=0.7)
    found = calibration(p, lost, np.ones(len(p)))
    line = sm.add_constant(logit(p))
    both = sm.GLM(lost.astype(float), line, family=sm.families.Binomial()).fit(cov_type="HC0")
    one = sm.GLM(
        lost.astype(float), np.ones(len(p)), family=sm.families.Binomial(), offset=logit(p)
    ).fit(cov_type="HC0")
    assert found.slope.value == pytest.approx(both.params[1], abs=1e-6)
    assert found.slope.se == pytest.approx(both.bse[1], rel=1e-4)
    assert found.intercept.value == pytest.approx(one.params[0], abs=1e-6)
    assert found.intercept.se == pytest.approx(one.bse[0], rel=1e-4)


@pytest.mark.parametrize(("slope", "level"), [(1.0, 0.0), (0.6, 0.0), (1.0, -0.5)])
def test_planted_miscalibration_is_found(slope, level):
    p, lost = drawn(20_000, seed=2, slope=slope, level=level)
    found = calibration(p, lost, np.ones(len(p)))
    assert found.slope.value == pytest.approx(slope, abs=3 * found.slope.se)
    if slope == 1.0:
        assert found.intercept.value == pytest.approx(level, abs=3 * found.intercept.se)


def test_all_alike_is_refused():
    assert calibration(np.array([0.2, 0.4]), np.array([True, True]), np.ones(2)) is None
    assert calibration(np.array([0.3, 0.3]), np.array([True, False]), np.ones(2)) is None


def test_the_base_rate_itself_gains_nothing_and_the_truth_gains_most():
    p, lost = drawn(seed=3)
    base, weight = np.full(len(p), lost.mean()), np.ones(len(p))
    assert brier_gain(base, base, lost, weight).value == 0
    truth = brier_gain(p, base, lost, weight)
    assert truth.value > 3 * truth.se
    assert truth.value > brier_gain(expit(2 * logit(p)), base, lost, weight).value
    assert brier_gain(1 - p, base, lost, weight).value < 0


def test_groups_put_forecast_and_fate_side_by_side():
    p, lost = drawn(5000, seed=4)
    weight = np.where(np.arange(len(p)) % 7 == 0, 0.0, 1.0)
    groups = reliability(p, lost, weight)
    assert groups["n"].sum() == (weight > 0).sum()
    assert groups["forecast"].is_monotonic_increasing
    assert (abs(groups["forecast"] - groups["lost_share"]) < 4 * groups["se"]).all()


rows = st.lists(
    st.tuples(st.sampled_from([0.1, 0.3, 0.6, 0.9]), st.booleans(), st.integers(1, 3)),
    min_size=6,
    max_size=25,
)


@given(rows)
def test_weights_are_repetitions(given_rows):
    p, lost, weight = (np.array(part) for part in zip(*given_rows, strict=True))
    again = np.repeat(np.arange(len(p)), weight)
    x, prior = np.column_stack([np.ones(len(p)), logit(p)]), np.array([0.1, 0.1])
    one = fit_weighted(x, lost, weight.astype(float), precision=prior)
    each = fit_weighted(x[again], lost[again], np.ones(len(again)), precision=prior)
    assert one.coef == pytest.approx(each.coef, abs=1e-6)
