"""The common form of survival answers: curves read at each day, one row per coefficient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.survival.inputs import LAST_DAY, LEVELS, N_CONTINUOUS

Floats = npt.NDArray[np.float64]
CONTINUOUS = [f"x{i:02d}" for i in range(N_CONTINUOUS)]


def by_day(times: Floats, values: Floats, *, before: float) -> Floats:
    """Read a right-continuous step function at the end of each day 0 … LAST_DAY.

    Examples
    --------
    >>> by_day(np.array([2.0]), np.array([0.5]), before=1.0)[:4].tolist()
    [1.0, 1.0, 0.5, 0.5]
    """
    place = np.searchsorted(times, np.arange(LAST_DAY + 1), side="right")
    return np.concatenate(([before], values))[place]


def survival_table(values: Floats) -> pd.DataFrame:
    """Share still open after each day."""
    return pd.DataFrame({"day": np.arange(LAST_DAY + 1.0), "open_share": values})


def incidence_table(lost: Floats, won: Floats) -> pd.DataFrame:
    """Shares lost and won by each day."""
    days = np.arange(LAST_DAY + 1.0)
    return pd.DataFrame({"day": days, "lost_share": lost, "won_share": won})


def coefficient_tables(
    names: Sequence[str], coef: Floats, se: Floats | None
) -> dict[str, pd.DataFrame]:
    """Log hazard ratios, and their standard errors where the peer gives them."""
    tables = {"coefficients": pd.DataFrame({"name": list(names), "coef": coef})}
    if se is not None:
        tables["errors"] = pd.DataFrame({"name": list(names), "se": se})
    return tables


def with_levels(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Add a column of 0.0 and 1.0 per level but the first of each category."""
    made = {
        f"{name}_{level}": frame[name].eq(f"{name}_{level}").astype("float64")
        for name, size in LEVELS.items()
        for level in range(1, size)
    }
    return frame.drop(columns=list(LEVELS)).assign(**made), list(made)
