"""The Efron likelihood on arrays: numeric derivatives, PHReg, and invariants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.survival.efron import (
    fit_efron,
    risk_sets,
    schoenfeld_residuals,
    score_residuals,
)


def sample(seed, n=400, *, n_times=12):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    entry = rng.integers(0, n_times // 2, n).astype(float)
    exit_days = entry + rng.integers(1, n_times, n)
    return x, exit_days, rng.random(n) < 0.5, entry, rng.integers(0, 3, n)


def test_equals_phreg_with_strata():
    from statsmodels.duration.hazard_regression import PHReg

    x, exit_days, event, _, stratum = sample(1)
    sets = risk_sets(exit_days, event, stratum=stratum)
    fit = fit_efron(x, sets)
    witness = PHReg(exit_days, x, status=event.astype(float), strata=stratum, ties="efron").fit()
    np.testing.assert_allclose(fit.beta, witness.params, atol=1e-8)
    np.testing.assert_allclose(np.linalg.inv(fit.information), witness.cov_params(), atol=1e-8)
    assert fit.loglik == pytest.approx(witness.llf, abs=1e-8)


def test_equals_lifelines_with_late_entry():
    import pandas as pd
    from lifelines import CoxPHFitter

    x, exit_days, event, entry, _ = sample(2)
    fit = fit_efron(x, risk_sets(exit_days, event, entry_days=entry))
    frame = pd.DataFrame(x, columns=["a", "b"]).assign(t=exit_days, e=event, s=entry)
    witness = CoxPHFitter().fit(frame, "t", "e", entry_col="s")
    np.testing.assert_allclose(fit.beta, witness.params_, atol=1e-5)
    assert fit.loglik == pytest.approx(witness.log_likelihood_, abs=1e-6)


def test_robust_variance_equals_lifelines_without_ties():
    import pandas as pd
    from lifelines import CoxPHFitter

    rng = np.random.default_rng(3)
    x = rng.normal(size=(200, 2))
    days, event, group = rng.permutation(200) + 1.0, rng.random(200) < 0.6, np.arange(200) // 4
    sets = risk_sets(days, event)
    fit = fit_efron(x, sets)
    residuals = score_residuals(x, sets, fit.beta)
    summed = np.array([residuals[group == code].sum(axis=0) for code in range(50)])
    own = np.linalg.inv(fit.information)
    se = np.sqrt(np.diag(own @ summed.T @ summed @ own))
    frame = pd.DataFrame(x, columns=["a", "b"]).assign(t=days, e=event, g=group)
    witness = CoxPHFitter().fit(frame, "t", "e", cluster_col="g")
    np.testing.assert_allclose(se, witness.standard_errors_, atol=1e-5)


def test_score_residuals_sum_to_the_score_anywhere():
    """Their sum is the gradient of the likelihood, here by differences."""
    x, exit_days, event, entry, stratum = sample(4)
    sets = risk_sets(exit_days, event, entry_days=entry, stratum=stratum)
    beta, h = np.array([0.3, -0.7]), 1e-5

    def loglik(where):
        return fit_at(x, sets, where)

    numeric = [(loglik(beta + h * e) - loglik(beta - h * e)) / (2 * h) for e in np.eye(2)]
    np.testing.assert_allclose(score_residuals(x, sets, beta).sum(axis=0), numeric, atol=1e-5)


def fit_at(x, sets, beta):
    """Return the log likelihood at beta, written out loop by loop as an independent check."""
    weight, total = np.exp(x @ beta), 0.0
    for time in range(int(sets.edges[-1])):
        at_risk = weight[(sets.first <= time) & (time < sets.last)].sum()
        dead = sets.event & (sets.last - 1 == time)
        m = int(dead.sum())
        total += np.log(weight[dead]).sum()
        total -= sum(np.log(at_risk - k / m * weight[dead].sum()) for k in range(m))
    return total


def test_the_likelihood_is_efrons_written_out():
    x, exit_days, event, entry, stratum = sample(5)
    sets = risk_sets(exit_days, event, entry_days=entry, stratum=stratum)
    fit = fit_efron(x, sets)
    assert fit.loglik == pytest.approx(fit_at(x, sets, fit.beta), abs=1e-9)
    assert fit.loglik_null == pytest.approx(fit_at(x, sets, np.zeros(2)), abs=1e-9)


def test_schoenfeld_residuals_sum_to_0_at_the_maximum():
    x, exit_days, event, _, _ = sample(6)
    sets = risk_sets(exit_days, event)
    residuals = schoenfeld_residuals(x, sets, fit_efron(x, sets).beta)
    assert residuals.shape == (event.sum(), 2)
    np.testing.assert_allclose(residuals.sum(axis=0), 0, atol=1e-9)


def test_ridge_draws_towards_0():
    x, exit_days, event, _, _ = sample(7)
    sets = risk_sets(exit_days, event)
    free, held = fit_efron(x, sets), fit_efron(x, sets, ridge=np.full(2, 50.0))
    assert np.all(np.abs(held.beta) < np.abs(free.beta))
    assert held.loglik < free.loglik


def test_separated_data_do_not_crash():
    x = np.array([[0.0], [0.0], [1.0], [1.0]])
    sets = risk_sets(np.array([1.0, 2.0, 3.0, 3.0]), np.array([True, True, False, False]))
    fit = fit_efron(x, sets)
    assert np.isfinite(fit.beta).all()
    assert fit.beta[0] < -8


def test_no_events_is_a_flat_likelihood():
    sets = risk_sets(np.array([1.0, 2.0]), np.array([False, False]))
    fit = fit_efron(np.array([[1.0], [2.0]]), sets)
    assert (fit.beta[0], fit.loglik, sets.n_events) == (0, 0, 0)


seeds = st.integers(0, 10**6)
quiet = settings(max_examples=25, deadline=None, derandomize=True)


@quiet
@given(seeds)
def test_the_order_of_rows_changes_nothing(seed):
    x, exit_days, event, entry, stratum = sample(seed, 80, n_times=6)
    order = np.random.default_rng(seed).permutation(80)
    sets = risk_sets(exit_days, event, entry_days=entry, stratum=stratum)
    mixed = risk_sets(
        exit_days[order], event[order], entry_days=entry[order], stratum=stratum[order]
    )
    beta = fit_efron(x, sets).beta
    np.testing.assert_allclose(fit_efron(x[order], mixed).beta, beta, atol=1e-9)
    np.testing.assert_allclose(
        score_residuals(x[order], mixed, beta), score_residuals(x, sets, beta)[order], atol=1e-9
    )


@quiet
@given(seeds)
def test_repeats_equal_repetition(seed):
    x, exit_days, event, entry, _ = sample(seed, 60, n_times=6)
    times = np.random.default_rng(seed).integers(1, 5, 60)
    short = risk_sets(exit_days, event, entry_days=entry, repeats=times.astype(float))
    rows = np.repeat(np.arange(60), times)
    long = risk_sets(exit_days[rows], event[rows], entry_days=entry[rows])
    a, b = fit_efron(x, short), fit_efron(x[rows], long)
    np.testing.assert_allclose(a.beta, b.beta, atol=1e-8)
    np.testing.assert_allclose(a.information, b.information, rtol=1e-8)
    assert a.loglik == pytest.approx(b.loglik, abs=1e-8)
    np.testing.assert_allclose(
        score_residuals(x, short, a.beta)[rows], score_residuals(x[rows], long, a.beta), atol=1e-8
    )


@quiet
@given(seeds)
def test_cutting_a_row_in_two_changes_nothing(seed):
    x, exit_days, event, entry, stratum = sample(seed, 80, n_times=8)
    cut = entry + np.maximum(np.random.default_rng(seed).random(80), 0.01) * (exit_days - entry)
    whole = risk_sets(exit_days, event, entry_days=entry, stratum=stratum)
    parts = risk_sets(
        np.concatenate([cut, exit_days]),
        np.concatenate([np.zeros(80, dtype=bool), event]),
        entry_days=np.concatenate([entry, cut]),
        stratum=np.tile(stratum, 2),
    )
    a, b = fit_efron(x, whole), fit_efron(np.vstack([x, x]), parts)
    np.testing.assert_allclose(a.beta, b.beta, atol=1e-8)
    assert a.loglik == pytest.approx(b.loglik, abs=1e-8)


@quiet
@given(seeds)
def test_only_the_order_of_times_matters(seed):
    x, exit_days, event, _, _ = sample(seed, 80)
    a = fit_efron(x, risk_sets(exit_days, event))
    b = fit_efron(x, risk_sets(exit_days**2 + 3, event))
    np.testing.assert_allclose(a.beta, b.beta, atol=1e-10)
