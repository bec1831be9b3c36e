"""Repeats and groups of indicators: pencil, invariants, and what must stay apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.deals.indicators.collinear import (
    collinear_groups,
    condition_number,
    repeats,
    variance_inflation,
)


def made(seed: int, n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    span = np.round(rng.gamma(3, 10, n)) + 1
    count = 2 + rng.poisson(span / 6)
    share = rng.dirichlet([2, 2, 2], n)
    return pd.DataFrame(
        {
            "hour": rng.integers(0, 24, n).astype(float),
            "span": span,
            "count": count.astype(float),
            "gap": span / (count - 1),
            "meet": share[:, 0],
            "call": share[:, 1],
            "sms": share[:, 2],
        }
    )


def test_ties_by_product_and_by_sum_are_groups_and_an_unrelated_column_is_not():
    frame = made(1)
    assert collinear_groups(frame, list(frame)) == (
        ("span", "count", "gap"),
        ("meet", "call", "sms"),
    )


def test_independent_columns_make_no_group():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({name: rng.normal(size=500) for name in "abcdef"})
    assert collinear_groups(frame, list(frame)) == ()


def test_few_leads_and_constant_columns_are_not_judged():
    frame = made(3, n=30)
    assert collinear_groups(frame, list(frame)) == ()
    wide = made(3).assign(constant=1.0, empty=np.nan)
    assert all("constant" not in group for group in collinear_groups(wide, list(wide)))


def test_a_column_known_for_few_leads_joins_by_correlation_only():
    frame = made(4)
    some = np.arange(len(frame)) % 4 == 0
    frame["late"] = (frame["span"] * 2 + 1).where(some)
    assert ("span", "count", "gap", "late") in collinear_groups(frame, list(frame))


def test_a_repeat_needs_the_same_leads():
    frame = made(5)
    twin = 3 - 2 * frame["span"]
    assert repeats(frame.assign(twin=twin), ["span", "twin"]) == {"twin": "span"}
    partly = frame.assign(twin=twin.where(frame.index > 0))
    assert repeats(partly, ["span", "twin"]) == {}
    assert repeats(frame.assign(twin=np.nan), ["span", "twin"]) == {}


@given(
    st.integers(min_value=0, max_value=20),
    st.floats(min_value=0.1, max_value=100),
    st.floats(min_value=-50, max_value=50),
)
@settings(max_examples=20)
def test_scale_shift_and_order_change_no_inflation(seed, scale, shift):
    columns = made(seed)[["span", "count", "hour"]].to_numpy()
    inflation = variance_inflation(columns)
    assert (inflation >= 1 - 1e-9).all()
    moved = columns * [scale, 1.0, 1.0] + [shift, 0.0, 0.0]
    assert variance_inflation(moved) == pytest.approx(inflation, rel=1e-6)
    assert variance_inflation(columns[::-1]) == pytest.approx(inflation, rel=1e-9)
    assert condition_number(moved) == pytest.approx(condition_number(columns), rel=1e-6)


def test_repeats_are_judged_on_all_leads_where_a_sample_cannot_tell():
    n = 60_000  # every third is looked at first
    base = np.arange(n) % 11.0
    one_off, rare = base.copy(), np.zeros(n)
    one_off[1] += 1
    rare[[1, 4, 5]] = [1, 2, 3]
    gaps = np.where(np.arange(n) % 2, base, np.nan)
    frame = pd.DataFrame(
        {"base": base, "one_off": one_off, "rare": rare, "gaps": gaps, "mirror": 3 - base}
    ).assign(rare_twin=2 * rare + 1, other=np.where(rare == 3, 1.0, 0.0))
    assert repeats(frame, list(frame)) == {"mirror": "base", "rare_twin": "rare"}
