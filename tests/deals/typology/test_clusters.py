"""k-means and the number of clusters, beside scikit-learn and on worlds of known shape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from crm_analysis.deals.typology.clusters import MOST, k_means, nearest, stable_clusters
from crm_analysis.deals.typology.partitions import adjusted_rand, agreement, crossed, overlaps

LEAST = 0.85


def shapes(n, rng):
    """Three kinds of track, n of each, and which is which."""
    grid = np.linspace(0, 1, 12)
    kinds = np.array([0.2 + 0.6 * grid, 0.7 - 0.6 * grid, 0.5 + 0.3 * np.sin(9 * grid)])
    truth = np.repeat(np.arange(3), n)
    return kinds[truth] + rng.normal(0, 0.08, (3 * n, 12)), truth


def cost(points, centres):
    return ((points - centres[nearest(points, centres)]) ** 2).sum()


@pytest.mark.parametrize("k", [2, 3, 5])
def test_centres_are_as_good_as_those_of_scikit_learn(k):
    points, _ = shapes(60, np.random.default_rng(k))
    theirs = KMeans(k, n_init=20, random_state=0).fit(points)
    ours = k_means(points, k, rng=np.random.default_rng(0))
    assert cost(points, ours) <= theirs.inertia_ * 1.01


def test_planted_shapes_are_found_and_noise_is_refused():
    points, truth = shapes(80, np.random.default_rng(1))
    found = stable_clusters(points, least=LEAST)
    assert found.k == 3
    assert adjusted_rand_score(truth, found.labels) > 0.95
    noise = np.random.default_rng(2).normal(0.5, 0.1, (240, 12))
    refused = stable_clusters(noise, least=LEAST)
    assert refused.labels is None
    assert refused.k is None
    assert max(kept for _, kept in refused.stability) < LEAST


def test_the_share_to_keep_bites():
    points, _ = shapes(80, np.random.default_rng(1))
    by_number = dict(stable_clusters(points, least=LEAST).stability)
    assert stable_clusters(points, least=min(by_number.values())).k == max(by_number)
    assert stable_clusters(points, least=1.01).k is None


def test_the_order_of_rows_changes_nothing_even_where_some_are_left_out():
    points, _ = shapes(MOST // 2, np.random.default_rng(3))
    order = np.random.default_rng(4).permutation(len(points))
    first = stable_clusters(points, least=LEAST, numbers=(2, 3))
    again = stable_clusters(points[order], least=LEAST, numbers=(2, 3))
    assert first.labels is not None
    assert len(first.labels) > MOST
    assert first.stability == again.stability
    assert (first.labels[order] == again.labels).all()


def test_few_different_tracks_are_not_split_further_than_they_differ():
    points = np.repeat(np.array([[0.2] * 12, [0.5] * 12, [0.8] * 12]), 30, axis=0)
    found = stable_clusters(points, least=LEAST)
    assert [k for k, _ in found.stability] == [2]
    one = stable_clusters(points[:30], least=LEAST)
    assert one.labels is None
    assert one.stability == ()


GROUPS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=2, max_size=40)


@settings(deadline=None)
@given(pairs=GROUPS)
def test_agreement_is_that_of_scikit_learn(pairs):
    first, second = np.array(pairs).T
    ours = adjusted_rand(crossed(first, second))
    assert ours == pytest.approx(adjusted_rand_score(first, second), abs=1e-12)
    assert ours == pytest.approx(adjusted_rand(crossed(second, first)), abs=1e-12)


def test_agreement_by_pencil():
    """Groups of 3 and 5 against 4 and 4: 9 pairs together in both, 13 and 12 in one."""
    table = np.array([[3.0, 0.0], [1.0, 4.0]])
    together, rows, columns, pairs = 3 + 6, 3 + 10, 6 + 6, 28
    chance = rows * columns / pairs
    by_hand = (together - chance) / ((rows + columns) / 2 - chance)
    assert adjusted_rand(table) == pytest.approx(by_hand)
    assert overlaps(table) == pytest.approx([3 / 4, 4 / 5])


def test_the_interval_of_agreement_covers_chance_and_widens_with_less_data():
    rng = np.random.default_rng(5)
    wide = []
    for n in (60, 600):
        first, second = rng.integers(0, 3, n), rng.integers(0, 4, n)
        found = agreement(first, second, n_boot=300, alpha=0.05, rng=np.random.default_rng(0))
        assert found.lo <= 0.05
        wide.append(found.hi - found.lo)
    assert wide[0] > wide[1]
