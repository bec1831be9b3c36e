"""What one call day's scores are worth, as rows: ranks, calls, lead time, calibration.

Decisions:
* A period is judged where at least 20 leads of either fate are known and a fifth of its leads
  could be watched to the end of the horizon. The AUC and its gain are averaged over periods (a
  pooled AUC mixes the differences between them in); all else is read over all judged periods.
* A representative may mark a lead down because it is lost already: beside the AUC stands that of
  losses more than a week after the call (sensitivity).
* Called are the leads of highest probability of each period, as many as can be contacted in it,
  and at most half: a call that names everybody names nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_analysis.deals.early_call.calibration_rows import FITS, arrays, calibrated, within
from crm_analysis.deals.early_call.ranking import Ranked, weighted_auc
from crm_analysis.estimates import Estimate, refuse, segment
from crm_analysis.proportions import wilson
from crm_analysis.survival.arrays import Bools, Floats
from crm_analysis.survival.normal import two_sided

SKILL_FAMILY, GAIN_FAMILY, AGE_FAMILY = "M13:skill", "M13:gain", "M13:age_skill"
LEAST_OF_EACH = 20
LEAST_SHARE = 0.2
LEAST_PERIODS = 2
WEEK_DAYS = 7
MONTH_DAYS = 365.25 / 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """How much can be called, and the level of intervals."""

    capacity_per_month: int
    alpha: float = 0.05


def judged_periods(scored: pd.DataFrame) -> pd.DataFrame:
    """Keep the periods in which enough fates are known."""
    if scored.empty:
        return scored
    known = scored["weight"] > 0
    groups = scored.assign(case=known & scored["lost"], other=known & ~scored["lost"])
    each = groups.groupby("period")[["case", "other"]].sum().min(axis=1)
    enough = each.index[each >= LEAST_OF_EACH]
    kept = scored["period"].isin(enough) & (scored["share"] >= LEAST_SHARE)
    return scored[kept].reset_index(drop=True)


def call_estimates(
    scored: pd.DataFrame, judging: Judging, *, landmark_days: int
) -> tuple[Estimate, ...]:
    """Say what calls on one day of a lead's life were worth.

    Parameters
    ----------
    scored : DataFrame
        From `rolling.scored`.
    judging : Judging
        Capacity and level.
    landmark_days : int
        The call day.

    Returns
    -------
    tuple of Estimate
        Of module M13; refused where fewer than two periods can be judged.
    """
    judged = judged_periods(scored)
    blank = _blank(judged, landmark_days)
    rows = (
        *_ranks(blank, judged, judging.alpha),
        *_calls(blank, judged, judging),
        *calibrated(blank, judged, judging.alpha),
    )
    return _of_enough(rows, judged)


def age_estimates(
    scored: pd.DataFrame, judging: Judging, *, landmark_days: int
) -> tuple[Estimate, ...]:
    """Say whether probabilities at an age between the call days rank, hold, and save error."""
    judged = judged_periods(scored)
    blank = replace(_blank(judged, landmark_days), family=AGE_FAMILY)
    ranked = [
        weighted_auc(part["p"].to_numpy(), *arrays(part))
        for _, part in (judged.groupby("period") if len(judged) else ())
    ]
    rows = (
        _mean(blank, ranked, judging.alpha, none=0.5),
        *calibrated(replace(blank, family=None), judged, judging.alpha, fits=FITS[-1:]),
    )
    return _of_enough(rows, judged)


def _blank(judged: pd.DataFrame, landmark_days: int) -> Estimate:
    known = judged["weight"].to_numpy() > 0 if len(judged) else np.zeros(0, dtype=bool)
    return Estimate(
        module="M13",
        quantity="early_call_auc",
        segment=segment(landmark_days=landmark_days),
        method="rolling_origin",
        n=int(known.sum()),
        events=int((judged["lost"].to_numpy()[known]).sum()) if len(judged) else 0,
        evidence="descriptive",
    )


def _of_enough(rows: tuple[Estimate, ...], judged: pd.DataFrame) -> tuple[Estimate, ...]:
    if len(judged) and judged["period"].nunique() >= LEAST_PERIODS:
        return rows
    return tuple(refuse(replace(row, note=""), "too_few_events") for row in rows)


def _ranks(blank: Estimate, judged: pd.DataFrame, alpha: float) -> Iterable[Estimate]:
    """Yield the AUC of the track, of the last level, and the gain, averaged over periods."""
    full, level, gain, later = [], [], [], []
    for _, part in judged.groupby("period") if len(judged) else ():
        lost, weight = arrays(part)
        one = weighted_auc(part["p"].to_numpy(), lost, weight)
        other = weighted_auc(part["p_level"].to_numpy(), lost, weight)
        full.append(one)
        level.append(other)
        gain.append(Ranked(auc=one.auc - other.auc, influence=one.influence - other.influence))
        is_late = ~(part["days_to_loss"] <= WEEK_DAYS).to_numpy()
        if (lost & (weight > 0) & is_late).sum() >= LEAST_OF_EACH:
            later.append(weighted_auc(part["p"].to_numpy(), lost, weight * is_late))
    yield _mean(replace(blank, family=SKILL_FAMILY), full, alpha, none=0.5)
    yield _mean(replace(blank, method="last_level_only", role="diagnostic"), level, alpha, none=0.5)
    late = replace(blank, method="losses_after_a_week", role="sensitivity")
    yield _mean(late, later, alpha, none=0.5)
    row = replace(blank, quantity="early_call_auc_gain", family=GAIN_FAMILY)
    yield _mean(row, gain, alpha, none=0.0)


def _mean(row: Estimate, periods: Sequence[Ranked], alpha: float, *, none: float) -> Estimate:
    if not periods:
        return refuse(row, "too_few_events")
    value = float(np.mean([one.auc for one in periods]))
    se = float(np.sqrt(sum(one.se**2 for one in periods))) / len(periods)
    p = two_sided((value - none) / se) if se > 0 else 1.0
    return replace(within(row, value, se, alpha), p=p if row.family else None)


def called(judged: pd.DataFrame, *, capacity_per_month: int) -> Bools:
    """Say which leads would have been called: the likeliest losses of each period.

    Examples
    --------
    >>> month = pd.DataFrame({"period": 0, "period_days": 30, "p": [0.1, 0.9, 0.5, 0.6],
    ...     "lead_id": list("abcd")})
    >>> called(month, capacity_per_month=1).tolist()
    [False, True, False, False]
    """
    order = judged.sort_values(["period", "p", "lead_id"], ascending=[True, False, True])
    place = order.groupby("period").cumcount()
    n = order.groupby("period")["p"].transform("size")
    can = np.rint(capacity_per_month * order["period_days"] / MONTH_DAYS).clip(lower=1)
    chosen = place < np.minimum(can, np.maximum(n // 2, 1))
    return np.asarray(chosen.reindex(judged.index), dtype=bool)


def _calls(blank: Estimate, judged: pd.DataFrame, judging: Judging) -> Iterable[Estimate]:
    """Yield precision at capacity, the share lost of all, and the lead time."""
    precision = replace(blank, quantity="early_call_precision", method="weighted_share")
    base = replace(precision, quantity="early_call_base_share")
    lead_time = replace(blank, quantity="early_call_lead_time_days", method="median")
    if not len(judged):
        yield from (refuse(row, "too_few_events") for row in (precision, base, lead_time))
        return
    chosen = judged[called(judged, capacity_per_month=judging.capacity_per_month)]
    yield _share(precision, chosen, judging.alpha)
    yield _share(base, judged, judging.alpha)
    days = np.sort(chosen["days_to_loss"].dropna().to_numpy(dtype=np.float64))
    yield _median(replace(lead_time, n=len(days), events=len(days)), days, judging.alpha)


def _share(row: Estimate, part: pd.DataFrame, alpha: float) -> Estimate:
    """Give a weighted share the Wilson interval of as many equal leads as its weights amount to."""
    lost, weight = arrays(part)
    total = float(weight.sum())
    row = replace(row, n=int((weight > 0).sum()), events=int((lost & (weight > 0)).sum()))
    size = round(total**2 / float((weight**2).sum())) if total > 0 else 0
    share = float(weight @ lost) / total if total > 0 else 0.0
    found = wilson(round(share * size), size, alpha=alpha)
    if found is None:
        return refuse(row, "too_few_events")
    return replace(row, estimate=share, ci_lo=min(found.lo, share), ci_hi=max(found.hi, share))


def _median(row: Estimate, days: Floats, alpha: float) -> Estimate:
    """Give the median and the order statistics that hold it (binomial, never too narrow)."""
    from scipy.stats import binom  # slow to import

    if not len(days):
        return refuse(row, "too_few_events")
    low = max(int(binom.ppf(alpha / 2, len(days), 0.5)) - 1, 0)
    return replace(
        row,
        estimate=float(np.median(days)),
        ci_lo=float(days[low]),
        ci_hi=float(days[len(days) - 1 - low]),
    )
