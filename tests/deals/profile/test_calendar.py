"""The calendar: sums by hand, a planted quarter end, months that differ by themselves, no leak."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_analysis.deals.comparison.limits import Limits
from crm_analysis.deals.profile.calendar_days import day_counts
from crm_analysis.deals.profile.calendar_effects import calendar_estimates
from crm_analysis.deals.profile.effects import profile_estimates
from crm_analysis.deals.profile.factors import factor_table
from crm_analysis.estimates import is_finding
from tests.answers.worlds import known

LIMITS = Limits()
AS_OF = pd.Timestamp("2026-06-30")
CAUSES = {1: "lost", 2: "won"}


def test_expectation_by_hand():
    """Two leads opened on day 0, one on day 1; losses at age 1 and 2, one still open at age 1."""
    risk = pd.DataFrame(
        {
            "opened": pd.to_datetime(["2026-01-01", "2026-01-01", "2026-01-02"]),
            "time_days": [1, 2, 1],
            "cause": [1, 1, 0],
            "n": 1,
        }
    )
    days = day_counts(risk, causes=CAUSES)
    # hazard at age 1: 1 of 3; at age 2: 1 of 1. Day 1: two at age 1; day 2: one at age 1, one at 2
    np.testing.assert_allclose(days["expected_lost"], [0, 2 / 3, 1 / 3 + 1])
    assert days["observed_lost"].to_list() == [0, 1, 1]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 40), st.integers(0, 3)), min_size=1))
def test_expected_sums_to_observed(rows):
    opened, days, cause = (list(part) for part in zip(*rows, strict=True))
    start = pd.Timestamp("2026-01-01")
    risk = pd.DataFrame({"time_days": days, "cause": cause, "n": 1})
    risk["opened"] = [start + pd.Timedelta(days=day) for day in opened]
    counted = day_counts(risk, causes=CAUSES)
    for name in CAUSES.values():
        assert counted[f"expected_{name}"].sum() == pytest.approx(counted[f"observed_{name}"].sum())


def world(seed: int, *, quarter: float = 0.0, shock: float = 0.0, n: int = 4000):
    """Leads of two years with daily hazards .010 and .008; months may have shocks of their own.

    In the third month of a quarter the hazard of winning is e^quarter times as high.
    """
    rng = np.random.default_rng(seed)
    opened = pd.Timestamp("2024-05-01") + pd.to_timedelta(rng.integers(0, 760, n), unit="D")
    days = np.arange((AS_OF - opened.min()).days + 1)
    dates = pd.Series(opened.min() + pd.to_timedelta(days, unit="D"))
    month = (dates.dt.year * 12 + dates.dt.month).to_numpy()
    effects = rng.normal(0, shock, month.max() - month.min() + 1)[month - month.min()]
    win = 0.008 * np.exp(effects + quarter * (dates.dt.month % 3 == 0).to_numpy())
    closed, status = np.full(n, -1), np.full(n, "open", dtype=object)
    first = (opened - opened.min()).days.to_numpy()
    for day in days:
        at_risk = (first < day) & (status == "open")
        draw = rng.random(n)
        lost, won = at_risk & (draw < 0.010), at_risk & (draw > 1 - win[day])
        status[lost], status[won] = "lost", "won"
        closed[lost | won] = day
    ended = pd.Series(opened.min() + pd.to_timedelta(closed, unit="D"))
    leads = pd.DataFrame(
        {
            "lead_id": [f"L{i:05d}" for i in range(n)],
            "customer_id": [f"C{i:05d}" for i in range(n)],
            "rep_id": rng.choice([f"R{i}" for i in range(8)], n),
            "product": rng.choice(["A", "B", "C"], n),
            "opened_at": opened,
            "closed_at": ended.where(closed >= 0),
            "status": status,
        }
    )
    engine = ibis.duckdb.connect()
    return known({"leads": engine.create_table("leads", leads)}, as_of=AS_OF.date())


def test_a_quarter_end_is_found_on_the_hazard_of_winning_and_is_no_profile_factor():
    told = world(1, quarter=0.8)
    rows = {(row.quantity, row.segment): row for row in calendar_estimates(told, limits=LIMITS)}
    won = rows["calendar_log_hazard_ratio", "cause=won;calendar=quarter_end"]
    assert is_finding(won, 0.05)
    assert won.ci_lo <= 0.8 <= won.ci_hi
    kind = rows["calendar_log_loss_to_win_ratio", "calendar=quarter_end"]
    assert kind.ci_lo <= -0.8 <= kind.ci_hi
    lost = rows["calendar_log_hazard_ratio", "cause=lost;calendar=quarter_end"]
    assert lost.ci_lo <= 0 <= lost.ci_hi
    assert not is_finding(rows["calendar_log_loss_to_win_ratio", "calendar=month_end"], 0.05)
    profile = profile_estimates(factor_table(told), limits=LIMITS)
    assert not [row for row in profile if is_finding(row, 0.05)]


def test_months_that_differ_by_themselves_are_not_blamed_on_the_quarter():
    found = [
        any(is_finding(row, 0.05) for row in calendar_estimates(told, limits=LIMITS))
        for told in (world(seed, shock=0.5, n=2500) for seed in range(12))
    ]
    assert sum(found) <= 2


def test_few_months_are_refused():
    rng = np.random.default_rng(1)
    opened = pd.Timestamp("2026-04-01") + pd.to_timedelta(rng.integers(0, 40, 400), unit="D")
    leads = pd.DataFrame({"lead_id": [f"L{i}" for i in range(400)], "opened_at": opened})
    leads["closed_at"] = opened + pd.to_timedelta(rng.integers(1, 30, 400), unit="D")
    leads = leads.assign(customer_id=leads["lead_id"], rep_id="R", product="A", status="lost")
    leads.loc[::2, "status"] = "won"
    view = ibis.duckdb.connect().create_table("leads", leads)
    rows = calendar_estimates(known({"leads": view}, as_of=AS_OF.date()), limits=LIMITS)
    tested = [row for row in rows if row.family]
    assert {(row.status, row.note) for row in tested} == {("not_estimable", "too_few_events")}
