"""What months share: pencil, planted truth and null, few months, and what its doubt does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_analysis.deals.funnel.attainment import bounds, simulate
from crm_analysis.deals.funnel.logistic import expit
from crm_analysis.deals.funnel.shock import PRIOR_SCALE, Shock, month_shock, sure_shock
from tests.deals.funnel.test_attainment import leads, sure_chances


def found(
    rng: np.random.Generator, *, shock: float, months: int = 24, n: int = 150, overlap: float = 1.0
) -> Shock:
    """Weigh the shock of months of n leads at odds of e to the -.5."""
    days = np.repeat(np.arange(months), n)
    moved = expit(-0.5 + shock * rng.normal(size=months)[days])
    y = (rng.random(len(days)) < moved).astype(float)
    p = np.full(len(days), y.mean())
    return month_shock(y - p, p, days, overlap=overlap)


def test_two_months_weigh_as_pencil_says():
    """Two months apart by d: the restricted likelihood is that of d in N(0, 2 (s² + v))."""
    days, p = np.repeat([0, 1], 40), np.full(80, 0.5)
    y = np.concatenate([np.arange(40) < 26, np.arange(40) < 14]).astype(float)
    made = month_shock(y - p, p, days)
    variance = 2 * (made.sizes**2 + 1 / 10)
    wanted = np.exp(-(1.2**2) / (2 * variance) - 0.5 * (made.sizes / PRIOR_SCALE) ** 2)
    wanted /= np.sqrt(variance)
    np.testing.assert_allclose(made.weights, wanted / wanted.sum(), atol=1e-12)


@pytest.mark.parametrize("shock", [0.0, 0.6])
def test_what_months_share_is_found(shock):
    rng = np.random.default_rng(6)
    means = [found(rng, shock=shock).mean for _ in range(30)]
    assert np.mean(means) == pytest.approx(shock, abs=0.12)


def test_its_doubt_is_as_large_as_it_says():
    """Nine of ten planted shocks, drawn from the prior, lie between its 5th and 95th part."""
    rng = np.random.default_rng(7)
    inside = []
    for _ in range(200):
        planted = abs(rng.normal(0, PRIOR_SCALE))
        made = found(rng, shock=planted, months=12)
        below = made.weights[made.sizes < planted].sum()
        inside.append(0.05 <= below <= 0.95)
    assert 0.84 <= np.mean(inside) <= 0.96


def test_one_month_leaves_what_was_thought_before():
    made = found(np.random.default_rng(8), shock=0.0, months=1)
    assert made.mean == pytest.approx(PRIOR_SCALE * np.sqrt(2 / np.pi), rel=0.01)


def test_more_months_say_more_and_overlapping_ones_less():
    def spread(months: int, overlap: float = 1.0) -> float:
        made = found(np.random.default_rng(9), shock=0.3, months=months, overlap=overlap)
        return float(made.weights @ (made.sizes - made.mean) ** 2)

    assert spread(48) < spread(12) < spread(3)
    assert spread(48, 3.0) > 2 * spread(48)


def test_what_is_fitted_to_months_costs_degrees_of_freedom():
    """With a column for each month nothing is left to tell how months differ."""
    days, p = np.repeat(np.arange(3), 50), np.full(150, 0.5)
    y = (np.arange(150) % 50 < np.array([15, 25, 35])[days]).astype(float)
    each = np.column_stack([np.ones(150), days == 1, days == 2]).astype(float)
    told, silent = (month_shock(y - p, p, days, fitted=x) for x in (None, each))
    assert told.mean > silent.mean
    assert silent.mean == pytest.approx(PRIOR_SCALE * np.sqrt(2 / np.pi), rel=0.01)
    twice = month_shock(y - p, p, days, fitted=np.ones((150, 2)))
    np.testing.assert_allclose(twice.weights, told.weights)


@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.floats(0, 1.5))
def test_weights_are_a_distribution_and_never_sure_of_none(seed, months, shock):
    made = found(np.random.default_rng(seed), shock=shock, months=months, n=20)
    assert made.weights.sum() == pytest.approx(1)
    assert (made.weights >= 0).all()
    assert made.mean > 0.01


@pytest.mark.parametrize("months", [1, 2, 3])
def test_few_months_widen_the_interval_but_not_absurdly(months):
    """Months that agree, but few: wider than by chance alone, and below three times as wide."""
    y, days = np.tile([1.0, 0, 0, 1, 0], 20 * months), np.repeat(np.arange(months), 100)
    p = np.full(len(y), y.mean())
    few = replace(sure_chances(0.4), shock=month_shock(y - p, p, days))

    def width(chances) -> float:
        low, high = bounds(simulate(leads(200), chances=chances, inflow=None, left=30).total)
        return high - low

    assert 1.3 * width(sure_chances(0.4)) < width(few) < 3 * width(sure_chances(0.4))


def test_former_shocks_that_moved_the_coefficients_widen_too():
    """Sixteen months of which each moved the constant by a sixteenth: variance 1 + 1/16."""
    still = replace(sure_chances(0.4), shock=sure_shock(0.3))
    moved = replace(still, sway=np.full((16, 1), 1 / 16))
    spread = []
    for chances in (still, moved):
        coef, ahead = chances.draw(100_000, np.random.default_rng(1))
        spread.append(float((coef[:, 0] + ahead).var()))
    assert spread[0] == pytest.approx(0.09, rel=0.02)
    assert spread[1] == pytest.approx(0.09 * (1 + 1 / 16), rel=0.02)
