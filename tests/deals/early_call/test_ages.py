"""Open leads of any age: the ladder, and probabilities that hold at each age, planted and null."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_analysis.deals.early_call.ages import ladder, next_rung, rung_below, rungs_asked
from crm_analysis.deals.early_call.calibration import calibration
from crm_analysis.deals.early_call.call_estimates import Judging
from crm_analysis.deals.early_call.early_call import EarlyCall, early_call
from crm_analysis.deals.early_call.open_chances import open_chances, unscored
from crm_analysis.deals.early_call.rolling import Clock
from tests.deals.early_call.calls import HORIZON, LAST_DAY, at_age, lives

CLOCK = Clock(horizon_days=HORIZON, last_day=LAST_DAY)
CALL_DAYS = (14, 30)
AGES = (20, 28, 44)
SEEDS = range(8)
HOLDS = (0.85, 1.15)


@given(st.lists(st.integers(0, 2000)), st.sets(st.integers(1, 400), max_size=5))
def test_every_lead_stands_less_than_a_step_above_a_rung_that_was_asked(ages, call_days):
    rungs = rungs_asked(ages, call_days=call_days)
    assert rungs == tuple(sorted(set(rungs)))
    judged_by = [rung_below(rungs, age) for age in ages]
    assert set(judged_by) == set(rungs)
    for age, rung in zip(ages, judged_by, strict=True):
        assert rung <= age < next_rung(rung)
        assert age - rung <= 0.15 * rung
        assert not any(rung < day <= age for day in call_days)


def test_a_ladder_of_a_year_is_short():
    assert len(ladder(365, call_days=(7, 14, 30, 45))) < 45
    assert ladder(-1) == ()


def made(seed: int, *, effect: float = 0.9) -> EarlyCall:
    told = lives(seed=seed, effect=effect)
    rungs = rungs_asked(AGES, call_days=CALL_DAYS)
    return early_call(
        {day: at_age(told, day) for day in CALL_DAYS},
        CLOCK,
        Judging(capacity_per_month=20),
        between={age: at_age(told, age) for age in rungs if age not in CALL_DAYS},
    )


def standing_now(seed: int) -> pd.DataFrame:
    """Draw leads of the same law that stand open at these ages; what came of them is at hand."""
    told, parts = lives(9000, seed=1000 + seed), []
    for age in AGES:
        rows = told[told["closed_day"] > told["opened_day"] + age]
        ahead = rows["closed_day"] - rows["opened_day"] - age
        parts.append(
            pd.DataFrame(
                {
                    "lead_id": rows["lead_id"] + f"@{age}",
                    "age_days": age,
                    "n_signs": rows[f"signs_by_{age}"],
                    "level": rows["level"],
                    "lost": (rows["cause"] == 1) & (ahead <= HORIZON),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True)
class Came:
    """What was said of the open leads of all worlds, and what came."""

    rows: pd.DataFrame

    def slope(self, column: str, age: int) -> float:
        rows = self.rows[self.rows["age_days"] == age]
        found = calibration(
            rows[column].to_numpy(), rows["lost"].to_numpy(dtype=bool), np.ones(len(rows))
        )
        return found.slope.value


@pytest.fixture(scope="module")
def came() -> Iterator[Came]:
    parts = []
    for seed in SEEDS:
        early, rows = made(seed), standing_now(seed)
        chances = open_chances(early, rows.drop(columns="lost"))
        assert len(chances) == len(rows)
        fortnight = early.calls[0].model
        rows["by_day_14"] = fortnight.of(rows)
        parts.append(rows.merge(chances, on="lead_id"))
    return Came(rows=pd.concat(parts, ignore_index=True))


@pytest.mark.parametrize("age", AGES)
def test_probabilities_hold_at_each_age(came, age):
    """Pooled over the worlds, some 30,000 open leads an age: the slope's error is about .03."""
    assert HOLDS[0] <= came.slope("loss_probability", age) <= HOLDS[1]


@pytest.mark.parametrize("age", AGES[1:])
def test_the_call_day_of_a_fortnight_before_is_far_too_sure(came, age):
    """Signs gather with age; so the test above can fail."""
    assert came.slope("by_day_14", age) < HOLDS[0]


@pytest.mark.parametrize("age", AGES)
def test_as_many_are_lost_as_are_said(came, age):
    rows = came.rows[came.rows["age_days"] == age]
    assert rows["loss_probability"].mean() == pytest.approx(rows["lost"].mean(), abs=0.03)


def test_where_signs_say_nothing_no_age_claims_skill_and_nobody_has_a_probability():
    """Two families at 5 % in 12 worlds: more than three with a claim come once in 40 times."""
    found = [made(seed, effect=0.0) for seed in range(12)]
    silent = [early for early in found if not any(call.model for call in early.rungs)]
    assert len(silent) >= 12 - 3
    rows = standing_now(0).drop(columns="lost")
    assert open_chances(silent[0], rows).empty
    assert set(unscored(silent[0], rows)["reason"]) == {"no_skill"}
