"""The regression against statsmodels, against pencil odds, and in invariants."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from crm_analysis.deals.funnel.logistic import expit, fit_logistic, logit


def sample(seed: int, n: int = 600):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=n), rng.integers(0, 2, n)])
    y = (rng.random(n) < expit(x @ np.array([-0.5, 0.8, 0.3]))).astype(float)
    return x, y, np.repeat(np.arange(n // 3), 3)


def test_two_by_two_table_gives_the_pencil_odds():
    """30 of 100 without, 60 of 100 with: the slope is the log odds ratio."""
    x = np.column_stack([np.ones(200), np.repeat([0.0, 1.0], 100)])
    y = np.r_[np.ones(30), np.zeros(70), np.ones(60), np.zeros(40)]
    fit = fit_logistic(x, y, names=("constant", "with"))
    assert fit.coef[1] == pytest.approx(math.log((60 / 40) / (30 / 70)), abs=1e-6)
    assert fit.coef[0] == pytest.approx(math.log(30 / 70), abs=1e-6)


@pytest.mark.parametrize("clustered", [False, True])
def test_it_is_what_statsmodels_says(clustered):
    x, y, cluster = sample(1)
    fit = fit_logistic(x, y, names=("c", "a", "b"), cluster=cluster if clustered else None)
    how = (
        {
            "cov_type": "cluster",
            "cov_kwds": {"groups": cluster, "df_correction": True, "use_correction": True},
        }
        if clustered
        else {"cov_type": "HC0"}
    )
    theirs = sm.Logit(y, x).fit(disp=0, **how)
    np.testing.assert_allclose(fit.coef, theirs.params, atol=1e-6)
    ours = np.sqrt(np.diag(fit.covariance))
    np.testing.assert_allclose(ours, theirs.bse, rtol=0.01)


def test_fitted_chances_sum_to_what_happened():
    x, y, _ = sample(2)
    fit = fit_logistic(x, y, names=("c", "a", "b"))
    assert expit(fit.log_odds(x)).sum() == pytest.approx(y.sum(), abs=1e-6)


def test_no_spread_leaves_out_and_no_variation_refuses():
    x, y, _ = sample(3)
    x[:, 2] = 1.0
    assert fit_logistic(x, y, names=("c", "a", "b")).names == ("c", "a")
    assert fit_logistic(x, np.zeros(len(y)), names=("c", "a", "b")) is None


def test_separation_does_not_run_away():
    x = np.column_stack([np.ones(40), np.repeat([0.0, 1.0], 20)])
    fit = fit_logistic(x, np.repeat([0.0, 1.0], 20), names=("c", "a"))
    assert fit is None or np.isfinite(fit.coef).all()


@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=20))
def test_expit_undoes_logit(shares):
    values = np.array(shares)
    np.testing.assert_allclose(expit(logit(values)), values, rtol=1e-9)
