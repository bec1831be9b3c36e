"""Hazards one column at a time where endings fall on few days, so that ties are the clock itself.

Decision: with fewer than 20 distinct days of ending and on average at least five endings a day,
Efron's correction gives way to the complementary log-log model of grouped survival (M03). Equal
rows are counted first, so that cost follows what differs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from crm_analysis.deals.comparison.hazards import OneByOne
from crm_analysis.survival.cloglog import fit_cloglog
from crm_analysis.survival.discrete import MAX_DISTINCT_TIMES
from crm_analysis.survival.episodes import Episodes
from crm_analysis.survival.normal import two_sided

TIED = 5

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def is_tied(duration: Floats, event: Bools) -> bool:
    """Do endings crowd on so few days that ties are the rule?

    Examples
    --------
    >>> days = np.array([30.0, 60.0] * 10)
    >>> is_tied(days, np.ones(20, dtype=bool)), is_tied(days[:4], np.ones(4, dtype=bool))
    (True, False)
    """
    n_times = len(np.unique(duration[event]))
    return 0 < n_times < MAX_DISTINCT_TIMES and int(event.sum()) >= TIED * n_times


def cloglog_one_by_one(covariates: Floats, duration: Floats, event: Bools) -> OneByOne:
    """How does the hazard change with each column, taken alone, where time is coarse?

    Parameters and answer are those of `hazards.cox_one_by_one`; a fit without a finite maximum has
    not converged.

    Examples
    --------
    >>> x = np.repeat([0.0, 1.0], 100)[:, None]
    >>> event = np.concatenate([np.arange(100) < 20, np.arange(100) < 40])
    >>> fit = cloglog_one_by_one(x, np.where(event, 30.0, 60.0), event)
    >>> round(float(fit.log_hazard_ratio[0]), 4)  # log(-log .6) - log(-log .8)
    0.8282
    """
    fits = [_fit(column, duration, event) for column in covariates.T]
    beta, se, converged = (np.array(part) for part in zip(*fits, strict=True))
    p = np.array([two_sided(float(value)) for value in beta / np.maximum(se, 1e-300)])
    return OneByOne(log_hazard_ratio=beta, se=se, p=p, converged=converged.astype(bool))


def _fit(column: Floats, duration: Floats, event: Bools) -> tuple[float, float, bool]:
    rows, n = np.unique(
        np.column_stack([column, duration, event.astype(float)]), axis=0, return_counts=True
    )
    counted = n.astype(np.float64)
    mean = float(np.average(rows[:, 0], weights=counted))
    spread = float(np.sqrt(np.average((rows[:, 0] - mean) ** 2, weights=counted)))
    if spread == 0:
        return 0.0, 1.0, False
    episodes = Episodes(
        exit_days=rows[:, 1],
        entry_days=None,
        event=rows[:, 2] > 0,
        stratum=None,
        cluster=None,
        repeats=counted,
    )
    fit = fit_cloglog(((rows[:, 0] - mean) / spread)[:, None], episodes.sets())
    if fit is None:
        return 0.0, 1.0, False
    return float(fit.beta[0]) / spread, float(np.sqrt(fit.covariance[0, 0])) / spread, True
