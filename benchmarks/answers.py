"""Compare the answers of two peers: nothing is timed that is not equal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SMALL = 1e-12
"""Differences below this are the rounding of zero."""


def difference(
    ours: Path,
    theirs: Path,
    *,
    rtol: float,
    loose: Mapping[str, float] | None = None,
    tables: Sequence[str] = (),
    at_least: Sequence[str] = (),
) -> str:
    """Say where two answers differ first; "" where they are equal.

    Parameters
    ----------
    ours, theirs : Path
        Folders with one Parquet file per table, sorted by key, as `peer` writes them.
    rtol : float
        Largest relative difference of a number.
    loose : mapping
        By column name, another bound: an *absolute* one, for what a peer only approximates.
    tables : sequence of str
        The tables that the peer can give; () means all of ours.
    at_least : sequence of str
        Tables of which the peer may have further rows: by their column `key`, ours must be there.
    """
    names = sorted(path.name for path in ours.glob("*.parquet"))
    names = [name for name in names if not tables or name.removesuffix(".parquet") in tables]
    if not names:
        return "no answer to compare with"
    for name in names:
        if not (theirs / name).exists():
            return f"{name.removesuffix('.parquet')}: not answered"
        left, right = (pq.read_table(place / name) for place in (ours, theirs))
        if name.removesuffix(".parquet") in at_least:
            right = right.filter(pc.is_in(right["key"], left["key"].combine_chunks()))
        found = _table_difference(left, right, rtol=rtol, loose=loose or {})
        if found:
            return f"{name.removesuffix('.parquet')}: {found}"
    return ""


def _table_difference(
    left: pa.Table, right: pa.Table, *, rtol: float, loose: Mapping[str, float]
) -> str:
    columns = left.column_names
    if columns != right.column_names:
        odd = sorted(set(columns) ^ set(right.column_names))
        return f"columns differ: {', '.join(odd)}"
    if left.num_rows != right.num_rows:
        return f"{left.num_rows} rows against {right.num_rows}"
    if left.num_rows == 0:
        return "no rows: an empty answer proves nothing"
    for name in columns:
        found = _column_difference(left[name], right[name], rtol=rtol, atol=loose.get(name))
        if found:
            return f"{name}: {found}"
    return ""


def _column_difference(
    one: pa.ChunkedArray, other: pa.ChunkedArray, *, rtol: float, atol: float | None
) -> str:
    if pa.types.is_null(one.type) or pa.types.is_null(other.type):
        same = one.null_count == other.null_count
        return "" if same else "missing values in different rows"
    if pa.types.is_string(one.type):
        same = one.combine_chunks().equals(other.combine_chunks())
        return "" if same else "texts differ"
    a, b = _floats(one), _floats(other)
    if (np.isnan(a) != np.isnan(b)).any():
        return "missing values in different rows"
    gap, size = np.abs(a - b), np.maximum(np.abs(a), np.abs(b))
    bound = np.full(len(a), atol) if atol is not None else np.maximum(rtol * size, SMALL)
    off = gap > bound
    if not off.any():
        return ""
    worst = int(np.nanargmax(np.where(off, gap / np.maximum(size, SMALL), -1)))
    return f"{int(off.sum())} numbers differ, e.g. {a[worst]:.12g} against {b[worst]:.12g}"


def _floats(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    return np.asarray(column.to_numpy(), dtype=np.float64)
