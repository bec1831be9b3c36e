"""Were goals met, customers reached, cases settled? Shares as they are, tested against nothing.

Decisions: goals by their place in the sequence (the tenth and later are one place); reach by
channel, and by whether the try after a failed one took the same or another route. That difference
is not random: who changes the route may have reasons. Its interval is summed over leads, because
tries of one lead are alike. Days to settle a case are Kaplan-Meier's, open cases censored.

Source: inventory A-16, A-17 and A-65.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from crm_analysis.estimates import Estimate, refuse, segment
from crm_analysis.proportions import wilson
from crm_analysis.survival.curves import kaplan_meier
from crm_analysis.survival.normal import critical, two_sided

LAST_PLACE = 10
MIN_LEADS = 10


def goal_estimates(counts: pd.DataFrame, *, alpha: float = 0.05) -> tuple[Estimate, ...]:
    """Which share of the first, second, third … judged goals was met?

    Parameters
    ----------
    counts : DataFrame
        place, n_judged, n_met, from `features.goals.met_by_place`.
    alpha : float
        One minus the level of the intervals.
    """
    place = counts["place"].clip(upper=LAST_PLACE)
    table = counts.groupby(place)[["n_judged", "n_met"]].sum()
    rows = []
    for number, n, met in table.itertuples():
        row = Estimate(
            module="M03",
            quantity="goal_met_share",
            segment=segment(place=f"{number}+" if number == LAST_PLACE else number),
            method="wilson",
        )
        rows.append(_with_share(row, int(met), int(n), alpha))
    return tuple(rows)


def reach_estimates(counts: pd.DataFrame, *, alpha: float = 0.05) -> tuple[Estimate, ...]:
    """Which share of our tries reached the customer, by channel?

    Parameters
    ----------
    counts : DataFrame
        channel, n_tries, n_reached, from `features.routes.reached_by_route`.
    alpha : float
        One minus the level of the intervals.
    """
    rows = []
    for one in counts.sort_values("channel").itertuples():
        row = Estimate(
            module="M03",
            quantity="reached_share",
            segment=segment(channel=one.channel),
            method="wilson",
        )
        rows.append(_with_share(row, int(str(one.n_reached)), int(str(one.n_tries)), alpha))
    return tuple(rows)


def next_route_estimates(tries: pd.DataFrame, *, alpha: float = 0.05) -> tuple[Estimate, ...]:
    """After a failed try, does another route reach more customers than the same one?

    Parameters
    ----------
    tries : DataFrame
        One row per lead: n_same, n_same_reached, n_other, n_other_reached, from
        `features.routes.after_failure`.
    alpha : float
        One minus the level of the intervals.

    Returns
    -------
    tuple of Estimate
        `reached_share` on the same and on another route, and `other_route_gain`.

    Examples
    --------
    >>> tries = pd.DataFrame({
    ...     "n_same": [2] * 20, "n_same_reached": [1] * 20,
    ...     "n_other": [2] * 20, "n_other_reached": [2, 1] * 10,
    ... })
    >>> gain = next_route_estimates(tries)[-1]
    >>> gain.estimate, round(gain.ci_lo, 3), round(gain.ci_hi, 3)  # .75 - .5 ± 1.96 · .25 / √20
    (0.25, 0.14, 0.36)
    """
    rows, shares, pulls = [], {}, {}
    for route in ("same", "other"):
        n, reached = tries[f"n_{route}"], tries[f"n_{route}_reached"]
        row = Estimate(
            module="M03",
            quantity="reached_share",
            segment=segment(after_failure=route),
            method="wilson",
        )
        rows.append(_with_share(row, int(reached.sum()), int(n.sum()), alpha))
        if n.sum():
            shares[route] = float(reached.sum() / n.sum())
            pulls[route] = ((reached - shares[route] * n) / n.sum()).to_numpy(dtype=float)
    gain = Estimate(
        module="M03",
        quantity="other_route_gain",
        segment="",
        method="difference_cluster_lead",
        n=len(tries),
        evidence="associational",
    )
    if len(shares) < 2 or min((tries[f"n_{route}"] > 0).sum() for route in shares) < MIN_LEADS:
        return (*rows, refuse(gain, "too_few_events"))
    value = shares["other"] - shares["same"]
    se = float(np.sqrt(((pulls["other"] - pulls["same"]) ** 2).sum()))
    half = critical(alpha) * se
    p = two_sided(value / se) if se > 0 else None
    told = replace(gain, estimate=value, ci_lo=value - half, ci_hi=value + half, p=p)
    return (*rows, told)


def case_estimates(counts: pd.DataFrame, *, alpha: float = 0.05) -> tuple[Estimate, ...]:
    """After how many days is half of the customers' cases settled?

    Parameters
    ----------
    counts : DataFrame
        time_days, cause (1 settled, 0 open), n, from `features.cases.days_to_resolve`.
    alpha : float
        One minus the level of the intervals.
    """
    if counts.empty:
        return ()
    curve = kaplan_meier(counts, causes=(1,), alpha=alpha)
    row = Estimate(
        module="M03",
        quantity="case_open_days",
        segment="",
        method="kaplan_meier_median",
        n=int(counts["n"].sum()),
        events=int(counts.loc[counts["cause"] == 1, "n"].sum()),
    )
    middle = curve.median_days
    if middle is None:
        return (refuse(row, "few_at_risk"),)
    low, high = curve.median_ci_days
    return (replace(row, estimate=middle, ci_lo=low, ci_hi=high),)


def _with_share(row: Estimate, events: int, n: int, alpha: float) -> Estimate:
    share = wilson(events, n, alpha=alpha)
    row = replace(row, n=n, events=events)
    if share is None:
        return refuse(row, "no_rows")
    return replace(row, estimate=share.estimate, ci_lo=share.lo, ci_hi=share.hi)
