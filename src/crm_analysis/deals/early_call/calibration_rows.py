"""Whether the probabilities of one age mean what they say, as rows: slope, intercept, error saved.

Decision:
* Calibration is shown three times: a plain logistic that takes open leads for kept (naive), the
  censoring-aware fit (diagnostic), and that recalibrated on the last closed months (result). What
  each step gained is the log loss that it saved against the one before; it may be none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from crm_analysis.deals.early_call.calibration import brier_gain, calibration, log_loss_gain
from crm_analysis.estimates import Estimate, Role, refuse
from crm_analysis.survival.arrays import Bools, Floats
from crm_analysis.survival.normal import critical

FITS: tuple[tuple[str, str, Role], ...] = (
    ("p_plain", "open_taken_as_kept", "naive"),
    ("p_raw", "censoring_weighted", "diagnostic"),
    ("p", "recalibrated", "result"),
)


def calibrated(
    blank: Estimate,
    judged: pd.DataFrame,
    alpha: float,
    *,
    fits: Sequence[tuple[str, str, Role]] = FITS,
) -> Iterable[Estimate]:
    """Yield slope and intercept of each fit, what each step saved, and the squared error saved."""
    slope, intercept = (f"early_call_calibration_{part}" for part in ("slope", "intercept"))
    for column, method, role in fits:
        row = replace(blank, quantity=slope, method=method, role=role)
        found = None
        if len(judged):
            lost, weight = arrays(judged)
            found = calibration(judged[column].to_numpy(dtype=np.float64), lost, weight)
        if found is None:
            yield refuse(row, "too_few_events")
            yield refuse(replace(row, quantity=intercept), "too_few_events")
            continue
        yield within(row, found.slope.value, found.slope.se, alpha)
        row = replace(row, quantity=intercept)
        yield within(row, found.intercept.value, found.intercept.se, alpha)
    yield from _steps(blank, judged, alpha, fits=fits)
    row = replace(blank, quantity="early_call_brier_gain", method="recalibrated")
    if not len(judged):
        yield refuse(row, "too_few_events")
        return
    lost, weight = arrays(judged)
    gain = brier_gain(judged["p"].to_numpy(), judged["base"].to_numpy(), lost, weight)
    yield within(row, gain.value, gain.se, alpha)


def _steps(
    blank: Estimate, judged: pd.DataFrame, alpha: float, *, fits: Sequence[tuple[str, str, Role]]
) -> Iterable[Estimate]:
    """Yield the log loss that each fit saves against the one before it."""
    blank = replace(blank, quantity="early_call_log_loss_gain")
    for (before, _, _), (column, method, role) in pairwise(fits):
        row = replace(blank, method=method, role=role)
        if not len(judged):
            yield refuse(row, "too_few_events")
            continue
        one, other = (judged[name].to_numpy(dtype=np.float64) for name in (column, before))
        gain = log_loss_gain(one, other, *arrays(judged))
        yield within(row, gain.value, gain.se, alpha)


def arrays(part: pd.DataFrame) -> tuple[Bools, Floats]:
    """Return who was lost, and for how many each stands."""
    return part["lost"].to_numpy(dtype=bool), part["weight"].to_numpy(dtype=np.float64)


def within(row: Estimate, value: float, se: float, alpha: float) -> Estimate:
    """Give a row its number, and an interval held within what the number can be."""
    half = critical(alpha) * se
    low, high = (0.0, 1.0) if row.quantity == "early_call_auc" else (-np.inf, np.inf)
    return replace(row, estimate=value, ci_lo=max(value - half, low), ci_hi=min(value + half, high))
