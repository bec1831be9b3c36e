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

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_analysis.estimates import status_by_events
from crm_analysis.survival.arrays import Bools, Floats


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
    refused = {name: "all_missing" for name in covariates if not np.isfinite(values[name]).any()}
    while True:
        usable = [name for name in covariates if name not in refused]
        x = np.column_stack([values[name] for name in usable]) if usable else _nothing(frame)
        rows = np.asarray(np.isfinite(x).all(axis=1), dtype=bool)
        found = _reasons(x[rows], usable, event[rows])
        if not found:
            break
        refused |= found
    return Screened(x=x[rows], rows=rows, usable=tuple(usable), refused=refused)


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


def _reasons(x: Floats, names: Sequence[str], event: Bools) -> dict[str, str]:
    """Return the columns to refuse: those alone first, then the first that repeats others."""
    alone = {name: why for name, column in zip(names, x.T, strict=True) if (why := _flat(column))}
    if alone or not len(x):
        return alone
    split = {
        name: "separated"
        for name, column in zip(names, x.T, strict=True)
        if event.any() and _separated(column, event)
    }
    return split or _repeats(x, names)


def _flat(column: Floats) -> str:
    if not len(column):
        return ""
    spread = float(np.ptp(column))
    return "no_spread" if spread <= 1e-12 * max(float(np.abs(column).max()), 1e-300) else ""


def _separated(column: Floats, event: Bools) -> bool:
    levels = np.unique(column)
    return len(levels) == 2 and any(not event[column == level].any() for level in levels)


def _repeats(x: Floats, names: Sequence[str]) -> dict[str, str]:
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


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    """Return a column as floats, missing and infinite as NaN."""
    if name not in frame:
        raise ValueError(f"covariate {name!r} is not a column; allowed are {[*map(str, frame)]}")
    if frame[name].isna().all():
        return np.full(len(frame), np.nan)
    try:
        column = np.array(frame[name].astype("float64"), dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"covariate {name!r} is not numeric; make a column per level") from None
    column[~np.isfinite(column)] = np.nan
    return column


def _nothing(frame: pd.DataFrame) -> Floats:
    return np.zeros((len(frame), 0))
