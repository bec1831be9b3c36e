"""The forecast as estimates: deals expected, probability of the target, leads needed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from crm_analysis.deals.funnel.attainment import bounds, leads_needed
from crm_analysis.deals.funnel.book import Book
from crm_analysis.deals.funnel.days import still_untyped
from crm_analysis.deals.funnel.forecast import Forecast, rep_sum
from crm_analysis.deals.funnel.targets import Period, won_in
from crm_analysis.estimates import Estimate, Status, refuse, segment
from crm_analysis.proportions import wilson

SURE = (0.5, 0.8)
MIN_PAST = 6


def outlook_estimates(made: Forecast) -> tuple[Estimate, ...]:
    """What will the period bring, and will it suffice?

    Returns
    -------
    tuple of Estimate
        `expected_deals` by part (so_far, open_leads, new_leads, total) with 90 % intervals, the
        reps' own sum beside it (naive); `target_deals`, `target_probability`,
        `expected_shortfall` and `leads_needed_count` where there is a target.
    """
    status: Status = _status(made)
    futures = made.futures
    parts = {
        "open_leads": futures.from_open,
        "new_leads": futures.from_new,
        "total": futures.total,
    }
    rows = [_known("expected_deals", segment(part="so_far"), float(futures.so_far))]
    for part, draws in parts.items():
        low, high = bounds(draws)
        row = replace(
            _known("expected_deals", segment(part=part), float(draws.mean())),
            method="calibrated_simulation",
            ci_lo=low,
            ci_hi=high,
            n=len(made.pipeline),
            evidence="descriptive",
            status=status,
            note="interval_90",
        )
        refused = made.chances is None and part != "new_leads"
        rows.append(refuse(row, "too_few_events") if refused else row)
    rows.append(_naive(made))
    return (*rows, *_target_rows(made, status))


def _status(made: Forecast) -> Status:
    chances = made.chances
    return "ok" if chances is not None and chances.n_days >= MIN_PAST else "weak"


def _naive(made: Forecast) -> Estimate:
    row = Estimate(
        module="M01",
        quantity="expected_deals",
        segment=segment(part="open_leads"),
        method="sum_of_rep_probabilities",
        role="naive",
        estimate=rep_sum(made.pipeline),
        n=len(made.pipeline),
        note="reps_own_sum",
    )
    told = made.pipeline["rep_thousandths"].notna().any()
    return row if told else refuse(replace(row, note=""), "no_assessments")


def _target_rows(made: Forecast, status: Status) -> list[Estimate]:
    target = made.period.target
    if target is None:
        return []
    rows = [_known("target_deals", segment(window="ahead"), target)]
    blank = Estimate(
        module="M01",
        quantity="target_probability",
        segment=segment(metric="deals"),
        method="calibrated_simulation",
        n=len(made.pipeline),
        status=status,
    )
    short = replace(blank, quantity="expected_shortfall", segment="")
    if made.chances is None:
        return [*rows, refuse(blank, "too_few_events"), refuse(short, "too_few_events")]
    missing = made.futures.shortfall(target)
    low, high = bounds(missing)
    rows.append(replace(blank, estimate=made.futures.share_met(target)))
    rows.append(
        replace(short, estimate=float(missing.mean()), ci_lo=low, ci_hi=high, note="interval_90")
    )
    return [*rows, *(_needed(made, target, sure, status) for sure in SURE)]


def _needed(made: Forecast, target: float, sure: float, status: Status) -> Estimate:
    row = Estimate(
        module="M01",
        quantity="leads_needed_count",
        segment=segment(sure=sure),
        method="calibrated_simulation",
        n=len(made.pipeline),
        status=status,
    )
    needed = leads_needed(made.futures, target=target, sure=sure)
    return refuse(row, "too_few_events") if needed is None else replace(row, estimate=float(needed))


def attained_estimates(book: Book, over: Period | None) -> tuple[Estimate, ...]:
    """What was reached of the last target, and how much of it is not typed in yet?"""
    if over is None or over.target is None:
        return ()
    won = won_in(book.stages, first=over.first, last=over.last, until=book.until)
    more = still_untyped(book.stages, first=over.first, last=over.last, until=book.until)
    where = segment(window="last_period")
    return (
        _known("target_deals", where, over.target),
        replace(_known("deals_count", where, float(won)), n=won, note="typed_late"),
        replace(
            _known("untyped_deals_count", where, more),
            method="delay_distribution",
            evidence="descriptive",
        ),
    )


def past_estimates(past: pd.DataFrame, *, alpha: float = 0.05) -> tuple[Estimate, ...]:
    """How did such forecasts do: do intervals hold, and does the model beat the base rate?

    Returns
    -------
    tuple of Estimate
        `forecast_coverage` (Wilson) and `brier_gain` (mean over months, t interval), diagnostics.
    """
    cover = Estimate(
        module="M01", quantity="forecast_coverage", segment="", method="rolling_origin",
        role="diagnostic", n=len(past),
    )  # fmt: skip
    gain = replace(cover, quantity="brier_gain")
    if len(past) < MIN_PAST:
        return (refuse(cover, "too_few_events"), refuse(gain, "too_few_events"))
    inside = int(past["actual"].between(past["lo"], past["hi"]).sum())
    share = wilson(inside, len(past), alpha=alpha)
    assert share is not None
    differences = (past["brier_base"] - past["brier"]).to_numpy(dtype=float)
    middle, reach = float(differences.mean()), _reach(differences, alpha)
    return (
        replace(cover, estimate=share.estimate, ci_lo=share.lo, ci_hi=share.hi, events=inside),
        replace(
            gain,
            estimate=middle,
            ci_lo=middle - reach,
            ci_hi=middle + reach,
            note="" if middle - reach > 0 else "no_skill",
        ),
    )


def _reach(values: np.ndarray, alpha: float) -> float:
    from scipy.special import stdtrit

    n = len(values)
    return float(stdtrit(n - 1, 1 - alpha / 2) * values.std(ddof=1) / np.sqrt(n))


def _known(quantity: str, where: str, value: float) -> Estimate:
    return Estimate(
        module="M01",
        quantity=quantity,
        segment=where,
        method="count",
        estimate=value,
        evidence="exact",
    )
