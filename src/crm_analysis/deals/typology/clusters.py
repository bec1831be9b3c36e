"""Clusters of tracks as a check on the rules: k-means, and a number of clusters that is stable.

Decisions:
* The number of clusters is counted up as long as even the least stable cluster is found again when
  the leads are drawn again (bootstrap, mean Jaccard, Hennig 2007: .85 is highly stable). Where two
  are not, there is no clustering. The silhouette is not asked: it prefers two almost always.
* At most `MOST` tracks are fitted, drawn by lot; all others go to the nearest centre.
* Tracks are sorted before anything is drawn: the order of rows and their ids do not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

import numpy as np
import numpy.typing as npt

from crm_analysis.deals.typology.partitions import crossed, overlaps

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NUMBERS = (2, 3, 4, 5, 6)
MOST = 600
N_DRAWS = 20
N_STARTS = 6
MAX_ROUNDS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """A stable clustering, or the refusal of one.

    Parameters
    ----------
    labels : array of int, one per track, or None
        The cluster of each track; None where no number of clusters is stable.
    centres : array of float, clusters x points, or None
        The mean track of each cluster.
    stability : tuple of (int, float)
        By number of clusters, the mean overlap that the least stable of them keeps.
    """

    labels: Ints | None
    centres: Floats | None
    stability: tuple[tuple[int, float], ...]

    @property
    def k(self) -> int | None:
        """The number of clusters chosen."""
        return None if self.centres is None else len(self.centres)


def stable_clusters(
    points: Floats, *, least: float, seed: int = 0, numbers: tuple[int, ...] = NUMBERS
) -> Clusters:
    """Into how many clusters do these tracks fall, again and again, and which?

    Parameters
    ----------
    points : array of float, tracks x points
        Tracks on common points of time, without missing values.
    least : float
        The mean overlap that the least stable cluster must keep.
    seed : int
        For the draws.
    numbers : tuple of int
        The numbers of clusters that are tried, rising.
    """
    rng = np.random.default_rng(seed)
    ordered = points[np.lexsort(points.T[::-1])]
    if len(ordered) > MOST:
        ordered = ordered[np.sort(rng.choice(len(ordered), MOST, replace=False))]
    tried = [k for k in numbers if len(np.unique(ordered, axis=0)) > k]
    centres = {k: k_means(ordered, k, rng=rng) for k in tried}
    stability = tuple((k, _stability(ordered, centres[k], rng)) for k in tried)
    stable = list(takewhile(lambda tried: tried[1] >= least, stability))
    if not stable:
        return Clusters(labels=None, centres=None, stability=stability)
    chosen = centres[stable[-1][0]]
    return Clusters(labels=nearest(points, chosen), centres=chosen, stability=stability)


def k_means(points: Floats, k: int, *, rng: np.random.Generator) -> Floats:
    """Find the centres of k clusters: the best of several starts (k-means++), sorted."""
    best, least = points[:k], np.inf
    for _ in range(N_STARTS):
        centres = _settled(points, _spread(points, k, rng))
        cost = float(_squares(points, centres).min(axis=1).sum())
        if cost < least - 1e-12:
            best, least = centres, cost
    return best[np.lexsort(best.T[::-1])]


def nearest(points: Floats, centres: Floats) -> Ints:
    """Say which centre each track is nearest to."""
    return np.asarray(_squares(points, centres).argmin(axis=1), dtype=np.int64)


def _stability(points: Floats, centres: Floats, rng: np.random.Generator) -> float:
    """Cluster the tracks drawn again; return how much the least stable cluster keeps on average."""
    labels, k = nearest(points, centres), len(centres)
    kept = np.zeros(k)
    for _ in range(N_DRAWS):
        drawn = points[rng.integers(len(points), size=len(points))]
        again = nearest(points, k_means(drawn, k, rng=rng))
        kept += overlaps(crossed(labels, again))
    return float(kept.min() / N_DRAWS)


def _spread(points: Floats, k: int, rng: np.random.Generator) -> Floats:
    """Draw k first centres far from one another (k-means++)."""
    chosen = [points[rng.integers(len(points))]]
    while len(chosen) < k:
        far = _squares(points, np.array(chosen)).min(axis=1)
        weights = far / far.sum() if far.sum() > 0 else None
        chosen.append(points[rng.choice(len(points), p=weights)])
    return np.array(chosen)


def _settled(points: Floats, centres: Floats) -> Floats:
    """Move each centre to the mean of its tracks until none changes side (Lloyd)."""
    labels = nearest(points, centres)
    for _ in range(MAX_ROUNDS):
        members = (labels[:, None] == np.arange(len(centres))).astype(np.float64)
        sizes = members.sum(axis=0)[:, None]
        centres = np.where(sizes > 0, members.T @ points / np.maximum(sizes, 1), centres)
        moved = nearest(points, centres)
        if (moved == labels).all():
            break
        labels = moved
    return centres


def _squares(points: Floats, centres: Floats) -> Floats:
    squares: Floats = (
        (points**2).sum(axis=1)[:, None] - 2 * points @ centres.T + (centres**2).sum(axis=1)
    )
    return np.maximum(squares, 0.0)
