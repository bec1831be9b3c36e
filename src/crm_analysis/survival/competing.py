"""Aalen–Johansen: what share is lost, won or void by each day, open leads counted rightly?

The share of one ending by a day, where the other endings compete and open leads are censored.
One minus Kaplan–Meier of a single cause is not such a share: it overstates (R12).

Edges, decided here:

* Ties are exact: all events of a day share the day's risk set; nothing is jittered. Events
  precede censorings of the same day.
* A cause without events has share 0. Its interval reaches from 0 to the exact binomial bound
  1 - (alpha/2)^(1/n), n the number at risk on the day that is read.
* At share 1 the lower bound is (alpha/2)^(1/n), n all spells.
* Where the last subject ends with an event the variance term of that day is the limit 0/0 = 0.
* An empty table has no times; every share read from it is 0 with nobody at risk.
* Late entry and pieces come with the table (`risk_table`); n then counts pieces.
* Read past the last time the share stays where it was, with nobody at risk, and is not shown.

Source: Aalen and Johansen (1978). The variance is the delta-method form with binomial increments
(Marubini and Valsecchi 1995, section 10.2.2), the same that statsmodels' CumIncidenceRight
prints. The interval is log(-log) of the share, or plain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from crm_analysis.survival.arrays import (
    MIN_AT_RISK,
    Counts,
    Floats,
    at_risk_on,
    last_shown,
    step,
)
from crm_analysis.survival.normal import critical, two_sided
from crm_analysis.survival.risk_table import counts_by_time
from crm_analysis.survival.spells import CAUSES

Interval = Literal["log_log", "plain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidenceAt:
    """One cause's share by one day; `shown` is false where fewer than 10 were at risk."""

    day: float
    cause: int
    estimate: float
    se: float
    ci_lo: float
    ci_hi: float
    at_risk: int
    events: int
    shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CumulativeIncidence:
    """Shares by cause over time.

    Parameters
    ----------
    times : array (n_times,)
        Distinct durations in days, ascending.
    causes : tuple of int
        Row order of the arrays below.
    cif, variance, ci_lo, ci_hi, events : array (n_causes, n_times)
        Share ended by that cause by each time (0-1), its variance and interval; events at each
        time.
    survival : array (n_times,)
        Share still open after each time; the shares of all causes sum to one minus it.
    at_risk : array (n_times,)
        Still open just before each time.
    n : int
        All spells, or pieces of them.
    """

    times: Floats
    causes: tuple[int, ...]
    cif: Floats
    variance: Floats
    ci_lo: Floats
    ci_hi: Floats
    events: Floats
    survival: Floats
    at_risk: Floats
    n: int
    alpha: float
    interval: Interval

    def at(self, day: float, cause: int) -> IncidenceAt:
        """Read one cause's share by `day`."""
        if cause not in self.causes:
            raise ValueError(f"cause {cause}: allowed are {self.causes}")
        row = self.causes.index(cause)
        at_risk = at_risk_on(self.times, self.at_risk, day)
        estimate = step(self.times, self.cif[row], day, before=0.0)
        lo = step(self.times, self.ci_lo[row], day, before=0.0)
        hi = step(self.times, self.ci_hi[row], day, before=0.0)
        return IncidenceAt(
            day=day,
            cause=cause,
            estimate=estimate,
            se=float(np.sqrt(step(self.times, self.variance[row], day, before=0.0))),
            ci_lo=lo,
            ci_hi=hi if estimate > 0 else _no_event_bound(at_risk, self.alpha),
            at_risk=at_risk,
            events=int(self.events[row][self.times <= day].sum()),
            shown=at_risk >= MIN_AT_RISK,
        )

    def last_shown_day(self, min_at_risk: int = MIN_AT_RISK) -> float:
        """Return the last day with at least `min_at_risk` at risk."""
        return last_shown(self.times, self.at_risk, min_at_risk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """A difference of shares between two groups (a minus b) at one day."""

    difference: float
    se: float
    ci_lo: float
    ci_hi: float
    p: float | None
    shown: bool


def aalen_johansen(
    risk: pd.DataFrame,
    *,
    causes: Sequence[int] = tuple(CAUSES),
    alpha: float = 0.05,
    interval: Interval = "log_log",
) -> CumulativeIncidence:
    """Estimate which share ended by each cause by each day.

    Parameters
    ----------
    risk : DataFrame
        A risk table (time_days, cause, n); patterns are summed over.
    causes : sequence of int
        Causes to report; all others found in the table are added.
    alpha : float
        One minus the level of the pointwise interval.
    interval : {"log_log", "plain"}
        Interval on the scale log(-log share), or share ± z·se cut at 0 and 1.

    Examples
    --------
    >>> risk = pd.DataFrame({"time_days": [1, 2, 3], "cause": [1, 2, 0], "n": [1, 1, 2]})
    >>> shares = aalen_johansen(risk)
    >>> [round(shares.at(3, cause).estimate, 6) for cause in (1, 2, 3)]
    [0.25, 0.25, 0.0]
    """
    if interval not in ("log_log", "plain"):
        raise ValueError(f"interval {interval!r}: allowed are 'log_log' and 'plain'")
    found = {int(code) for code in risk["cause"].unique() if code != 0}
    order = tuple(sorted(found | set(causes)))
    counts = counts_by_time(risk, order)
    survival, cif = _shares(counts)
    variance = _variance(counts, survival, cif)
    ci_lo, ci_hi = _bounds(cif, variance, counts, alpha=alpha, interval=interval)
    return CumulativeIncidence(
        times=counts.times,
        causes=order,
        cif=cif,
        variance=variance,
        ci_lo=ci_lo,
        ci_hi=ci_hi,
        events=counts.events,
        survival=survival,
        at_risk=counts.at_risk,
        n=int(risk["n"].sum()),
        alpha=alpha,
        interval=interval,
    )


def contrast(a: CumulativeIncidence, b: CumulativeIncidence, *, day: float, cause: int) -> Contrast:
    """Compare one cause's share by `day` between two groups of different leads (a minus b).

    The interval is plain, with the variances added. `p` is None where neither group had an
    event or a variance.
    """
    left, right = a.at(day, cause), b.at(day, cause)
    difference = left.estimate - right.estimate
    se = float(np.hypot(left.se, right.se))
    z = critical(a.alpha)
    return Contrast(
        difference=difference,
        se=se,
        ci_lo=max(difference - z * se, -1.0),
        ci_hi=min(difference + z * se, 1.0),
        p=two_sided(difference / se) if se > 0 else None,
        shown=left.shown and right.shown,
    )


def _shares(counts: Counts) -> tuple[Floats, Floats]:
    """Return S after each time, and the share of each cause by each time."""
    ended = counts.events.sum(axis=0)
    survival = np.cumprod(1.0 - ended / counts.at_risk)
    before = np.concatenate(([1.0], survival[:-1]))[: len(survival)]
    return survival, np.cumsum(before / counts.at_risk * counts.events, axis=1)


def _variance(counts: Counts, survival: Floats, cif: Floats) -> Floats:
    n, events = counts.at_risk, counts.events
    ended = events.sum(axis=0)
    before = np.concatenate(([1.0], survival[:-1]))[: len(survival)]
    left = n - ended
    greenwood = np.divide(ended, n * left, out=np.zeros_like(n), where=left > 0)
    own = before**2 * (n - events) * events / n**3
    cross = before * events / n**2
    variance = (
        cif**2 * np.cumsum(greenwood)
        - 2 * cif * np.cumsum(cif * greenwood, axis=1)
        + np.cumsum(cif**2 * greenwood, axis=1)
        + np.cumsum(own, axis=1)
        - 2 * cif * np.cumsum(cross, axis=1)
        + 2 * np.cumsum(cif * cross, axis=1)
    )
    clipped: Floats = np.maximum(variance, 0.0)
    return clipped


def _bounds(
    cif: Floats, variance: Floats, counts: Counts, *, alpha: float, interval: Interval
) -> tuple[Floats, Floats]:
    z, se = critical(alpha), np.sqrt(variance)
    inside = (cif > 1e-14) & (cif < 1 - 1e-14)
    lo, hi = cif.copy(), cif.copy()
    if interval == "plain":
        lo[inside] = np.clip(cif - z * se, 0, 1)[inside]
        hi[inside] = np.clip(cif + z * se, 0, 1)[inside]
    else:
        share = cif[inside]
        width = np.exp(-z * se[inside] / (share * np.log(share)))
        lo[inside], hi[inside] = share**width, share ** (1 / width)
    none = np.broadcast_to([_no_event_bound(int(n), alpha) for n in counts.at_risk], cif.shape)
    all_spells = int(counts.at_risk[0]) if len(counts.at_risk) else 0
    hi = np.where(cif <= 1e-14, none, hi)
    lo = np.where(cif >= 1 - 1e-14, 1.0 - _no_event_bound(all_spells, alpha), lo)
    return lo, hi


def _no_event_bound(n: int, alpha: float) -> float:
    """Return the upper exact binomial bound of a share with no event among n (1 if n is 0)."""
    return float(1.0 - (alpha / 2) ** (1.0 / n)) if n > 0 else 1.0
