"""Leads and deals a day, their change and their weekdays (A-56, A-63)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from crm_analysis.deals.funnel.book import Book
from crm_analysis.deals.funnel.days import day_of
from crm_analysis.estimates import Estimate, refuse, segment
from crm_analysis.survival.arrays import Floats
from crm_analysis.survival.normal import chi_square_tail

RATE_DAYS, MONTH_DAYS = 90, 30
YEAR_DAYS = 364
FAMILY = "M01:trend"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def exact_rate(events: int, days: float, *, alpha: float = 0.05) -> tuple[float, float, float]:
    """Return events a day with the exact Poisson interval (Garwood).

    Examples
    --------
    >>> [round(value, 3) for value in exact_rate(10, 10)]
    [1.0, 0.48, 1.839]
    """
    from scipy.special import gammaincinv

    low = float(gammaincinv(events, alpha / 2)) / days if events else 0.0
    high = float(gammaincinv(events + 1, 1 - alpha / 2)) / days
    return events / days, low, high


def activity_estimates(book: Book, *, alpha: float = 0.05) -> tuple[Estimate, ...]:
    """How many leads come and deals are won a day, is that changing, and on which weekdays?

    Returns
    -------
    tuple of Estimate
        `leads_per_day` and `deals_per_day` (exact intervals), `deals_rate_ratio` (family
        M01:trend), and `weekday_chi2_per_df`, a diagnostic: on which weekday a win is dated is
        nothing to act on. Wins are read up to the typing margin.
    """
    stages = book.stages
    last = book.until - book.margin
    won = stages.loc[stages["status"] == "won", "closed_day"].to_numpy(dtype=float)
    came = stages["opened_day"].to_numpy(dtype=float)
    begun = book.until - came.min() + 1 if len(came) else 0
    rows = []
    if begun < 2 * RATE_DAYS:
        return ()
    for quantity, days, end in (
        ("leads_per_day", came, book.until),
        ("deals_per_day", won, last),
    ):
        n = _between(days, end - RATE_DAYS + 1, end)
        rate, low, high = exact_rate(n, RATE_DAYS, alpha=alpha)
        rows.append(
            Estimate(
                module="M01",
                quantity=quantity,
                segment=segment(window=f"{RATE_DAYS}_days"),
                method="poisson_exact",
                estimate=rate,
                ci_lo=low,
                ci_hi=high,
                n=n,
                events=n,
            )
        )
    return (*rows, _change(won, last, alpha), *_weekdays(won, last, alpha))


def _between(days: Floats, first: float, last: float) -> int:
    return int(((days >= first) & (days <= last)).sum())


def _change(won: Floats, last: int, alpha: float) -> Estimate:
    """Compare the last 90 days with the 90 before, on the log of the ratio.

    Months differ by more than chance: the variance is that of a Poisson law times the dispersion
    within the two periods, never below 1. It rests on three months each, so t has four degrees.
    """
    from scipy.stats import t

    blocks = [
        _between(won, last - MONTH_DAYS * (k + 1) + 1, last - MONTH_DAYS * k) for k in range(6)
    ]
    new, old = sum(blocks[:3]), sum(blocks[3:])
    row = Estimate(
        module="M01",
        quantity="deals_rate_ratio",
        segment="",
        method="quasi_poisson_t",
        family=FAMILY,
        evidence="associational",
        n=new + old,
        events=new + old,
    )
    if min(new, old) < 5:
        return refuse(row, "too_few_events")
    df = len(blocks) - 2
    pearson = sum(
        (n - of / 3) ** 2 / (of / 3)
        for of, part in ((new, blocks[:3]), (old, blocks[3:]))
        for n in part
    )
    se = float(np.sqrt(max(1.0, pearson / df) * (1 / new + 1 / old)))
    middle, reach = float(np.log(new / old)), float(t.ppf(1 - alpha / 2, df)) * se
    return replace(
        row,
        estimate=new / old,
        ci_lo=float(np.exp(middle - reach)),
        ci_hi=float(np.exp(middle + reach)),
        p=float(2 * t.sf(abs(middle) / se, df)),
    )


def _weekdays(won: Floats, last: int, alpha: float) -> tuple[Estimate, ...]:
    """Compare the weekdays over 52 whole weeks: each had as many days."""
    inside = won[(won > last - YEAR_DAYS) & (won <= last)]
    first = day_of(0).weekday()
    counts = np.bincount((inside.astype(int) + first) % 7, minlength=7)
    n = int(counts.sum())
    row = Estimate(
        module="M01",
        quantity="weekday_chi2_per_df",
        segment="",
        method="chi_square",
        role="diagnostic",
        evidence="associational",
        n=n,
        events=n,
    )
    if n < 5 * 7:
        return (refuse(row, "too_few_events"),)
    statistic = float(((counts - n / 7) ** 2).sum() / (n / 7))
    rows = [replace(row, estimate=statistic / 6, p=chi_square_tail(statistic, 6))]
    for name, count in zip(WEEKDAYS, counts, strict=True):
        rate, low, high = exact_rate(int(count), YEAR_DAYS / 7, alpha=alpha)
        rows.append(
            Estimate(
                module="M01",
                quantity="deals_per_day",
                segment=segment(window="52_weeks", weekday=name),
                method="poisson_exact",
                estimate=rate,
                ci_lo=low,
                ci_hi=high,
                n=int(count),
                events=int(count),
            )
        )
    return tuple(rows)
