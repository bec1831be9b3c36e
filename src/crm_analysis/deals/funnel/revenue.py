"""Futures in money and in leads: simulated wins times what each is worth, and leads to come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_analysis.deals.funnel.attainment import N_DRAWS, SEED, arrivals_expected, new_wins
from crm_analysis.deals.funnel.chances import Chances
from crm_analysis.deals.funnel.inflow import COHORT_DAYS, Inflow
from crm_analysis.deals.funnel.logistic import expit
from crm_analysis.survival.arrays import Floats

_CHUNK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What wins of the last two years were worth."""

    amounts: Floats

    @property
    def mean(self) -> float:
        """What a win is worth on average."""
        return float(self.amounts.mean())


def values_at(stages: pd.DataFrame, *, until: int) -> Values | None:
    """Return the amounts of the wins of the last two years typed in by `until`; None without any.

    Parameters
    ----------
    stages : DataFrame
        One row per lead: status, closed_day, closed_known_day, amount.
    until : int
        The last known day.
    """
    known = (stages["status"] == "won") & (stages["closed_known_day"] <= until)
    recent = known & (stages["closed_day"] > until - COHORT_DAYS)
    amounts = stages.loc[recent, "amount"].dropna().to_numpy(dtype=float)
    return Values(amounts=np.sort(amounts)) if len(amounts) else None


def draw_arrivals(inflow: Inflow | None, left: int, *, n_draws: int = N_DRAWS) -> Floats:
    """Draw how many leads come in the days that are left.

    The rate is uncertain by what it rests on, and months differ more than by chance.
    """
    if inflow is None or left < 1:
        return np.zeros(n_draws)
    rng = np.random.default_rng(SEED)
    came: Floats = rng.poisson(arrivals_expected(inflow, left, n_draws, rng)).astype(float)
    return came


def simulate_revenue(
    pipeline: pd.DataFrame,
    *,
    chances: Chances,
    inflow: Inflow | None,
    left: int,
    values: Values,
    n_draws: int = N_DRAWS,
) -> Floats:
    """Draw what the leads open now and those still to come will bring in money.

    Parameters
    ----------
    pipeline : DataFrame
        The leads open now, with amount.
    chances : Chances
        What they do.
    inflow : Inflow or None
        What is still to come; None counts nothing from it.
    left : int
        Days until the period ends.
    values : Values
        What wins were worth: a lead without an amount is worth one of them.
    n_draws : int
        Futures.
    """
    rng = np.random.default_rng(SEED)
    coef, shock = chances.draw(n_draws, rng)
    amounts = pipeline["amount"].to_numpy(dtype=float)
    given = np.isfinite(amounts)
    weights = np.column_stack([np.where(given, amounts, 0.0), ~given]).astype(float)
    from_open = _won(chances.columns_of(pipeline), coef, shock, weights, rng)
    new, _ = new_wins(inflow, shock, left, rng)
    return from_open[:, 0] + _worth(from_open[:, 1] + new, values, rng)


def _won(
    x: Floats, coef: Floats, shock: Floats, weights: Floats, rng: np.random.Generator
) -> Floats:
    """Draw an end for each open lead; return what the won ones weigh, futures by columns."""
    found = np.zeros((len(shock), weights.shape[1]))
    for at in range(0, len(x), _CHUNK):
        p = expit(coef @ x[at : at + _CHUNK].T + shock[:, None])
        found += (rng.random(p.shape) < p) @ weights[at : at + _CHUNK]
    return found


def _worth(wins: Floats, values: Values, rng: np.random.Generator) -> Floats:
    """Draw what so many wins are worth; the mean of all wins is known as far as its error."""
    counts = wins.astype(np.int64)
    drawn = rng.choice(values.amounts, int(counts.sum()))
    place = np.repeat(np.arange(len(counts)), counts)
    total = np.bincount(place, weights=drawn, minlength=len(counts))
    error = values.amounts.std() / np.sqrt(len(values.amounts))
    found: Floats = np.maximum(total + counts * error * rng.standard_normal(len(counts)), 0.0)
    return found
