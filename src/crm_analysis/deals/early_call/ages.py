"""The ages at which leads are looked at: the call days, and a ladder of ages between them.

Decisions:
* A track grows with age, so that the model of one age is far too sure two weeks later. The steps of
  the ladder are a day, or 15 % of the age where that is more; a lead is judged by the highest rung
  that it has reached, which then lies less than a step below it.
* Only rungs on which an open lead stands are asked about: each asked costs power.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

STEP_SHARE = 0.15


def next_rung(age: int) -> int:
    """Return the rung after this one.

    Examples
    --------
    >>> next_rung(3), next_rung(28), next_rung(90)
    (4, 32, 104)
    """
    return age + max(1, round(STEP_SHARE * age))


def ladder(oldest: int, *, call_days: Iterable[int] = ()) -> tuple[int, ...]:
    """Return the rungs up to an age, the call days among them.

    Examples
    --------
    >>> ladder(20, call_days=[14, 30])
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18)
    """
    rungs = [0]
    while rungs[-1] <= oldest:
        rungs.append(next_rung(rungs[-1]))
    return tuple(sorted(age for age in {*rungs, *call_days} if age <= oldest))


def rung_below(rungs: Sequence[int], age: int) -> int | None:
    """Return the rung by which a lead of this age is judged; None where it lies a step away.

    Parameters
    ----------
    rungs : sequence of int
        In order.
    age : int
        Of the lead.

    Examples
    --------
    >>> rung_below((7, 14), 15), rung_below((7, 14), 16), rung_below((7, 14), 5)
    (14, None, None)
    """
    below = [rung for rung in rungs if rung <= age]
    return below[-1] if below and age < next_rung(below[-1]) else None


def rungs_asked(ages: Iterable[int], *, call_days: Iterable[int] = ()) -> tuple[int, ...]:
    """Return the rungs on which at least one of these ages stands.

    Examples
    --------
    >>> rungs_asked([0, 13, 29], call_days=[14])
    (0, 12, 28)
    """
    known = set(ages)
    rungs = ladder(max(known, default=-1), call_days=call_days)
    found = {rung_below(rungs, age) for age in known}
    return tuple(sorted(rung for rung in found if rung is not None))
