"""The cloglog model of coarse time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.survival.discrete import discrete_cloglog, is_coarse


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
    more = discrete_cloglog(pd.concat([frame, quiet]), covariates=["x"])
    # the added lead was at risk on day 10 only, so the numbers move a little, never break
    assert more.coef[0] == pytest.approx(fit.coef[0], abs=0.02)
    assert np.isfinite(discrete_cloglog(pd.concat([frame, last]), covariates=["x"]).coef[0])


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
