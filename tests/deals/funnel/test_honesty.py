"""What representatives say against what comes: planted optimism and slope."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.deals.funnel.honesty import optimism_estimates
from crm_analysis.deals.funnel.logistic import expit


def told(seed: int, *, slope: float, shift: float = 0.0, n: int = 3000) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    said = rng.beta(3, 2, n).round(1).clip(0.1, 0.9)
    won = rng.random(n) < expit(shift + slope * np.log(said / (1 - said)))
    return pd.DataFrame(
        {"rep_share": said, "rep_thousandths": 1000 * said, "won": won.astype(float), "rep_id": "R"}
    )


def rows(frame: pd.DataFrame):
    return {(row.quantity, row.segment): row for row in optimism_estimates(frame)}


@pytest.mark.parametrize("slope", [0.5, 1.0])
def test_the_planted_slope_is_found(slope):
    found = [rows(told(seed, slope=slope))["calibration_slope", ""] for seed in range(1, 6)]
    assert np.mean([row.estimate for row in found]) == pytest.approx(slope, abs=0.05)
    assert sum(row.ci_lo <= slope <= row.ci_hi for row in found) >= 4


def test_optimism_is_what_was_said_less_what_came():
    frame = told(1, slope=1.0, shift=-1.0)
    row = rows(frame)["optimism", ""]
    assert row.estimate == pytest.approx(frame["rep_share"].mean() - frame["won"].mean())
    assert row.ci_lo > 0
