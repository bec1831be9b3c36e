"""Which indicators say the same: exact repeats, and groups that cannot be told apart (S11).

Decisions:
* A repeat is the same as an earlier column up to scale and shift, on the same leads; it is left
  out with a note.
* Two columns go together where they correlate by more than .8, as they are or as logarithms: what
  is tied by a product (span = gaps x mean gap) is tied on the log scale only.
* Where several together make up another (variance inflation above 10), those of them whose partial
  correlation is above .8 go together too: the shares of all channels add up to one.
* Groups are chains of such ties. Columns known for fewer than half the leads join by correlation
  only. At most 20,000 leads, evenly spread, are looked at.

Source: Belsley, Kuh and Welsch (1980); thresholds of rule M07.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

MAX_CORRELATION = 0.8
MAX_INFLATION = 10.0
_EXACT = 1 - 1e-10
_ALIKE = 1 - 1e-6  # on a sample
_MOST_ROWS = 20_000
_FEWEST_SHARED = 50
_NEARLY_SINGULAR = 1e-8

Floats = npt.NDArray[np.float64]


def variance_inflation(columns: Floats) -> Floats:
    """By how much does each column's variance of estimation grow because of the others?

    Parameters
    ----------
    columns : array, shape (n, k)
        No missing value, each with spread.

    Returns
    -------
    array, shape (k,)
        1 / (1 - R²) of the column on all others; above 10 it cannot be told from them.

    Examples
    --------
    >>> x = np.array([[1.0, 1], [2, 1], [3, 3], [4, 3]])
    >>> variance_inflation(x).round(2).tolist()  # r² = .8
    [5.0, 5.0]
    """
    return np.asarray(np.diag(_inverse(_correlations(columns))), dtype=np.float64)


def condition_number(columns: Floats) -> float:
    """How close do the standardised columns come to a linear tie? 1 is none, above 30 is one.

    Examples
    --------
    >>> x = np.array([[1.0, 1], [2, 1], [3, 3], [4, 3]])
    >>> round(condition_number(x), 3)  # r = .894: sqrt(1.894 / .106)
    4.236
    """
    values = np.linalg.eigvalsh(_correlations(columns))
    return float(np.sqrt(values[-1] / max(values[0], 1e-300)))


def repeats(frame: pd.DataFrame, names: Sequence[str]) -> dict[str, str]:
    """Name each column that repeats an earlier one up to scale and shift, and the earlier one.

    Examples
    --------
    >>> frame = pd.DataFrame({"a": [1, 2, 4], "b": [8, 6, 2], "c": [1, 2, 3]})
    >>> repeats(frame, ["a", "b", "c"])
    {'b': 'a'}
    """
    patterns: dict[bytes, list[str]] = {}
    for name in (name for name in names if name in frame):
        values = _numbers(frame[name])
        given = np.isfinite(values)
        part = values[given]
        if len(part) >= 3 and np.ptp(part) > 0:
            patterns.setdefault(given.tobytes(), []).append(name)
    return {
        name: twin for alike in patterns.values() for name, twin in _twins(frame, alike).items()
    }


def _twins(frame: pd.DataFrame, names: Sequence[str]) -> dict[str, str]:
    """Name each column that is an earlier one up to scale and shift, or its mirror image.

    Two are compared on all leads only where they cannot be told apart on a sample of them.
    """
    given = np.flatnonzero(np.isfinite(_numbers(frame[names[0]])))
    few = given[:: max(1, -(-len(given) // _MOST_ROWS))]
    sample = np.stack([_unit(_numbers(frame[name])[few]) for name in names])
    apart = np.abs(sample @ sample.T) < _ALIKE  # not where a column does not vary in the sample
    found: dict[str, str] = {}
    for place, name in enumerate(names):
        for other in (other for i, other in enumerate(names[:place]) if not apart[place, i]):
            first, second = (_unit(_numbers(frame[one])[given]) for one in (other, name))
            if np.abs(first @ second) > _EXACT:
                found[name] = other
                break
    return found


def _unit(values: Floats) -> Floats:
    """Centre values and scale them to length 1; what does not vary has no direction: NaN."""
    if not np.ptp(values) > 0:
        return np.full(len(values), np.nan)
    return np.asarray((values - values.mean()) / (values.std() * np.sqrt(len(values))))


def collinear_groups(frame: pd.DataFrame, names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Which indicators go together so closely that they must be read as one?

    Parameters
    ----------
    frame : DataFrame
        One row per lead.
    names : sequence of str
        Numeric columns without repeats; the order of names within a group.

    Returns
    -------
    tuple of tuple of str
        Groups of two and more, by their first name's place.
    """
    sample = frame.iloc[:: max(1, -(-len(frame) // _MOST_ROWS))]
    columns = {name: _numbers(sample[name]) for name in names if name in sample}
    columns = {name: column for name, column in columns.items() if _varies(column)}
    logs = {name: _logarithm(column) for name, column in columns.items()}
    ties = [tie for scale in (columns, logs) for tie in (*_pairs(scale), *_inflated(scale))]
    return _chains(list(columns), ties)


def _pairs(columns: dict[str, Floats]) -> list[tuple[str, str]]:
    """Return the pairs that correlate by more than the limit."""
    table = pd.DataFrame(columns).corr(min_periods=_FEWEST_SHARED)
    found = table.abs().to_numpy() > MAX_CORRELATION
    return [
        (first, second)
        for (i, first), (j, second) in combinations(enumerate(columns), 2)
        if found[i, j]
    ]


def _inflated(columns: dict[str, Floats]) -> list[tuple[str, str]]:
    """Return the pairs that hold one another in a tie of several columns."""
    kept = [name for name, column in columns.items() if np.isfinite(column).mean() >= 0.5]
    rows = np.column_stack([columns[name] for name in kept]) if kept else np.zeros((0, 0))
    rows = rows[np.isfinite(rows).all(axis=1)]
    spread = [place for place in range(len(kept)) if len(rows) and np.ptp(rows[:, place]) > 0]
    if len(spread) < 2 or len(rows) < _FEWEST_SHARED:
        return []
    inverse = _inverse(_correlations(rows[:, spread]))
    inflation = np.diag(inverse)
    partial = np.abs(inverse) / np.sqrt(np.outer(inflation, inflation))
    return [
        (kept[spread[i]], kept[spread[j]])
        for i, j in combinations(range(len(spread)), 2)
        if min(inflation[i], inflation[j]) > MAX_INFLATION and partial[i, j] > MAX_CORRELATION
    ]


def _chains(names: Sequence[str], ties: Sequence[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """Join ties that share a name."""
    member = {name: {name} for name in names}
    for first, second in ties:
        joined = member[first] | member[second]
        member |= dict.fromkeys(joined, joined)
    groups = {tuple(name for name in names if name in member[head]) for head in names}
    return tuple(sorted((g for g in groups if len(g) > 1), key=lambda g: names.index(g[0])))


def _correlations(columns: Floats) -> Floats:
    scaled = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    return np.asarray(scaled.T @ scaled / len(scaled), dtype=np.float64)


def _inverse(correlations: Floats) -> Floats:
    """Invert, with a hair on the diagonal where the tie is exact."""
    if np.linalg.eigvalsh(correlations)[0] < _NEARLY_SINGULAR:
        correlations = correlations + _NEARLY_SINGULAR * np.eye(len(correlations))
    return np.asarray(np.linalg.inv(correlations), dtype=np.float64)


def _numbers(column: pd.Series) -> Floats:
    values = pd.to_numeric(column, errors="coerce")
    return np.asarray(values.to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)


def _varies(column: Floats) -> bool:
    given = column[np.isfinite(column)]
    return len(given) >= _FEWEST_SHARED and float(np.ptp(given)) > 0


def _logarithm(column: Floats) -> Floats:
    """Return log(1 + x) where nothing is negative, else the column as it is."""
    return np.log1p(column) if np.nanmin(column) >= 0 else column
