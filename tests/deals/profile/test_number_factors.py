"""Factors that are numbers: a line is found by its slope, a bend only where there is one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.deals.profile.effects import Limits, profile_estimates
from crm_analysis.deals.profile.factors import Factor, FactorTable
from crm_analysis.language import Text

AGE = Factor(name="age", label=Text("age", "年龄"), kind="number", curved=True)


def estimates(seed: int, *, line: float = 0.0, bend: float = 0.0, n: int = 2000):
    """Followed for 90 days; the log of the loss hazard has a line and a square in the age."""
    rng = np.random.default_rng(seed)
    age = rng.normal(size=n)
    lost = rng.exponential(1 / (0.010 * np.exp(line * age + bend * (age**2 - 1))))
    won = rng.exponential(1 / 0.010, n)
    days = np.ceil(np.minimum(lost, won))
    frame = pd.DataFrame(
        {
            "lead_id": np.arange(n),
            "duration_days": np.minimum(days, 90).astype(int),
            "cause": np.where(days <= 90, np.where(lost < won, 1, 2), 0),
            "opened_month": rng.integers(1, 13, n),
            "age": age,
        }
    )
    rows = profile_estimates(FactorTable(frame=frame, factors=(AGE,)), limits=Limits())
    return {row.quantity: row for row in rows}


def test_a_planted_line_is_found_with_its_slope_and_without_a_bend():
    rows = [estimates(seed, line=0.3) for seed in range(1, 6)]
    lines = [one["log_loss_to_win_ratio_per_sd"] for one in rows]
    assert np.mean([row.estimate for row in lines]) == pytest.approx(0.3, abs=0.06)
    assert all(row.p < 0.001 for row in lines)
    assert sum(one["ending_kind_bend_chi2_per_df"].p < 0.05 for one in rows) <= 1


def test_a_planted_bend_is_found():
    for seed in range(1, 4):
        assert estimates(seed, bend=0.3)["ending_kind_bend_chi2_per_df"].p < 0.001
