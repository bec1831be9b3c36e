"""How far to trust a hazard ratio: proportionality, form, and what hidden factors could do.

Edges, decided here:

* Where the fit itself is refused there is no test (an empty tuple, or None); nor where the risk
  sets cannot tell the covariates apart.
* Proportionality is tested against the rank of the event time, ties sharing the mean rank, one
  covariate at a time with one degree of freedom; the form is the approximation with a constant
  variance, as in lifelines. Other transforms and R's current exact score test give other numbers.
* The form test needs at least five distinct values; else None.

Source: Grambsch and Therneau (1994); VanderWeele and Ding (2017) for the E-value, VanderWeele
(2017) for common endings; Harrell (2015) for the restricted cubic spline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from crm_analysis.survival.arrays import Floats
from crm_analysis.survival.cox import cox_efron
from crm_analysis.survival.efron import fit_efron, schoenfeld_residuals, score_residuals
from crm_analysis.survival.episodes import episodes_of
from crm_analysis.survival.normal import chi_square_tail
from crm_analysis.survival.screening import FLAT, refusal, screen, standardise


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportionality:
    """Does one covariate's hazard ratio stay the same over time? A small p says it does not."""

    name: str
    statistic: float
    p: float


def proportional_hazards(
    frame: pd.DataFrame,
    *,
    covariates: Sequence[str],
    duration: str = "duration_days",
    event: str = "event",
    entry: str | None = None,
    strata: Sequence[str] = (),
) -> tuple[Proportionality, ...]:
    """Test for each usable covariate whether its hazard ratio changes with time."""
    happened = frame[event].astype(bool).to_numpy()
    screened = screen(frame, covariates, happened)
    if refusal(screened, int(happened[screened.rows].sum()), min_events=1):
        return ()
    columns = (duration, entry, None)
    episodes = episodes_of(frame, columns=columns, event=happened, strata=strata)
    sets = episodes.among(screened.rows).sets()
    x = screened.x
    standardise(x, sets.repeats)
    fit = fit_efron(x, sets)
    if not fit.converged or np.linalg.eigvalsh(fit.information)[0] <= FLAT * sets.n_events:
        return ()
    residuals = schoenfeld_residuals(x, sets, fit.beta)
    rank = np.asarray(frame.loc[screened.rows, duration][sets.event].rank(), dtype=np.float64)
    covariance = np.asarray(np.linalg.inv(fit.information), dtype=np.float64)
    statistics = _statistics(residuals, rank, covariance)
    return tuple(
        Proportionality(name=name, statistic=float(value), p=chi_square_tail(float(value), 1))
        for name, value in zip(screened.usable, statistics, strict=True)
    )


def largest_influence(
    frame: pd.DataFrame,
    *,
    covariate: str,
    duration: str = "duration_days",
    event: str = "event",
) -> float | None:
    """By how many standard errors does the coefficient move, at most, if one row is left out?

    Parameters
    ----------
    frame : DataFrame
        One row a subject.
    covariate, duration, event : str
        Columns: the covariate, days at risk, whether the event ended them.

    Returns
    -------
    float or None
        The largest dfbeta in standard errors, to first order (score residual over the root of the
        information); None where the fit says nothing.

    Notes
    -----
    Source: Therneau and Grambsch (2000), section 7.1.
    """
    happened = frame[event].astype(bool).to_numpy()
    screened = screen(frame, [covariate], happened)
    if refusal(screened, int(happened[screened.rows].sum()), min_events=1):
        return None
    episodes = episodes_of(frame, columns=(duration, None, None), event=happened, strata=())
    sets = episodes.among(screened.rows).sets()
    x = screened.x
    standardise(x, sets.repeats)
    fit = fit_efron(x, sets)
    information = float(fit.information[0, 0])
    if not fit.converged or information <= FLAT * sets.n_events:
        return None
    return float(np.abs(score_residuals(x, sets, fit.beta)).max() / np.sqrt(information))


def linearity(
    frame: pd.DataFrame,
    *,
    covariate: str,
    duration: str = "duration_days",
    event: str = "event",
    entry: str | None = None,
) -> float | None:
    """Return the p of a bend: restricted cubic spline with four knots against the straight line."""
    values = frame[covariate].astype(float)
    curved = spline_columns(values)
    if curved is None:
        return None
    names = [covariate, *curved]
    known = frame.assign(**curved)[frame[covariate].notna()]
    fit = partial(cox_efron, known, duration=duration, event=event, entry=entry)
    straight, bent = fit(covariates=[covariate]), fit(covariates=names)
    usable = len(bent.names) == len(names) and straight.status == bent.status == "ok"
    if not usable or bent.loglik is None or straight.loglik is None:
        return None
    return chi_square_tail(2 * (bent.loglik - straight.loglik), len(curved))


def spline_columns(values: pd.Series) -> dict[str, Floats] | None:
    """Return the two bent columns of a restricted cubic spline; None where knots coincide.

    Knots stand at the 5th, 35th, 65th and 95th percentile of the values present.
    """
    knots = np.quantile(values.dropna(), (0.05, 0.35, 0.65, 0.95)) if values.notna().any() else []
    if values.nunique() < 5 or len(np.unique(knots)) < 4:
        return None
    x = values.to_numpy(dtype=float)
    first, before_last, last = knots[0], knots[-2], knots[-1]
    columns = {}
    for place, knot in enumerate(knots[:-2]):
        bent = _cube(x - knot)
        bent -= _cube(x - before_last) * (last - knot) / (last - before_last)
        bent += _cube(x - last) * (before_last - knot) / (last - before_last)
        columns[f"{values.name}_bend_{place + 1}"] = bent / (last - first) ** 2
    return columns


def e_value(risk_ratio: float) -> float:
    """Say how strong a hidden factor must be to explain a risk ratio away.

    It would have to be tied to both sides by at least this risk ratio, beyond what is adjusted.

    Examples
    --------
    >>> round(e_value(1.5), 3), round(e_value(1 / 1.5), 3), e_value(1.0)
    (2.366, 2.366, 1.0)
    """
    if risk_ratio <= 0:
        raise ValueError(f"risk_ratio {risk_ratio}: allowed is more than 0")
    ratio = max(risk_ratio, 1 / risk_ratio)
    return float(ratio + np.sqrt(ratio * (ratio - 1)))


def e_value_of_bound(ci_lo: float, ci_hi: float) -> float:
    """Return the E-value of the bound nearer to 1; 1 where the interval holds 1.

    Examples
    --------
    >>> e_value_of_bound(0.9, 1.7), round(e_value_of_bound(1.2, 1.7), 3)
    (1.0, 1.69)
    """
    if ci_lo <= 1 <= ci_hi:
        return 1.0
    return e_value(ci_lo if ci_lo > 1 else ci_hi)


def risk_ratio_of_hazard_ratio(hazard_ratio: float) -> float:
    """Turn a hazard ratio into the risk ratio an E-value needs, where endings are common (> 15 %).

    Examples
    --------
    >>> round(risk_ratio_of_hazard_ratio(2.0), 3)
    1.613
    """
    root = float(np.sqrt(hazard_ratio))
    return float((1 - 0.5**root) / (1 - 0.5 ** (1 / root)))


def _statistics(residuals: Floats, rank: Floats, covariance: Floats) -> Floats:
    centred = rank - rank.mean()
    spread = float(centred @ centred)
    if spread == 0:
        return np.zeros(residuals.shape[1])
    n_events = len(rank)
    scaled = n_events * residuals @ covariance
    found: Floats = (centred @ scaled) ** 2 / (n_events * np.diag(covariance) * spread)
    return found


def _cube(values: Floats) -> Floats:
    cubed: Floats = np.maximum(values, 0.0) ** 3
    return cubed
