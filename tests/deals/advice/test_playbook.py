"""The playbook: what was done on a pattern and what followed, by hand, planted and null."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest

from crm_analysis.deals.advice.drawn_interaction import interaction_rows
from crm_analysis.deals.advice.drawn_patterns import drawn_estimates, last_patterns
from crm_analysis.deals.advice.first_shown import first_shown, shown_states
from crm_analysis.deals.advice.playbook import Limits, cell_estimates
from crm_analysis.deals.advice.worked import with_strategy, worked
from crm_analysis.estimates import Estimate, adjust_families, is_finding, segment
from crm_analysis.proportions import sample_size
from crm_analysis.source.frames import collect
from tests.deals.advice.tables import AS_OF, lead, tables

BACK = "pattern_return_share_difference"
LIMITS = Limits(horizon_days=90, margin_rate=0.3, alpha=0.05, min_events=10)
COST = {"call": 8.0, "meet": 60.0, "other": 5.0}


def contact(number: str, lead_id: str, at: str, **given: object) -> dict[str, object]:
    return {
        "interaction_id": number,
        "customer_id": f"C{lead_id[1:]}",
        "lead_id": lead_id,
        "at": at,
        "direction": "out",
        "channel": "call",
        "cost": None,
        "asked_at": None,
        "answered_at": None,
        "issue_left": None,
        "issue_closed_at": None,
        "known_at": at,
        **given,
    }


@pytest.fixture
def week():
    """Five deals that show a sign on day 7 (8 January); the week is 9 to 15 January."""
    leads = [
        lead(f"L{n}", f"C{n}", "2026-01-01 09:00", amount=100.0, status="lost", closed_at=closed)
        for n, closed in enumerate(
            ["2026-02-01 09:00"] * 4 + ["2026-01-15 09:00", "2026-06-01 09:00"], start=1
        )
    ]
    contacts = [
        contact("A1", "L1", "2026-01-09 00:00"),
        contact("A2", "L1", "2026-01-15 23:00", channel="meet", cost=50.0),
        contact("A3", "L2", "2026-01-08 23:00"),  # before the week
        contact("A4", "L2", "2026-01-12 09:00", direction="in"),
        contact(
            "A5",
            "L3",
            "2026-01-05 09:00",
            direction="in",
            asked_at="2026-01-05 09:00",
            answered_at="2026-01-10 09:00",
        ),
        contact("A6", "L6", "2026-01-16 00:00"),  # after the week
        contact("A7", "L2", "2026-01-10 09:00", known_at="2026-01-16 00:00"),  # typed in too late
        contact(
            "A8",
            "L5",
            "2026-01-09 09:00",  # made and settled in the same week: nothing was left open
            direction="in",
            asked_at="2026-01-09 09:00",
            answered_at="2026-01-12 09:00",
        ),
        contact(
            "A9",
            "L5",
            "2026-01-03 09:00",
            direction="in",
            issue_left="delivery",
            issue_closed_at="2026-01-15 23:00",
        ),
    ]
    views = tables(leads=leads, interactions=contacts)
    signs = views["leads"].select("lead_id", check_days=views["leads"].lead_id.length() * 0 + 7)
    part = signs.mutate(customer_silent=(signs.lead_id != "L4").ifelse(1, 0))
    shown = first_shown(part, shown_states(part, ["customer_silent"]))
    values = ibis.memtable(
        pd.DataFrame(
            {
                "lead_id": ["L1", "L1", "L6"],
                "check_days": [7, 14, 7],
                "last_value": [0.2, 0.5, 0.9],
            }
        )
    )
    return collect(
        worked(
            views["leads"],
            shown,
            views["interactions"],
            contact_cost=COST,
            as_of=AS_OF,
            values=values,
        ).order_by("lead_id")
    )


def test_the_week_after_a_pattern_by_hand(week):
    # L4 never showed it.
    assert week["lead_id"].tolist() == ["L1", "L2", "L3", "L5", "L6"]
    assert week["n_contacts"].tolist() == [2, 0, 0, 0, 0]
    assert week["n_settled"].tolist() == [0, 0, 1, 1, 0]
    assert week["cost"].tolist() == [58.0, 0.0, 0.0, 0.0, 0.0]
    assert week["last_value"].tolist()[::4] == [0.2, 0.9]
    assert week["last_value"].iloc[1:4].isna().all()


def test_strategies_bands_and_losses_by_hand(week):
    frame = with_strategy(week, horizon_days=90, until=AS_OF)
    told = frame.set_index("lead_id")
    # L5 ended on the last day of the week.
    assert told["strategy"].to_dict() == {
        "L1": "act",
        "L2": "left_alone",
        "L3": "remove_obstacle",
        "L6": "left_alone",
    }
    assert told["band"].to_dict() == {"L1": 0, "L2": -1, "L3": -1, "L6": 2}
    assert told["lost"].to_dict() == {"L1": 1, "L2": 1, "L3": 1, "L6": 0}  # day 151 is too late
    # Day 7 + 7 + 90 is 15 April: a day earlier nothing is mature.
    assert len(with_strategy(week, horizon_days=90, until=date(2026, 4, 15))) == 4
    assert with_strategy(week, horizon_days=90, until=date(2026, 4, 14)).empty


def deals(seed: int, n: int, *, saved: float, chosen: float = 0.0) -> pd.DataFrame:
    """Deals on a pattern: half are worked, those of high hope more; work saves `saved` of them."""
    rng = np.random.default_rng(seed)
    band = rng.integers(0, 3, n)
    act = rng.random(n) < 0.5 + chosen * (band - 1)
    risk = 0.8 - 0.25 * band - saved * act
    return pd.DataFrame(
        {
            "lead_id": [f"L{i:05d}" for i in range(n)],
            "customer_id": [f"C{i:05d}" for i in range(n)],
            "pattern": "customer_silent",
            "strategy": np.where(act, "act", "left_alone"),
            "band": band,
            "amount": 1000.0,
            "cost": np.where(act, 20.0, 0.0),
            "lost": (rng.random(n) < risk).astype(int),
        }
    )


def _act(frame: pd.DataFrame, quantity: str):
    rows = adjust_families(cell_estimates(frame, limits=LIMITS))
    place = segment(pattern="customer_silent", strategy="act", horizon_days=90)
    [row] = [row for row in rows if (row.quantity, row.segment) == (quantity, place)]
    return row


def test_a_planted_saving_is_found_though_sellers_choose_and_priced_by_pencil():
    worlds = [deals(seed, 3000, saved=0.12, chosen=0.3) for seed in range(8)]
    rows = [_act(frame, "pattern_loss_share_difference") for frame in worlds]
    assert np.mean([row.estimate for row in rows]) == pytest.approx(-0.12, abs=0.02)
    assert sum(is_finding(row, 0.05) for row in rows) == 8
    frame, row = worlds[0], rows[0]
    assert row.evidence == "adjusted"
    # The naive difference mixes in that sellers work the hopeful ones.
    naive = frame.groupby("strategy")["lost"].mean()
    assert naive["act"] - naive["left_alone"] < -0.2
    value = _act(frame, "pattern_value_per_deal")
    assert value.estimate == pytest.approx(-row.estimate * 300 - 20)
    assert (value.ci_lo, value.ci_hi) == pytest.approx(
        (-row.ci_hi * 300 - 20, -row.ci_lo * 300 - 20)
    )


def test_where_work_changes_nothing_hardly_anything_is_found():
    rows = [
        _act(deals(seed, 800, saved=0.0, chosen=0.3), "pattern_loss_share_difference")
        for seed in range(20)
    ]
    assert sum(is_finding(row, 0.05) for row in rows) <= 4


def test_thin_cells_are_refused_and_say_how_many_a_test_takes():
    frame = deals(2, 16, saved=0.0)
    row = _act(frame, "pattern_loss_share_difference")
    assert (row.status, row.estimate) == ("not_estimable", None)
    [needed] = [
        row
        for row in cell_estimates(frame, limits=LIMITS)
        if row.quantity == "pattern_needed_per_arm_count"
    ]
    share = frame["lost"].mean()
    assert needed.estimate == sample_size(share, share - 0.1)
    sure = replace(LIMITS, alpha=0.01)
    more = [row for row in cell_estimates(frame, limits=sure) if "needed" in row.quantity]
    assert more[0].estimate > needed.estimate


def test_the_pattern_of_the_last_deal_lost_before_the_round():
    assigned = pd.DataFrame(
        {
            "customer_id": ["C1", "C2", "C3", "C4"],
            "assigned_on": pd.to_datetime(["2026-03-01"] * 4),
        }
    )
    lost = pd.DataFrame(
        {
            "lead_id": ["L1", "L2", "L3", "L4"],
            "customer_id": ["C1", "C1", "C2", "C3"],
            "closed": pd.to_datetime(["2026-01-01", "2026-02-01", "2026-02-01", "2026-03-01"]),
        }
    )
    shown = pd.DataFrame(
        {
            "lead_id": ["L1", "L2", "L2", "L3"],
            "pattern": ["swings", "swings", "sudden_drop", "not_contacted"],
        }
    )
    found = last_patterns(assigned, lost, shown, ["sudden_drop", "swings"])
    assert found.tolist()[:2] == ["sudden_drop", "none"]
    assert found.isna().tolist() == [False, False, True, True]  # C3 was lost on the day itself


def drawn(
    seed: int, n: int = 2000, *, worth: float = 100.0, alike: bool = False
) -> tuple[pd.DataFrame, pd.Series]:
    """A round drawn by lot: care brings .15 more back where the lost deal had swung."""
    rng = np.random.default_rng(seed)
    arm, pattern = rng.choice(["control", "care"], n), rng.choice(["swings", "none"], n)
    back = rng.random(n) < 0.1 + 0.15 * ((arm == "care") & (alike | (pattern == "swings")))
    frame = pd.DataFrame(
        {
            "round_id": "R1",
            "customer_id": [f"C{i:05d}" for i in range(n)],
            "arm": arm,
            "randomised": True,
            "stratum": None,
            "p_treat": 0.5,
            "assigned_on": pd.Timestamp(AS_OF - timedelta(days=100)),
            "return_days": np.where(back, 20.0, np.nan),
            "margin_90": np.where(back, worth, 0.0),
            "amount_no_margin_90": 0.0,
            "offer_cost": np.where(arm == "care", 2.0, 0.0),
            "contact_cost_90": 0.0,
        }
    )
    return frame, pd.Series(pattern)


def test_what_was_drawn_by_lot_is_m10_within_each_pattern():
    found = [
        drawn_estimates(*drawn(seed), limits=LIMITS, until=AS_OF, n_boot=20) for seed in range(20)
    ]
    rows = [
        {row.segment.split(";")[0]: row for row in one if row.quantity == BACK} for one in found
    ]
    planted = [one["pattern=swings"] for one in rows]
    nothing = [one["pattern=none"] for one in rows]
    assert np.mean([row.estimate for row in planted]) == pytest.approx(0.15, abs=0.02)
    assert all(row.ci_lo > 0 for row in planted)
    assert sum(row.p < 0.05 for row in nothing) <= 4
    assert all(row.evidence == "randomised" for row in (*planted, *nothing))
    frame, pattern = drawn(1, 100)
    without = frame.drop(columns="return_days")
    assert drawn_estimates(without, pattern, limits=LIMITS, until=AS_OF) == []


def test_the_interaction_of_an_arm_by_pencil():
    half = 1.959964 * 0.1
    cells = [
        Estimate(
            module="M04",
            quantity=BACK,
            segment=segment(pattern=name, arm="care", horizon_days=90),
            method="newcombe",
            estimate=value,
            ci_lo=value - half,
            ci_hi=value + half,
        )
        for name, value in (("swings", 0.4), ("none", 0.0))
    ]
    test, first, second = interaction_rows(cells, alpha=0.05)
    assert test.estimate == pytest.approx(8.0)  # (0.2 / 0.1) ** 2 twice, on 1 df
    assert test.p == pytest.approx(0.004678, abs=1e-6)
    # Spread 0.07, so 7/8 of each distance from 0.2 stays; variance 7/800 + (1/64) * 0.04.
    assert (first.estimate, second.estimate) == pytest.approx((0.375, 0.025))
    assert (first.ci_hi - first.ci_lo) / 2 == pytest.approx(1.959964 * np.sqrt(7 / 800 + 0.04 / 64))
    [alone] = interaction_rows(cells[:1], alpha=0.05)
    assert alone.status == "not_estimable"


def test_without_an_interaction_the_test_of_it_seldom_stands():
    ps = [
        row.p
        for seed in range(40)
        for row in drawn_estimates(
            *drawn(seed, 1000, alike=True), limits=LIMITS, until=AS_OF, n_boot=5
        )
        if row.quantity == "pattern_return_difference_chi2_per_df"
    ]
    assert len(ps) == 40
    assert sum(p < 0.05 for p in ps) <= 6


def test_deals_are_compared_within_two_weeks_of_age():
    frame = pd.DataFrame(
        {
            "lead_id": [f"L{n}" for n in range(4)],
            "day": [28, 35, 42, 56],
            "pattern": "customer_silent",
            "opened": pd.Timestamp("2025-01-01"),
            "duration_days": 300,
            "cause": 1,
            "n_contacts": 0,
            "n_settled": 0,
            "last_value": np.nan,
        }
    )
    bands = with_strategy(frame, horizon_days=90, until=AS_OF)["band"].tolist()
    assert bands[0] == bands[1]
    assert len(set(bands)) == 3
