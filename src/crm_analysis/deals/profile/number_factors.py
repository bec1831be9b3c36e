"""Factors that are numbers: a line, and for ages and incomes a bend beside it.

Decision: the bend is a question of its own in the family: a restricted cubic spline with four
knots against the line, in lost against won, by likelihood ratio. Endings are stacked (Lunn and
McNeil): each lead stands once as at risk of loss and once of winning, with baselines by month and
ending, so that a bend that speeds up losses and wins alike is none. Without durations the same
two models are logistic regressions.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.deals.comparison.contrasts import column_contrast, method_of
from crm_analysis.deals.comparison.factor import Factor
from crm_analysis.deals.comparison.kind_tests import FAMILY, clock_status, factor_notes
from crm_analysis.deals.comparison.levels import LOST, WON
from crm_analysis.deals.comparison.limits import Limits
from crm_analysis.deals.comparison.odds import has_durations, odds_fit, periods
from crm_analysis.estimates import Estimate, refuse, segment
from crm_analysis.survival.cox import cox_efron
from crm_analysis.survival.diagnostics import spline_columns
from crm_analysis.survival.normal import chi_square_tail

Floats = npt.NDArray[np.float64]


def number_test(frame: pd.DataFrame, factor: Factor, limits: Limits) -> Estimate:
    """Test a number per standard deviation: loss ratio against win ratio."""
    rows, values = _present(frame, factor)
    row = _row(rows, factor, "log_loss_to_win_ratio_per_sd", method=method_of(frame))
    if _fewer_ending(rows) < limits.min_events:
        return refuse(row, "too_few_events")
    if values.std() == 0:
        return refuse(row, "no_spread")
    contrast = column_contrast(values / values.std(), rows)
    return contrast.fill(row, 0, status=clock_status(factor), alpha=limits.alpha)


def bend_tests(frame: pd.DataFrame, factor: Factor, limits: Limits) -> list[Estimate]:
    """Test whether a curve fits better than the line; nothing where it is not asked or cannot."""
    if not factor.curved:
        return []
    rows, values = _present(frame, factor)
    bends = spline_columns(pd.Series(values, name="value"))
    if bends is None or _fewer_ending(rows) < 3 * limits.min_events:
        return []
    curve = np.column_stack([column / (column.std() or 1.0) for column in bends.values()])
    line = (values - values.mean()) / values.std()
    dated = has_durations(frame)
    method = "cox_efron_stacked_spline_lr" if dated else "logistic_spline_lr"
    row = _row(rows, factor, "ending_kind_bend_chi2_per_df", method=method)
    gain = _stacked_gain(line, curve, rows) if dated else _odds_gain(line, curve, rows)
    if gain is None:
        return [refuse(row, "not_converged")]
    df = curve.shape[1]
    p = chi_square_tail(gain, df)
    return [replace(row, estimate=gain / df, p=p, status=clock_status(factor))]


def _present(frame: pd.DataFrame, factor: Factor) -> tuple[pd.DataFrame, Floats]:
    values = pd.to_numeric(frame[factor.name], errors="coerce").to_numpy(float, na_value=np.nan)
    present = np.isfinite(values)
    return frame[present], values[present]


def _fewer_ending(rows: pd.DataFrame) -> int:
    return min(int((rows["cause"] == LOST).sum()), int((rows["cause"] == WON).sum()))


def _row(rows: pd.DataFrame, factor: Factor, quantity: str, *, method: str) -> Estimate:
    return Estimate(
        module="M05",
        quantity=quantity,
        segment=segment(factor=factor.name),
        method=method,
        n=len(rows),
        events=int(rows["cause"].isin((LOST, WON)).sum()),
        family=FAMILY,
        evidence="associational",
        note=factor_notes(rows, factor),
    )


def _stacked_gain(line: Floats, curve: Floats, rows: pd.DataFrame) -> float | None:
    """Twice the gain in log likelihood where the curve may differ between losses and wins."""
    n, k = curve.shape
    is_loss = np.repeat([1.0, 0.0], n)
    cause = np.tile(rows["cause"].to_numpy(), 2)
    stacked = pd.DataFrame(
        {
            "duration_days": np.tile(rows["duration_days"].to_numpy(dtype=float), 2),
            "event": np.where(is_loss == 1, cause == LOST, cause == WON),
            "month": np.tile(rows["opened_month"].to_numpy(), 2),
            "is_loss": is_loss,
            "line": np.tile(line, 2),
            "line_loss": np.tile(line, 2) * is_loss,
        }
    )
    common, own = [f"bend_{i}" for i in range(k)], [f"bend_loss_{i}" for i in range(k)]
    for i in range(k):
        stacked[common[i]] = np.tile(curve[:, i], 2)
        stacked[own[i]] = stacked[common[i]] * is_loss
    base = ["line", "line_loss", *common]
    fits = [
        cox_efron(stacked, covariates=names, strata=["month", "is_loss"])
        for names in (base, [*base, *own])
    ]
    whole = len(fits[1].names) == len(base) + k and all(fit.status == "ok" for fit in fits)
    if not whole or fits[0].loglik is None or fits[1].loglik is None:
        return None
    return 2 * (fits[1].loglik - fits[0].loglik)


def _odds_gain(line: Floats, curve: Floats, rows: pd.DataFrame) -> float | None:
    closed = rows["cause"].isin((LOST, WON)).to_numpy()
    lost = (rows["cause"] == LOST).to_numpy()[closed]
    period = periods(rows["opened_month"].to_numpy(dtype=np.int64)[closed], lost)
    straight = odds_fit(line[closed][:, None], lost, period)
    bent = odds_fit(np.column_stack((line, curve))[closed], lost, period)
    if not (straight.converged and bent.converged):
        return None
    return 2 * (bent.loglik - straight.loglik)
