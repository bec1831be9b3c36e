"""Sums per event time equal those written out, in one block or in many."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.survival import moments
from crm_analysis.survival.efron import fit_efron, risk_sets, score_residuals
from crm_analysis.survival.moments import moments_by_time, timeline, weights_by_time


def sample(seed, n=120, *, n_rows=None):
    rng = np.random.default_rng(seed)
    entry = rng.integers(0, 10, n).astype(float)
    row = None if n_rows is None else np.sort(rng.integers(0, n_rows, n))
    sets = risk_sets(
        entry + rng.integers(1, 20, n),
        rng.random(n) < 0.5,
        entry_days=entry,
        stratum=rng.integers(0, 5, n),
        repeats=rng.integers(0, 4, n).astype(float),
        row=row,
    )
    return rng.normal(size=(n_rows or n, 3)), sets, rng.random(n)


def written_out(x, sets, weight):
    """Return both sums at each event time, spell by spell."""
    values = x if sets.row is None else x[sets.row]
    risk, dead = np.zeros((2, sets.n_times, x.shape[1]))
    for i in range(len(weight)):
        risk[sets.first[i] : sets.last[i]] += weight[i] * values[i]
        if sets.event[i]:
            dead[sets.last[i] - 1] += weight[i] * values[i]
    return risk, dead


@pytest.mark.parametrize("size", [3, 7, 16_384])
@pytest.mark.parametrize("n_rows", [None, 9], ids=["own rows", "shared rows"])
@pytest.mark.parametrize("seed", [1, 2])
def test_sums_equal_those_written_out(monkeypatch, size, n_rows, seed):
    monkeypatch.setattr(moments, "BLOCK", size)
    x, sets, weight = sample(seed, n_rows=n_rows)
    parts = list(moments_by_time(x, weight, timeline(sets)))
    assert (len(parts) > 1) == (size < sets.n_times)
    risk, dead = (
        np.vstack([getattr(part, name) for part in reversed(parts)]) for name in ("risk", "dead")
    )
    expected = written_out(x, sets, weight)
    np.testing.assert_allclose(risk, expected[0], atol=1e-12)
    np.testing.assert_allclose(dead, expected[1], atol=1e-12)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_weights_are_sums_of_ones(seed):
    _, sets, weight = sample(seed, 40)
    ones = np.ones((40, 1))
    risk, dead = weights_by_time(weight, timeline(sets))
    expected = written_out(ones, sets, weight)
    np.testing.assert_allclose(risk, expected[0][:, 0], atol=1e-12)
    np.testing.assert_allclose(dead, expected[1][:, 0], atol=1e-12)


@pytest.mark.parametrize("size", [4, 11])
def test_a_fit_in_many_blocks_is_the_fit_in_one(monkeypatch, size):
    x, sets, _ = sample(5, 300)
    one = fit_efron(x, sets)
    residuals = score_residuals(x, sets, one.beta)
    monkeypatch.setattr(moments, "BLOCK", size)
    many = fit_efron(x, sets)
    np.testing.assert_allclose(many.beta, one.beta, atol=1e-12)
    np.testing.assert_allclose(many.information, one.information, rtol=1e-10)
    np.testing.assert_allclose(score_residuals(x, sets, one.beta), residuals, atol=1e-10)


def test_strata_and_entries_are_those_written_out():
    rng = np.random.default_rng(8)
    exit_days, entry = rng.integers(5, 12, 60), rng.integers(0, 5, 60)
    stratum, event = rng.integers(0, 3, 60), rng.random(60) < 0.4
    sets = risk_sets(exit_days, event, entry_days=entry, stratum=stratum)
    slots = sorted({(g, t) for g, t, e in zip(stratum, exit_days, event, strict=True) if e})
    assert sets.n_times == len(slots)
    for i in range(60):
        at_risk = [
            place
            for place, (g, t) in enumerate(slots)
            if g == stratum[i] and entry[i] < t <= exit_days[i]
        ]
        assert list(range(sets.first[i], sets.last[i])) == at_risk
        assert sets.start[i] == sum(g < stratum[i] for g, _ in slots)


def test_nobody_has_no_event():
    sets = risk_sets(np.array([1.0, 2.0]), np.array([True, True]), repeats=np.array([0.0, 1.0]))
    assert (sets.n_times, sets.n_events) == (1, 1)


def test_rows_out_of_order_are_refused():
    with pytest.raises(ValueError, match="sort the spells"):
        risk_sets(np.ones(2), np.ones(2, dtype=bool), row=np.array([1, 0]))


def test_memory_follows_neither_spells_times_days_nor_a_second_copy():
    """40,000 spells, 20 covariates and 2,000 days: the covariates take 6.4 MB, a matrix 640 MB."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(40_000, 20))
    sets = risk_sets(rng.integers(1, 2001, 40_000).astype(float), rng.random(40_000) < 0.5)
    fit_efron(x[:100], risk_sets(np.arange(100.0) + 1, np.ones(100, dtype=bool)))  # imports
    tracemalloc.start()
    fit_efron(x, sets)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * x.nbytes
