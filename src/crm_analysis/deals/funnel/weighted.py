"""What the open leads are worth and will do, per lead, in number and money (A-22, A-60, A-61)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_analysis.deals.funnel.attainment import N_DRAWS, SEED, bounds, simulate
from crm_analysis.deals.funnel.book import Book
from crm_analysis.deals.funnel.chances import Chances, Window, learn
from crm_analysis.deals.funnel.forecast import rep_shares
from crm_analysis.deals.funnel.logistic import expit
from crm_analysis.estimates import Estimate, refuse, segment
from crm_analysis.survival.arrays import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospects:
    """What the leads open now will do within the horizon, and in the end.

    Parameters
    ----------
    pipeline : DataFrame
        The open leads.
    won, lost : Chances or None
        Within the horizon.
    in_the_end : Chances or None
        To be won before 95 % of all leads have ended.
    horizon_days : int
        The horizon.
    """

    pipeline: pd.DataFrame
    won: Chances | None
    lost: Chances | None
    in_the_end: Chances | None
    horizon_days: int


def prospects(
    book: Book, *, horizon_days: int, settled_days: int | None, min_events: int = 10
) -> Prospects:
    """Learn what the open leads will do."""
    pipeline = book.pipeline()
    former = book.rows[book.rows["day"] < book.until]

    def learned(left: int, status: str) -> Chances | None:
        return learn(
            former,
            pipeline,
            window=Window(left=left),
            status=status,
            until=book.until,
            margin=book.margin,
            min_events=min_events,
        )

    return Prospects(
        pipeline=pipeline,
        won=learned(horizon_days, "won"),
        lost=learned(horizon_days, "lost"),
        in_the_end=None if settled_days is None else learned(settled_days, "won"),
        horizon_days=horizon_days,
    )


def prospect_estimates(found: Prospects) -> tuple[Estimate, ...]:
    """How many open leads will be won and lost within the horizon, and what are all worth?

    Returns
    -------
    tuple of Estimate
        `expected_wins`, `expected_losses` and `weighted_pipeline` with 90 % intervals; the
        pipeline weighted by the representatives' own probabilities beside it (naive).
    """
    return (
        _expected("expected_wins", found, found.won),
        _expected("expected_losses", found, found.lost),
        *_weighted(found),
    )


def _expected(quantity: str, found: Prospects, chances: Chances | None) -> Estimate:
    row = Estimate(
        module="M01",
        quantity=quantity,
        segment=segment(horizon_days=found.horizon_days),
        method="calibrated_simulation",
        n=len(found.pipeline),
        note="interval_90",
    )
    if chances is None:
        return refuse(replace(row, note=""), "too_few_events")
    drawn = simulate(found.pipeline, chances=chances, inflow=None, left=found.horizon_days)
    low, high = bounds(drawn.from_open)
    return replace(row, estimate=float(chances.of(found.pipeline).sum()), ci_lo=low, ci_hi=high)


def _weighted(found: Prospects) -> tuple[Estimate, ...]:
    amount = found.pipeline["amount"].to_numpy(dtype=float)
    given = np.isfinite(amount)
    row = Estimate(
        module="M01",
        quantity="weighted_pipeline",
        segment="",
        method="calibrated_simulation",
        n=int(given.sum()),
        note="interval_90",
    )
    naive = replace(row, method="sum_of_rep_probabilities", role="naive", note="reps_own_sum")
    told = rep_shares(found.pipeline)
    if not given.any():
        return refuse(replace(row, note=""), "no_rows"), refuse(replace(naive, note=""), "no_rows")
    own = float(np.nansum(told.fillna(told.mean()).to_numpy()[given] * amount[given]))
    naive = (
        replace(naive, estimate=own)
        if told.notna().any()
        else refuse(replace(naive, note=""), "no_assessments")
    )
    if found.in_the_end is None:
        return refuse(replace(row, note=""), "too_few_events"), naive
    money = _money(found.in_the_end, found.pipeline[given], amount[given])
    low, high = np.quantile(money, [0.05, 0.95])
    p = found.in_the_end.of(found.pipeline[given])
    value = float(p @ amount[given])
    return replace(row, estimate=value, ci_lo=float(low), ci_hi=float(high)), naive


def _money(chances: Chances, pipeline: pd.DataFrame, amount: Floats) -> Floats:
    """Draw the money that open leads bring; leads that look alike are drawn together.

    Within a group of like leads the sum has the mean and variance of independent endings.
    """
    rng = np.random.default_rng(SEED)
    coef, shock = chances.draw(N_DRAWS, rng)
    patterns, place = np.unique(chances.columns_of(pipeline), axis=0, return_inverse=True)
    sums = np.bincount(place, weights=amount)
    squares = np.bincount(place, weights=amount**2)
    mean, variance = np.zeros(N_DRAWS), np.zeros(N_DRAWS)
    for pattern, total, square in zip(patterns, sums, squares, strict=True):
        p = expit(coef @ pattern + shock)
        mean += p * total
        variance += p * (1 - p) * square
    drawn = mean + np.sqrt(variance) * rng.standard_normal(N_DRAWS)
    bounded: Floats = np.maximum(drawn, 0.0)
    return bounded


def lead_chances(found: Prospects, period: Chances | None, *, alpha: float) -> pd.DataFrame:
    """List every open lead with its chances, the largest expected money first.

    Returns
    -------
    DataFrame
        lead_id, customer_id, rep_id, age_days, amount, rep_probability, won_in_period, lo, hi,
        won_in_horizon, lost_in_horizon.
    """
    pipeline = found.pipeline
    frame = pipeline[["lead_id", "customer_id", "rep_id", "age_days", "amount"]].copy()
    frame["rep_probability"] = rep_shares(pipeline)
    none = np.full(len(pipeline), np.nan)
    frame["won_in_period"] = none if period is None else period.of(pipeline)
    low, high = (none, none) if period is None else period.interval(pipeline, alpha)
    frame["lo"], frame["hi"] = low, high
    for name, chances in (("won_in_horizon", found.won), ("lost_in_horizon", found.lost)):
        frame[name] = none if chances is None else chances.of(pipeline)
    money = (frame["won_in_period"] * frame["amount"].fillna(0)).fillna(0)
    ordered = frame.assign(money=money).sort_values(
        ["money", "lead_id"], ascending=[False, True], ignore_index=True
    )
    return ordered.drop(columns="money")
