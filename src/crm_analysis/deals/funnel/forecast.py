"""What the period will bring, and how such forecasts did in the months that are over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_analysis.deals.funnel.attainment import Futures, bounds, simulate
from crm_analysis.deals.funnel.book import Book
from crm_analysis.deals.funnel.chances import Chances, Window, ended_within, learn
from crm_analysis.deals.funnel.days import typing_margin
from crm_analysis.deals.funnel.inflow import Inflow, inflow_at
from crm_analysis.deals.funnel.targets import Period, coming_month, company_period, won_in

MONTHS_TRIED = 12
MIN_LESSONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The futures of one period as they were seen at the end of `day`."""

    day: int
    period: Period
    pipeline: pd.DataFrame
    chances: Chances | None
    inflow: Inflow | None
    futures: Futures

    @property
    def p(self) -> np.ndarray:
        """Probability of each open lead to be won within the period."""
        if self.chances is None:
            return np.zeros(len(self.pipeline))
        return self.chances.of(self.pipeline)


def forecast_at(book: Book, *, day: int, period: Period, min_events: int = 10) -> Forecast:
    """Forecast the deals of a period from what was known at the end of `day`.

    Parameters
    ----------
    book : Book
        Stages and pipelines; what was typed in after `day` is not used.
    day : int
        The day of the forecast: the last known one, or one of the former pipelines'.
    period : Period
        The days that count.
    min_events : int
        Ends that each column of the regression needs.
    """
    left, passed = period.left(day), period.passed(day)
    margin = typing_margin(book.stages, until=day)
    pipeline = book.pipeline(day)
    chances = learn(
        book.rows[book.rows["day"] < day],
        pipeline,
        window=Window(left=left, passed=passed),
        status="won",
        until=day,
        margin=margin,
        min_events=min_events,
    )
    inflow = inflow_at(book.stages, until=day, left=left, margin=margin)
    so_far = won_in(book.stages, first=period.first, last=day, until=day)
    futures = simulate(pipeline, chances=chances, inflow=inflow, left=left, so_far=so_far)
    return Forecast(
        day=day,
        period=period,
        pipeline=pipeline,
        chances=chances,
        inflow=inflow,
        futures=futures,
    )


def rep_sum(pipeline: pd.DataFrame) -> float:
    """Add up the reps' own probabilities; a lead without one counts as their mean."""
    share = pipeline["rep_thousandths"].astype(float) / 1000
    return float(share.fillna(share.mean()).sum()) if share.notna().any() else 0.0


def past_forecasts(
    book: Book, targets: pd.DataFrame | None, *, min_events: int = 10
) -> pd.DataFrame:
    """Forecast each month that is over as it was seen before it, and look at what came.

    Returns
    -------
    DataFrame
        One row per former pipeline whose period is over and typed in, oldest first: day, n_open,
        expected, lo, hi (all deals of the period, 90 %), actual, target, p_met, rep_sum,
        expected_open, actual_open, brier, brier_base (of the open leads' probabilities).
    """
    found: list[dict[str, float]] = []
    for day in reversed(book.former_days):
        if len(found) == MONTHS_TRIED:
            break
        period = company_period(targets, day=day, metric="deals") or coming_month(day)
        if period.last > book.until - book.margin:
            continue
        made = forecast_at(book, day=day, period=period, min_events=min_events)
        if made.chances is not None and made.chances.n_days >= MIN_LESSONS:
            found.append(_compared(book, made))
    return pd.DataFrame(found[::-1])


def _compared(book: Book, made: Forecast) -> dict[str, float]:
    """Put what came beside what was forecast."""
    assert made.chances is not None
    period, day = made.period, made.day
    window = Window(left=period.left(day), passed=period.passed(day))
    y = ended_within(made.pipeline, window=window, status="won", until=book.until)
    p, total = made.p, made.futures.total
    low, high = bounds(total)
    target = np.nan if period.target is None else period.target
    return {
        "day": day,
        "n_open": len(p),
        "expected": float(total.mean()),
        "lo": low,
        "hi": high,
        "actual": won_in(book.stages, first=period.first, last=period.last, until=book.until),
        "target": target,
        "p_met": np.nan if period.target is None else made.futures.share_met(target),
        "rep_sum": rep_sum(made.pipeline),
        "expected_open": float(p.sum()),
        "actual_open": int(y.sum()),
        "base_open": made.chances.base * len(p),
        "brier": float(((y - p) ** 2).mean()) if len(p) else np.nan,
        "brier_base": float(((y - made.chances.base) ** 2).mean()) if len(p) else np.nan,
    }


def rep_shares(pipeline: pd.DataFrame) -> pd.Series:
    """Return the reps' last probabilities as shares, missing where none was told."""
    return (pipeline["rep_thousandths"].astype(float) / 1000).clip(0, 1)
