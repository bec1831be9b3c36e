"""Efron's sums by few points equal the sums written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.survival.ties import tied_points


def written_out(m, risk, dead):
    c = np.arange(m) / m
    phi = risk - c * dead
    return [np.log(phi).sum(), *((c**power / phi**2).sum() for power in range(3)), (c / phi).sum()]


def by_points(m, risk, dead):
    points = tied_points(np.array([m]))
    c, weight = points.c, points.weight
    phi = risk - c * dead
    sums = [weight * np.log(phi), *(weight * c**power / phi**2 for power in range(3))]
    return [float(points.total(values)[0]) for values in [*sums, weight * c / phi]]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(1, 20_000), st.floats(1.0, 1e6))
def test_few_points_equal_all(m, share):
    """Up to the hardest case, in which all at risk end together (share 1)."""
    found, expected = by_points(m, share * 3.0, 3.0), written_out(m, share * 3.0, 3.0)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("m", [1, 24, 25, 26, 1000])
def test_the_points_stand_for_all_events(m):
    points = tied_points(np.array([m]))
    assert points.weight.sum() == pytest.approx(m, rel=1e-14)
    assert points.c[0] >= 0
    assert points.c[-1] == (m - 1) / m
    assert (np.diff(points.c) > 0).all()


def test_a_million_tied_events_need_few_points():
    assert len(tied_points(np.array([1_000_000])).c) < 400


def test_times_keep_their_own_points():
    points = tied_points(np.array([2, 5000, 2, 1]))
    np.testing.assert_allclose(points.total(points.weight), [2, 5000, 2, 1])
    assert points.size[0] == points.size[2] == 2
    np.testing.assert_array_equal(points.spread(np.arange(4))[:2], [0, 0])


def test_no_times_no_points():
    points = tied_points(np.zeros(0, dtype=np.int64))
    assert points.c.size == points.total(points.weight).size == 0
