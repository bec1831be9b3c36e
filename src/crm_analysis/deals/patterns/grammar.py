"""Short readable conjunctions of states, and whether each goes with how leads end (M04).

Decisions:
* A pattern is one, two or three states shown at the same weekly check. A lead lacks it where one of
  the states is known to be absent; where the rest is unknown it is left out.
* Each pattern is asked of losses and of wins by `week_test`. A pattern of several states must also
  add to its parts: at checks that show all but one of its states, the last one must make a
  difference in the same direction.
* Beside the ratio against all that lack the pattern stands the one against its best part: of the
  parts that are one state shorter, the one to which the pattern adds least.
* The p of a pattern is the largest of these tests (they must all hold), so a state that adds
  nothing cannot ride on one that does.
* Where both endings come sooner a decision is near, and nothing is said of which. So a pattern must
  also change, in the same direction, the share that this ending has among the weeks in which leads
  were lost or won; unless the other ending is rarer than `RARE` of them, and sooner means this one.
  The direction is asked for when a pattern is found, its p (`way_p`) when it is asked again.
* Support: by the share of endings at each age, at least `min_events` endings would have to be
  expected with the pattern, and as many without it, half as many in the tests against its parts.
  This looks at how often a pattern shows, not at how those that show it end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from crm_analysis.deals.patterns.states import STATES
from crm_analysis.deals.patterns.week_test import Counts, Side, WeekTest, week_test
from crm_analysis.deals.patterns.weekly_checks import WeekCounts
from crm_analysis.deals.tracks import TESTED_CAUSES, WEEKLY
from crm_analysis.language import Text

MOST_STATES = 3
RARE = 0.05
Bits = npt.NDArray[np.int64]
Rows = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """States shown together: `name` joins their names, `text` their labels."""

    name: str
    states: tuple[str, ...]
    text: Text


def pattern_of(states: Sequence[str]) -> Pattern:
    """Name the pattern of these states, and say it in words.

    Examples
    --------
    >>> pattern_of(["sudden_drop", "question_waiting"]).text.en
    'deal probability dropped in one step while question of the customer left open for days'
    """
    labels = [STATES[state].label for state in states]
    en = labels[0].en + "".join(
        f"{joint}{label.en}" for joint, label in zip((" while ", " and "), labels[1:], strict=False)
    )
    zh = "，同时".join(label.zh for label in labels)
    return Pattern(name="+".join(states), states=tuple(states), text=Text(en, zh))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Weeks at risk and endings of one period: a row per combination of states, a column per age.

    Parameters
    ----------
    shown, unknown : array of int
        The combinations, a bit per state.
    at_risk : array
        Weeks at risk.
    ended : dict of str to array
        Endings by cause.
    """

    shown: Bits
    unknown: Bits
    at_risk: Counts
    ended: dict[str, Counts]


def grid_of(counts: WeekCounts, period: int) -> Grid:
    """Spread the counts of one period over combinations of states and ages."""
    frame = counts.frame[counts.frame["period"] == period]
    keys = frame.groupby(["shown", "unknown"], sort=True)
    row = keys.ngroup().to_numpy()
    pairs = np.array(list(keys.groups), dtype=np.int64).reshape(-1, 2)
    column = np.searchsorted(WEEKLY, frame["check_days"].to_numpy())
    n, cause = frame["n"].to_numpy(dtype=float), frame["cause"].to_numpy()

    def spread(weight: Counts) -> Counts:
        total: Counts = np.zeros((len(pairs), len(WEEKLY)))
        np.add.at(total, (row, column), weight)
        return total

    return Grid(
        shown=pairs[:, 0],
        unknown=pairs[:, 1],
        at_risk=spread(n),
        ended={name: spread(n * (cause == code)) for code, name in TESTED_CAUSES.items()},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A pattern by its bits, asked of one ending; tests as one period sees them.

    Parameters
    ----------
    own : WeekTest
        Those that show it against those that do not.
    p : float
        The largest p of all tests it has to pass; 1 where they do not agree in direction.
    way_p : float
        Of the share that this ending has among those that ended; 0 where the other is rare.
    support : float
        Endings expected on the smaller side of the tests, those against the parts doubled.
    best_part : int
        The part to which it adds least, by its bits; 0 for a single state.
    over_part : WeekTest or None
        Those that show it against those that show but the best part; None for a single state.
    """

    bits: int
    cause: str
    own: WeekTest
    p: float
    way_p: float
    support: float
    best_part: int = 0
    over_part: WeekTest | None = None

    @property
    def is_more(self) -> bool:
        """Say whether the ending is more frequent with the pattern."""
        return self.own.z > 0

    @property
    def n_states(self) -> int:
        """Count its states."""
        return self.bits.bit_count()


def shows(grid: Grid, bits: int) -> Rows:
    """Say which combinations show all of these states."""
    shown: Rows = (grid.shown & bits) == bits
    return shown


def asked(grid: Grid, bits: int, cause: str, *, outside: Sequence[int] = ()) -> Candidate:
    """Test one pattern against one ending.

    Parameters
    ----------
    grid : Grid
        Counts of one period.
    bits : int
        The states of the pattern.
    cause : str
        "lost" or "won".
    outside : sequence of int
        Patterns whose checks are left out: does this one tell anything beyond them?
    """
    left = np.ones(len(grid.shown), dtype=bool)
    for other in outside:
        left &= ~shows(grid, other)
    own = _compared(grid, bits, cause, left)
    parts = {
        bits & ~bit: _compared(grid, bits, cause, left & shows(grid, bits & ~bit))
        for bit in _single_bits(bits)
    }
    ways = _which_way(grid, bits, cause, left)
    agree = all(test.z * own.z > 0 for test in (*parts.values(), *ways))
    best = _best_part(parts, own)
    return Candidate(
        bits=bits,
        cause=cause,
        own=own,
        p=max([own.p, *(part.p for part in parts.values())]) if agree else 1.0,
        way_p=max((way.p for way in ways), default=0.0),
        support=min([_support(own), *(2 * _support(part) for part in parts.values())]),
        best_part=best,
        over_part=parts.get(best),
    )


def candidates(counts: WeekCounts, grid: Grid, *, min_events: int) -> list[Candidate]:
    """Ask every pattern that shows often enough of losses and of wins."""
    tested = (asked(grid, bits, cause) for bits in _all_bits(counts) for cause in grid.ended)
    return [one for one in tested if one.support >= min_events]


def states_in(counts: WeekCounts, bits: int) -> tuple[str, ...]:
    """Name the states of a pattern."""
    return tuple(name for place, name in enumerate(counts.states) if bits >> place & 1)


def _all_bits(counts: WeekCounts) -> Iterator[int]:
    """Enumerate the patterns, the short ones first."""
    for size in range(1, MOST_STATES + 1):
        for places in combinations(range(len(counts.states)), size):
            yield sum(1 << place for place in places)


def _single_bits(bits: int) -> list[int]:
    """List the states of a pattern of several; nothing for a single state, which has no parts."""
    if bits.bit_count() < 2:
        return []
    return [1 << place for place in range(bits.bit_length()) if bits >> place & 1]


def _best_part(parts: Mapping[int, WeekTest], own: WeekTest) -> int:
    """Choose the part to which the pattern adds least; 0 where there is none."""
    sign = 1 if own.z > 0 else -1

    def added(part: int) -> float:
        ratio = parts[part].log_ratio
        return math.inf if ratio is None else sign * ratio

    return min(parts, key=added, default=0)


def _compared(grid: Grid, bits: int, cause: str, left: Rows) -> WeekTest:
    """Compare the weeks that show a pattern with those that lack it."""
    shown, absent = _rows(grid, bits, left)
    ended = grid.ended[cause]
    return week_test(_side(grid.at_risk, ended, shown), _side(grid.at_risk, ended, absent))


def _which_way(grid: Grid, bits: int, cause: str, left: Rows) -> list[WeekTest]:
    """Compare the share of this ending among those that ended; nothing where others are rare."""
    shown, absent = _rows(grid, bits, left)
    ended, all_ended = grid.ended[cause], sum(grid.ended.values(), np.zeros(grid.at_risk.shape))
    others = 1 - ended.sum() / max(all_ended.sum(), 1)
    if others < RARE:
        return []
    return [week_test(_side(all_ended, ended, shown), _side(all_ended, ended, absent))]


def _rows(grid: Grid, bits: int, left: Rows) -> tuple[Rows, Rows]:
    """Say which combinations show a pattern, and which lack one of its states."""
    return left & shows(grid, bits), left & ((~grid.shown & ~grid.unknown & bits) != 0)


def _side(at_risk: Counts, ended: Counts, rows: Rows) -> Side:
    return Side(at_risk=at_risk[rows].sum(axis=0), ended=ended[rows].sum(axis=0))


def _support(test: WeekTest) -> float:
    return min(test.expected, test.events - test.expected)
