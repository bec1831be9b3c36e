"""Compare the answers of two peers: nothing is timed that is not equal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
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
    """
    names = sorted(path.name for path in ours.glob("*.parquet"))
    names = [name for name in names if not tables or name.removesuffix(".parquet") in tables]
    if not names:
        return "no answer to compare with"
    for name in names:
        if not (theirs / name).exists():
            return f"{name.removesuffix('.parquet')}: not answered"
        found = _table_difference(ours / name, theirs / name, rtol=rtol, loose=loose or {})
        if found:
            return f"{name.removesuffix('.parquet')}: {found}"
    return ""


def _table_difference(ours: Path, theirs: Path, *, rtol: float, loose: Mapping[str, float]) -> str:
    left, right = pq.ParquetFile(ours), pq.ParquetFile(theirs)
    columns = left.schema_arrow.names
    if columns != right.schema_arrow.names:
        odd = sorted(set(columns) ^ set(right.schema_arrow.names))
        return f"columns differ: {', '.join(odd)}"
    n_left, n_right = left.metadata.num_rows, right.metadata.num_rows
    if n_left != n_right:
        return f"{n_left} rows against {n_right}"
    if n_left == 0:
        return "no rows: an empty answer proves nothing"
    for name in columns:
        one, other = left.read([name])[name], right.read([name])[name]
        found = _column_difference(one, other, rtol=rtol, atol=loose.get(name))
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
