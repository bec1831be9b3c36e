"""Track features as columns of numbers, coded by the leads that are learned from only.

Decisions:
* A number is held within the 1st and 99th percentile of the lesson, so that a lead older than any
  of the lesson is not judged beyond what was seen; then centred and scaled.
* A missing number is the lesson's mean, with a column of its own that says so.
* A word (the last stage) has a column per level of at least `MIN_LEVEL` leads; all other words are
  one level, as is none.
* What does not vary in the lesson says nothing and is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_analysis.survival.arrays import Bools, Floats

MIN_LEVEL = 20
TAIL = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberColumns:
    """Numbers: the range that each is held in, its centre and scale, and which tell missing.

    Parameters
    ----------
    names : tuple of str
        The k columns.
    low, high, centre, scale : array (k,)
        As in the lesson; scale is 0 where a number does not vary.
    tells_missing : array (k,)
        Missing in some leads of the lesson, but not in all.
    """

    names: tuple[str, ...]
    low: Floats
    high: Floats
    centre: Floats
    scale: Floats
    tells_missing: Bools

    def of(self, frame: pd.DataFrame) -> Floats:
        """Return those that vary, then those that say where a number is missing."""
        values = _numbers(frame, self.names)
        varies = self.scale > 0
        held = np.clip(values, self.low, self.high)[:, varies]
        coded = np.nan_to_num((held - self.centre[varies]) / self.scale[varies])
        return np.column_stack([coded, np.isnan(values[:, self.tells_missing])])


@dataclass(frozen=True, slots=True, kw_only=True)
class WordColumn:
    """A word: the levels that have a column each; the first level of the lesson has none."""

    name: str
    levels: tuple[str, ...]

    def of(self, frame: pd.DataFrame) -> Floats:
        """Return a column of 0 and 1 per level, (n, n_levels)."""
        words = frame[self.name].to_numpy(dtype=object)
        return np.column_stack([(words == level).astype(float) for level in self.levels])


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """How a frame of track features becomes a matrix."""

    numbers: NumberColumns
    words: tuple[WordColumn, ...]

    def of(self, frame: pd.DataFrame) -> Floats:
        """Return the matrix, (n_leads, n_columns); the same for every frame with these names."""
        return np.column_stack([self.numbers.of(frame), *(word.of(frame) for word in self.words)])


def code_columns(lesson: pd.DataFrame, names: Sequence[str]) -> Coding:
    """Learn how to code these columns.

    Parameters
    ----------
    lesson : DataFrame
        The leads that are learned from.
    names : sequence of str
        Columns; those of words are told by their type.

    Examples
    --------
    The second column says where the level is missing.

    >>> lesson = pd.DataFrame({"last_value": [0.2, 0.4, None, 0.6]})
    >>> code_columns(lesson, ["last_value"]).of(lesson)[:, 1].tolist()
    [0.0, 0.0, 1.0, 0.0]
    """
    there = [name for name in names if name in lesson]
    words = [name for name in there if _is_word(lesson[name])]
    coded = [_word(lesson, name) for name in words]
    return Coding(
        numbers=_learned(lesson, [name for name in there if name not in words]),
        words=tuple(word for word in coded if word.levels),
    )


def as_numbers(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Turn those of these columns that are no words into floats, once for all fits."""
    numbers = [name for name in names if not _is_word(frame[name])]
    values = pd.DataFrame(_numbers(frame, numbers), columns=numbers, index=frame.index)
    return pd.concat([frame.drop(columns=numbers), values], axis=1)


def _is_word(column: pd.Series) -> bool:
    return not pd.api.types.is_numeric_dtype(column) and bool(column.notna().any())


def _word(lesson: pd.DataFrame, name: str) -> WordColumn:
    counts = lesson[name].value_counts()
    common = sorted(str(level) for level in counts.index[counts >= MIN_LEVEL])
    return WordColumn(name=name, levels=tuple(common))


def _learned(lesson: pd.DataFrame, names: Sequence[str]) -> NumberColumns:
    values = _numbers(lesson, names)
    known = ~np.isnan(values)
    n_known = known.sum(axis=0)
    low, high = _tails(values, n_known)
    held = np.clip(values, low, high)
    n = np.maximum(n_known, 1)
    centre = np.where(known, held, 0.0).sum(axis=0) / n
    spread = np.sqrt(np.where(known, (held - centre) ** 2, 0.0).sum(axis=0) / n)
    return NumberColumns(
        names=tuple(names),
        low=low,
        high=high,
        centre=centre,
        scale=np.where(high > low, spread, 0.0),
        tells_missing=(n_known > 0) & (n_known < len(values)),
    )


def _tails(values: Floats, n_known: Floats) -> tuple[Floats, Floats]:
    """Return the percentiles that numbers are held within; 0 where none is known."""
    if not len(values):
        return np.zeros(values.shape[1]), np.zeros(values.shape[1])
    ordered = np.sort(values.T, axis=1)  # what is missing comes last
    rows, last = np.arange(len(ordered)), np.maximum(n_known - 1, 0)
    found = []
    for share in (TAIL, 1 - TAIL):
        place = share * last
        below = place.astype(np.int64)
        one, next_one = ordered[rows, below], ordered[rows, np.minimum(below + 1, last)]
        found.append(np.where(n_known > 0, one + (next_one - one) * (place - below), 0.0))
    return found[0], found[1]


def _numbers(frame: pd.DataFrame, names: Sequence[str]) -> Floats:
    """Return the columns as floats, (n, k), NaN where missing."""
    block = frame[list(names)]
    if (block.dtypes == np.float64).all():
        return block.to_numpy(dtype=np.float64)
    columns = [pd.to_numeric(block[name], errors="coerce") for name in names]
    return np.column_stack([one.to_numpy(dtype=np.float64, na_value=np.nan) for one in columns])
