"""S10 holds what it claims: lives, assessments, levels by kind of track, and who was lost."""

from __future__ import annotations

import pandas as pd
import pytest

from crm_analysis.world import scenario
from crm_analysis.world.scenarios.s10 import P_LOST, P_LOST_RISE, TRACKS, mean_share, tracks
from crm_analysis.world.streams import streams
from tests.world.measure import days

SEEDS = range(1, 5)


def leads_of(seed: int, *, planted: bool) -> pd.DataFrame:
    """The leads with their hidden kind of track and length."""
    leads = scenario("S10", seed=seed, planted=planted).tables["leads"]
    return leads.assign(
        track=tracks(streams(seed)), life=days(leads["closed_at"], leads["opened_at"])
    )


@pytest.mark.parametrize("planted", [True, False])
def test_three_tracks_end_in_losses_only_where_planted(planted):
    leads = pd.concat([leads_of(seed, planted=planted) for seed in SEEDS])
    assert leads["track"].value_counts().to_dict() == dict.fromkeys(TRACKS, 150 * len(SEEDS))
    shares = leads.groupby("track")["status"].apply(lambda status: (status == "lost").mean())
    for kind in TRACKS:
        truth = (P_LOST_RISE if kind == "rise" else P_LOST) if planted else mean_share()
        assert shares[kind] == pytest.approx(truth, abs=0.05)
    assert leads["life"].between(45, 75).all()


def test_assessments_lie_within_the_life_and_go_as_their_track():
    leads = leads_of(1, planted=True)
    told = scenario("S10", seed=1).tables["assessments"].merge(leads, on="lead_id")
    assert told.groupby("lead_id").size().min() >= 8
    assert ((told["at"] >= told["opened_at"]) & (told["at"] < told["closed_at"])).all()
    assert ((told["value_num"] * 10).round(6) % 1 == 0).all()
    elapsed = days(told["at"], told["opened_at"]) / told["life"]
    for kind, early, late in (
        ("rise", 0.25, 0.80),
        ("plateau_fall", 0.65, 0.10),
        ("sudden_drop", 0.70, 0.10),
    ):
        mine = told["track"] == kind
        assert told[mine & (elapsed < 0.03)]["value_num"].mean() == pytest.approx(early, abs=0.05)
        assert told[mine & (elapsed > 0.97)]["value_num"].mean() == pytest.approx(late, abs=0.05)
    swings = told[told["track"] == "oscillation"].groupby("lead_id")["value_num"]
    assert (swings.max() - swings.min()).mean() > 0.5
