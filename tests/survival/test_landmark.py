"""Landmark frames and their stack."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.survival.cox import cox_efron
from crm_analysis.survival.landmark import landmark_frame, stack_landmarks

SPELLS = pd.DataFrame(
    {
        "lead_id": ["d", "a", "b", "c"],
        "duration_days": [40, 7, 8, 21],
        "cause": [1, 1, 1, 2],
        "entry_days": 0,
    }
)
FEATURES = pd.DataFrame({"lead_id": ["a", "b", "d"], "n_contacts": [9, 1, 0], "cause": [8, 8, 8]})


def made(**how):
    return landmark_frame(SPELLS, FEATURES, landmark_days=7, **how)


def test_only_who_is_open_after_the_landmark_in_order():
    frame = made(cause=1)
    assert frame["lead_id"].tolist() == ["b", "c", "d"]
    assert set(frame["entry_days"]) == set(frame["landmark_days"]) == {7}


def test_the_other_ending_is_censored():
    assert made(cause=1)["event"].tolist() == [True, False, True]
    assert made(cause=2)["event"].tolist() == [False, True, False]


def test_a_lead_without_features_keeps_its_row_with_missing_values():
    frame = made(cause=1).set_index("lead_id")["n_contacts"]
    assert frame["b"] == 1
    assert np.isnan(frame["c"])


def test_features_never_replace_columns_of_the_spells():
    assert made(cause=1)["cause"].tolist() == [1, 2, 1]


def test_the_horizon_censors_after_its_last_day():
    frame = made(cause=1, horizon_days=33)
    assert frame["duration_days"].tolist() == [8, 21, 40]
    assert frame["event"].tolist() == [True, False, True]
    shorter = made(cause=1, horizon_days=32)
    assert shorter["duration_days"].tolist() == [8, 21, 39]
    assert shorter["event"].tolist() == [True, False, False]


def test_doubled_features_are_refused():
    with pytest.raises(ValueError, match="one row per lead_id"):
        landmark_frame(SPELLS, pd.concat([FEATURES] * 2), cause=1, landmark_days=7)


def test_a_stack_holds_a_lead_once_per_landmark_it_reached():
    frames = {
        days: landmark_frame(SPELLS, FEATURES, cause=1, landmark_days=days) for days in (7, 3)
    }
    stack = stack_landmarks(frames)
    assert stack["landmark_days"].tolist() == [3] * 4 + [7] * 3
    with pytest.raises(ValueError, match="at least one"):
        stack_landmarks({})


def test_the_supermodel_recovers_a_common_ratio_with_honest_errors():
    rng = np.random.default_rng(9)
    n = 3000
    x = rng.normal(size=n)
    days = np.ceil(rng.exponential(60 * np.exp(-0.4 * x))).astype(int)
    spells = pd.DataFrame({"lead_id": np.arange(n), "duration_days": days, "cause": 1})
    features = pd.DataFrame({"lead_id": np.arange(n), "x": x})
    stack = stack_landmarks(
        {
            at: landmark_frame(spells, features, cause=1, landmark_days=at, horizon_days=60)
            for at in (3, 7, 14)
        }
    )
    how = {"covariates": ["x"], "entry": "entry_days", "strata": ["landmark_days"]}
    robust = cox_efron(stack, **how, cluster="lead_id").term("x")
    naive = cox_efron(stack, **how).term("x")
    assert robust.coef == pytest.approx(0.4, abs=0.06)
    assert robust.se > 1.4 * naive.se
