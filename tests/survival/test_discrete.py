"""The cloglog model of coarse time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.survival.cloglog import fit_cloglog
from crm_analysis.survival.discrete import cloglog_table, discrete_cloglog, is_coarse
from crm_analysis.survival.risk_sets import risk_sets
from crm_analysis.survival.risk_table import compress


def monthly(n=1500, *, ratio=2.0, seed=1):
    """Loss at hazard ratio `ratio` for x, seen on nine days only."""
    rng = np.random.default_rng(seed)
    x = rng.random(n) < 0.5
    days = np.ceil(rng.exponential(30 / np.where(x, ratio, 1.0)) / 10) * 10
    return pd.DataFrame(
        {"duration_days": np.minimum(days, 90).astype(int), "event": days <= 90, "x": x}
    )


def test_coarse_is_fewer_than_20_distinct_event_days():
    frame = pd.DataFrame({"duration_days": range(40), "event": [True] * 19 + [False] * 21})
    assert is_coarse(frame)
    assert not is_coarse(frame.assign(event=[True] * 20 + [False] * 20))


def test_pencil_one_day_is_a_ratio_of_cloglogs():
    """Of 40 with x 20 end on day 1, of 40 without 10: log(log 2 / log(4/3)).

    All others are open until day 2, so that one baseline stands.
    """
    frame = pd.DataFrame(
        {
            "duration_days": [1] * 20 + [2] * 20 + [1] * 10 + [2] * 30,
            "event": [True] * 20 + [False] * 20 + [True] * 10 + [False] * 30,
            "x": [1] * 40 + [0] * 40,
        }
    )
    expected = np.log(np.log(2) / np.log(4 / 3))
    assert discrete_cloglog(frame, covariates=["x"]).coef[0] == pytest.approx(expected, abs=1e-8)


def test_recovers_the_planted_ratio():
    fit = discrete_cloglog(monthly(6000), covariates=["x"])
    assert fit.coef[0] == pytest.approx(np.log(2), abs=0.08)
    assert (fit.status, fit.method) == ("ok", "cloglog")


def test_a_day_without_events_or_survivors_changes_nothing():
    frame = monthly(300)
    quiet = pd.DataFrame({"duration_days": [15], "event": [False], "x": [True]})
    fit = discrete_cloglog(frame, covariates=["x"])
    assert fit.events == frame["event"].sum()
    last = pd.DataFrame({"duration_days": [999], "event": [True], "x": [True]})
    watched = last.assign(duration_days=90, event=False)
    more = discrete_cloglog(pd.concat([frame, quiet]), covariates=["x"])
    # the added lead was at risk on day 10 only, so the numbers move a little, never break
    assert more.coef[0] == pytest.approx(fit.coef[0], abs=0.02)
    alone, censored = (
        discrete_cloglog(pd.concat([frame, lead]), covariates=["x"]) for lead in (last, watched)
    )
    np.testing.assert_allclose(alone.coef, censored.coef, atol=1e-10)
    np.testing.assert_allclose(alone.covariance, censored.covariance, atol=1e-10)


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        (lambda frame: frame.iloc[:0], "no_rows"),
        (lambda frame: frame.assign(event=False), "no_events"),
        (lambda frame: frame.assign(x=1), "no_spread"),
        (lambda frame: frame[frame["event"]].iloc[:3], "too_few_events"),
        (lambda frame: frame.assign(duration_days=1, event=True), "not_converged"),
    ],
    ids=["empty", "no events", "constant", "few", "all end at once"],
)
def test_degenerate_frames_are_refused_not_raised(rows, note):
    fit = discrete_cloglog(rows(monthly(100)), covariates=["x"])
    assert (fit.status, fit.note) == ("not_estimable", note)
    assert fit.term("x").coef is None


def test_a_refused_column_leaves_the_rest():
    frame = monthly(800)
    fit = discrete_cloglog(frame.assign(copy=frame["x"]), covariates=["x", "copy"])
    assert fit.names == ("x",)
    assert fit.term("copy").note == "duplicate_column: x"


def person_days(frame, names):
    """One row per lead and event day at which it is at risk, written out."""
    days = np.unique(frame.loc[frame["event"], "duration_days"])
    parts = []
    for day in days:
        at_risk = frame[(frame["duration_days"] >= day) & (frame["entry"] < day)]
        ends = at_risk["event"] & (at_risk["duration_days"] == day)
        parts.append(at_risk[names].astype(float).assign(day=day, ends=ends.astype(float)))
    return pd.concat(parts)


@pytest.mark.parametrize("late", [False, True], ids=["from the opening", "late entry"])
def test_equals_statsmodels_on_person_days(late):
    import statsmodels.api as sm

    rng = np.random.default_rng(3)
    frame = monthly(900).assign(z=rng.normal(size=900), entry=0)
    if late:
        frame["entry"] = 10 * (np.arange(900) % 3)
        frame = frame[frame["duration_days"] > frame["entry"]]
    rows = person_days(frame, ["x", "z"])
    design = np.hstack([pd.get_dummies(rows["day"]).to_numpy(dtype=float), rows[["x", "z"]]])
    family = sm.families.Binomial(link=sm.families.links.CLogLog())
    model = sm.GLM(rows["ends"], design, family=family)
    witness = model.fit(tol=1e-14, maxiter=200)
    observed = np.linalg.inv(-model.hessian(witness.params, observed=True))[-2:, -2:]
    fit = discrete_cloglog(frame, covariates=["x", "z"], entry="entry" if late else None)
    np.testing.assert_allclose(fit.coef, witness.params[-2:], atol=1e-8)
    np.testing.assert_allclose(fit.covariance, observed, atol=1e-8)
    assert fit.loglik == pytest.approx(witness.llf, abs=1e-6)


def test_strata_have_baselines_of_their_own():
    """With one baseline per stratum and day, a stratum of other hazards does not disturb."""
    frame = monthly(4000).assign(half=np.arange(4000) % 2)
    slow = frame["half"] == 1
    frame.loc[slow & ~frame["x"], "duration_days"] = 90
    frame.loc[slow & ~frame["x"], "event"] = False
    own = discrete_cloglog(frame[~slow], covariates=["x"])
    both = discrete_cloglog(frame[~slow | frame["x"]], covariates=["x"], strata=["half"])
    np.testing.assert_allclose(own.coef, both.coef, atol=1e-8)
    assert both.coef[0] != discrete_cloglog(frame, covariates=["x"]).coef[0]


def test_no_spells_by_days_are_made():
    """300 event days and 5,000 leads are 1.5 million person-days; the fit never lists them."""
    import tracemalloc

    rng = np.random.default_rng(4)
    x = rng.normal(size=(5000, 4))
    sets = risk_sets(rng.integers(1, 301, 5000).astype(float), rng.random(5000) < 0.5)
    fit_cloglog(x[:50], risk_sets(np.arange(50.0) % 7, np.arange(50) % 2 == 0))  # imports
    tracemalloc.start()
    assert fit_cloglog(x, sets) is not None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4e6


def test_a_table_gives_the_fit_of_its_rows():
    frame = monthly(3000).assign(entry=lambda rows: np.arange(3000) % 2 * 10)
    frame = frame[frame["duration_days"] > frame["entry"]]
    frame["cause"], frame["level"] = frame["event"].astype(int), frame["x"].map({True: "b"})
    frame["level"] = frame["level"].fillna("a")
    risk = compress(frame, ["level"], entry="entry")
    assert len(risk) < 100
    fit = cloglog_table(risk, covariates=["level"])
    rows = discrete_cloglog(frame, covariates=["x"], entry="entry")
    assert (fit.names, fit.n, fit.events) == (("level=b",), rows.n, rows.events)
    np.testing.assert_allclose(fit.coef, rows.coef, atol=1e-9)
    np.testing.assert_allclose(fit.covariance, rows.covariance, atol=1e-9)
    assert (fit.loglik, fit.p) == pytest.approx((rows.loglik, rows.p), abs=1e-8)


def test_a_table_without_events_is_refused():
    risk = compress(monthly(50).assign(cause=0), ["x"])
    fit = cloglog_table(risk, covariates=["x"])
    assert (fit.status, fit.note) == ("not_estimable", "no_events")


def test_a_ratio_that_runs_away_is_refused():
    frame = pd.DataFrame({"duration_days": np.repeat(range(1, 21), 3), "event": True})
    fit = discrete_cloglog(frame.assign(clock=-frame["duration_days"]), covariates=["clock"])
    assert (fit.status, fit.note) == ("not_estimable", "not_converged")


def test_a_far_outlier_neither_breaks_nor_stops_the_fit():
    frame = monthly(20_000).assign(z=lambda rows: np.where(rows.index == 7, 300, rows.index % 5))
    fit = discrete_cloglog(frame, covariates=["x", "z"])
    assert fit.term("x").coef == pytest.approx(np.log(2), abs=0.06)
    assert np.isfinite(fit.covariance).all()


piece = st.tuples(st.integers(1, 5), st.booleans(), st.sampled_from("ab"), st.sampled_from("pq"))
quiet = settings(max_examples=20, deadline=None, derandomize=True)


def listed(rows):
    frame = pd.DataFrame(rows, columns=["duration_days", "cause", "level", "half"])
    return frame.assign(cause=frame["cause"].astype(int), entry=0)


def fitted(frame, *, times=1):
    risk = compress(frame, ["level", "half"], entry="entry")
    risk["n"] *= times
    return cloglog_table(risk, covariates=["level"], strata=["half"], min_events=1)


def assert_same(a, b):
    assert (a.status, a.note, a.events) == (b.status, b.note, b.events)
    np.testing.assert_allclose(a.coef, b.coef, atol=1e-7)
    np.testing.assert_allclose(a.covariance, b.covariance, atol=1e-7)


@quiet
@given(st.lists(piece, min_size=8, max_size=50), st.integers(2, 4))
def test_weights_equal_repetition(rows, times):
    assert_same(fitted(listed(rows), times=times), fitted(listed(rows * times)))


@quiet
@given(st.lists(piece, min_size=8, max_size=50), st.integers(1, 4))
def test_splitting_an_interval_in_two_changes_nothing(rows, cut):
    frame = listed(rows)
    longer = frame["duration_days"] > cut
    first = frame[longer].assign(duration_days=cut, cause=0)
    pieces = pd.concat([frame[~longer], first, frame[longer].assign(entry=cut)])
    assert_same(fitted(frame), fitted(pieces))


@quiet
@given(st.lists(piece, min_size=8, max_size=50))
def test_relabelling_mirrors_the_contrast(rows):
    a = fitted(listed(rows))
    b = fitted(listed(rows).assign(level=lambda each: each["level"].map({"a": "b", "b": "a"})))
    assert a.status == b.status
    if a.names:
        np.testing.assert_allclose(a.coef, -b.coef, atol=1e-7)
        assert a.loglik == pytest.approx(b.loglik, abs=1e-8)
