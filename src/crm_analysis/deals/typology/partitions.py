"""How much two ways of dividing the same subjects into groups agree.

The adjusted Rand index is 1 where the groups are the same, 0 on average where one was drawn at
random, whatever the numbers and sizes of groups (Hubert & Arabie 1985).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from crm_analysis.proportions import Interval

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def crossed(first: Ints, second: Ints) -> Floats:
    """Count the subjects by their group here and there; groups are numbered from 0.

    Examples
    --------
    >>> crossed(np.array([0, 0, 1]), np.array([1, 1, 0])).tolist()
    [[0.0, 2.0], [1.0, 0.0]]
    """
    size = (int(first.max()) + 1, int(second.max()) + 1)
    flat = np.bincount(first * size[1] + second, minlength=size[0] * size[1])
    return flat.reshape(size).astype(np.float64)


def adjusted_rand(table: Floats) -> float:
    """How much do two divisions agree beyond chance, from their crossed counts?

    Parameters
    ----------
    table : array of float, groups x groups
        From `crossed`.

    Source
    ------
    Hubert & Arabie 1985; the example is that of Yeung & Ruzzo 2001.

    Examples
    --------
    >>> round(adjusted_rand(np.array([[1.0, 1, 0], [1, 2, 1], [0, 0, 4]])), 3)
    0.313
    """
    pairs = _pairs(table).sum()
    rows, columns = _pairs(table.sum(axis=1)).sum(), _pairs(table.sum(axis=0)).sum()
    chance = rows * columns / max(float(_pairs(table.sum())), 1.0)
    most = (rows + columns) / 2
    if most == chance:  # each division holds one group only, or single subjects
        return 1.0
    return float((pairs - chance) / (most - chance))


def agreement(
    first: Ints, second: Ints, *, n_boot: int, alpha: float, rng: np.random.Generator
) -> Interval:
    """Give the adjusted Rand index with a bootstrap interval over subjects (percentile)."""
    table = crossed(first, second)
    n = int(table.sum())
    drawn = rng.multinomial(n, table.ravel() / n, size=n_boot).reshape(n_boot, *table.shape)
    again = [adjusted_rand(one.astype(np.float64)) for one in drawn]
    low, high = np.quantile(again, [alpha / 2, 1 - alpha / 2])
    return Interval(estimate=adjusted_rand(table), lo=float(low), hi=float(high))


def overlaps(table: Floats) -> Floats:
    """How much of each group here is found again in its best counterpart there (Jaccard)?

    Examples
    --------
    >>> overlaps(np.array([[2.0, 0], [1, 3]])).round(3).tolist()
    [0.667, 0.75]
    """
    union = table.sum(axis=1)[:, None] + table.sum(axis=0)[None, :] - table
    found: Floats = (table / np.maximum(union, 1.0)).max(axis=1)
    return found


def _pairs(counts: Floats | np.float64) -> Floats:
    return np.asarray(counts * (counts - 1) / 2, dtype=np.float64)
