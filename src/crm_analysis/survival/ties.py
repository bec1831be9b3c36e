"""Efron's sums over tied events, by few points instead of one per event.

Where m events share a time, Efron's likelihood sums a smooth function over c = 0, 1/m … (m-1)/m.
With counts as repetitions m runs to hundreds of thousands, so each sum is taken as a Gauss
quadrature for that very set of points: exact for polynomials, and for functions of
1 / (risk - c · dead) to rounding, because no piece reaches farther than half-way to the pole.

Edges, decided here: up to 24 tied events are summed one by one; the last events of a time, which
lie nearest to the pole, always are.

Source: Golub and Welsch (1969), with the recurrence of the discrete Chebyshev polynomials.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from crm_analysis.survival.arrays import Floats

Ints = NDArray[np.int64]

FEW = 24
N_NODES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class TiedPoints:
    """The points of all times, one time after the other.

    Parameters
    ----------
    begin : array (n_times,)
        Where the points of each time begin.
    size : array (n_times,)
        How many points each time has.
    c : array (n_points,)
        Share of the time's events that is taken off the risk set, 0 up to 1.
    weight : array (n_points,)
        How many of the time's events a point stands for; they sum to the events.
    """

    begin: Ints
    size: Ints
    c: Floats
    weight: Floats

    def spread(self, values: Floats) -> Floats:
        """Repeat a value per time for each of its points."""
        return np.repeat(values, self.size)

    def total(self, values: Floats) -> Floats:
        """Sum a value per point over the points of each time."""
        if not len(self.begin):
            return np.zeros(0)
        summed: Floats = np.add.reduceat(values, self.begin)
        return summed


def tied_points(n_events: Ints) -> TiedPoints:
    """Choose the points of each time from its number of events (1 and more).

    Examples
    --------
    >>> points = tied_points(np.array([2, 1_000_000]))
    >>> points.size.tolist(), points.c[:2].tolist(), round(float(points.weight[2:].sum()))
    ([2, 268], [0.0, 0.5], 1000000)
    """
    distinct, which = np.unique(n_events, return_inverse=True)
    made = [_points(int(m)) for m in distinct]
    sizes = np.array([len(c) for c, _ in made], dtype=np.int64)
    offsets = np.cumsum(sizes) - sizes
    size = sizes[which]
    begin = np.cumsum(size) - size
    at = np.repeat(offsets[which] - begin, size) + np.arange(int(size.sum()))
    c = np.concatenate([np.zeros(0), *(nodes for nodes, _ in made)])[at]
    weight = np.concatenate([np.zeros(0), *(weights for _, weights in made)])[at]
    return TiedPoints(begin=begin, size=size, c=c, weight=weight)


def _points(m: int) -> tuple[Floats, Floats]:
    """Cut 0 … m-1 into pieces of at most half of what is left, each a power of two."""
    nodes, weights, begin = [], [], 0
    while m - begin > FEW:
        size = 1 << (((m - begin) // 2).bit_length() - 1)
        where, weight = _gauss(size)
        nodes.append(begin + where)
        weights.append(weight)
        begin += size
    nodes.append(np.arange(begin, m, dtype=np.float64))
    weights.append(np.ones(m - begin))
    return np.concatenate(nodes) / m, np.concatenate(weights)


@lru_cache(maxsize=64)
def _gauss(size: int) -> tuple[Floats, Floats]:
    """Return nodes and weights whose weighted sum is the sum over 0 … size-1."""
    if size <= N_NODES:
        return np.arange(size, dtype=np.float64), np.ones(size)
    k = np.arange(1, N_NODES, dtype=np.float64)
    beside = np.sqrt(k**2 * (size**2 - k**2) / (4 * (4 * k**2 - 1)))
    values, vectors = np.linalg.eigh(np.diag(beside, 1) + np.diag(beside, -1))
    return values + (size - 1) / 2, size * vectors[0] ** 2
