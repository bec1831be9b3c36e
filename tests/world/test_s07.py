"""S07 holds what it claims: late notes turn into "price", the others err a little."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.world import scenario
from crm_analysis.world.scenarios.s07 import P_CALLBACK, P_LATE, SHARES, observed

SEEDS = range(1, 5)


def notes(seed: int, *, planted: bool) -> pd.DataFrame:
    """The seller's notes with their delay and the callback's code, where there was one."""
    reasons = scenario("S07", seed=seed, planted=planted).tables["reasons"]
    rep = reasons[reasons["source"] == "rep_opinion"].set_index("lead_id")
    call = reasons[reasons["source"] == "callback"].set_index("lead_id")["code_a"]
    late = (rep["recorded_at"] - rep["event_at"]).dt.days > 180
    return rep.assign(late=late, heard=call.reindex(rep.index))


@pytest.mark.parametrize("planted", [True, False])
def test_shares_of_late_notes_and_callbacks(planted):
    frame = pd.concat([notes(seed, planted=planted) for seed in SEEDS])
    assert frame["late"].mean() == pytest.approx(P_LATE, abs=0.03)
    assert frame["heard"].notna().mean() == pytest.approx(P_CALLBACK, abs=0.03)
    assert not frame["late"].eq(False).where(frame["recorded_at"] > "2026-10-01", False).any()
    for code, share in SHARES.items():
        heard = (frame["heard"].dropna() == code).mean()
        assert heard == pytest.approx(observed(share), abs=0.035)


def test_late_notes_turn_into_price_only_where_planted():
    frame = pd.concat([notes(seed, planted=True) for seed in SEEDS])
    null = pd.concat([notes(seed, planted=False) for seed in SEEDS])
    price = frame.groupby("late")["code_a"].apply(lambda codes: (codes == "price").mean())
    assert price[True] == pytest.approx(0.20 + 0.60 * 0.80, abs=0.03)
    assert price[False] == pytest.approx(0.20 * 0.80 + 0.80 * 0.04, abs=0.03)
    agree = (
        null[null["heard"].notna()]
        .groupby("late")[["code_a", "heard"]]
        .apply(lambda rows: (rows["code_a"] == rows["heard"]).mean())
    )
    assert agree[True] == pytest.approx(agree[False], abs=0.06)


def test_late_notes_are_typed_on_one_day():
    frame = notes(1, planted=True)
    assert frame[frame["late"]]["recorded_at"].dt.normalize().nunique() == 1
    assert np.ptp(frame[~frame["late"]]["recorded_at"].dt.normalize()).days > 300
