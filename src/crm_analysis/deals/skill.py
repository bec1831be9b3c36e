"""The verdict (A-02): does all that is known of open leads tell the lost ones beforehand?

Decisions:
* Judged as it would have been used: at the start of each quarter-year a logistic regression is
  fitted to the leads whose fate within the horizon was known by then, and scores the leads that
  come to their landmark in that quarter. Nothing of a later day takes part in its fit.
* A fate counts as known two weeks after the horizon: endings are typed in late.
* Only leads whose horizon is over are counted, whether they ended early or not: those that ended
  early are not the same kind as those still open.
* The AUC is averaged over the quarters (a pooled one mixes the differences between quarters in);
  its interval comes from DeLong's variance within each quarter.
* The fit is ridge-penalised with a fixed weight, so that nothing is tuned on what it is judged by.

Source: DeLong, DeLong and Clarke-Pearson (1988); rolling origin as in Tashman (2000).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.estimates import Estimate, refuse, segment
from crm_analysis.survival.normal import critical, two_sided
from crm_analysis.survival.spells import CAUSES

QUARTER_DAYS = 91
MOST_QUARTERS = 6
LEAST_QUARTERS = 2
LEAST_OF_EACH = 20
RIDGE_C = 0.05
TYPING_DAYS = 14
_MOST_TRAINED, _ASKED_AT_ONCE = 50_000, 10_000
_LOST = next(code for code, name in CAUSES.items() if name == "lost")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The AUC in all, and by quarter: start_day (epoch day), n_trained, n, n_lost, auc, se."""

    quarters: pd.DataFrame
    estimate: Estimate


def forecast_skill(
    fates: pd.DataFrame,
    *,
    tables: Sequence[pd.DataFrame],
    landmark_days: int,
    horizon_days: int,
    last_day: int,
    alpha: float = 0.05,
) -> Judged:
    """How well does what was known at the landmark tell who is lost within the horizon?

    Parameters
    ----------
    fates : DataFrame
        One row per lead still open at the landmark, by lead: opened_day (epoch day),
        duration_days, cause.
    tables : sequence of DataFrame
        What may be used, by lead: numbers, missing as NaN. A lead that a table lacks is missing.
    landmark_days, horizon_days : int
        The horizon counts from the landmark.
    last_day : int
        The last epoch day of observation.
    alpha : float
        One minus the level of the interval.

    Returns
    -------
    Judged
        `forecast_auc`: .5 is no better than no information; p is that of .5. Refused where fewer
        than two quarters have 20 leads of either fate to learn from and to judge by.
    """
    until = landmark_days + horizon_days
    opened = fates["opened_day"].to_numpy(dtype=np.int64)
    order = np.argsort(opened, kind="stable")
    mature = order[opened[order] + until + TYPING_DAYS <= last_day]
    lost = ((fates["cause"] == _LOST) & (fates["duration_days"] <= until)).to_numpy()[mature]
    landmark = opened[mature] + landmark_days
    rows = []
    for start in _starts(landmark):
        tried = np.flatnonzero((landmark >= start) & (landmark < start + QUARTER_DAYS))
        fitted = np.flatnonzero(landmark + horizon_days + TYPING_DAYS < start)[-_MOST_TRAINED:]
        if _enough(lost[tried]) and _enough(lost[fitted]):
            learnt = _beside(tables, fates.index[mature[fitted]])
            model = _fitted(learnt, lost[fitted])
            del learnt
            asked = np.array_split(mature[tried], 1 + len(tried) // _ASKED_AT_ONCE)
            scores = np.concatenate([model(_beside(tables, fates.index[part])) for part in asked])
            auc, se = auc_of(scores, lost[tried])
            counts = (len(fitted), len(tried), int(lost[tried].sum()))
            rows.append((int(start), *counts, auc, se))
    names = ["start_day", "n_trained", "n", "n_lost", "auc", "se"]
    quarters = pd.DataFrame(rows, columns=names)
    blank = Estimate(
        module="M06",
        quantity="forecast_auc",
        segment=segment(landmark_days=landmark_days, horizon_days=horizon_days),
        method="logistic_rolling_origin",
        n=int(quarters["n"].sum()),
        events=int(quarters["n_lost"].sum()),
        evidence="descriptive",
    )
    return Judged(quarters=quarters, estimate=_averaged(blank, quarters, alpha))


def _beside(tables: Sequence[pd.DataFrame], leads: pd.Index) -> Floats:
    """Put all that is known of a few leads side by side; of all leads it would fill the memory."""
    return np.hstack([table.reindex(leads).to_numpy(dtype=float) for table in tables])


def auc_of(scores: Floats, lost: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Return the AUC and DeLong's standard error; ties count half.

    Examples
    --------
    Of the four pairs of a lost and a kept lead three are in the right order.

    >>> auc_of(np.array([3.0, 1.0, 2.0, 0.0]), np.array([True, True, False, False]))[0]
    0.75
    """
    cases, controls = np.sort(scores[lost]), np.sort(scores[~lost])
    above = _placements(scores[lost], controls)
    below = 1.0 - _placements(scores[~lost], cases)
    variance = above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below)
    return float(above.mean()), float(np.sqrt(variance))


def _placements(values: Floats, others: Floats) -> Floats:
    """Return the share of `others` (sorted) below each value, ties half."""
    low = np.searchsorted(others, values, side="left")
    high = np.searchsorted(others, values, side="right")
    shares: Floats = (low + high) / (2.0 * len(others))
    return shares


def _starts(landmark: npt.NDArray[np.int64]) -> list[int]:
    """Return the first days of the last quarter-years, the newest ending on the last landmark."""
    if not len(landmark):
        return []
    end = int(landmark.max()) + 1
    return [end - QUARTER_DAYS * back for back in range(MOST_QUARTERS, 0, -1)]


def _enough(lost: npt.NDArray[np.bool_]) -> bool:
    return min(int(lost.sum()), int((~lost).sum())) >= LEAST_OF_EACH


def _fitted(learnt: Floats, lost: npt.NDArray[np.bool_]) -> Callable[[Floats], Floats]:
    """Fit the losses; what comes back scores other leads."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    some = ~np.isnan(learnt).all(axis=0)
    if not some.any():
        return lambda tried: np.zeros(len(tried))
    model = make_pipeline(
        SimpleImputer(add_indicator=True), StandardScaler(), LogisticRegression(C=RIDGE_C)
    )
    model.fit(learnt[:, some], lost)
    return lambda tried: np.asarray(model.decision_function(tried[:, some]), dtype=float)


def _averaged(row: Estimate, quarters: pd.DataFrame, alpha: float) -> Estimate:
    if len(quarters) < LEAST_QUARTERS:
        return refuse(row, "too_few_events")
    auc = float(quarters["auc"].mean())
    se = float(np.sqrt((quarters["se"] ** 2).sum()) / len(quarters))
    half = critical(alpha) * se
    return replace(
        row,
        estimate=auc,
        ci_lo=max(auc - half, 0.0),
        ci_hi=min(auc + half, 1.0),
        p=two_sided((auc - 0.5) / se) if se > 0 else None,
    )
