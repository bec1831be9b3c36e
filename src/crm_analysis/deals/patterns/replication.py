"""Which patterns hold again: found in one period, told apart, confirmed in the next (M04).

Decisions:
* Discovery: every pattern with support is one question (times two endings), Benjamini-Hochberg over
  all of them.
* No synonyms: of patterns whose checks overlap (Jaccard index at least `OVERLAP`) the one with the
  fewest states stays, of these the clearest. Then, the clearest first, one stays only if it still
  makes a difference at checks that show none of those before it; its own parts are not counted
  among them, for it was tested against them. All this is decided in the discovery period.
* Replication: those that stay are asked once more of the leads opened since, and whether this
  ending is more frequent among those that ended at all. Their p is the largest of these tests, 1
  where the direction differs; Benjamini-Hochberg over those asked. What holds is kept.
* The ratios told are those of the replication period: in the first one a pattern was chosen
  because its ratio was large, and would look larger than it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from crm_analysis.deals.patterns.grammar import (
    Candidate,
    Grid,
    Pattern,
    asked,
    candidates,
    grid_of,
    pattern_of,
    shows,
    states_in,
)
from crm_analysis.deals.patterns.weekly_checks import DISCOVERY, REPLICATION, WeekCounts
from crm_analysis.estimates import Status, adjusted_p, status_by_events

OVERLAP = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternResult:
    """A pattern that passed the discovery and was asked again.

    Parameters
    ----------
    pattern : Pattern
        The states.
    cause : str
        The ending, "lost" or "won".
    discovery, replication : Candidate
        What each period says of the pattern as it is.
    alone : Candidate
        What the replication period says at checks that show none of the patterns told before.
    p_adj : float or None
        Of the replication, among all asked again; None where it was too rare to ask.
    status : {"ok", "weak", "not_estimable"}
        By the endings expected in the replication period.
    is_kept : bool
        It holds again, in the same direction.
    stands_for : tuple of str
        Names of the patterns merged into it.
    best_part : Pattern or None
        The part to which it adds least in the replication period; None for a single state.
    """

    pattern: Pattern
    cause: str
    discovery: Candidate
    replication: Candidate
    alone: Candidate
    p_adj: float | None
    status: Status
    is_kept: bool
    stands_for: tuple[str, ...] = ()
    best_part: Pattern | None = None

    @property
    def p(self) -> float:
        """Return the larger p of the replication: 1 where the direction differs."""
        same = self.discovery.is_more == self.replication.is_more == self.alone.is_more
        seen = (self.replication, self.alone)
        return max(p for one in seen for p in (one.p, one.way_p)) if same else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """What the search found.

    Parameters
    ----------
    states : tuple of str
        The states that could be read.
    turn : date or None
        First opening day of the replication period.
    results : tuple of PatternResult
        The patterns asked again, the clearest first.
    n_tried, n_passed : int
        Questions asked, and how many stood in the discovery period.
    """

    states: tuple[str, ...]
    turn: date | None
    results: tuple[PatternResult, ...] = ()
    n_tried: int = 0
    n_passed: int = 0

    @property
    def kept(self) -> tuple[PatternResult, ...]:
        """Return the patterns that hold, the clearest first."""
        return tuple(one for one in self.results if one.is_kept)

    @property
    def before_losses(self) -> tuple[PatternResult, ...]:
        """Return the kept patterns after which more leads are lost."""
        return tuple(one for one in self.kept if one.cause == "lost" and one.replication.is_more)

    @property
    def n_merged(self) -> int:
        """Count the questions that stood, yet told nothing of their own."""
        return self.n_passed - len(self.results)


def find_patterns(counts: WeekCounts, *, min_events: int = 10, q: float = 0.05) -> Patterns:
    """Search the patterns that go with an ending, and keep those that hold again.

    Parameters
    ----------
    counts : WeekCounts
        From `weekly_checks.week_counts`.
    min_events : int
        Endings to be expected on each side.
    q : float
        False discoveries tolerated in each of the two steps.
    """
    if counts.turn is None or counts.frame.empty:
        return Patterns(states=counts.states, turn=counts.turn)
    first, second = grid_of(counts, DISCOVERY), grid_of(counts, REPLICATION)
    tried = candidates(counts, first, min_events=min_events)
    p_adj = adjusted_p([one.p for one in tried])
    passed = [one for one, p in zip(tried, p_adj, strict=True) if p <= q]
    told, merged = _told_apart(first, passed, q=q)
    again = [
        (
            asked(second, one.bits, one.cause),
            asked(second, one.bits, one.cause, outside=_others(one, told)),
        )
        for one in told
    ]
    results = _results(counts, told, again, merged, (min_events, q))
    return Patterns(
        states=counts.states,
        turn=counts.turn,
        results=results,
        n_tried=len(tried),
        n_passed=len(passed),
    )


def _told_apart(
    grid: Grid, passed: Sequence[Candidate], *, q: float
) -> tuple[list[Candidate], dict[int, list[Candidate]]]:
    """Keep one of each group of synonyms, and of the rest what tells something of its own.

    Returns
    -------
    list of Candidate, dict
        Those that stay, the clearest first, and for each (by its identity) what it stands for.
    """
    simple: list[Candidate] = []
    merged: dict[int, list[Candidate]] = {}
    for one in sorted(passed, key=lambda one: (one.n_states, -abs(one.own.z), one.bits)):
        twin = next((other for other in simple if _is_twin(grid, one, other)), None)
        if twin is None:
            simple.append(one)
        else:
            merged.setdefault(id(twin), []).append(one)
    told: list[Candidate] = []
    for one in sorted(simple, key=lambda one: (-abs(one.own.z), one.bits)):
        alone = asked(grid, one.bits, one.cause, outside=_others(one, told))
        if alone.p <= q and alone.is_more == one.is_more:
            told.append(one)
    return told, merged


def _is_twin(grid: Grid, one: Candidate, other: Candidate) -> bool:
    """Say whether two patterns with the same message show at mostly the same checks."""
    if (one.cause, one.is_more) != (other.cause, other.is_more):
        return False
    weeks = grid.at_risk.sum(axis=1)
    here, there = shows(grid, one.bits), shows(grid, other.bits)
    return bool(weeks[here & there].sum() >= OVERLAP * weeks[here | there].sum())


def _others(one: Candidate, told: Sequence[Candidate]) -> list[int]:
    """List the patterns told before this one with the same message, but for its own parts."""
    before = told[: told.index(one)] if one in told else told
    return [
        other.bits
        for other in before
        if (one.cause, one.is_more) == (other.cause, other.is_more)
        and one.bits & other.bits != other.bits
    ]


def _results(
    counts: WeekCounts,
    told: Sequence[Candidate],
    again: Sequence[tuple[Candidate, Candidate]],
    merged: dict[int, list[Candidate]],
    limits: tuple[int, float],
) -> tuple[PatternResult, ...]:
    """Adjust the second look, and say what is kept."""
    min_events, q = limits
    results = [
        PatternResult(
            pattern=pattern_of(states_in(counts, one.bits)),
            cause=one.cause,
            discovery=one,
            replication=whole,
            alone=alone,
            p_adj=None,
            status=_status(alone, min_events),
            is_kept=False,
            stands_for=tuple(
                pattern_of(states_in(counts, twin.bits)).name for twin in merged.get(id(one), ())
            ),
            best_part=pattern_of(states_in(counts, whole.best_part)) if whole.best_part else None,
        )
        for one, (whole, alone) in zip(told, again, strict=True)
    ]
    tested = [one for one in results if one.status != "not_estimable"]
    p_adj = dict(zip(map(id, tested), adjusted_p([one.p for one in tested]), strict=True))
    return tuple(_decided(one, p_adj.get(id(one)), q) for one in results)


def _decided(one: PatternResult, p_adj: float | None, q: float) -> PatternResult:
    return replace(one, p_adj=p_adj, is_kept=p_adj is not None and p_adj <= q)


def _status(again: Candidate, min_events: int) -> Status:
    if again.own.log_ratio is None:
        return "not_estimable"
    return status_by_events(int(again.support), min_events=min_events)
