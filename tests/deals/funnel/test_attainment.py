"""Futures: what pencil and paper say of simple ones, and what must hold of all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, poisson

from crm_analysis.deals.funnel.attainment import Futures, bounds, leads_needed, simulate
from crm_analysis.deals.funnel.chances import Chances
from crm_analysis.deals.funnel.inflow import Inflow
from crm_analysis.deals.funnel.logistic import Logistic
from crm_analysis.deals.funnel.shock import sure_shock


def sure_chances(p: float, *, shock: float = 0.0) -> Chances:
    """Chances that are known exactly: a constant and no variance."""
    fit = Logistic(
        names=("constant",),
        coef=np.array([np.log(p / (1 - p))]),
        covariance=np.zeros((1, 1)),
        n=100,
        events=50,
    )
    return Chances(
        fit=fit, bands=(), by_month=False, shock=sure_shock(shock), sway=np.zeros((0, 1)),
        n_days=12, base=p,
    )  # fmt: skip


def leads(n: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "lead_id": [f"L{i}" for i in range(n)],
            "age_days": 10,
            "is_filed": True,
            "rep_thousandths": 500.0,
            "idle_days": 1.0,
        }
    )


def inflow(per_day: float, share: float, *, dispersion: float = 1.0) -> Inflow:
    return Inflow(
        per_day=per_day, n=10**9, dispersion=dispersion, won_share=share, won_share_se=0.0
    )


def test_open_leads_alone_are_binomial():
    drawn = simulate(leads(50), chances=sure_chances(0.3), inflow=None, left=30, n_draws=20_000)
    for target in (10, 15, 20):
        wanted = binom.sf(target - 1, 50, 0.3)
        assert drawn.share_met(target) == pytest.approx(wanted, abs=0.015)
    assert drawn.from_open.mean() == pytest.approx(15, abs=0.1)


def test_new_leads_alone_are_poisson():
    drawn = simulate(
        leads(0), chances=None, inflow=inflow(2.0, 0.25), left=30, so_far=4, n_draws=20_000
    )
    assert drawn.share_met(20) == pytest.approx(poisson.sf(15, 15), abs=0.015)
    assert drawn.total.mean() == pytest.approx(19, abs=0.15)


def test_a_common_shock_widens_and_does_not_move_much():
    calm, shaken = (
        simulate(leads(200), chances=sure_chances(0.4, shock=shock), inflow=None, left=30)
        for shock in (0.0, 0.5)
    )
    assert shaken.total.std() > 2 * calm.total.std()
    assert shaken.total.mean() == pytest.approx(calm.total.mean(), abs=3)


def test_months_that_differ_more_than_chance_widen_the_inflow():
    spread = [
        simulate(leads(0), chances=None, inflow=inflow(4.0, 0.5, dispersion=d), left=30).total
        for d in (1.0, 4.0)
    ]
    assert spread[0].var() == pytest.approx(60, rel=0.1)
    assert spread[1].var() > 1.5 * spread[0].var()


@given(st.lists(st.integers(0, 40), min_size=5, max_size=50), st.integers(0, 60))
def test_a_higher_target_is_never_likelier(draws, target):
    none = np.zeros(len(draws))
    made = Futures(so_far=2, from_open=np.array(draws, float), from_new=none, new_share=none)
    assert made.share_met(target) >= made.share_met(target + 1)
    assert (made.shortfall(target) <= made.shortfall(target + 1)).all()
    low, high = bounds(made.total)
    assert made.total.min() <= low <= high <= made.total.max()


def test_leads_needed_make_the_target_so_surely():
    made = simulate(leads(100), chances=sure_chances(0.3), inflow=inflow(1.0, 0.1), left=30)
    n = {sure: leads_needed(made, target=45, sure=sure) for sure in (0.5, 0.8)}
    assert n[0.5] == pytest.approx(10 * (45 - made.total.mean()), rel=0.1)
    assert n[0.8] > n[0.5]
    assert leads_needed(made, target=1, sure=0.5) == 0
    alone = simulate(leads(100), chances=sure_chances(0.3), inflow=None, left=30)
    assert leads_needed(alone, target=45, sure=0.5) is None


@pytest.mark.parametrize("shock", [0.0, 0.3, 0.5])
def test_the_leads_needed_are_enough_also_in_months_that_are_bad_for_all(shock):
    """Drawn anew: open, new and additional leads share the shock; four of five months suffice."""
    target = 60
    made = simulate(
        leads(200), chances=sure_chances(0.2, shock=shock), inflow=inflow(10 / 3, 0.1), left=30
    )
    n = leads_needed(made, target=target, sure=0.8)
    rng = np.random.default_rng(7)
    moved = rng.normal(0, shock, 40_000)
    odds = {share: share / (1 - share) * np.exp(moved) for share in (0.2, 0.1)}
    p = {share: one / (1 + one) for share, one in odds.items()}
    deals = rng.binomial(200, p[0.2]) + rng.poisson(100 * p[0.1]) + rng.binomial(n, p[0.1])
    assert (deals >= target).mean() == pytest.approx(0.8, abs=0.02)


def test_two_draws_are_equal():
    pair = [
        simulate(leads(30), chances=sure_chances(0.3), inflow=inflow(1.0, 0.1), left=30)
        for _ in range(2)
    ]
    np.testing.assert_array_equal(pair[0].total, pair[1].total)
