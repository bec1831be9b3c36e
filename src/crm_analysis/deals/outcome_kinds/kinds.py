"""Where lost customers went, and which factors go with it (A-50 to A-53).

Decisions:
* Shares are of the lost leads whose kind is recorded, with simultaneous (Goodman) intervals, so
  that they may be read together; the share without a recorded kind stands beside them.
* Each factor is tested once, against all kinds together: the score test of a multinomial logit
  stratified by month of opening (generalised Mantel-Haenszel, exact covariance). For factors that
  stand, each level's odds of each kind against the commonest are fitted by multinomial logit;
  where cells are thin, or the fit runs away, with a ridge, without a test, and said so.
* Kinds with fewer than `min_events` leads are put together with the unknown.

Source: Goodman (1965); Landis, Heyman and Koch (1978) for the stratified test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.deals.comparison.factor import Factor, FactorTable
from crm_analysis.deals.comparison.kind_tests import clock_status, factor_notes
from crm_analysis.deals.comparison.levels import pooled_levels
from crm_analysis.deals.comparison.limits import Limits
from crm_analysis.deals.comparison.multinomial import kind_ratios
from crm_analysis.deals.outcome_kinds.lost_leads import KINDS
from crm_analysis.estimates import (
    Estimate,
    adjust_families,
    is_finding,
    read_segment,
    refuse,
    segment,
)
from crm_analysis.proportions import goodman, wilson
from crm_analysis.survival.normal import chi_square_tail

FAMILY = "M05:kinds"

Floats = npt.NDArray[np.float64]


def kind_shares(lost: pd.DataFrame, *, alpha: float) -> tuple[Estimate, ...]:
    """What share of the lost went where, and of how many is it not recorded?

    Parameters
    ----------
    lost : DataFrame
        From `lost_leads.lost_leads`.
    alpha : float
        One minus the probability that all intervals hold together.
    """
    told = lost["lost_to"].dropna()
    counts = [int((told == kind).sum()) for kind in KINDS]
    rows = [
        Estimate(
            module="M05",
            quantity="outcome_kind_share",
            segment=segment(lost_to=kind),
            method="goodman",
            estimate=share.estimate,
            ci_lo=share.lo,
            ci_hi=share.hi,
            n=len(told),
            events=count,
        )
        for kind, count, share in zip(KINDS, counts, goodman(counts, alpha=alpha), strict=False)
    ]
    missing = wilson(len(lost) - len(told), len(lost), alpha=alpha)
    if missing is None:
        return tuple(rows)
    without = Estimate(
        module="M05",
        quantity="outcome_kind_missing_share",
        segment="",
        method="wilson",
        role="diagnostic",
        estimate=missing.estimate,
        ci_lo=missing.lo,
        ci_hi=missing.hi,
        n=len(lost),
        events=len(lost) - len(told),
    )
    return (*rows, without)


def kind_estimates(
    lost: pd.DataFrame, table: FactorTable, *, limits: Limits
) -> tuple[Estimate, ...]:
    """Which factors go with where the lost customers went?

    Parameters
    ----------
    lost : DataFrame
        From `lost_leads.lost_leads`.
    table : FactorTable
        Factors of all leads as known at the opening.
    limits : Limits
        Cell, event and error limits.

    Returns
    -------
    tuple of Estimate
        `outcome_kind_chi2_per_df` per factor (family M05:kinds), and `log_kind_ratio` by kind and
        level for factors that stand.
    """
    told = lost.loc[lost["lost_to"].notna(), ["lead_id", "lost_to"]]
    frame = table.frame.merge(told, on="lead_id", how="inner")
    frame["went"] = _joined_kinds(frame["lost_to"], least=limits.min_events)
    if frame["went"].nunique() < 2:
        return ()
    asked = [factor for factor in table.factors if factor.name != "customer_id"]
    # Columns are made again for the few that stand: those of all together would fill the memory.
    tests = adjust_families(
        [_test(*_columns(frame, factor, limits)[:2], factor, limits) for factor in asked]
    )
    standing = {
        read_segment(row.segment)["factor"] for row in tests if is_finding(row, limits.fdr_q)
    }
    ratios = [
        row
        for factor in asked
        if factor.name in standing
        for row in kind_ratios(*_columns(frame, factor, limits), factor, limits)
    ]
    return (*tests, *ratios)


def _joined_kinds(kinds: pd.Series, *, least: int) -> pd.Series:
    """Put kinds of too few leads together with the unknown; drop them where still too few."""
    counts = kinds.value_counts()
    joined = kinds.where(kinds.map(counts) >= least, "unknown")
    return joined.where(joined.map(joined.value_counts()) >= least)


def _columns(
    frame: pd.DataFrame, factor: Factor, limits: Limits
) -> tuple[pd.DataFrame, Floats, tuple[str, ...]]:
    """Return the leads that have the factor, its columns, and the levels these are of."""
    known = frame[frame["went"].notna()]
    if factor.kind == "number":
        values = pd.to_numeric(known[factor.name], errors="coerce").to_numpy(float, na_value=np.nan)
        kept = np.isfinite(values)
        spread = values[kept].std() if kept.any() else 0.0
        return known[kept], (values[kept] / (spread or 1.0))[:, None], ("",)
    rows = pooled_levels(known, factor.name, min_cell=limits.min_cell, by="went")
    level, names = pd.factorize(rows["level"], sort=True)
    x = (level[:, None] == np.arange(len(names))).astype(float)
    return rows, x, tuple(str(name) for name in names)


def _test(rows: pd.DataFrame, x: Floats, factor: Factor, limits: Limits) -> Estimate:
    row = Estimate(
        module="M05",
        quantity="outcome_kind_chi2_per_df",
        segment=segment(factor=factor.name),
        method="multinomial_score_by_month",
        n=len(rows),
        events=len(rows),
        family=FAMILY,
        evidence="associational",
        note=factor_notes(rows.drop(columns="cause", errors="ignore").assign(cause=0), factor),
    )
    if rows.empty or rows["went"].value_counts().min() < limits.min_events:
        return refuse(row, "too_few_events")
    chi2, df = stratified_chi2(x, rows["went"], rows["opened_month"])
    if df == 0:
        return refuse(row, "no_spread")
    return replace(
        row, estimate=chi2 / df, p=chi_square_tail(chi2, df), status=clock_status(factor)
    )


def stratified_chi2(x: Floats, kind: pd.Series, stratum: pd.Series) -> tuple[float, int]:
    """Test whether kinds differ along columns within strata; chi-square and degrees of freedom.

    Examples
    --------
    >>> x = np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]])
    >>> kind = pd.Series(["a", "a", "b", "b"])
    >>> chi2, df = stratified_chi2(x, kind, pd.Series([1, 1, 1, 1]))
    >>> round(chi2, 6), df  # the 2 by 2 table: n less one times the squared correlation
    (3.0, 1)
    """
    code, names = pd.factorize(kind, sort=True)
    y = (code[:, None] == np.arange(len(names))).astype(float)
    gap = np.zeros((x.shape[1], y.shape[1]))
    covariance = np.zeros((gap.size, gap.size))
    for place in _groups(stratum):
        if len(place) < 2:
            continue
        own_x, own_y = x[place] - x[place].mean(axis=0), y[place] - y[place].mean(axis=0)
        gap += own_x.T @ own_y
        covariance += np.kron(own_x.T @ own_x, own_y.T @ own_y) / (len(place) - 1)
    df = int(np.linalg.matrix_rank(covariance, hermitian=True))
    flat = gap.reshape(-1)
    chi2 = float(flat @ np.linalg.pinv(covariance, hermitian=True) @ flat) if df else 0.0
    return chi2, df


def _groups(stratum: pd.Series) -> Sequence[npt.NDArray[np.int64]]:
    code = pd.factorize(stratum)[0]
    order = np.argsort(code, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(code[order])) + 1)
