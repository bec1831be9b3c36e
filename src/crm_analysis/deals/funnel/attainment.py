"""Will the target be met? Thousands of futures of the open leads and of those still to come.

Each future draws how large the shocks of months are, the coefficients from their distribution, one
shock that all leads of the period share, an end for each open lead, how many leads come, and how
many of those are won in time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_analysis.deals.funnel.chances import Chances
from crm_analysis.deals.funnel.inflow import Inflow
from crm_analysis.deals.funnel.logistic import expit, logit
from crm_analysis.survival.arrays import Floats

N_DRAWS = 5000
SEED = 20260101
LEVEL = 0.90


@dataclass(frozen=True, slots=True, kw_only=True)
class Futures:
    """Simulated deals of the period: so far, from open leads, from leads still to come.

    Parameters
    ----------
    so_far : int
        Deals of the period that are known already.
    from_open, from_new : array of float
        Deals in each future.
    new_share : array of float
        With which probability a new lead is won in time, in each future: the same shock that all
        leads of the period share moves it.
    """

    so_far: int
    from_open: Floats
    from_new: Floats
    new_share: Floats

    @property
    def total(self) -> Floats:
        """All deals of the period in each future."""
        found: Floats = self.so_far + self.from_open + self.from_new
        return found

    def share_met(self, target: float) -> float:
        """Return the share of futures in which the target is met."""
        return float((self.total >= target - 1e-9).mean())

    def shortfall(self, target: float) -> Floats:
        """Return by how much each future falls short, 0 where it does not."""
        missing: Floats = np.maximum(target - self.total, 0.0)
        return missing


def bounds(draws: Floats, *, level: float = LEVEL) -> tuple[float, float]:
    """Return the whole numbers between which the middle of the futures lies.

    Examples
    --------
    >>> bounds(np.arange(101.0))
    (5.0, 95.0)
    """
    tail = (1 - level) / 2
    low = np.quantile(draws, tail, method="inverted_cdf")
    high = np.quantile(draws, 1 - tail, method="inverted_cdf")
    return float(low), float(high)


def simulate(
    pipeline: pd.DataFrame,
    *,
    chances: Chances | None,
    inflow: Inflow | None,
    left: int,
    so_far: int = 0,
    n_draws: int = N_DRAWS,
) -> Futures:
    """Draw the futures.

    Parameters
    ----------
    pipeline : DataFrame
        The leads open now.
    chances : Chances or None
        What they do; None counts nothing from them.
    inflow : Inflow or None
        What is still to come; None counts nothing from it.
    left : int
        Days until the period ends.
    so_far : int
        Deals of the period that are known already.
    n_draws : int
        Futures.
    """
    rng = np.random.default_rng(SEED)
    if chances is None:
        shock = from_open = np.zeros(n_draws)
    else:
        coef, shock = chances.draw(n_draws, rng)
        from_open = _open_wins(chances.columns_of(pipeline), coef, shock, rng)
    from_new, new_share = new_wins(inflow, shock, left, rng)
    return Futures(so_far=so_far, from_open=from_open, from_new=from_new, new_share=new_share)


def _open_wins(x: Floats, coef: Floats, shock: Floats, rng: np.random.Generator) -> Floats:
    """Draw the wins of open leads; leads that look alike are drawn together."""
    wins = np.zeros(len(shock))
    if not len(x):
        return wins
    patterns, counts = np.unique(x, axis=0, return_counts=True)
    for pattern, n in zip(patterns, counts, strict=True):
        wins += rng.binomial(n, expit(coef @ pattern + shock))
    return wins


def arrivals_expected(inflow: Inflow, left: int, n_draws: int, rng: np.random.Generator) -> Floats:
    """Draw how many leads are to be expected in the days left: rate and months are uncertain."""
    spread = inflow.dispersion
    rate = rng.gamma(inflow.n / spread, inflow.per_day * spread / inflow.n, n_draws)
    mean: Floats = rate * left
    return rng.gamma(mean / (spread - 1), spread - 1) if spread > 1 else mean


def new_wins(
    inflow: Inflow | None, shock: Floats, left: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draw how many leads come and are won in time, and with which probability each of them is."""
    if inflow is None or left < 1:
        return np.zeros(len(shock)), np.zeros(len(shock))
    mean = arrivals_expected(inflow, left, len(shock), rng)
    share = np.clip(rng.normal(inflow.won_share, inflow.won_share_se, len(shock)), 1e-9, 1 - 1e-9)
    moved = expit(logit(share) + shock)
    return rng.poisson(mean * moved).astype(float), moved


def leads_needed(futures: Futures, *, target: float, sure: float) -> int | None:
    """How many leads more than expected would make the target with this probability?

    In each future they are won in time as its new leads are: a month that is bad for the others is
    bad for them. None where no number would do.

    Examples
    --------
    >>> alike = Futures(
    ...     so_far=5, from_open=np.full(99, 3.0), from_new=np.zeros(99), new_share=np.full(99, 0.5)
    ... )
    >>> leads_needed(alike, target=8, sure=0.9)
    0
    """
    from scipy.stats import binom

    share = futures.new_share
    if share.mean() <= 0:
        return 0 if futures.share_met(target) >= sure else None
    missing = futures.shortfall(target)
    place = np.random.default_rng(SEED).random(len(missing))  # the same for all numbers of leads

    def met(n_leads: int) -> bool:
        more = binom.ppf(place, n_leads, share)
        return bool((more >= missing - 1e-9).mean() >= sure)

    low, high = -1, int(np.ceil(20 * (missing.max() + 10) / share.mean()))
    if not met(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if met(max(middle, 0)) else (middle, high)
    return high
