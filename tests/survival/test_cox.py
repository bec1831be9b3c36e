"""cox_efron on frames: options where they bite, and every named refusal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.survival.cox import cox_efron


def leads(n=600, *, effect=0.5, seed=3):
    """Exponential losses with log hazard ratio `effect` per unit of x; noise has none."""
    rng = np.random.default_rng(seed)
    x, noise = rng.normal(size=n), rng.normal(size=n)
    days = rng.exponential(30 * np.exp(-effect * x))
    gone = rng.uniform(20, 90, n)
    return pd.DataFrame(
        {
            "duration_days": np.floor(np.minimum(days, gone)).astype(int),
            "event": days <= gone,
            "x": x,
            "noise": noise,
            "rep": rng.integers(0, 30, n),
            "quarter": rng.integers(0, 4, n),
        }
    )


def test_recovers_the_planted_ratio():
    fit = cox_efron(leads(4000), covariates=["x", "noise"])
    assert fit.term("x").coef == pytest.approx(0.5, abs=0.06)
    assert fit.term("x").ci_lo < 0.5 < fit.term("x").ci_hi
    assert fit.term("noise").p > 0.01
    assert (fit.status, fit.method, fit.note) == ("ok", "cox_efron", "")


def test_day_0_enters_as_half_a_day():
    frame = leads()
    assert (frame["duration_days"] == 0).any()
    half = frame.assign(duration_days=frame["duration_days"].replace(0, 0.5))
    np.testing.assert_array_equal(
        cox_efron(frame, covariates=["x"]).coef, cox_efron(half, covariates=["x"]).coef
    )


def test_the_frame_is_not_changed():
    frame = leads(100)
    before = frame.copy()
    cox_efron(frame, covariates=["x"], cluster="rep", strata=["quarter"])
    pd.testing.assert_frame_equal(frame, before)


def test_units_scale_the_coefficient():
    frame = leads()
    hundredfold = cox_efron(frame.assign(x=frame["x"] * 100 + 7), covariates=["x"])
    plain = cox_efron(frame, covariates=["x"])
    assert hundredfold.coef[0] * 100 == pytest.approx(plain.coef[0], abs=1e-9)
    assert hundredfold.term("x").p == pytest.approx(plain.term("x").p, rel=1e-8)


def test_strata_change_the_fit_and_equal_phreg():
    from statsmodels.duration.hazard_regression import PHReg

    frame = leads()
    frame["duration_days"] += frame["quarter"] * 40 + 1
    fit = cox_efron(frame, covariates=["x"], strata=["quarter"])
    witness = PHReg(
        frame["duration_days"],
        frame[["x"]],
        status=frame["event"].astype(float),
        strata=frame["quarter"],
        ties="efron",
    ).fit()
    assert fit.coef == pytest.approx(witness.params, abs=1e-8)
    assert fit.coef[0] != pytest.approx(cox_efron(frame, covariates=["x"]).coef[0], abs=1e-3)


def test_late_entry_changes_the_fit():
    frame = leads().assign(entry=14)
    late = cox_efron(frame[frame["duration_days"] > 14], covariates=["x"], entry="entry")
    assert late.n < 600
    assert late.coef[0] != cox_efron(frame, covariates=["x"]).coef[0]


def test_an_end_before_the_entry_is_refused():
    frame = leads().assign(entry=14)
    with pytest.raises(ValueError, match="must lie after entry"):
        cox_efron(frame, covariates=["x"], entry="entry")


def test_clusters_of_copies_undo_the_copies():
    """Four copies of each lead halve the model's errors; clustering by lead does not."""
    frame = leads().assign(lead=range(600))
    copies = pd.concat([frame] * 4)
    single = cox_efron(frame, covariates=["x"], cluster="lead")
    naive = cox_efron(copies, covariates=["x"])
    robust = cox_efron(copies, covariates=["x"], cluster="lead")
    assert robust.se[0] == pytest.approx(single.se[0], rel=0.02)
    assert naive.se[0] == pytest.approx(single.se[0] / 2, rel=0.1)


def test_repeats_count_rows_ties_included():
    frame = leads(80).assign(times=np.arange(80) % 3 + 1)
    long = frame.loc[np.repeat(frame.index, frame["times"])]
    short_fit = cox_efron(frame, covariates=["x"], repeats="times", cluster="rep")
    long_fit = cox_efron(long, covariates=["x"], cluster="rep")
    np.testing.assert_allclose(short_fit.coef, long_fit.coef, atol=1e-3)
    assert (short_fit.n, short_fit.events) == (long_fit.n, long_fit.events)


def test_compressed_equals_uncompressed():
    frame = leads().assign(fast=lambda rows: rows["x"] > 0, far=lambda rows: rows["noise"] > 1)
    keys = ["duration_days", "event", "fast", "far"]
    short = frame.groupby(keys, as_index=False).size()
    assert len(short) < len(frame)
    a = cox_efron(frame, covariates=["fast", "far"])
    b = cox_efron(short.assign(lone=1), covariates=["fast", "far"], repeats="size")
    # the pattern frame has another mean and spread, which must not matter
    np.testing.assert_allclose(a.coef, b.coef, atol=1e-8)
    np.testing.assert_allclose(a.se, b.se, atol=1e-8)
    assert a.loglik == pytest.approx(b.loglik, abs=1e-8)


def test_rows_without_a_value_are_left_out_and_counted():
    frame = leads()
    frame.loc[:9, "x"] = np.nan
    frame.loc[10, "x"] = np.inf
    fit = cox_efron(frame, covariates=["x"])
    assert (fit.n, fit.n_missing) == (589, 11)


@pytest.mark.parametrize(
    ("column", "note"),
    [
        (lambda rows: 1.0, "no_spread"),
        (lambda rows: np.nan, "all_missing"),
        (lambda rows: 3 - 2 * rows["x"], "duplicate_column: x"),
        (lambda rows: rows["x"] + rows["noise"], "collinear"),
        (lambda rows: ~rows["event"] & (rows["noise"] > 0), "separated"),
    ],
    ids=["constant", "missing", "duplicate", "collinear", "level without events"],
)
def test_a_column_that_cannot_carry_a_coefficient_is_refused_by_name(column, note):
    frame = leads()
    frame["bad"] = column(frame)
    fit = cox_efron(frame, covariates=["x", "noise", "bad"])
    term = fit.term("bad")
    assert (term.status, term.note, term.coef, term.p) == ("not_estimable", note, None, None)
    rest = cox_efron(frame, covariates=["x", "noise"])
    np.testing.assert_array_equal(fit.coef, rest.coef)
    assert fit.names == ("x", "noise")


def test_a_continuous_column_that_separates_runs_away_and_is_refused():
    frame = pd.DataFrame({"duration_days": range(1, 41), "event": True})
    frame["clock"] = -frame["duration_days"]
    frame["other"] = np.sin(np.arange(40))
    fit = cox_efron(frame, covariates=["clock", "other"])
    assert fit.term("clock").note == "separated"
    assert fit.term("other").status == "ok"


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        (lambda frame: frame.iloc[:0], "no_rows"),
        (lambda frame: frame.iloc[:1].assign(event=True), "no_spread"),
        (lambda frame: frame.assign(event=False), "no_events"),
        (lambda frame: frame[frame["event"]].iloc[:4], "too_few_events"),
        (lambda frame: frame.assign(x=np.nan), "no_rows"),
    ],
    ids=["empty", "single", "no events", "four events", "all missing"],
)
def test_degenerate_frames_are_refused_not_raised(rows, note):
    fit = cox_efron(rows(leads()), covariates=["x"], strata=["quarter"], cluster="rep")
    assert fit.status == "not_estimable"
    if note != "no_rows":
        assert fit.note == note
    assert fit.term("x").coef is None
    assert fit.coef.size == fit.se.size == 0


def test_a_column_constant_within_strata_is_refused():
    frame = leads().assign(early=lambda rows: rows["quarter"] < 2)
    fit = cox_efron(frame, covariates=["x", "early"], strata=["quarter"])
    assert fit.term("early").note == "no_spread"
    np.testing.assert_allclose(
        fit.coef, cox_efron(frame, covariates=["x"], strata=["quarter"]).coef, atol=1e-8
    )


def test_columns_that_differ_only_by_stratum_are_collinear():
    frame = leads().assign(shifted=lambda rows: rows["x"] + rows["quarter"])
    fit = cox_efron(frame, covariates=["x", "shifted"], strata=["quarter"])
    assert fit.term("shifted").note == "collinear"
    assert fit.term("x").status == "ok"


def test_a_column_that_varies_only_before_the_first_event_is_refused():
    frame = leads().assign(early=lambda rows: rows["duration_days"] < 3)
    fit = cox_efron(frame[~(frame["early"] & frame["event"])], covariates=["x", "early"])
    assert fit.term("early").note in ("separated", "no_spread")
    assert fit.term("x").status == "ok"


def test_the_ridge_counts_repeats_as_rows():
    frame = leads(2000)
    few = pd.concat([frame[frame["event"]].iloc[:8], frame[~frame["event"]].iloc[:40]])
    few = few.assign(x=few["x"].round(), times=1)
    short = few.groupby(["duration_days", "event", "x"], as_index=False)["times"].sum()
    assert len(short) < len(few)
    a, b = cox_efron(few, covariates=["x"]), cox_efron(short, covariates=["x"], repeats="times")
    assert (a.status, b.status) == ("weak", "weak")
    np.testing.assert_allclose(a.coef, b.coef, atol=1e-8)


def test_all_ended_is_no_reason_to_refuse():
    fit = cox_efron(leads().assign(event=True), covariates=["x"])
    assert fit.status == "ok"


def test_few_events_are_weak_and_drawn_in_by_a_ridge():
    frame = leads(2000)
    events = frame[frame["event"]].iloc[:8]
    few = pd.concat([events, frame[~frame["event"]].iloc[:40]])
    weak = cox_efron(few, covariates=["x"])
    free = cox_efron(few, covariates=["x"], min_events=5)
    assert (weak.status, weak.method, weak.note) == ("weak", "cox_efron_ridge", "ridge")
    assert (free.status, free.method) == ("ok", "cox_efron")
    assert abs(weak.coef[0]) < abs(free.coef[0])
    assert weak.p is None
    assert weak.term("x").status == "weak"


def test_text_columns_are_refused_with_advice():
    with pytest.raises(ValueError, match="column per level"):
        cox_efron(leads(20).assign(x="phone"), covariates=["x"])
    with pytest.raises(ValueError, match="allowed are"):
        cox_efron(leads(20), covariates=["y"])


def test_alpha_widens_the_interval():
    wide, narrow = (cox_efron(leads(), covariates=["x"], alpha=a).term("x") for a in (0.01, 0.2))
    assert wide.ci_lo < narrow.ci_lo < narrow.ci_hi < wide.ci_hi


def test_the_frame_of_terms_has_one_row_each():
    frame = cox_efron(leads().assign(bad=1), covariates=["x", "bad"]).frame()
    assert frame["name"].tolist() == ["x", "bad"]
    assert frame["note"].tolist() == ["", "no_spread"]


def test_a_far_outlier_neither_breaks_nor_stops_the_fit():
    frame = leads(5000).assign(noise=lambda rows: np.where(rows.index == 7, 1e6, rows["noise"]))
    fit = cox_efron(frame, covariates=["x", "noise"], cluster="rep")
    assert fit.term("x").coef == pytest.approx(0.5, abs=0.06)
    assert np.isfinite(fit.se).all()


def test_equals_phreg_on_twenty_continuous_columns():
    from statsmodels.duration.hazard_regression import PHReg

    rng = np.random.default_rng(12)
    x = rng.normal(size=(3000, 20))
    days = np.ceil(rng.exponential(100 * np.exp(-x @ np.linspace(-0.3, 0.3, 20))))
    names = [f"x{i}" for i in range(20)]
    frame = pd.DataFrame(x, columns=names).assign(
        duration_days=np.minimum(days, 150), event=days <= 150
    )
    fit = cox_efron(frame, covariates=names)
    witness = PHReg(
        frame["duration_days"], x, status=frame["event"].astype(float), ties="efron"
    ).fit()
    np.testing.assert_allclose(fit.coef, witness.params, atol=1e-8)
    np.testing.assert_allclose(fit.covariance, witness.cov_params(), atol=1e-8)


def test_screening_and_fit_hold_one_copy_of_the_covariates():
    """20,000 rows of 20 columns take 3.2 MB; with blocks and vectors the fit takes thrice that."""
    import tracemalloc

    rng = np.random.default_rng(13)
    x = pd.DataFrame(rng.normal(size=(20_000, 20)), columns=[f"x{i}" for i in range(20)])
    frame = x.assign(duration_days=rng.integers(1, 400, 20_000), event=rng.random(20_000) < 0.5)
    cox_efron(frame.iloc[:1000], covariates=list(x))  # imports
    tracemalloc.start()
    cox_efron(frame, covariates=list(x))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * x.to_numpy().nbytes


def test_a_single_cluster_left_by_missing_values_gives_the_models_own_errors():
    """Its summed score is 0 at the maximum: the sandwich would be certain of everything."""
    frame = leads().assign(house=["a"] * 20 + ["b"] * 580)
    frame.loc[:19, "x"] = np.nan
    clustered = cox_efron(frame, covariates=["x"], cluster="house")
    np.testing.assert_array_equal(clustered.se, cox_efron(frame, covariates=["x"]).se)


def test_rows_that_stand_for_nobody_are_not_there():
    frame = leads().assign(n=1)
    nobody = frame.iloc[:5].assign(n=0, x=99.0, event=True)
    with_them = cox_efron(pd.concat([frame, nobody]), covariates=["x"], repeats="n")
    without = cox_efron(frame, covariates=["x"])
    assert (with_them.n, with_them.events) == (without.n, without.events)
    np.testing.assert_allclose([*with_them.coef, *with_them.se], [*without.coef, *without.se])
    only = frame.assign(lone=0.0)
    fit = cox_efron(
        pd.concat([only, nobody.assign(lone=1.0)]), covariates=["x", "lone"], repeats="n"
    )
    assert fit.term("lone").note == "no_spread"


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_sizes_beyond_numbers_are_refused_not_raised(size):
    with np.errstate(all="ignore"):
        fit = cox_efron(leads().assign(bad=lambda rows: size * rows["noise"]), covariates=["bad"])
    assert (fit.status, fit.coef.size) == ("not_estimable", 0)
