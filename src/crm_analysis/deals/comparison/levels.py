"""The levels of one factor: rare ones pooled, leads of like age and month, true spread."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.deals.comparison.factor import NO_ACCOUNT

POOLED = "(pooled)"
LOST, WON = 1, 2
_PER_BAND = 25

Floats = npt.NDArray[np.float64]


def pooled_levels(
    frame: pd.DataFrame, name: str, *, min_cell: int, by: str | None = None
) -> pd.DataFrame:
    """Give each lead its level of one factor, rare levels pooled, missing left out.

    Parameters
    ----------
    frame : DataFrame
        Leads with duration_days, cause, opened_month and the factor's column.
    name : str
        The factor's column.
    min_cell : int
        Leads, and expected losses and wins, that a level needs.
    by : str, optional
        A column of kinds to be kept, and looked at for rareness in place of losses and wins.

    Returns
    -------
    DataFrame
        duration_days, cause, opened_month, level (text), n_pooled (levels in the pool).
    """
    code, words = pd.factorize(frame[name])
    text = pd.Series(words, dtype="object").astype("string").str.strip()
    counts = ~(text.isna() | (text == "") | (text == NO_ACCOUNT)).to_numpy(dtype=bool)
    known = np.append(counts, False)[code]  # a missing value has code -1: the last one
    kept_columns = ["duration_days", "cause", "opened_month", *([] if by is None else [by])]
    rows = frame.loc[known, kept_columns].assign(level=text.to_numpy(dtype=object)[code[known]])
    small = _rare(rows, min_cell, by)
    rows["level"] = rows["level"].where(~rows["level"].isin(small), POOLED)
    rows["n_pooled"] = len(small)
    still_small = POOLED in _rare(rows, min_cell, by)
    kept: pd.DataFrame = rows[rows["level"] != POOLED] if still_small else rows
    return kept.reset_index(drop=True)


def _rare(rows: pd.DataFrame, min_cell: int, by: str | None) -> set[str]:
    """Name the levels with too few leads, or too few of the rarer ending to be expected."""
    closed = rows[rows["cause"].isin((LOST, WON))] if by is None else rows
    n_leads, n_closed = rows["level"].value_counts(), closed["level"].value_counts()
    endings = (LOST, WON) if by is None else closed[by].unique()
    rarer = min(((closed[by or "cause"] == ending).mean() for ending in endings), default=0.0)
    expected = n_closed.reindex(n_leads.index, fill_value=0) * (0.0 if closed.empty else rarer)
    return set(n_leads.index[(n_leads < min_cell) | (expected < min_cell)])


def age_bands(closed: pd.DataFrame) -> pd.Series:
    """Number the groups of leads that were opened in one month and ended at about one age.

    Each month is cut by age at the ending into bands of about 25 leads.

    Examples
    --------
    >>> closed = pd.DataFrame({"opened_month": [1] * 50 + [2], "duration_days": [3, 9] * 25 + [5]})
    >>> age_bands(closed).value_counts(sort=False).to_list()
    [25, 25, 1]
    """
    ordered = closed.sort_values(["opened_month", "duration_days"], kind="stable")
    month = ordered.groupby("opened_month")["duration_days"]
    size = month.transform("size")
    n_bands = np.maximum(size // _PER_BAND, 1)
    # the rank of equal durations is equal, so that ties never part
    band = ((month.rank(method="min") - 1) * n_bands / size).astype(int)
    codes = ordered.assign(band=band).groupby(["opened_month", "band"]).ngroup()
    return codes.reindex(closed.index)


def between_variance(values: Floats, variances: Floats) -> float:
    """How much do levels truly differ, beyond chance? Variance by the method of moments.

    Examples
    --------
    >>> import numpy as np
    >>> between_variance(np.array([-1.0, 1.0]), np.array([0.5, 0.5]))  # (4 - 1) / (4 - 2)
    1.5
    """
    if len(values) < 2:
        return 0.0
    weight = 1 / variances
    centre = np.average(values, weights=weight)
    excess = float((weight * (values - centre) ** 2).sum()) - (len(values) - 1)
    scale = float(weight.sum() - (weight**2).sum() / weight.sum())
    return max(excess / scale, 0.0)
