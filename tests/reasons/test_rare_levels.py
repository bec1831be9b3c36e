"""Small segments: the posterior by hand, truth nearer than the raw share, and silence by chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.estimates import read_segment
from crm_analysis.reasons.rare_levels import OWN_SHARE, rare_level_estimates
from crm_analysis.reasons.segments import segment_estimates
from crm_analysis.shrinkage import Prior, beta_binomial_prior, shrunk_share
from tests.reasons.test_segments import notes

SIZES = (400, 300, 200, 12, 10, 8, 7)


def regions(seed: int, *, spread: float) -> tuple[pd.DataFrame, dict[str, float]]:
    """Draw notes of large and small regions whose true share of "price" has a spread about .4."""
    rng = np.random.default_rng(seed)
    a, b = (0.4 / spread, 0.6 / spread) if spread else (None, None)
    true = {f"r{at}": 0.4 if a is None else rng.beta(a, b) for at in range(len(SIZES))}
    region = np.repeat(sorted(true), SIZES)
    price = rng.random(len(region)) < np.array([true[one] for one in region])
    return notes(np.where(price, "price", "speed"), region=region), true


def price_of(frame: pd.DataFrame, **options):
    """Return the rows of "price" by region."""
    pairs = [(read_segment(row.segment), row) for row in rare_level_estimates(frame, **options)]
    return {one["level"]: row for one, row in pairs if one["code"] == "price"}


def test_a_small_level_by_hand_is_the_posterior_of_a_beta():
    """Prior beta(.4 K, .6 K) with the weight K that the levels tell; own notes 9 of 10."""
    frame = notes(
        ["price"] * 80 + ["speed"] * 20 + ["price"] * 10 + ["speed"] * 90 + ["price"] * 9
        + ["speed"],
        region=["a"] * 100 + ["b"] * 100 + ["tiny"] * 10,
    )  # fmt: skip
    row = price_of(frame)["tiny"]
    prior = beta_binomial_prior(np.array([80.0, 10.0, 9.0]), np.array([100.0, 100.0, 10.0]))
    assert prior.mean == pytest.approx(99 / 210)
    by_hand = (9 + prior.mean * prior.weight) / (10 + prior.weight)
    assert row.estimate == pytest.approx(by_hand)
    assert (row.n, row.events, row.status) == (10, 9, "weak")
    assert "shrunk" in row.note and row.p is None
    assert prior.mean < row.estimate < 0.9
    assert set(price_of(frame)) == {"tiny"}


def test_only_levels_that_could_not_be_compared_are_drawn_in():
    frame, _ = regions(2, spread=0.2)
    compared = {
        read_segment(row.segment)["level"]
        for row in segment_estimates(frame)
        if row.status != "not_estimable" and "price" in row.segment
    }
    assert compared & set(price_of(frame)) == set()
    assert compared | set(price_of(frame)) == {f"r{at}" for at in range(len(SIZES))}


def test_drawn_shares_come_nearer_to_the_truth_than_raw_ones_and_their_intervals_hold():
    errors, held = {"raw": [], "drawn": []}, []
    for seed in range(60):
        frame, true = regions(seed, spread=0.1)
        for level, row in price_of(frame).items():
            if row.estimate is not None:
                errors["raw"].append((row.events / row.n - true[level]) ** 2)
                errors["drawn"].append((row.estimate - true[level]) ** 2)
                held.append(row.ci_lo <= true[level] <= row.ci_hi)
    assert len(held) > 100
    assert np.mean(errors["drawn"]) < 0.8 * np.mean(errors["raw"])
    assert np.mean(held) >= 0.85


def test_where_levels_are_alike_small_ones_are_refused_nearly_always():
    """Null: nothing but chance between regions, so a small one says nothing of its own."""
    rows = [row for seed in range(60) for row in price_of(regions(seed, spread=0)[0]).values()]
    refused = [row for row in rows if row.status == "not_estimable"]
    assert len(refused) >= 0.9 * len(rows)
    assert {row.estimate for row in refused} == {None}
    assert all("as_all_levels" in row.note for row in refused)


def test_fewer_customers_than_a_cell_are_refused_and_a_customer_counts_once():
    frame, _ = regions(3, spread=0.3)
    few = price_of(frame, min_cell=8)["r6"]
    assert (few.status, few.n) == ("not_estimable", 7)
    assert "too_few_notes" in few.note
    again = pd.concat([frame, frame[frame["region"] == "r6"].assign(main="price")])
    assert price_of(again)["r6"] == price_of(frame)["r6"]


@settings(max_examples=50)
@given(st.integers(0, 30), st.integers(0, 30), st.floats(0.05, 0.95), st.floats(1.0, 1e4))
def test_a_drawn_share_lies_between_its_own_and_the_mean_of_all(events, others, mean, weight):
    n = events + others
    found = shrunk_share(events, n, Prior(mean=mean, weight=weight))
    own = events / n if n else mean
    assert min(own, mean) - 1e-9 <= found.estimate <= max(own, mean) + 1e-9
    assert 0 <= found.lo <= found.estimate <= found.hi <= 1
    assert 0 < OWN_SHARE < 1
