"""Cox on counts: the same fit from a risk table, at the cost of its patterns, not of leads.

Edges, decided here:

* Each row of the table stands for `n` identical spells, ties included: coefficients, standard
  errors, likelihood and refusals are those of the rows it was counted from.
* Text and categories become a column per level but the first, named "product=b"; numbers and
  booleans stay as they are. A spell without a level or number is left out and counted.
* A covariate of one level has no spread; it is refused by its own name.
* Robust standard errors need the cluster among the columns that the table was counted by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from crm_analysis.survival.cox import fit_cox
from crm_analysis.survival.episodes import Episodes, episodes_of
from crm_analysis.survival.fitted import CoxFit
from crm_analysis.survival.risk_sets import Ints

LOST = (1,)


def cox_table(
    risk: pd.DataFrame,
    *,
    covariates: Sequence[str],
    causes: Sequence[int] = LOST,
    strata: Sequence[str] = (),
    cluster: str | None = None,
    min_events: int = 10,
    alpha: float = 0.05,
) -> CoxFit:
    """Fit a Cox model with Efron ties to a risk table: who ends faster by one of `causes`?

    Parameters
    ----------
    risk : DataFrame
        From `risk_table` or `compress`, counted by all columns named here; with entry_days where
        spells enter late or are pieces.
    covariates : sequence of str
        Columns of the pattern, of text or numbers.
    causes : sequence of int
        What counts as the event; all other endings are censored.
    strata : sequence of str
        Columns whose levels have baselines of their own.
    cluster : str, optional
        Column whose levels are independent; asks for robust standard errors.
    min_events, alpha
        As in `cox.cox_efron`.

    Examples
    --------
    >>> risk = pd.DataFrame(
    ...     {
    ...         "product": ["a", "a", "a", "b", "b", "b"],
    ...         "time_days": [1, 2, 3, 1, 2, 3],
    ...         "cause": [1, 1, 0, 1, 1, 0],
    ...         "n": [10, 10, 80, 20, 20, 60],
    ...     }
    ... )
    >>> fit = cox_table(risk, covariates=["product"])
    >>> fit.names, fit.events, round(float(np.exp(fit.coef[0])), 2)
    (('product=b',), 60, 2.27)
    """
    rows, episodes = table_episodes(risk, covariates, causes=causes, strata=strata, cluster=cluster)
    names = [str(name) for name in rows]
    return fit_cox(rows, episodes, covariates=names, min_events=min_events, alpha=alpha)


def table_episodes(
    risk: pd.DataFrame,
    covariates: Sequence[str],
    *,
    causes: Sequence[int] = LOST,
    strata: Sequence[str] = (),
    cluster: str | None = None,
) -> tuple[pd.DataFrame, Episodes]:
    """Read a risk table as the distinct patterns in numbers, and the episodes that share them."""
    risk = risk[risk["n"] > 0]  # a row that counts nobody is as if it were not there
    codes, first = _pattern_codes(risk, covariates)
    table = risk
    if (np.diff(codes) < 0).any():
        order = np.argsort(codes, kind="stable")
        table, codes = risk.iloc[order], codes[order]
    patterns = risk[list(covariates)].take(first).reset_index(drop=True)
    episodes = episodes_of(
        table,
        columns=("time_days", "entry_days" if "entry_days" in risk else None, "n"),
        event=table["cause"].isin(list(causes)).to_numpy(),
        strata=strata,
        cluster=cluster,
    )
    return _numbers(patterns), replace(episodes, row=codes)


def _pattern_codes(risk: pd.DataFrame, covariates: Sequence[str]) -> tuple[Ints, Ints]:
    """Number the patterns by first appearance; return each row's number, and where each begins."""
    missing = [name for name in covariates if name not in risk]
    if missing:
        raise ValueError(f"covariates {missing} are not columns; allowed are {[*map(str, risk)]}")
    codes = np.zeros(len(risk), dtype=np.int64)
    for name in covariates:
        level, levels = pd.factorize(risk[name])
        codes = pd.factorize(codes * (len(levels) + 1) + level + 1)[0].astype(np.int64)
    first = np.zeros(int(codes.max(initial=-1)) + 1, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return codes, first


def _numbers(patterns: pd.DataFrame) -> pd.DataFrame:
    """Turn text into a column of 0 and 1 per level but the first; numbers stay as they are."""
    columns: dict[str, pd.Series] = {}
    for name, values in patterns.items():
        known = values.notna()
        levels = sorted(values[known].unique(), key=str)
        if pd.api.types.is_numeric_dtype(values):
            columns[str(name)] = values
        elif len(levels) < 2:
            columns[str(name)] = pd.Series(0.0, index=values.index).where(known)
        else:
            for level in levels[1:]:
                columns[f"{name}={level}"] = values.eq(level).astype(float).where(known)
    return pd.DataFrame(columns, index=patterns.index)
