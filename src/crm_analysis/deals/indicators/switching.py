"""Loss while a state lasts: a question unanswered, a promise broken (M03, M17).

Decision: the state of each day is what counts (start-stop rows), so a lead that lives long gets no
credit for the state it came into late. Rows are counts of leads alike, without the representative:
errors take leads as independent, and the table says so. Beside it, as a warning, whether a lead was
*ever* in the state: that is blind to time, and makes what harms look protective.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from crm_analysis.deals.comparison.hazards import cox_one_by_one
from crm_analysis.deals.indicators.habits import FAMILY, TESTED_CAUSES
from crm_analysis.estimates import Estimate, refuse, segment, status_by_events
from crm_analysis.features.switching import STATES
from crm_analysis.survival.cox import cox_efron
from crm_analysis.survival.normal import critical


def state_estimates(
    episodes: pd.DataFrame, *, min_events: int = 10, alpha: float = 0.05
) -> tuple[Estimate, ...]:
    """How much faster do leads end while a state lasts?

    Parameters
    ----------
    episodes : DataFrame
        From `features.switching.state_episodes`: entry_days, exit_days, one column a state, cause,
        n.
    min_events : int
        Events in the state, and outside it, for status ok; half of it for weak.
    alpha : float
        One minus the level of the intervals.

    Returns
    -------
    tuple of Estimate
        `state_log_hazard_ratio` by cause and state, in the family of the indicators, and
        `state_extra_endings`: endings in the state, less those at the pace outside it.
    """
    rows: list[Estimate] = []
    for code, cause in TESTED_CAUSES.items():
        happened = (episodes["cause"] == code).to_numpy()
        counts = episodes["n"].to_numpy()
        for state in STATES:
            inside = episodes[state].to_numpy() == 1
            events = tuple(int(counts[happened & part].sum()) for part in (inside, ~inside))
            blank = Estimate(
                module="M03",
                quantity="state_log_hazard_ratio",
                segment=segment(cause=cause, state=state),
                method="cox_efron_time_varying",
                family=FAMILY,
                n=int(counts[episodes["entry_days"] == 0].sum()),
                events=sum(events),
                evidence="associational",
            )
            if inside.any():
                row = replace(blank, status=status_by_events(min(events), min_events=min_events))
                rows.append(_fitted(row, episodes.assign(event=happened), state, alpha))
                rows += _extra(rows[-1], events[0])
    return tuple(rows)


def _extra(row: Estimate, n_inside: int) -> list[Estimate]:
    """Turn a ratio into a number of endings."""
    if row.estimate is None or row.ci_lo is None or row.ci_hi is None:
        return []
    more, low, high = (
        n_inside * (1 - float(np.exp(-value))) for value in (row.estimate, row.ci_lo, row.ci_hi)
    )
    extra = replace(
        row,
        quantity="state_extra_endings",
        role="diagnostic",
        family=None,
        p=None,
        estimate=more,
        ci_lo=low,
        ci_hi=high,
        n=n_inside,
    )
    return [extra]


def _fitted(row: Estimate, episodes: pd.DataFrame, state: str, alpha: float) -> Estimate:
    if row.status == "not_estimable":
        return refuse(row, "too_few_events")
    fit = cox_efron(
        episodes,
        covariates=[state],
        duration="exit_days",
        entry="entry_days",
        repeats="n",
        alpha=alpha,
    )
    term = fit.term(state)
    if term.coef is None:
        return refuse(row, term.note or "not_converged")
    return replace(
        row, estimate=term.coef, ci_lo=term.ci_lo, ci_hi=term.ci_hi, p=term.p,
        note="too_few_events" if row.status == "weak" else "",
    )  # fmt: skip


def ever_estimates(
    ever: pd.DataFrame, *, min_events: int = 10, alpha: float = 0.05
) -> tuple[Estimate, ...]:
    """What would be said by whether a lead was ever in a state? Warning rows, never findings.

    Parameters
    ----------
    ever : DataFrame
        duration_days, cause, one column a state (0 or 1: ever), n.
    min_events : int
        Events for a row at all.
    alpha : float
        One minus the level of the intervals.
    """
    rows = []
    duration = np.maximum(ever["duration_days"].to_numpy(dtype=float), 0.5)
    repeat = ever["n"].to_numpy(dtype=np.int64)
    for code, cause in TESTED_CAUSES.items():
        event = np.repeat((ever["cause"] == code).to_numpy(), repeat)
        for state in STATES:
            column = np.repeat(ever[state].to_numpy(dtype=float), repeat)
            if event.sum() < min_events or np.ptp(column) == 0:
                continue
            fit = cox_one_by_one(column[:, None], np.repeat(duration, repeat), event)
            if fit.converged[0]:
                value, half = float(fit.log_hazard_ratio[0]), critical(alpha) * float(fit.se[0])
                rows.append(
                    Estimate(
                        module="M03",
                        quantity="state_log_hazard_ratio",
                        segment=segment(cause=cause, state=state),
                        method="cox_efron_ever",
                        role="naive",
                        estimate=value,
                        ci_lo=value - half,
                        ci_hi=value + half,
                        p=float(fit.p[0]),
                        n=len(event),
                        events=int(event.sum()),
                        note="ever_state",
                    )
                )
    return tuple(rows)
