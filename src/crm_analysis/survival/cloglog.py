"""The likelihood of grouped survival with a complementary log-log link, on arrays.

The chance to end at event time t, if at risk, is 1 - exp(-exp(alpha_t + x · beta)). Who is at risk
and does not end adds exp(alpha_t + x · beta), a product, so that all sums over spells and times
come from the same running sums as in `efron`: no matrix of spells by times is made.

Edges, decided here:

* A time at which all at risk ended carries no information and is left out.
* Errors are from the observed information.
* No finite maximum (None): no time left, coefficients that run beyond 8 per unit of a standardised
  column, or columns that the risk sets cannot tell apart.

Source: Prentice and Gloeckler (1978).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_analysis.survival.arrays import Bools, Floats
from crm_analysis.survival.moments import (
    Timeline,
    moments_by_time,
    rows_of,
    scatter,
    timeline,
    weights_by_time,
)
from crm_analysis.survival.risk_sets import Ints, RiskSets
from crm_analysis.survival.screening import FLAT, blocks_of

RUNAWAY = 8.0

STEEP = 500.0
"""Log hazards are held within this on the way to the maximum, so that sums stay finite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloglogFit:
    """Log hazard ratios per unit, their covariance, and the log likelihood there and at 0."""

    beta: Floats
    covariance: Floats
    loglik: float
    loglik_null: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    x: Floats
    sets: RiskSets
    line: Timeline
    active: Bools  # (n_times,) times at which some at risk did not end
    dead: Ints  # spells that end with the event at an active time


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    """One place of the parameters, and what is needed to go on from it."""

    alpha: Floats  # (n_times,)
    beta: Floats
    weight: Floats  # (n_spells,) exp(x · beta)
    mu: Floats  # (n_dead,) exp(alpha + x · beta) of those that end
    left: Floats  # (n_times,) sum of weights of those at risk that do not end
    loglik: float


def fit_cloglog(x: Floats, sets: RiskSets) -> CloglogFit | None:
    """Maximise the likelihood by Newton steps; None where there is no finite maximum.

    Parameters
    ----------
    x : array (n_rows, n_covariates)
        Centred and of unit spread; read in place, not changed.
    sets : RiskSets
        From `risk_sets`.
    """
    line = timeline(sets)
    at_risk, ended = weights_by_time(sets.repeats, line)
    active = ended < at_risk
    if not active.any():
        return None
    dead = np.flatnonzero(sets.event)
    dead = dead[active[sets.last[dead] - 1]]
    task = _Task(x=x, sets=sets, line=line, active=active, dead=dead)
    alpha = np.full(len(active), -np.inf)
    alpha[active] = np.log(-np.log1p(-ended[active] / at_risk[active]))
    point = _point(task, alpha, np.zeros(x.shape[1]))
    null = point.loglik
    for _ in range(50):
        score, information, move_alpha, move = _newton(task, point)
        if np.linalg.eigvalsh(information)[0] <= FLAT * sets.n_events:
            return None
        if score < 1e-12 * max(abs(point.loglik), 1.0):
            return CloglogFit(
                beta=point.beta,
                covariance=np.asarray(np.linalg.inv(information), dtype=np.float64),
                loglik=point.loglik,
                loglik_null=null,
            )
        point = _climb(task, point, move_alpha, move)
        if np.abs(point.beta).max() > RUNAWAY:
            return None
    return None


def _climb(task: _Task, point: _Point, move_alpha: Floats, move: Floats) -> _Point:
    """Take the Newton step, halved until the likelihood does not fall."""
    scale = min(1.0, 2.0 / max(float(np.abs(move).max()), 1e-300))
    for _ in range(30):
        alpha = np.where(task.active, point.alpha + scale * move_alpha, -np.inf)
        there = _point(task, alpha, point.beta + scale * move)
        if there.loglik >= point.loglik - 1e-12 * abs(point.loglik):
            break
        scale /= 2
    return there


def _point(task: _Task, alpha: Floats, beta: Floats) -> _Point:
    sets = task.sets
    weight = np.exp(np.clip(task.x @ beta, -STEEP, STEEP))
    weight = weight if sets.row is None else weight[sets.row]
    risk, ended = weights_by_time(sets.repeats * weight, task.line)
    left = risk - ended
    mu = np.exp(alpha[sets.last[task.dead] - 1]) * weight[task.dead]
    mu = np.clip(mu, 1e-300, STEEP)
    lost = float(sets.repeats[task.dead] @ np.log(-np.expm1(-mu)))
    kept = float(np.exp(alpha[task.active]) @ left[task.active])
    return _Point(alpha=alpha, beta=beta, weight=weight, mu=mu, left=left, loglik=lost - kept)


def _newton(task: _Task, point: _Point) -> tuple[float, Floats, Floats, Floats]:
    """Return the expected gain, the information on beta, and the steps of alpha and beta."""
    x, sets, dead = task.x, task.sets, task.dead
    base, at = np.exp(point.alpha), sets.last[dead] - 1
    slope = point.mu / np.expm1(point.mu)
    bend = sets.repeats[dead] * slope * (point.mu + slope - 1.0)
    slope *= sets.repeats[dead]
    n_times = len(base)
    score_alpha = np.bincount(at, weights=slope, minlength=n_times) - base * point.left
    own = base * point.left + np.bincount(at, weights=bend, minlength=n_times)
    held = sets.repeats * point.weight
    crossed = _crossed(task, held, base) + _by_time(task, at, bend, n_times)
    spread, pull = _per_row(task, held, base, slope=slope, bend=bend)
    information = np.zeros((x.shape[1], x.shape[1]))
    for rows in blocks_of(len(x)):
        information += (x[rows] * spread[rows, None]).T @ x[rows]
    share = np.divide(1.0, own, out=np.zeros(n_times), where=task.active)
    information -= (crossed * share[:, None]).T @ crossed
    score = pull @ x - crossed.T @ (share * score_alpha)
    move = np.asarray(np.linalg.lstsq(information, score, rcond=None)[0], dtype=np.float64)
    move_alpha = share * (score_alpha - crossed @ move)
    gain = float(score @ move + score_alpha @ (share * score_alpha))
    return gain, information, move_alpha, move


def _crossed(task: _Task, held: Floats, base: Floats) -> Floats:
    """Return per time exp(alpha) times the covariates of those at risk that do not end."""
    crossed = np.zeros((len(base), task.x.shape[1]))
    for part in moments_by_time(task.x, held, task.line):
        times = slice(part.lo, part.lo + len(part.risk))
        crossed[times] = base[times, None] * (part.risk - part.dead)
    return crossed


def _by_time(task: _Task, at: Ints, weight: Floats, n_times: int) -> Floats:
    """Sum weight · covariates of those that end, by time."""
    total = np.zeros((n_times, task.x.shape[1]))
    for spells in blocks_of(len(at), 65_536):
        values = rows_of(task.x, task.sets, task.dead[spells])
        total += scatter(values, at[spells], weight[spells], size=n_times)
    return total


def _per_row(
    task: _Task, held: Floats, base: Floats, *, slope: Floats, bend: Floats
) -> tuple[Floats, Floats]:
    """Return each row's weight in the information, and in the score."""
    sets, dead = task.sets, task.dead
    run = np.concatenate(([0.0], base.cumsum()))
    stayed = held * (run[sets.last] - run[sets.first])
    stayed[dead] -= held[dead] * base[sets.last[dead] - 1]
    spread, pull = stayed.copy(), -stayed
    spread[dead] += bend
    pull[dead] += slope
    if sets.row is None:
        return spread, pull
    n_rows = len(task.x)
    return (
        np.bincount(sets.row, weights=spread, minlength=n_rows).astype(np.float64),
        np.bincount(sets.row, weights=pull, minlength=n_rows).astype(np.float64),
    )
