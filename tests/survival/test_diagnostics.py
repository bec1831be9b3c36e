"""Proportionality, form and E-values, each where it bites and where it has nothing to say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter

from crm_analysis.survival.diagnostics import (
    e_value,
    e_value_of_bound,
    largest_influence,
    linearity,
    proportional_hazards,
    risk_ratio_of_hazard_ratio,
    spline_columns,
)


def leads(log_ratio, n=3000, seed=2):
    """Losses with log hazard ratio `log_ratio(x)`."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    days = rng.exponential(60 * np.exp(-log_ratio(x)))
    return pd.DataFrame(
        {"duration_days": np.ceil(np.minimum(days, 120)), "event": days <= 120, "x": x}
    )


def fading(n=4000, seed=2):
    """A ratio of 3 before day 20, of 1 after it."""
    rng = np.random.default_rng(seed)
    x = rng.random(n) < 0.5
    early = rng.exponential(60 / np.where(x, 3.0, 1.0))
    days = np.where(early <= 20, early, 20 + rng.exponential(60, n))
    return pd.DataFrame({"duration_days": np.ceil(days), "event": True, "x": x})


def test_a_constant_ratio_passes_and_a_fading_one_does_not():
    steady = proportional_hazards(leads(lambda x: 0.4 * x), covariates=["x"])[0]
    assert steady.p > 0.01
    assert proportional_hazards(fading(), covariates=["x"])[0].p < 1e-6


def test_strata_and_entry_reach_the_test():
    frame = fading().assign(entry=20)
    late = frame[frame["duration_days"] > 20]
    assert proportional_hazards(late, covariates=["x"], entry="entry")[0].p > 0.01
    halves = frame.assign(half=np.arange(len(frame)) % 2)
    by_half = proportional_hazards(halves, covariates=["x"], strata=["half"])[0]
    assert by_half.statistic != proportional_hazards(halves, covariates=["x"])[0].statistic


def test_no_test_where_there_is_no_fit():
    frame = leads(lambda x: x, n=50)
    assert proportional_hazards(frame.assign(event=False), covariates=["x"]) == ()
    assert proportional_hazards(frame.assign(x=1), covariates=["x"]) == ()


def test_one_event_day_says_nothing_against_proportionality():
    frame = leads(lambda x: x, n=200).assign(duration_days=5)
    assert proportional_hazards(frame, covariates=["x"])[0].statistic == 0


def test_a_straight_line_passes_and_a_bend_does_not():
    assert linearity(leads(lambda x: 0.4 * x), covariate="x") > 0.01
    assert linearity(leads(lambda x: 0.4 * x**2), covariate="x") < 1e-6


def test_no_form_test_with_few_values_or_events():
    frame = leads(lambda x: x, n=200)
    assert linearity(frame.assign(x=frame["x"] > 0), covariate="x") is None
    assert linearity(frame.assign(event=False), covariate="x") is None
    assert linearity(frame.assign(x=np.nan), covariate="x") is None


def test_the_spline_is_straight_outside_its_knots():
    x = pd.Series(np.linspace(-3, 3, 601), name="x")
    for column in spline_columns(x).values():
        assert np.abs(np.diff(column[:25], 2)).max() < 1e-12
        assert np.abs(np.diff(column[-25:], 2)).max() < 1e-12
        assert np.abs(np.diff(column[200:400], 2)).max() > 1e-6


def test_e_value_is_symmetric_and_1_at_no_effect():
    assert e_value(0.5) == e_value(2.0) == pytest.approx(2 + np.sqrt(2))
    assert e_value_of_bound(0.4, 0.8) == e_value(0.8)
    with pytest.raises(ValueError, match="more than 0"):
        e_value(0)


def test_common_endings_shrink_the_ratio():
    assert risk_ratio_of_hazard_ratio(1.0) == 1
    assert risk_ratio_of_hazard_ratio(2.0) * risk_ratio_of_hazard_ratio(0.5) == pytest.approx(1)


def test_covariates_that_the_risk_sets_cannot_tell_apart_are_not_tested():
    frame = leads(lambda x: 0.4 * x).assign(half=lambda rows: rows.index % 2)
    frame["same"] = frame["half"].astype(float)
    assert proportional_hazards(frame, covariates=["x", "same"], strata=["half"]) == ()
    assert len(proportional_hazards(frame, covariates=["x", "same"])) == 2


def test_the_largest_influence_is_that_of_the_sum_and_near_that_of_leaving_out():
    rng = np.random.default_rng(5)
    x = rng.normal(size=80)
    days = rng.exponential(60 * np.exp(-0.5 * x))
    frame = pd.DataFrame({"duration_days": np.minimum(days, 90), "event": days <= 90, "x": x})
    found = largest_influence(frame, covariate="x")
    fit = CoxPHFitter().fit(frame, "duration_days", "event")
    beta, se = fit.params_["x"], fit.standard_errors_["x"]
    assert found == pytest.approx(max(map(abs, by_the_sum(frame, beta))) * se, rel=1e-5)
    without = [CoxPHFitter().fit(frame.drop(i), "duration_days", "event") for i in frame.index]
    left_out = max(abs(one.params_["x"] - beta) for one in without)
    assert found == pytest.approx(left_out / se, rel=0.15)


def by_the_sum(frame: pd.DataFrame, beta: float) -> list[float]:
    """Each row's part of the score, event by event (Therneau and Grambsch, section 4.6)."""
    x, days, event = (frame[name].to_numpy() for name in ("x", "duration_days", "event"))
    weight, parts = np.exp(beta * x), np.zeros(len(x))
    for place in np.flatnonzero(event):
        at_risk = days >= days[place]
        mean = (weight * x)[at_risk].sum() / weight[at_risk].sum()
        parts -= np.where(at_risk, weight * (x - mean) / weight[at_risk].sum(), 0.0)
        parts[place] += x[place] - mean
    return [float(part) for part in parts]


def test_no_variation_has_no_influence():
    frame = pd.DataFrame({"duration_days": [1.0, 2, 3], "event": True, "x": 1.0})
    assert largest_influence(frame, covariate="x") is None
