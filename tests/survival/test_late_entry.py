"""Curves, shares and tests from tables with late entry and pieces."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.survival.competing import aalen_johansen
from crm_analysis.survival.curves import kaplan_meier, log_rank
from crm_analysis.survival.risk_table import compress, counts_by_time, risk_table


def late(n=600, *, seed=6):
    rng = np.random.default_rng(seed)
    entry = rng.integers(0, 15, n)
    return pd.DataFrame(
        {
            "entry": entry,
            "duration_days": entry + rng.integers(1, 25, n),
            "cause": rng.choice([0, 1, 2], n),
            "rep": rng.choice(list("abc"), n),
            "quarter": rng.choice(["q1", "q2"], n),
        }
    )


def counted(frame, by=()):
    return compress(frame, by, entry="entry")


def test_pencil():
    """Open from the start till 2 (lost) and 4; from day 2 till 3 (lost); from 3 till 4 (lost).

    At risk on 2, 3, 4: 2, 2, 2. Who enters on day 2 is not yet at risk on it.
    """
    frame = pd.DataFrame(
        {"entry": [0, 0, 2, 3], "duration_days": [2, 4, 3, 4], "cause": [1, 0, 1, 1]}
    )
    counts = counts_by_time(counted(frame), (1,))
    assert counts.times.tolist() == [2, 3, 4]
    assert counts.at_risk.tolist() == [2, 2, 2]
    curve = kaplan_meier(counted(frame))
    np.testing.assert_allclose(curve.survival, [1 / 2, 1 / 4, 1 / 8])
    np.testing.assert_allclose(curve.cumulative_hazard, [1 / 2, 1, 3 / 2])


def test_engine_and_pandas_agree():
    engine = risk_table(ibis.memtable(late()), ["rep"], entry="entry")
    pd.testing.assert_frame_equal(engine, counted(late(), ["rep"]), check_dtype=False)
    assert list(engine) == ["rep", "entry_days", "time_days", "cause", "n"]


def test_the_end_may_have_another_name():
    frame = late().rename(columns={"duration_days": "exit_days"})
    engine = risk_table(ibis.memtable(frame), entry="entry", exit="exit_days")
    pd.testing.assert_frame_equal(engine, counted(late()), check_dtype=False)
    pd.testing.assert_frame_equal(compress(frame, entry="entry", exit="exit_days"), counted(late()))


def test_survival_and_hazard_equal_lifelines():
    from lifelines import KaplanMeierFitter, NelsonAalenFitter

    frame = late()
    curve = kaplan_meier(counted(frame), causes=(1,))
    days, event = frame["duration_days"], frame["cause"] == 1
    km = KaplanMeierFitter().fit(days, event, entry=frame["entry"])
    na = NelsonAalenFitter(nelson_aalen_smoothing=False).fit(days, event, entry=frame["entry"])
    for found, table in (
        (curve.survival, km.survival_function_),
        (curve.cumulative_hazard, na.cumulative_hazard_),
    ):
        np.testing.assert_allclose(found, table.loc[curve.times].iloc[:, 0], atol=1e-10)


def test_survival_and_error_equal_statsmodels():
    from statsmodels.duration.survfunc import SurvfuncRight

    frame = late()
    curve = kaplan_meier(counted(frame), causes=(1,))
    witness = SurvfuncRight(frame["duration_days"], frame["cause"] == 1, entry=frame["entry"])
    here = np.isin(curve.times, witness.surv_times)
    np.testing.assert_allclose(curve.survival[here], witness.surv_prob, atol=1e-8)
    np.testing.assert_allclose(np.sqrt(curve.variance[here]), witness.surv_prob_se, atol=1e-8)


@pytest.mark.parametrize("strata", [[], ["quarter"]], ids=["plain", "strata"])
def test_log_rank_of_three_groups_is_the_score_test_of_cox(strata):
    """Without ties the two are the same; statsmodels gives the score of PHReg with late entry."""
    from statsmodels.duration.hazard_regression import PHReg

    rng = np.random.default_rng(2)
    frame = late(300).assign(duration_days=lambda rows: rows["entry"] + rng.permutation(300) + 1)
    frame = frame.assign(duration_days=frame["duration_days"] * 400 + np.arange(300))
    frame["entry"] *= 400
    found = log_rank(counted(frame, ["rep", "quarter"]), "rep", causes=(1,), strata=strata)
    x = pd.get_dummies(frame["rep"]).iloc[:, 1:].astype(float)
    model = PHReg(
        frame["duration_days"],
        x,
        status=(frame["cause"] == 1).astype(float),
        entry=frame["entry"].astype(float),
        strata=frame["quarter"] if strata else None,
    )
    score, hessian = model.score(np.zeros(2)), model.hessian(np.zeros(2))
    assert found.statistic == pytest.approx(score @ np.linalg.solve(-hessian, score), abs=1e-7)


def test_an_entry_on_or_after_the_end_is_refused():
    frame = late(20).assign(entry=lambda rows: rows["duration_days"])
    with pytest.raises(ValueError, match="never at risk"):
        kaplan_meier(counted(frame))


def test_no_rows_no_times():
    assert kaplan_meier(counted(late().iloc[:0])).times.size == 0
    none = risk_table(ibis.memtable(late()).limit(0), entry="entry")
    assert list(none) == ["entry_days", "time_days", "cause", "n"]


piece = st.tuples(st.integers(0, 12), st.integers(0, 3), st.sampled_from("abc"))
tables = st.lists(piece, min_size=1, max_size=40)
quiet = settings(max_examples=40, deadline=None, derandomize=True)


def listed(rows):
    return pd.DataFrame(rows, columns=["duration_days", "cause", "rep"]).assign(entry=0)


def split(frame, cut):
    longer = frame["duration_days"] > cut
    return pd.concat(
        [
            frame[~longer],
            frame[longer].assign(duration_days=cut, cause=0),
            frame[longer].assign(entry=cut),
        ]
    )


@quiet
@given(tables, st.integers(1, 11))
def test_splitting_an_interval_in_two_changes_no_curve(rows, cut):
    frame = listed(rows)
    a, b = (aalen_johansen(counted(each)) for each in (frame, split(frame, cut)))
    here = np.isin(b.times, a.times)
    for name in ("cif", "variance", "events", "ci_lo", "ci_hi"):
        np.testing.assert_allclose(getattr(b, name)[:, here], getattr(a, name), atol=1e-9)
    np.testing.assert_allclose(b.at_risk[here], a.at_risk)
    np.testing.assert_allclose(
        kaplan_meier(counted(split(frame, cut))).survival[here],
        kaplan_meier(counted(frame)).survival,
        atol=1e-12,
    )


@quiet
@given(tables, st.integers(1, 11))
def test_splitting_an_interval_in_two_leaves_the_log_rank(rows, cut):
    frame = listed(rows)
    a, b = (log_rank(counted(each, ["rep"]), "rep") for each in (frame, split(frame, cut)))
    assert (a is None) == (b is None)
    if a is not None and b is not None:
        assert (a.statistic, a.df) == pytest.approx((b.statistic, b.df), abs=1e-9)


@quiet
@given(tables)
def test_an_entry_of_0_is_the_opening(rows):
    frame = listed(rows)
    a, b = aalen_johansen(counted(frame)), aalen_johansen(compress(frame))
    np.testing.assert_array_equal(a.at_risk, b.at_risk)
    np.testing.assert_array_equal(a.cif, b.cif)


@quiet
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 9), st.integers(0, 2)), min_size=1))
def test_who_is_at_risk_is_counted_one_by_one(rows):
    frame = pd.DataFrame(rows, columns=["entry", "stay", "cause"])
    frame["duration_days"] = frame["entry"] + frame["stay"]
    counts = counts_by_time(counted(frame), (1, 2))
    for day, n in zip(counts.times, counts.at_risk, strict=True):
        late_enough = (frame["entry"] < day) | (frame["entry"] == 0)
        assert n == (late_enough & (frame["duration_days"] >= day)).sum()
