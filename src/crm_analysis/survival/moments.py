"""Sums over the spells at risk, and over those that end, at each event time.

Every sum at risk is a running sum from the last time of a stratum back to its first, of what
leaves at each time less what enters there. Covariates are read in place or in chunks, and sums
per time are held for a block of times, so that memory does not follow spells times covariates.

Edges, decided here: with more than 65,536 event times the blocks are worked off from the last to
the first, each stratum's sum carried over; chunks hold at most 65,536 spells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from crm_analysis.survival.arrays import Bools, Floats
from crm_analysis.survival.risk_sets import Ints, RiskSets

BLOCK = 65_536

Spells = Ints | slice


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeBlock:
    """Event times lo … hi - 1, and in chunks the spells that leave and that enter there."""

    lo: int
    hi: int
    leaving: tuple[Spells, ...]
    entering: tuple[Spells, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Weighted sums of the covariates at event times lo … lo + len(risk) - 1."""

    lo: int
    risk: Floats  # (n_times, k) over those at risk
    dead: Floats  # (n_times, k) over those that end


def time_blocks(sets: RiskSets) -> tuple[TimeBlock, ...]:
    """Cut the event times into blocks, the last block first."""
    size = BLOCK
    late = np.flatnonzero(sets.first > sets.start)
    late = late[np.argsort(sets.first[late], kind="stable")]
    n_times = sets.n_times
    if n_times <= size:
        step = size if sets.row is None else max(len(sets.last), 1)
        spells = range(0, len(sets.last), step)
        whole = tuple(slice(begin, begin + step) for begin in spells)
        return (TimeBlock(lo=0, hi=n_times, leaving=whole, entering=_chunks(late, size)),)
    order = np.argsort(sets.last, kind="stable")
    blocks = []
    for lo in reversed(range(0, n_times, size)):
        hi = min(lo + size, n_times)
        begin, end = np.searchsorted(sets.last, [lo + 1, hi + 1], sorter=order)
        early, later = np.searchsorted(sets.first[late], [lo + 1, hi + 1])
        leaving = _chunks(order[begin:end], size)
        entering = _chunks(late[early:later], size)
        blocks.append(TimeBlock(lo=lo, hi=hi, leaving=leaving, entering=entering))
    return tuple(blocks)


def weights_by_time(weight: Floats, sets: RiskSets) -> tuple[Floats, Floats]:
    """Sum a weight per spell over those at risk, and over those that end, at each time."""
    n_times = sets.n_times
    leave = np.where(sets.last > sets.start, sets.last, 0)
    risk = np.bincount(leave, weights=weight, minlength=n_times + 1)[1:].astype(np.float64)
    late = sets.first > sets.start
    if late.any():
        risk -= np.bincount(sets.first[late] - 1, weights=weight[late], minlength=n_times)
    _run_back(risk, sets.edges, lo=0, carry=np.zeros(()))
    at = sets.last[sets.event] - 1
    dead = np.bincount(at, weights=weight[sets.event], minlength=n_times).astype(np.float64)
    return np.maximum(risk, dead), dead  # differences of running sums may round


def moments_by_time(
    x: Floats, weight: Floats, sets: RiskSets, blocks: tuple[TimeBlock, ...]
) -> Iterator[Moments]:
    """Sum weight · covariates over those at risk, and that end, at each time, block by block."""
    carry = np.zeros(x.shape[1])
    for block in blocks:
        size = block.hi - block.lo
        risk, dead = np.zeros((2, size, x.shape[1]))
        for spells in block.leaving:
            values, begin = _shared_rows(x, sets, spells)
            slot, held = sets.last[spells] - 1 - block.lo, weight[spells]
            inside = sets.last[spells] > sets.start[spells]
            risk += scatter(values, slot, held, keep=inside, size=size, begin=begin)
            ends = sets.event[spells]
            dead += scatter(values, slot, held, keep=ends, size=size, begin=begin)
        for spells in block.entering:
            slot = sets.first[spells] - 1 - block.lo
            risk -= scatter(rows_of(x, sets, spells), slot, weight[spells], size=size)
        carry = _run_back(risk, sets.edges, lo=block.lo, carry=carry)
        yield Moments(lo=block.lo, risk=risk, dead=dead)


def rows_of(x: Floats, sets: RiskSets, spells: Spells) -> Floats:
    """Return the covariates of some spells; a view where they are a slice of the rows."""
    values: Floats = x[spells if sets.row is None else sets.row[spells]]
    return values


def scatter(
    values: Floats,
    place: Ints,
    weight: Floats,
    *,
    size: int,
    keep: Bools | None = None,
    begin: Ints | None = None,
) -> Floats:
    """Sum weight · values by place, (size, n_columns).

    `begin` says where the places and weights of each row of values begin, and the last ends;
    without it each row has one. `keep` leaves some of them out.
    """
    from scipy.sparse import csc_array

    begin = np.arange(len(values) + 1) if begin is None else begin
    if keep is not None:
        begin = np.concatenate(([0], np.cumsum(keep)))[begin]
        place, weight = place[keep], weight[keep]
    matrix = csc_array((weight, place, begin), shape=(size, len(values)))
    summed: Floats = matrix @ values
    return summed


def _shared_rows(x: Floats, sets: RiskSets, spells: Spells) -> tuple[Floats, Ints | None]:
    """Return rows of covariates, and where the spells of each begin where many share one."""
    if sets.row is None or not isinstance(spells, slice):
        return rows_of(x, sets, spells), None
    return x, np.searchsorted(sets.row, np.arange(len(x) + 1))


def _run_back(values: Floats, edges: Ints, *, lo: int, carry: Floats) -> Floats:
    """Turn sums per time into sums from each time to its stratum's end, in place.

    `carry` is the sum of what lies behind the block in the stratum that reaches beyond it; what
    the block hands on to the one before it is returned.
    """
    hi = lo + len(values)
    inner = np.unique(edges[(edges > lo) & (edges < hi)]) - lo
    bounds = [0, *inner.tolist(), len(values)]
    for begin, end in pairwise(bounds):
        part = values[begin:end][::-1]
        np.cumsum(part, axis=0, out=part)
    if len(values) and not (edges == hi).any():
        values[bounds[-2] :] += carry
    handed = not len(values) or (edges == lo).any()
    return np.zeros_like(carry) if handed else values[0].copy()


def _chunks(spells: Ints, size: int) -> tuple[Ints, ...]:
    return tuple(spells[begin : begin + size] for begin in range(0, len(spells), size))
