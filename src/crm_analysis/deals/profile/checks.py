"""How do the factors that stand hold up? The same question asked in other ways (M05).

Decisions:
* *Missing as a level*: what is missing may itself say something, because well-known customers have
  filled-in fields; the factor is asked again with "(missing)" among its levels.
* *Equal completeness*: leads are compared only with those whose profile is filled in about as far
  (halves), so that a factor which only says how well a customer is known falls.
* *Distinct leads*: leads that equal another in every factor, month, days and ending may be one
  deal typed in twice; the factor is asked again with one of each.
* *Jointly*: each level, and each number, beside all other standing factors: what it goes with
  that they do not. Columns that cannot be told apart are refused by name.

All are sensitivity rows: they take nothing back, and nothing is found by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from crm_analysis.deals.comparison.factor import Factor, FactorTable
from crm_analysis.deals.comparison.kind_tests import factor_notes, kind_test
from crm_analysis.deals.comparison.levels import LOST, WON, pooled_levels
from crm_analysis.deals.comparison.limits import Limits
from crm_analysis.deals.comparison.odds import has_durations, odds_fit, periods
from crm_analysis.deals.profile.number_factors import number_test
from crm_analysis.estimates import Estimate, Status, refuse, segment, status_by_events
from crm_analysis.survival.cox import cox_efron
from crm_analysis.survival.normal import critical

MISSING = "(missing)"
_LEAST_FACTORS = 5
_MOST_LEVELS = 6
_SAME = ("duration_days", "cause", "opened_month")


def repeated_leads(table: FactorTable) -> Estimate | None:
    """Count leads that equal an earlier one in every factor, month, days and ending.

    None where fewer than five factors are known: then equality says nothing.
    """
    if len(table.factors) < _LEAST_FACTORS:
        return None
    n_repeated = int(table.frame.duplicated(_columns(table)).sum())
    return Estimate(
        module="M05",
        quantity="repeated_leads_count",
        segment="",
        method="count",
        role="diagnostic",
        estimate=float(n_repeated),
        n=len(table.frame),
        evidence="exact",
    )


def check_estimates(
    table: FactorTable, standing: Sequence[str], *, limits: Limits
) -> tuple[Estimate, ...]:
    """Ask again about the factors that stand.

    Parameters
    ----------
    table : FactorTable
        Leads with their factors.
    standing : sequence of str
        Names of the factors that stand.
    limits : Limits
        Cell, event and error limits.

    Returns
    -------
    tuple of Estimate
        Role sensitivity, without a family: the tests by check, and `log_loss_to_win_ratio` by
        level, or per standard deviation, adjusted for the other standing factors.
    """
    factors = [factor for factor in table.factors if factor.name in set(standing)]
    rows = [row for factor in factors for row in _again(table, factor, limits)]
    return (*rows, *_jointly(table, factors, limits))


def _again(table: FactorTable, factor: Factor, limits: Limits) -> list[Estimate]:
    frame = table.frame
    rows = []
    if factor.kind == "levels" and frame[factor.name].isna().any():
        filled = frame.assign(**{factor.name: _with_missing(frame[factor.name])})
        rows.append(_as_check(_test(filled, factor, limits), "missing_as_level"))
    halves = _completeness_halves(table)
    if factor.of_profile and halves is not None:
        alike = frame.assign(opened_month=frame["opened_month"] * 2 + halves)
        rows.append(_as_check(_test(alike, factor, limits), "equal_completeness"))
    repeated = repeated_leads(table)
    if repeated is not None and repeated.estimate:
        distinct = frame.drop_duplicates(_columns(table))
        rows.append(_as_check(_test(distinct, factor, limits), "distinct_leads"))
    return rows


def _test(frame: pd.DataFrame, factor: Factor, limits: Limits) -> Estimate:
    if factor.kind == "number":
        return number_test(frame, factor, limits)
    pooled = pooled_levels(frame, factor.name, min_cell=limits.min_cell)
    return kind_test(pooled, factor, limits)


def _as_check(row: Estimate, check: str) -> Estimate:
    return replace(row, role="sensitivity", family=None, method=f"{row.method}:{check}")


def _with_missing(column: pd.Series) -> pd.Series:
    return column.astype("string").astype(object).where(column.notna(), MISSING)


def _columns(table: FactorTable) -> list[str]:
    return [*_SAME, *(factor.name for factor in table.factors)]


def _completeness_halves(table: FactorTable) -> pd.Series | None:
    """Return 1 where more of the profile is filled in than for the median lead, else 0."""
    fields = [factor.name for factor in table.factors if factor.of_profile]
    if not fields:
        return None
    share = table.frame[fields].notna().mean(axis=1)
    halves = (share > share.median()).astype(int)
    return halves if halves.nunique() > 1 else None


def _jointly(table: FactorTable, factors: Sequence[Factor], limits: Limits) -> list[Estimate]:
    """Fit all standing factors at once; one alone has nothing to be adjusted for."""
    if len(factors) < 2:
        return []
    parts = [_joint_columns(table.frame, factor, limits) for factor in factors]
    columns = pd.concat(parts, axis=1)
    frame = table.frame.loc[columns.notna().all(axis=1)]
    x = columns.loc[frame.index].astype(float)
    rows = [
        _joint_row(frame, factor, level)
        for factor, part in zip(factors, parts, strict=True)
        for level in part.attrs["levels"]
    ]
    if has_durations(frame):
        return _joint_hazards(frame, x, rows, limits)
    return _joint_odds(frame, x, rows, limits)


def _joint_columns(frame: pd.DataFrame, factor: Factor, limits: Limits) -> pd.DataFrame:
    """Return a number per standard deviation, or a column per level but the commonest."""
    if factor.kind == "number":
        values = pd.to_numeric(frame[factor.name], errors="coerce").astype(float)
        scaled = (values - values.mean()) / values.std(ddof=0)
        return _with_levels({_name(factor, ""): scaled}, [""])
    told = _with_missing(frame[factor.name])
    counts = told.value_counts()
    common = sorted(counts.index[counts >= limits.min_cell], key=lambda one: (-counts[one], one))
    shown = common[1 : _MOST_LEVELS + 1]
    return _with_levels({_name(factor, level): told == level for level in shown}, shown)


def _with_levels(columns: dict[str, pd.Series], levels: list[str]) -> pd.DataFrame:
    """Make the columns of one factor, and keep the level that each stands for."""
    frame = pd.DataFrame(columns)
    frame.attrs["levels"] = levels
    return frame


def _name(factor: Factor, level: str) -> str:
    """Name a column so that a note may name it: without the signs that part notes."""
    return f"{factor.name} {level}".strip().replace(";", ",")


def _joint_row(frame: pd.DataFrame, factor: Factor, level: str) -> Estimate:
    own = {"level": level} if level else {}
    return Estimate(
        module="M05",
        quantity="log_loss_to_win_ratio" if level else "log_loss_to_win_ratio_per_sd",
        segment=segment(factor=factor.name, **own),
        method="joint",
        role="sensitivity",
        n=len(frame),
        events=int(frame["cause"].isin((LOST, WON)).sum()),
        evidence="adjusted",
        note=";".join(filter(None, (factor_notes(frame, factor), "against_commonest"))),
    )


def _joint_hazards(
    frame: pd.DataFrame, x: pd.DataFrame, rows: list[Estimate], limits: Limits
) -> list[Estimate]:
    fits = [
        cox_efron(
            x.assign(
                duration_days=frame["duration_days"],
                event=frame["cause"] == code,
                opened_month=frame["opened_month"],
            ),
            covariates=list(x.columns),
            strata=["opened_month"],
            min_events=limits.min_events,
        )
        for code in (LOST, WON)
    ]
    found = []
    for name, row in zip(x.columns, rows, strict=True):
        loss, win = (fit.term(name) for fit in fits)
        row = replace(row, method="joint_cox_efron_difference_by_month")
        if loss.coef is None or win.coef is None or loss.se is None or win.se is None:
            found.append(refuse(row, loss.note or win.note))
            continue
        status: Status = "weak" if "weak" in (loss.status, win.status) else "ok"
        se = float(np.hypot(loss.se, win.se))
        found.append(_filled(row, loss.coef - win.coef, se, status, limits))
    return found


def _joint_odds(
    frame: pd.DataFrame, x: pd.DataFrame, rows: list[Estimate], limits: Limits
) -> list[Estimate]:
    closed = frame["cause"].isin((LOST, WON)).to_numpy()
    lost = (frame["cause"] == LOST).to_numpy()[closed]
    status = status_by_events(
        int(min(lost.sum(), (~lost).sum())), len(rows), min_events=limits.min_events
    )
    rows = [replace(row, method="joint_logistic_by_period") for row in rows]
    if status == "not_estimable":
        return [refuse(row, "too_few_events") for row in rows]
    period = periods(frame["opened_month"].to_numpy(dtype=np.int64)[closed], lost)
    fit = odds_fit(x.to_numpy(float)[closed], lost, period, ridge=float(status == "weak"))
    if not fit.converged:
        return [refuse(row, "not_converged") for row in rows]
    if status == "weak":
        rows = [replace(row, note=";".join(filter(None, (row.note, "ridge")))) for row in rows]
    return [
        _filled(row, float(value), float(se), status, limits)
        for row, value, se in zip(rows, fit.coef, fit.se, strict=True)
    ]


def _filled(row: Estimate, value: float, se: float, status: Status, limits: Limits) -> Estimate:
    half = critical(limits.alpha) * se
    return replace(row, estimate=value, ci_lo=value - half, ci_hi=value + half, status=status)
