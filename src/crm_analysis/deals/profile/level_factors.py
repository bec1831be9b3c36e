"""The levels of one factor: each against all others, and the true spread between them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from crm_analysis.deals.comparison.contrasts import Contrast, level_contrast, method_of
from crm_analysis.deals.comparison.factor import Factor
from crm_analysis.deals.comparison.hazards import OneByOne
from crm_analysis.deals.comparison.kind_tests import factor_notes
from crm_analysis.deals.comparison.levels import LOST, WON, between_variance
from crm_analysis.deals.comparison.limits import Limits
from crm_analysis.estimates import Estimate, Status, refuse, segment, status_by_events
from crm_analysis.proportions import wilson
from crm_analysis.survival.normal import critical

FAMILY = "M05:levels"
ENDINGS = (LOST, WON)
_LEAST_LEVELS = 3


def level_rows(
    frame: pd.DataFrame, factor: Factor, limits: Limits
) -> tuple[list[Estimate], list[Estimate]]:
    """Compare each level with all others: loss against win; beside it each hazard or share.

    Parameters
    ----------
    frame : DataFrame
        From `levels.pooled_levels`, with two levels at least.
    factor : Factor
        Whose levels they are.
    limits : Limits
        Cell, event and error limits.
    """
    level, names = pd.factorize(frame["level"], sort=True)
    contrast = level_contrast(level.astype(np.int64), frame)
    n_leads = np.bincount(level, minlength=len(names))
    ended = [np.bincount(level[frame["cause"] == code], minlength=len(names)) for code in ENDINGS]
    notes, method = factor_notes(frame, factor), method_of(frame)
    ratios: list[Estimate] = []
    beside: list[Estimate] = []
    for place, name in enumerate(names):
        events = [int(counted[place]) for counted in ended]
        row = Estimate(
            module="M05",
            quantity="log_loss_to_win_ratio",
            segment=segment(factor=factor.name, level=name),
            method=method,
            n=int(n_leads[place]),
            events=sum(events),
            family=FAMILY,
            evidence="associational",
            note=notes,
        )
        if contrast.hazards is None:
            beside += _closed_shares(row, events, limits)
        if len(names) == 2 and place == 0:
            continue  # two levels mirror each other
        ratios.append(_ratio(row, (contrast, place, min(events)), factor, limits))
        beside += _hazards(row, (contrast.hazards, place, events), limits)
    return ratios, beside


def _ratio(
    row: Estimate, found: tuple[Contrast, int, int], factor: Factor, limits: Limits
) -> Estimate:
    contrast, place, events = found
    status: Status = status_by_events(events, min_events=limits.min_events)
    if status == "not_estimable":
        return refuse(row, "too_few_events")
    if status == "ok" and not factor.time_known:
        status = "weak"
    return contrast.fill(row, place, status=status, alpha=limits.alpha)


def _closed_shares(like: Estimate, events: list[int], limits: Limits) -> list[Estimate]:
    """Give the share lost and won among the closed leads of a level."""
    rows = []
    for count, cause in zip(events, ("lost", "won"), strict=True):
        share = wilson(count, sum(events), alpha=limits.alpha)
        row = replace(
            like,
            quantity="closed_share",
            segment=f"{segment(cause=cause)};{like.segment}",
            method="wilson",
            role="diagnostic",
            n=sum(events),
            events=count,
            family=None,
            evidence="descriptive",
        )
        rows.append(
            refuse(row, "no_events")
            if share is None
            else replace(row, estimate=share.estimate, ci_lo=share.lo, ci_hi=share.hi)
        )
    return rows


def _hazards(
    like: Estimate,
    fitted: tuple[tuple[OneByOne, OneByOne] | None, int, list[int]],
    limits: Limits,
) -> list[Estimate]:
    fits, place, events = fitted
    if fits is None:
        return []
    return [
        _hazard(like, (fit, place, count), cause, limits)
        for fit, count, cause in zip(fits, events, ("lost", "won"), strict=True)
    ]


def _hazard(
    like: Estimate, fitted: tuple[OneByOne, int, int], cause: str, limits: Limits
) -> Estimate:
    fit, place, events = fitted
    status = status_by_events(events, min_events=limits.min_events)
    row = replace(
        like,
        quantity="log_hazard_ratio_level",
        segment=f"{segment(cause=cause)};{like.segment}",
        method="cox_efron_by_month",
        role="diagnostic",
        events=events,
        family=None,
    )
    if status == "not_estimable" or not fit.converged[place]:
        return refuse(row, "too_few_events")
    value, se = float(fit.log_hazard_ratio[place]), float(fit.se[place])
    half = critical(limits.alpha) * se
    return replace(row, estimate=value, ci_lo=value - half, ci_hi=value + half, status=status)


def untested(rows: list[Estimate]) -> list[Estimate]:
    """Keep levels of a factor that does not stand as numbers without a test."""
    return [
        replace(
            row,
            role="diagnostic",
            p=None,
            family=None,
            note=";".join(filter(None, (row.note, "levels_not_tested"))),
        )
        for row in rows
    ]


def shrunk(rows: list[Estimate], limits: Limits) -> list[Estimate]:
    """Shrink the levels of a factor that stands; p stays that of the unshrunk comparison.

    Fewer than three levels cannot tell true differences from chance, and a spread of 0 would
    draw all levels into one point without an interval: both are left unshrunk.
    """
    z = critical(limits.alpha)
    usable = [row for row in rows if row.estimate is not None and row.ci_hi is not None]
    values = np.array([row.estimate for row in usable], dtype=float)
    variances = np.array([(row.ci_hi or 0.0) for row in usable], dtype=float) - values
    variances = (variances / z) ** 2
    spread = between_variance(values, variances)
    if len(usable) < _LEAST_LEVELS or spread == 0:
        return rows
    centre = float(np.average(values, weights=1 / (variances + spread)))
    by_segment: dict[str, Estimate] = {}
    for row, value, variance in zip(usable, values, variances, strict=True):
        keep = spread / (spread + variance)
        mean = centre + keep * (value - centre)
        half = z * float(np.sqrt(keep * variance))
        by_segment[row.segment] = replace(
            row,
            estimate=float(mean),
            ci_lo=float(mean - half),
            ci_hi=float(mean + half),
            note=";".join(filter(None, (row.note, "shrunk"))),
        )
    return [by_segment.get(row.segment, row) for row in rows]
