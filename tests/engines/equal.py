"""Equal frames: row by row, numbers to a relative 1e-9, all else exactly, missing values too."""

from __future__ import annotations

import numpy as np
import pandas as pd

TOLERANCE = 1e-9


def sorted_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Sort by all columns that are exact, which name a row wherever floats do not, then by those.

    The order itself means nothing, so that a digest serves as well as the values and is faster.
    """
    floats = [frame[name] for name in frame.columns if frame[name].dtype.kind == "f"]
    exact = frame.drop(columns=[column.name for column in floats])
    digest = pd.util.hash_pandas_object(exact, index=False) if len(exact.columns) else ()
    keys = [*reversed(floats), *([digest] if len(exact.columns) else [])]
    return frame.iloc[np.lexsort(keys)].reset_index(drop=True) if len(frame) else frame


def assert_equal(found: pd.DataFrame, wanted: pd.DataFrame, *, what: str) -> None:
    """Compare two frames whose rows may come in any order."""
    assert list(found.columns) == list(wanted.columns), what
    assert found.dtypes.to_dict() == wanted.dtypes.to_dict(), what
    assert len(found) == len(wanted), what
    found, wanted = sorted_rows(found), sorted_rows(wanted)
    for name in wanted.columns:
        one, other = found[name], wanted[name]
        if one.dtype.kind == "f":
            near = np.isclose(one, other, rtol=TOLERANCE, atol=0, equal_nan=True)
        else:
            missing = one.isna() & other.isna()
            near = (missing | (one == other)).to_numpy(dtype=bool)
        wrong = [(one[row], other[row]) for row in np.flatnonzero(~near)[:3]]
        assert not wrong, f"{what}, {name}: {(~near).sum()} rows differ, for one {wrong}"
