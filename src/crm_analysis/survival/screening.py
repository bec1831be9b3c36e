"""Which columns can carry a coefficient at all, and why the others cannot.

Edges, decided here, in this order; a refused column leaves the model and its rows stay:

* all_missing: no finite value in any row (infinite counts as missing).
* no_spread: one value only.
* separated: a two-valued column one of whose values has no event; its coefficient is infinite.
* duplicate_column: the same as an earlier column up to scale and shift.
* collinear: a linear combination of the columns before it.

A row with a missing value in a usable column is left out and counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_analysis.estimates import status_by_events
from crm_analysis.survival.arrays import Bools, Floats

Numbers = NDArray[Any]

ROWS = 8192
"""Rows of covariates that are worked on at once."""

SQUARED = 1e-150
"""A spread up to this is none: its square is no number any more."""

FLAT = 1e-8
"""Information per event up to which a direction of standardised columns is told by nothing."""

CLEAR = 1e-4
"""Share of a column's spread beyond all others above which it cannot be nearly collinear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """The usable columns as numbers, the rows kept, and the reason for each refused column.

    Parameters
    ----------
    x : array (n_kept, n_usable)
        Values as given, neither centred nor scaled.
    rows : bool array (n_rows,)
        Rows with a value in every usable column.
    usable : tuple of str
        Column names of `x`.
    refused : dict
        Column name → note code, with the other column named where there is one.
    """

    x: Floats
    rows: Bools
    usable: tuple[str, ...]
    refused: dict[str, str]


def screen(frame: pd.DataFrame, covariates: Sequence[str], event: Bools) -> Screened:
    """Keep the columns that can carry a coefficient, and say why the others cannot."""
    values = {name: _numbers(frame, name) for name in covariates}
    refused: dict[str, str] = {}
    while True:
        rows = np.ones(len(frame), dtype=bool)
        for name in covariates:
            if name not in refused:
                finite = _finite(values[name])
                if finite.any():
                    rows &= finite
                else:
                    refused[name] = "all_missing"
        usable = [name for name in covariates if name not in refused]
        x = _filled([values[name] for name in usable], rows)
        found = _reasons(x, usable, event[rows])
        if not found:
            break
        refused |= found
        del x  # before the next is made: never two at once
    return Screened(x=x, rows=rows, usable=tuple(usable), refused=refused)


def refusal(screened: Screened, n_events: int, *, min_events: int) -> str:
    """Return the note code for which the whole fit is refused, or "" where it can go ahead."""
    if not screened.rows.any():
        return "no_rows"
    if n_events == 0:
        return "no_events"
    if not screened.usable:
        return next(iter(screened.refused.values()), "no_rows")
    status = status_by_events(n_events, len(screened.usable), min_events=min_events)
    return "too_few_events" if status == "not_estimable" else ""


def standardise(x: Floats, repeats: Floats) -> Floats:
    """Centre and scale in place by the subjects' mean and spread; return the spread."""
    n = repeats.sum()
    mean, total = np.zeros((2, x.shape[1]))
    # In memory of their own by block: BLAS does not take ones that share theirs (`ones`).
    for rows in blocks_of(len(x)):
        mean += np.ascontiguousarray(repeats[rows]) @ x[rows] / n
    for rows in blocks_of(len(x)):
        total += np.ascontiguousarray(repeats[rows]) @ (x[rows] - mean) ** 2
    scale: Floats = np.sqrt(total / n)
    for rows in blocks_of(len(x)):
        x[rows] -= mean
        x[rows] /= scale
    return scale


def blocks_of(n: int, size: int = ROWS) -> Iterator[slice]:
    """Cut 0 … n-1 into slices that are worked on one at a time, to hold memory down."""
    return (slice(begin, min(begin + size, n)) for begin in range(0, n, size))


def _filled(columns: Sequence[Numbers], rows: Bools) -> Floats:
    """Put the kept rows of columns side by side, block by block."""
    x = np.empty((int(rows.sum()), len(columns)))
    begin = 0
    for block in blocks_of(len(rows)):
        kept = rows[block]
        part = x[begin : begin + int(kept.sum())]
        for place, column in enumerate(columns):
            part[:, place] = column[block] if len(part) == len(kept) else column[block][kept]
        begin += len(part)
    return x


def _reasons(x: Floats, names: Sequence[str], event: Bools) -> dict[str, str]:
    """Return the columns to refuse: those alone first, then the first that repeats others."""
    if not x.size:
        return {}
    lowest, highest = x.min(axis=0), x.max(axis=0)
    size = np.maximum(np.abs(lowest), np.abs(highest))
    flat = highest - lowest <= np.maximum(1e-12 * size, SQUARED)
    if flat.any():
        return {name: "no_spread" for name, none in zip(names, flat, strict=True) if none}
    split = _separated(x, event, lowest, highest) if event.any() else []
    return {names[place]: "separated" for place in split} or _repeats(x, names)


def _separated(x: Floats, event: Bools, lowest: Floats, highest: Floats) -> list[int]:
    """Find the columns of two values one of which has no event."""
    two = np.arange(x.shape[1])
    seen_low, seen_high = np.zeros((2, x.shape[1]), dtype=bool)
    for rows in blocks_of(len(x)):
        values = x[rows][:, two]
        low, high = values == lowest[two], values == highest[two]
        only = (low | high).all(axis=0)
        two, low, high = two[only], low[:, only], high[:, only]
        seen_low[two] |= low[event[rows]].any(axis=0)
        seen_high[two] |= high[event[rows]].any(axis=0)
        if not len(two):
            break
    return [int(place) for place in two if not (seen_low[place] and seen_high[place])]


def _repeats(x: Floats, names: Sequence[str]) -> dict[str, str]:
    """Find, in the given order, the first column that the columns before it nearly make up.

    The products of all pairs show where nothing can be near; only else is it worked out exactly.
    """
    gram = np.zeros((x.shape[1], x.shape[1]))
    mean = x.mean(axis=0)
    for rows in blocks_of(len(x)):
        centred = x[rows] - mean
        gram += centred.T @ centred
    length = np.sqrt(np.diag(gram))
    try:
        rest = np.diag(np.linalg.cholesky(gram / np.outer(length, length)))
    except np.linalg.LinAlgError:
        rest = np.zeros(1)
    return {} if (rest > CLEAR).all() else _nearest(x, names)


def _nearest(x: Floats, names: Sequence[str]) -> dict[str, str]:
    """Find, by Gram–Schmidt in the given order, the first column that adds nothing."""
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    scaled /= np.sqrt(len(x))
    basis: list[Floats] = []
    for place, name in enumerate(names):
        rest = scaled[:, place].copy()
        for direction in basis * 2:
            rest -= (direction @ rest) * direction
        length = float(np.linalg.norm(rest))
        if length < 1e-6:
            same = np.abs(scaled[:, :place].T @ scaled[:, place]) > 1 - 1e-10
            twin = names[int(np.argmax(same))] if same.any() else ""
            return {name: f"duplicate_column: {twin}" if twin else "collinear"}
        basis.append(rest / length)
    return {}


def _numbers(frame: pd.DataFrame, name: str) -> Numbers:
    """Return a column as numbers, in place where it is one; it must not be changed."""
    if name not in frame:
        raise ValueError(f"covariate {name!r} is not a column; allowed are {[*map(str, frame)]}")
    if isinstance(frame[name].dtype, np.dtype) and frame[name].dtype.kind in "fiub":
        return frame[name].to_numpy()
    if frame[name].isna().all():
        return np.full(len(frame), np.nan)
    try:
        return np.asarray(frame[name].astype("float64"), dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"covariate {name!r} is not numeric; make a column per level") from None


def _finite(column: Numbers) -> Bools:
    if column.dtype.kind != "f":
        return np.ones(len(column), dtype=bool)
    finite: Bools = np.isfinite(column)
    return finite
