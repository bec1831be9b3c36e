"""What must hold for any table of spells: bounds, sums, order, labels, weights."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.survival.competing import aalen_johansen
from crm_analysis.survival.curves import kaplan_meier, log_rank
from crm_analysis.survival.risk_table import compress, risk_table

spell = st.tuples(st.integers(0, 12), st.integers(0, 3), st.sampled_from("abc"))
tables = st.lists(spell, min_size=1, max_size=40)
quiet = settings(max_examples=60, deadline=None, derandomize=True)


def frame(rows):
    return pd.DataFrame(rows, columns=["duration_days", "cause", "rep"])


@quiet
@given(tables)
def test_shares_are_bounded_rise_and_sum_to_one_minus_survival(rows):
    found = aalen_johansen(compress(frame(rows)))
    assert ((found.cif >= 0) & (found.cif <= 1 + 1e-12)).all()
    assert (np.diff(found.cif, axis=1) >= 0).all()
    np.testing.assert_allclose(found.cif.sum(axis=0), 1 - found.survival, atol=1e-12)
    curve = kaplan_meier(compress(frame(rows)))
    np.testing.assert_allclose(curve.survival, found.survival, atol=1e-12)


@quiet
@given(tables, st.sampled_from(["log_log", "plain"]))
def test_intervals_hold_their_share(rows, interval):
    found = aalen_johansen(compress(frame(rows)), interval=interval)
    assert np.isfinite(found.variance).all()
    assert ((found.ci_lo >= 0) & (found.ci_lo <= found.cif + 1e-12)).all()
    assert ((found.ci_hi <= 1) & (found.ci_hi >= found.cif - 1e-12)).all()


@quiet
@given(tables)
def test_one_minus_kaplan_meier_of_a_cause_never_understates(rows):
    found = aalen_johansen(compress(frame(rows)))
    for row, cause in enumerate(found.causes):
        naive = 1 - kaplan_meier(compress(frame(rows)), causes=(cause,)).survival
        assert (naive >= found.cif[row] - 1e-12).all()


@quiet
@given(tables, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows, random):
    shuffled = random.sample(rows, len(rows))
    a, b = (aalen_johansen(compress(frame(each))) for each in (rows, shuffled))
    np.testing.assert_array_equal(a.cif, b.cif)
    np.testing.assert_array_equal(a.variance, b.variance)


@quiet
@given(tables)
def test_renaming_causes_renames_shares(rows):
    swapped = [(days, {1: 2, 2: 1}.get(cause, cause), rep) for days, cause, rep in rows]
    a, b = (aalen_johansen(compress(frame(each))) for each in (rows, swapped))
    np.testing.assert_allclose(a.cif[0], b.cif[1], atol=1e-15)
    np.testing.assert_allclose(a.variance[0], b.variance[1], atol=1e-15)


@quiet
@given(tables, st.integers(2, 5))
def test_counts_equal_repetition(rows, times):
    risk = compress(frame(rows))
    weighted = aalen_johansen(risk.assign(n=risk["n"] * times))
    repeated = aalen_johansen(compress(frame(rows * times)))
    np.testing.assert_allclose(weighted.cif, repeated.cif, atol=1e-8)
    np.testing.assert_allclose(weighted.variance, repeated.variance, atol=1e-8)


@quiet
@given(tables)
def test_compressed_by_pattern_equals_uncompressed(rows):
    whole = aalen_johansen(compress(frame(rows)))
    each = frame(rows).rename(columns={"duration_days": "time_days"}).assign(n=1)
    np.testing.assert_allclose(aalen_johansen(each).cif, whole.cif, atol=1e-8)
    by_rep = aalen_johansen(compress(frame(rows), ["rep"]))
    np.testing.assert_allclose(by_rep.variance, whole.variance, atol=1e-8)


@quiet
@given(tables)
def test_renaming_groups_leaves_the_log_rank(rows):
    risk = compress(frame(rows), ["rep"])
    a = log_rank(risk, "rep")
    b = log_rank(risk.assign(rep=risk["rep"].map({"a": "z", "b": "y", "c": "x"})), "rep")
    assert (a is None) == (b is None)
    if a is not None:
        np.testing.assert_allclose(a.statistic, b.statistic, atol=1e-9)
        np.testing.assert_allclose(a.observed.sum(), a.expected.sum(), atol=1e-9)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(tables)
def test_the_engine_counts_as_pandas_does(rows):
    engine = risk_table(ibis.memtable(frame(rows)), ["rep"])
    pd.testing.assert_frame_equal(engine, compress(frame(rows), ["rep"]), check_dtype=False)
