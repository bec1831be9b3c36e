"""Did the round pay? Margin within the horizon less cost, per assigned customer, arm - control.

Decision: spend is heavy-tailed, so intervals come from a bootstrap that draws whole customers with
all their rounds (G8), percentile, fixed seed. The point is the difference within cells of the
draw, each weighted as least squares with cell dummies weighs it. What nobody bought cannot be
drawn again: too few buyers, or an interval without width, refuse the row (G3).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.estimates import Estimate, refuse, segment, status_by_events
from crm_analysis.proportions import Interval
from crm_analysis.winback.effect import (
    MODULE,
    arm_against_control,
    cells,
    customers,
    is_treated,
    treated_arms,
    within,
)

MIN_PER_ARM = 10
"""Customers an arm needs: fewer make no bootstrap."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def net_margin(
    frame: pd.DataFrame, *, horizon_days: int, default_margin_rate: float
) -> tuple[Floats, Floats]:
    """Margin less cost, and cost alone, of each assigned customer within the horizon.

    A line without margin counts as amount x default_margin_rate.
    """
    margin = _money(frame, f"margin_{horizon_days}")
    assumed = default_margin_rate * _money(frame, f"amount_no_margin_{horizon_days}")
    cost = _money(frame, "offer_cost") + _money(frame, f"contact_cost_{horizon_days}")
    return margin + assumed - cost, cost


def differences(
    frame: pd.DataFrame,
    *,
    horizon_days: int,
    default_margin_rate: float,
    n_boot: int,
    alpha: float = 0.05,
    min_events: int = 10,
    seed: int = 0,
) -> list[Estimate]:
    """Give net margin per assigned customer, arm less control, and the cost of each arm.

    Parameters
    ----------
    frame : DataFrame
        Rows of mature, drawn rounds, made by `assigned`.
    horizon_days : int
        One of the horizons that `assigned` summed money for.
    default_margin_rate : float
        Margin of a line that carries none, 0-1.
    n_boot, seed : int
        Draws of the bootstrap and its seed.
    alpha, min_events : float, int
        1 - coverage, and refusal; events are the buyers of both arms together.
    """
    rows = []
    for arm in treated_arms(frame):
        both = arm_against_control(frame, arm)
        net, cost = net_margin(
            both, horizon_days=horizon_days, default_margin_rate=default_margin_rate
        )
        treated = is_treated(both)
        of_arm = segment(arm=arm, horizon_days=horizon_days)
        row = Estimate(
            module=MODULE,
            quantity="net_margin_difference_per_assigned",
            segment=of_arm,
            method="cluster_bootstrap",
            n=len(both),
            events=int(within(both, "return_days", horizon_days=horizon_days).sum()),
            evidence="randomised",
            note=_notes(both, cost[treated == 1], horizon_days=horizon_days),
        )
        interval = bootstrap_difference(
            net,
            2 * cells(both) + treated,
            customer=customers(both),
            n_boot=n_boot,
            alpha=alpha,
            seed=seed,
        )
        few = min(treated.sum(), (1 - treated).sum()) < MIN_PER_ARM
        few_told = refuse(row, "too_few_events") if few else None
        rows.append(few_told or _filled(row, interval, min_events=min_events))
        rows.append(
            Estimate(
                module=MODULE,
                quantity="winback_cost_per_assigned",
                segment=of_arm,
                method="mean",
                estimate=float(cost[treated == 1].mean()),
                n=int(treated.sum()),
                evidence="exact",
            )
        )
    return rows


def bootstrap_difference(
    value: Floats,
    arm_cell: Ints,
    *,
    customer: Ints,
    n_boot: int,
    alpha: float = 0.05,
    seed: int = 0,
) -> Interval | None:
    """How far apart are the means of two arms within cells? Percentile interval, by customer.

    Parameters
    ----------
    value : array of float, one per subject
    arm_cell : array of int codes
        2 x cell, plus 1 where treated.
    customer : array of int codes from 0
        Drawn as a whole.
    n_boot, alpha, seed : int, float, int
        Draws, 1 - coverage, seed.

    Returns
    -------
    Interval or None
        None where no cell holds both arms.

    Examples
    --------
    >>> interval = bootstrap_difference(
    ...     np.array([3.0, 3, 1, 1]), np.array([1, 1, 0, 0]), customer=np.arange(4), n_boot=50
    ... )
    >>> interval.estimate, interval.lo, interval.hi
    (2.0, 2.0, 2.0)
    """
    n_cells = int(arm_cell.max()) // 2 + 1 if len(arm_cell) else 0
    estimate = _weighted(value, arm_cell, n_cells, np.ones(len(value)))
    if estimate is None:
        return None
    stream = np.random.default_rng(seed)
    groups = int(customer.max()) + 1
    draws = []
    for _ in range(n_boot):
        taken = np.bincount(stream.integers(0, groups, groups), minlength=groups)
        drawn = _weighted(value, arm_cell, n_cells, taken[customer].astype(np.float64))
        if drawn is not None:
            draws.append(drawn)
    lo, hi = np.quantile(draws, [alpha / 2, 1 - alpha / 2])
    return Interval(estimate=estimate, lo=float(lo), hi=float(hi), se=float(np.std(draws)))


def _weighted(value: Floats, arm_cell: Ints, n_cells: int, weight: Floats) -> float | None:
    """Difference of weighted means within cells; None where no cell holds both arms."""
    size = np.bincount(arm_cell, weights=weight, minlength=2 * n_cells).reshape(n_cells, 2)
    total = np.bincount(arm_cell, weights=weight * value, minlength=2 * n_cells)
    both = (size > 0).all(axis=1)
    if not both.any():
        return None
    mean = total.reshape(n_cells, 2)[both] / size[both]
    information = size[both].prod(axis=1) / size[both].sum(axis=1)
    return float(information @ (mean[:, 1] - mean[:, 0]) / information.sum())


def _money(frame: pd.DataFrame, name: str) -> Floats:
    if name not in frame:
        return np.zeros(len(frame))
    return np.asarray(frame[name].astype("float64").fillna(0.0), dtype=np.float64)


def _notes(both: pd.DataFrame, cost: Floats, *, horizon_days: int) -> str:
    """Say what had to be assumed."""
    unknown = _money(both, f"amount_no_margin_{horizon_days}")
    notes = ["default_margin"] if unknown.any() else []
    if _money(both, "n_assumed_costs").any():
        notes.append("default_contact_cost")
    if not cost.any():
        notes.append("no_cost")
    return ";".join(notes)


def _filled(row: Estimate, interval: Interval | None, *, min_events: int) -> Estimate:
    """Fill a row with its interval, or refuse it where buyers are too few (G3)."""
    status = status_by_events(row.events or 0, min_events=min_events)
    if status == "not_estimable":
        return refuse(row, "too_few_events")
    if interval is None or interval.lo == interval.hi:
        return refuse(row, "no_variation")
    notes = [note for note in (row.note, "too_few_events" if status == "weak" else "") if note]
    return replace(
        row,
        estimate=interval.estimate,
        ci_lo=interval.lo,
        ci_hi=interval.hi,
        status=status,
        note=";".join(notes),
    )
