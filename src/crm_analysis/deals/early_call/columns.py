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

from crm_analysis.survival.arrays import Floats

MIN_LEVEL = 20
TAIL = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberColumn:
    """A number: the range it is held in, its centre and scale, and whether missing is told."""

    name: str
    low: float
    high: float
    centre: float
    scale: float
    tells_missing: bool

    def of(self, frame: pd.DataFrame) -> Floats:
        """Return the number's one or two columns, (n, 1 or 2)."""
        values = _numbers(frame, self.name)
        missing = np.isnan(values)
        held = (np.clip(values, self.low, self.high) - self.centre) / self.scale
        columns = [np.where(missing, 0.0, held)] if self.scale < np.inf else []
        return np.column_stack([*columns, missing] if self.tells_missing else columns)


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

    parts: tuple[NumberColumn | WordColumn, ...]

    def of(self, frame: pd.DataFrame) -> Floats:
        """Return the matrix, (n_leads, n_columns); the same for every frame with these names."""
        columns = [part.of(frame) for part in self.parts]
        return np.column_stack([np.zeros((len(frame), 0)), *columns])


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
    made = [_coded(lesson, name) for name in names if name in lesson]
    return Coding(parts=tuple(part for part in made if part is not None))


def as_numbers(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Turn those of these columns that are no words into floats, once for all fits."""
    numbers = [name for name in names if not _is_word(frame[name])]
    return frame.assign(**{name: _numbers(frame, name) for name in numbers})


def _is_word(column: pd.Series) -> bool:
    return not pd.api.types.is_numeric_dtype(column) and bool(column.notna().any())


def _coded(lesson: pd.DataFrame, name: str) -> NumberColumn | WordColumn | None:
    if not _is_word(lesson[name]):
        return _number(lesson, name)
    counts = lesson[name].value_counts()
    common = sorted(str(level) for level in counts.index[counts >= MIN_LEVEL])
    return WordColumn(name=name, levels=tuple(common)) if common else None


def _number(lesson: pd.DataFrame, name: str) -> NumberColumn | None:
    values = _numbers(lesson, name)
    known = values[~np.isnan(values)]
    low, high = np.quantile(known, [TAIL, 1 - TAIL]) if len(known) else (0.0, 0.0)
    held = np.clip(known, low, high)
    spread = float(held.std()) if len(held) else 0.0
    tells_missing = 0 < len(known) < len(values)
    if spread == 0 and not tells_missing:
        return None
    return NumberColumn(
        name=name,
        low=float(low),
        high=float(high),
        centre=float(held.mean()) if len(held) else 0.0,
        scale=spread if spread > 0 else np.inf,
        tells_missing=tells_missing,
    )


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    column = frame[name]
    if column.dtype != np.float64:
        column = pd.to_numeric(column, errors="coerce").astype("Float64").astype(np.float64)
    return column.to_numpy()
