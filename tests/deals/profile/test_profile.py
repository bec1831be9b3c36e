"""Profile factors: speed is no cause of failure, times are not mixed, rare levels pooled."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crm_analysis.deals.comparison.levels import POOLED, pooled_levels
from crm_analysis.deals.profile.effects import FAMILY, LEVEL_FAMILY, Limits, profile_estimates
from crm_analysis.deals.profile.factors import Factor, FactorTable
from crm_analysis.estimates import Estimate, adjust_families, is_finding
from crm_analysis.language import Text

LIMITS = Limits()


def deals(seed: int, *, n: int = 1500, speed: float = 1.0, loss: float = 1.0) -> pd.DataFrame:
    """Leads of six representatives; `R0` closes at `speed` times the pace and loses `loss` times.

    Followed for 90 days, opened over 12 months.
    """
    rng = np.random.default_rng(seed)
    rep = rng.choice([f"R{i}" for i in range(6)], n)
    own = rep == "R0"
    lost = rng.exponential(1 / np.where(own, 0.010 * speed * loss, 0.010))
    won = rng.exponential(1 / np.where(own, 0.010 * speed, 0.010))
    days = np.ceil(np.minimum(lost, won))
    ended = days <= 90
    return pd.DataFrame(
        {
            "lead_id": np.arange(n),
            "duration_days": np.minimum(days, 90).astype(int),
            "cause": np.where(ended, np.where(lost < won, 1, 2), 0),
            "opened_month": rng.integers(1, 13, n),
            "rep_id": rep,
            "x_size": rng.normal(size=n),
        }
    )


def estimates(frame: pd.DataFrame, *, time_known: bool = True) -> tuple[Estimate, ...]:
    table = FactorTable(
        frame=frame,
        factors=(
            Factor(name="rep_id", label=Text("rep", "代表"), kind="levels"),
            Factor(name="x_size", label=Text("size", "规模"), kind="number", time_known=time_known),
        ),
    )
    return profile_estimates(table, limits=LIMITS)


def one(rows, quantity: str, segment: str) -> Estimate:
    return next(row for row in rows if (row.quantity, row.segment) == (quantity, segment))


def test_who_loses_more_is_found_with_size_and_shrunk():
    rows = estimates(deals(1, loss=2.2))
    level = one(rows, "log_loss_to_win_ratio", "factor=rep_id;level=R0")
    assert is_finding(level, 0.05)
    assert level.family == LEVEL_FAMILY
    assert "shrunk" in level.note
    assert level.estimate == pytest.approx(np.log(2.2), abs=0.35)
    assert is_finding(one(rows, "ending_kind_chi2_per_df", "factor=rep_id"), 0.05)


def test_who_only_closes_faster_makes_nothing_fail():
    rows = estimates(deals(2, speed=3.0))
    assert not [row for row in rows if is_finding(row, 0.05)]
    speed = one(rows, "speed_log_rank_chi2_per_df", "cause=lost;factor=rep_id")
    assert speed.p is not None
    assert speed.p < 1e-6
    assert (speed.role, speed.family, speed.note) == ("diagnostic", None, "speed_only")
    loss = one(rows, "log_hazard_ratio_level", "cause=lost;factor=rep_id;level=R0")
    assert loss.estimate == pytest.approx(np.log(3), abs=0.3)


def test_levels_of_a_factor_that_does_not_stand_are_not_tested():
    rows = estimates(deals(3))
    levels = [row for row in rows if row.quantity == "log_loss_to_win_ratio"]
    assert len(levels) == 6
    assert {(row.role, row.p, row.family) for row in levels} == {("diagnostic", None, None)}
    assert all("levels_not_tested" in row.note for row in levels)


def test_a_time_trend_is_not_blamed_on_who_came_later():
    frame = deals(4, n=3000)
    late = frame["opened_month"] > 6
    rng = np.random.default_rng(4)
    closed = frame["cause"] > 0
    share_lost = np.where(late, 0.7, 0.3)
    frame.loc[closed, "cause"] = np.where(rng.random(closed.sum()) < share_lost[closed], 1, 2)
    frame["rep_id"] = np.where(late, "new", "old")
    assert not [row for row in estimates(frame) if is_finding(row, 0.05)]
    frame["opened_month"] = 1  # were times mixed, the new one would be blamed
    assert [row for row in estimates(frame) if is_finding(row, 0.05)]


def test_p_of_the_factor_is_uniform_under_the_null():
    p = [
        one(estimates(deals(seed, n=400)), "ending_kind_chi2_per_df", "factor=rep_id").p
        for seed in range(60)
    ]
    assert stats.kstest(p, "uniform").pvalue > 0.01


def test_a_fact_without_a_time_is_weak():
    row = one(
        estimates(deals(5), time_known=False), "log_loss_to_win_ratio_per_sd", "factor=x_size"
    )
    assert (row.status, row.note) == ("weak", "profile_time_unknown")


def test_too_few_losses_are_refused():
    frame = deals(6)
    frame.loc[frame["cause"] == 1, "cause"] = 2
    row = one(estimates(frame), "ending_kind_chi2_per_df", "factor=rep_id")
    assert (row.status, row.note, row.p) == ("not_estimable", "too_few_events", None)


def test_rare_levels_are_pooled_and_a_small_pool_left_out():
    frame = deals(7, n=600)
    frame.loc[:19, "rep_id"] = [f"tiny{i}" for i in range(20)]
    frame.loc[20:29, "rep_id"] = "no account"
    frame.loc[30:39, "rep_id"] = None
    pooled = pooled_levels(frame, "rep_id", min_cell=5)
    assert (pooled["level"] == POOLED).sum() == 20
    assert "no account" not in set(pooled["level"])
    assert len(pooled) == 580
    few = pooled_levels(frame.drop(index=range(3, 20)), "rep_id", min_cell=5)
    assert POOLED not in set(few["level"])


def test_one_level_against_one_other_keeps_its_interval():
    frame = deals(1, loss=2.2)
    frame["rep_id"] = np.where(frame["rep_id"] == "R0", "own", "all others")
    level = one(estimates(frame), "log_loss_to_win_ratio", "factor=rep_id;level=own")
    assert is_finding(level, 0.05)
    assert "shrunk" not in level.note
    assert level.ci_hi - level.ci_lo > 0.2


def test_levels_pay_for_the_choice_of_their_factor():
    rows = estimates(deals(1, loss=2.2))
    asked = [row for row in rows if row.family == FAMILY]
    assert [row.p_adj for row in asked] == [row.p_adj for row in adjust_families(asked)]
    stand = [row for row in asked if is_finding(row, 0.05)]
    levels = [row for row in rows if row.family == LEVEL_FAMILY]
    again = adjust_families(levels)
    assert (len(asked), len(stand), len(levels)) == (2, 1, 6)
    for row, plain in zip(levels, again, strict=True):
        assert row.p_adj == pytest.approx(min(1.0, plain.p_adj * 2))
