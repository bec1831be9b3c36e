"""One answer for all landmarks: the landmark supermodel (M03).

The frames of all landmarks are stacked, each landmark with a baseline of its own, and an indicator
has one coefficient for all. A lead stands in the stack once per landmark it reached, so the errors
are summed over leads.

Decision: rows of role `sensitivity`. The questions that are counted and corrected are those at the
landmarks; this one asks them again.

At most 20,000 leads, evenly spread, are looked at.

Source: van Houwelingen (2007).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.deals.comparison.hazards import cox_one_by_one
from crm_analysis.deals.indicators.habits import TESTED_CAUSES, indicator_names, scaled
from crm_analysis.estimates import Estimate, refuse, segment, status_by_events
from crm_analysis.survival.normal import critical

MOST_LEADS = 20_000
METHOD = "cox_efron_supermodel"

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


def supermodel_estimates(
    frames: Mapping[int, pd.DataFrame],
    *,
    names: Sequence[str] = (),
    min_events: int = 10,
    alpha: float = 0.05,
) -> tuple[Estimate, ...]:
    """How does the hazard of loss and of win change with each indicator, over all landmarks?

    Parameters
    ----------
    frames : mapping of int to DataFrame
        Landmark in days to its frame, with lead_id, duration_days, cause and indicators.
    names : sequence of str
        Which indicators; by default all that are tested.
    min_events : int
        Events (of leads, each counted once) for status ok; half of it for weak.
    alpha : float
        One minus the level of the intervals.

    Returns
    -------
    tuple of Estimate
        `log_hazard_ratio_per_sd` by cause and indicator; per standard deviation over the stack.
    """
    if not frames:
        return ()
    days = sorted(frames)
    frames = _thinned(frames)
    ids = pd.concat([frames[day]["lead_id"] for day in days], ignore_index=True)
    lead = ids.factorize()[0].astype(np.int64)
    landmark = np.repeat(np.arange(len(days)), [len(frames[day]) for day in days])
    duration = np.concatenate([frames[day]["duration_days"].to_numpy(float) for day in days])
    cause = np.concatenate([frames[day]["cause"].to_numpy() for day in days])
    rows = []
    for name in names or indicator_names():
        if not all(name in frames[day] for day in days):
            continue
        column = np.concatenate([scaled(frames[day][name], name) for day in days])
        given = np.isfinite(column)
        for code, word in TESTED_CAUSES.items():
            blank = Estimate(
                module="M03",
                quantity="log_hazard_ratio_per_sd",
                segment=segment(cause=word, indicator=name),
                method=METHOD,
                role="sensitivity",
                evidence="associational",
                note="all_landmarks",
            )
            keys = (landmark[given], lead[given])
            spells = (duration[given], cause[given] == code)
            rows.append(_row(blank, column[given], spells, keys, limits=(min_events, alpha)))
    return tuple(rows)


def _thinned(frames: Mapping[int, pd.DataFrame]) -> dict[int, pd.DataFrame]:
    """Keep the same leads at every landmark, so many that their number is held down.

    Who is open at a later landmark was open at the first.
    """
    every = sorted(frames[min(frames)]["lead_id"])
    if len(every) <= MOST_LEADS:
        return dict(frames)
    kept = every[:: -(-len(every) // MOST_LEADS)]
    return {day: frame[frame["lead_id"].isin(kept)] for day, frame in frames.items()}


def _row(
    blank: Estimate,
    column: Floats,
    spells: tuple[Floats, npt.NDArray[np.bool_]],
    keys: tuple[Codes, Codes],
    *,
    limits: tuple[int, float],
) -> Estimate:
    """Fit one indicator; `spells` are durations and events, `keys` landmark and lead."""
    (duration, event), (landmark, lead), (min_events, alpha) = spells, keys, limits
    n_events = len(np.unique(lead[event]))
    row = replace(blank, n=len(np.unique(lead)), events=n_events)
    status = status_by_events(n_events, min_events=min_events)
    if status == "not_estimable":
        return refuse(row, "too_few_events")
    if np.ptp(column) == 0:
        return refuse(row, "no_spread")
    values = (column / column.std())[:, None]
    fit = cox_one_by_one(values, np.maximum(duration, 0.5), event, strata=landmark, cluster=lead)
    if not fit.converged[0]:
        return refuse(row, "separated")
    value, half = float(fit.log_hazard_ratio[0]), critical(alpha) * float(fit.se[0])
    return replace(
        row,
        estimate=value,
        ci_lo=value - half,
        ci_hi=value + half,
        p=float(fit.p[0]),
        status=status,
    )
