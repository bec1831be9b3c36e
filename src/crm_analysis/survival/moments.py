"""Sums over the spells at risk, and over those that end, at each event time.

Every sum at risk is a running sum from the last time of a stratum back to its first, of what
leaves at each time less what enters there. Covariates are read in place or in chunks, and sums
per time are held for a block of times, so that memory does not follow spells times covariates.

Edges, decided here: with more than 16,384 event times the blocks are worked off from the last to
the first, each stratum's sum carried over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from crm_analysis.survival.arrays import Floats
from crm_analysis.survival.risk_sets import Ints, RiskSets

BLOCK = 16_384

Spells = Ints | slice


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeBlock:
    """Event times lo … hi - 1, and in chunks the spells that leave and that enter there."""

    lo: int
    hi: int
    leaving: tuple[Spells, ...]
    entering: tuple[Spells, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """When spells leave and enter: what the running sums need and no weight changes.

    Parameters
    ----------
    sets : RiskSets
        The risk sets that it was made from.
    leave : array (n_spells,)
        One more than the last event time at risk; 0 for spells at risk at none.
    late : array (n_late,)
        The spells that enter after the first event time of their stratum, by time of entry.
    blocks : tuple of TimeBlock
        The event times in blocks, the last first.
    """

    sets: RiskSets
    leave: Ints
    late: Ints
    blocks: tuple[TimeBlock, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Weighted sums of the covariates at event times lo … lo + len(risk) - 1."""

    lo: int
    risk: Floats  # (n_times, k) over those at risk
    dead: Floats  # (n_times, k) over those that end


def timeline(sets: RiskSets) -> Timeline:
    """Find where spells leave and enter, and cut the event times into blocks, the last first."""
    late = np.flatnonzero(sets.first > sets.start)
    late = late[np.argsort(sets.first[late], kind="stable")]
    leave = np.where(sets.last > sets.start, sets.last, 0)
    blocks = _one_block(sets, late) if sets.n_times <= BLOCK else _blocks(sets, leave, late)
    return Timeline(sets=sets, leave=leave, late=late, blocks=blocks)


def weights_by_time(weight: Floats, line: Timeline) -> tuple[Floats, Floats]:
    """Sum a weight per spell over those at risk, and over those that end, at each time."""
    sets, n_times = line.sets, line.sets.n_times
    risk = np.bincount(line.leave, weights=weight, minlength=n_times + 1)[1:].astype(np.float64)
    if len(line.late):
        enter = sets.first[line.late] - 1
        risk -= np.bincount(enter, weights=weight[line.late], minlength=n_times)
    _run_back(risk, sets.edges, lo=0, carry=np.zeros(()))
    dead = np.bincount(line.leave, weights=weight * sets.event, minlength=n_times + 1)[1:]
    return np.maximum(risk, dead), dead.astype(np.float64)  # differences of running sums may round


def moments_by_time(x: Floats, weight: Floats, line: Timeline) -> Iterator[Moments]:
    """Sum weight · covariates over those at risk, and that end, at each time, block by block."""
    sets, carry = line.sets, np.zeros(x.shape[1])
    for block in line.blocks:
        size = block.hi - block.lo
        both = np.zeros((1 + 2 * size, x.shape[1]))
        for spells in block.leaving:
            both += _leaving(x, weight, line, spells, block)
        risk, dead = both[1 : size + 1] + both[size + 1 :], both[size + 1 :]
        for spells in block.entering:
            slot = sets.first[spells] - 1 - block.lo
            risk -= scatter(rows_of(x, sets, spells), slot, weight[spells], size=size)
        carry = _run_back(risk, sets.edges, lo=block.lo, carry=carry)
        yield Moments(lo=block.lo, risk=risk, dead=dead)


def _one_block(sets: RiskSets, late: Ints) -> tuple[TimeBlock, ...]:
    n = len(sets.last)
    step = max(BLOCK, 4 * sets.n_times) if sets.row is None else max(n, 1)
    whole = tuple(slice(begin, min(begin + step, n)) for begin in range(0, n, step))
    return (TimeBlock(lo=0, hi=sets.n_times, leaving=whole, entering=_chunks(late)),)


def _blocks(sets: RiskSets, leave: Ints, late: Ints) -> tuple[TimeBlock, ...]:
    order = np.argsort(leave, kind="stable")
    blocks = []
    for lo in reversed(range(0, sets.n_times, BLOCK)):
        hi = min(lo + BLOCK, sets.n_times)
        begin, end = np.searchsorted(leave, [lo + 1, hi + 1], sorter=order)
        early, later = np.searchsorted(sets.first[late], [lo + 1, hi + 1])
        leaving, entering = _chunks(order[begin:end]), _chunks(late[early:later])
        blocks.append(TimeBlock(lo=lo, hi=hi, leaving=leaving, entering=entering))
    return tuple(blocks)


def _leaving(x: Floats, weight: Floats, line: Timeline, spells: Spells, block: TimeBlock) -> Floats:
    """Sum what leaves at each time, first without the event, then with it.

    Row 0 holds the spells that are at risk at no time.
    """
    sets, size = line.sets, block.hi - block.lo
    values, begin = _shared_rows(x, sets, spells)
    leave = line.leave[spells]
    place = np.where(leave > 0, leave - block.lo, 0) + size * sets.event[spells]
    return scatter(values, place, weight[spells], size=1 + 2 * size, begin=begin)


def rows_of(x: Floats, sets: RiskSets, spells: Spells) -> Floats:
    """Return the covariates of some spells; a view where they are a slice of the rows."""
    values: Floats = x[spells if sets.row is None else sets.row[spells]]
    return values


def scatter(
    values: Floats, place: Ints, weight: Floats, *, size: int, begin: Ints | None = None
) -> Floats:
    """Sum weight · values by place, (size, n_columns).

    `begin` says where the places and weights of each row of values begin, and the last ends;
    without it each row has one.
    """
    from scipy.sparse import csc_array

    begin = np.arange(len(values) + 1) if begin is None else begin
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


def _chunks(spells: Ints) -> tuple[Ints, ...]:
    return tuple(spells[begin : begin + BLOCK] for begin in range(0, len(spells), BLOCK))
