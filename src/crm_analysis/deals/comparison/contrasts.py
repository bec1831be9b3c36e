"""Lost against won along columns: two hazards where leads carry durations, odds where not.

Each function takes leads with duration_days, cause and opened_month and compares them within
their month of opening (`odds.periods` without durations).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.deals.comparison.hazards import OneByOne, cox_by_level, cox_one_by_one
from crm_analysis.deals.comparison.levels import LOST, WON
from crm_analysis.deals.comparison.odds import has_durations, odds_fit, periods
from crm_analysis.estimates import Estimate, Status, refuse
from crm_analysis.survival.normal import critical, two_sided

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Log of loss ratio over win ratio per column (k,), its standard error, and by which method.

    `hazards` holds the two fits behind it, loss and win; None where leads carry no durations.
    """

    value: Floats
    se: Floats
    converged: Bools
    method: str
    hazards: tuple[OneByOne, OneByOne] | None = None

    def fill(self, row: Estimate, place: int, *, status: Status, alpha: float) -> Estimate:
        """Write one column's number into its row, or refuse the row."""
        if not self.converged[place]:
            return refuse(row, "separated")
        value, se = float(self.value[place]), float(self.se[place])
        half = critical(alpha) * se
        return replace(
            row,
            estimate=value,
            ci_lo=value - half,
            ci_hi=value + half,
            p=two_sided(value / se),
            status=status,
        )


def method_of(frame: pd.DataFrame) -> str:
    """Name the method that these leads allow."""
    return "cox_efron_difference_by_month" if has_durations(frame) else "logistic_by_period"


def column_contrast(column: Floats, rows: pd.DataFrame) -> Contrast:
    """Compare losses with wins along one column of numbers."""
    if not has_durations(rows):
        return _odds([column], rows)
    duration, month, lost, won = ends(rows)
    fits = (
        cox_one_by_one(column[:, None], duration, lost, strata=month),
        cox_one_by_one(column[:, None], duration, won, strata=month),
    )
    return _difference(fits)


def level_contrast(level: Codes, rows: pd.DataFrame) -> Contrast:
    """Compare losses with wins for each level against all others."""
    if not has_durations(rows):
        return _odds([level == code for code in range(int(level.max()) + 1)], rows)
    duration, month, lost, won = ends(rows)
    fits = (
        cox_by_level(level, duration, lost, strata=month),
        cox_by_level(level, duration, won, strata=month),
    )
    return _difference(fits)


def ends(rows: pd.DataFrame) -> tuple[Floats, Codes, Bools, Bools]:
    """Return days at risk, month of opening, and which leads were lost and won."""
    duration = np.maximum(rows["duration_days"].to_numpy(dtype=float), 0.5)
    cause = rows["cause"].to_numpy()
    month = rows["opened_month"].to_numpy(dtype=np.int64)
    return duration, month, cause == LOST, cause == WON


def _difference(fits: tuple[OneByOne, OneByOne]) -> Contrast:
    """Take log HR of loss minus log HR of win; the two are independent in large samples."""
    loss, win = fits
    return Contrast(
        value=loss.log_hazard_ratio - win.log_hazard_ratio,
        se=np.hypot(loss.se, win.se),
        converged=loss.converged & win.converged,
        method="cox_efron_difference_by_month",
        hazards=fits,
    )


def _odds(columns: list[Floats] | list[Bools], rows: pd.DataFrame) -> Contrast:
    closed = rows["cause"].isin((LOST, WON)).to_numpy()
    lost = (rows["cause"] == LOST).to_numpy()[closed]
    period = periods(rows["opened_month"].to_numpy(dtype=np.int64)[closed], lost)
    fits = [odds_fit(np.asarray(one, float)[closed][:, None], lost, period) for one in columns]
    return Contrast(
        value=np.array([fit.coef[0] for fit in fits]),
        se=np.array([fit.se[0] for fit in fits]),
        converged=np.array([fit.converged for fit in fits]),
        method="logistic_by_period",
    )
