"""Logistic path: pencil table, statsmodels, periods, and a factor that is said to be logistic."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from crm_analysis.deals.comparison.odds import has_durations, odds_fit, periods
from crm_analysis.deals.profile.effects import Limits, profile_estimates
from crm_analysis.deals.profile.factors import Factor, FactorTable
from crm_analysis.estimates import is_finding
from crm_analysis.language import Text


def test_two_by_two_by_hand():
    x = np.repeat([0.0, 1.0], [30, 40])[:, None]
    lost = np.concatenate([np.arange(30) < 10, np.arange(40) < 30])
    fit = odds_fit(x, lost, np.zeros(70, dtype=np.int64))
    assert fit.coef[0] == pytest.approx(np.log((30 / 10) / (10 / 20)), abs=1e-9)
    assert fit.se[0] == pytest.approx(np.sqrt(1 / 10 + 1 / 20 + 1 / 30 + 1 / 10), abs=1e-9)


def test_equals_statsmodels_with_an_intercept_per_period():
    rng = np.random.default_rng(3)
    n = 900
    x = np.column_stack((rng.normal(size=n), rng.integers(0, 3, n)))
    period = rng.integers(0, 4, n)
    lost = rng.random(n) < 1 / (1 + np.exp(-(0.5 * x[:, 0] - 0.2 * x[:, 1] + 0.3 * period - 0.4)))
    fit = odds_fit(x, lost, period)
    dummies = (period[:, None] == np.arange(4)).astype(float)
    there = sm.Logit(lost.astype(float), np.column_stack((x, dummies))).fit(disp=False)
    np.testing.assert_allclose(fit.coef, there.params[:2], atol=1e-7)
    np.testing.assert_allclose(fit.covariance, there.cov_params()[:2, :2], atol=1e-7)
    assert fit.loglik == pytest.approx(there.llf, abs=1e-7)


def test_all_on_one_side_has_not_converged():
    x = np.repeat([0.0, 1.0], 30)[:, None]
    fit = odds_fit(x, x[:, 0] == 1, np.zeros(60, dtype=np.int64))
    assert not fit.converged
    constant = odds_fit(np.ones((60, 1)), x[:, 0] == 1, np.zeros(60, dtype=np.int64))
    assert not constant.converged


def test_every_period_has_enough_of_both_endings():
    rng = np.random.default_rng(1)
    month, lost = np.sort(rng.integers(0, 60, 500)), rng.random(500) < 0.3
    period = periods(month, lost)
    assert (np.diff(period) >= 0).all()
    n, n_lost = np.bincount(period), np.bincount(period[lost])
    assert n.min() >= 25
    assert np.minimum(n_lost, n - n_lost).min() >= 5
    assert periods(month[:4], lost[:4]).tolist() == [0, 0, 0, 0]


def dealt(seed: int, *, effect: float) -> FactorTable:
    """Closed leads of one day: 1,200 in eight months, lost more where `x_hard` is yes."""
    rng = np.random.default_rng(seed)
    n = 1200
    hard, month = rng.random(n) < 0.4, rng.integers(1, 9, n)
    lost = rng.random(n) < 1 / (1 + np.exp(-(effect * hard + 0.2 * (month - 4))))
    frame = pd.DataFrame(
        {
            "lead_id": np.arange(n),
            "duration_days": 0,
            "cause": np.where(lost, 1, 2),
            "opened_month": month,
            "x_hard": np.where(hard, "yes", "no"),
            "x_size": rng.normal(size=n) + 0.3 * effect * lost,
        }
    )
    factors = (
        Factor(name="x_hard", label=Text("hard", "难"), kind="levels"),
        Factor(name="x_size", label=Text("size", "规模"), kind="number"),
    )
    return FactorTable(frame=frame, factors=factors)


def test_without_durations_the_planted_odds_come_out_and_the_method_is_said():
    table = dealt(5, effect=0.9)
    assert not has_durations(table.frame)
    rows = profile_estimates(table, limits=Limits())
    (level,) = [row for row in rows if row.quantity == "log_loss_to_win_ratio"]
    assert is_finding(level, 0.05)
    assert level.estimate == pytest.approx(0.9, abs=0.3)
    assert (level.method, "no_durations" in level.note) == ("logistic_by_period", True)
    assert not [row for row in rows if "hazard" in row.quantity or "speed" in row.quantity]


def test_the_null_is_quiet():
    p = [
        row.p
        for seed in range(40)
        for row in profile_estimates(dealt(seed, effect=0.0), limits=Limits())
        if row.family == "M05:profile"
    ]
    assert 0.005 <= np.mean(np.array(p) < 0.05) <= 0.12
