"""Which strategy goes with which pattern? What followed when deals on a pattern were worked (A-48).

Decisions:
* Deals are compared with those left alone within bands of age and of the last noted probability:
  adjusted, not tested. Sellers choose whom they contact.
* A value is the difference in losses times the margin, less what the week's contacts cost.
* A test by lot is not had for what sellers chose: beside each pattern stands how many deals an
  arm it would take to show one loss less in ten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_analysis.deals.advice.worked import ALONE, STRATEGIES
from crm_analysis.estimates import Estimate, refuse, segment, status_by_events
from crm_analysis.proportions import Interval, sample_size, stratified_difference, wilson

FAMILY = "M04:playbook"
TOLD_DIFFERENCE = 0.10


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How cells are judged: margin and horizon, coverage, and events that a cell needs."""

    horizon_days: int
    margin_rate: float
    alpha: float
    min_events: int


def cell_estimates(
    frame: pd.DataFrame, *, limits: Limits, names: Sequence[str] | None = None
) -> list[Estimate]:
    """What followed each strategy on each pattern, against deals left alone?

    Parameters
    ----------
    frame : DataFrame
        From `with_strategy`.
    limits : Limits
        Horizon, margin and refusal.
    names : sequence of str, optional
        The patterns; one that no deal showed yet has empty cells. None means those in `frame`.

    Returns
    -------
    list of Estimate
        `pattern_loss_share` by pattern and strategy; `pattern_loss_share_difference` (family
        M04:playbook) and `pattern_value_per_deal` against deals left alone; and
        `pattern_needed_per_arm_count`, the deals an arm that a test by lot would take.
    """
    rows: list[Estimate] = []
    for name in sorted(set(frame["pattern"]) if names is None else names):
        own = frame[frame["pattern"] == name]
        for strategy in (*STRATEGIES, ALONE):
            rows += _share(own[own["strategy"] == strategy], name, strategy, limits)
        for strategy in STRATEGIES:
            rows += _against_alone(own, name, strategy, limits)
        rows += _needed(own, name, limits)
    return rows


def _row(quantity: str, pattern: str, strategy: str, limits: Limits, **given: object) -> Estimate:
    place = {"pattern": pattern, "strategy": strategy, "horizon_days": limits.horizon_days}
    told = {name: value for name, value in place.items() if value}
    base = Estimate(module="M04", quantity=quantity, segment=segment(**told), method="count")
    return replace(base, **given)  # type: ignore[arg-type]


def _share(own: pd.DataFrame, pattern: str, strategy: str, limits: Limits) -> list[Estimate]:
    n, events = len(own), int(own["lost"].sum())
    interval = wilson(events, n, alpha=limits.alpha)
    given = {"method": "wilson", "role": "diagnostic", "n": n, "events": events}
    row = _row("pattern_loss_share", pattern, strategy, limits, **given)
    if interval is None:
        return [refuse(row, "too_few_events")]
    return [replace(row, estimate=interval.estimate, ci_lo=interval.lo, ci_hi=interval.hi)]


def _against_alone(
    own: pd.DataFrame, pattern: str, strategy: str, limits: Limits
) -> list[Estimate]:
    """Compare a strategy with deals left alone, in share lost and in money."""
    both = own[own["strategy"].isin([strategy, ALONE])]
    treated = (both["strategy"] == strategy).to_numpy(dtype=bool)
    given = {"method": "strata_cluster", "n": len(both), "events": int(both["lost"].sum())}
    row = _row("pattern_loss_share_difference", pattern, strategy, limits, **given)
    row = replace(row, family=FAMILY, evidence="adjusted")
    value = replace(
        _row("pattern_value_per_deal", pattern, strategy, limits, **given), evidence="adjusted"
    )
    interval = stratified_difference(
        both["lost"].to_numpy(dtype=np.float64),
        treated.astype(np.int64),
        _codes(both["band"]),
        cluster=_codes(both["customer_id"]),
        alpha=limits.alpha,
    )
    status = status_by_events(_fewest(both, treated), min_events=limits.min_events)
    if interval is None or not interval.se or status == "not_estimable":
        return [refuse(row, "too_few_events"), refuse(value, "too_few_events")]
    note = "too_few_events" if status == "weak" else ""
    told = _told(row, interval, status=status, note=note)
    margin = limits.margin_rate * float(both["amount"].mean())
    cost = float(both.loc[treated, "cost"].mean() - both.loc[~treated, "cost"].mean())
    if not np.isfinite(margin):
        return [told]
    ends = Interval(
        estimate=-interval.estimate * margin - cost,
        lo=-interval.hi * margin - cost,
        hi=-interval.lo * margin - cost,
    )
    return [told, _told(value, ends, status=status, note=note)]


def _told(row: Estimate, interval: Interval, **given: object) -> Estimate:
    full = replace(
        row, estimate=interval.estimate, ci_lo=interval.lo, ci_hi=interval.hi, p=interval.p
    )
    return replace(full, **given)  # type: ignore[arg-type]


def _fewest(both: pd.DataFrame, treated: np.ndarray) -> int:
    """Count the rarer outcome of the smaller arm."""
    lost = both["lost"].to_numpy()
    parts = [lost[treated], lost[~treated]]
    return min(int(min(part.sum(), len(part) - part.sum())) for part in parts)


def _codes(values: pd.Series) -> np.ndarray:
    return np.asarray(pd.factorize(values)[0], dtype=np.int64)


def _needed(own: pd.DataFrame, pattern: str, limits: Limits) -> list[Estimate]:
    """Say how many deals an arm would show a loss less in ten."""
    share = float(own["lost"].mean())
    row = _row("pattern_needed_per_arm_count", pattern, "", limits, method="arcsine", n=len(own))
    if not TOLD_DIFFERENCE < share < 1:
        return [refuse(row, "no_variation")]
    n = sample_size(share, share - TOLD_DIFFERENCE, alpha=limits.alpha)
    return [replace(row, estimate=float(n))]
