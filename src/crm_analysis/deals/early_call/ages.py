"""The ages at which leads are looked at: the call days, and a ladder of ages between them.

Decisions:
* A track grows with age, so that the model of one age is far too sure two weeks later. The steps of
  the ladder are 15 % of the age in whole days, rounded up, and begin anew on each call day; a lead
  is judged by the highest rung that it has reached, less than a step below it. Steps of three days
  from the first day on were tried and left: at five days they forecast more losses than these.
* Only rungs on which an open lead stands are asked about: each asked costs power.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

STEP_PERCENT = 15


def next_rung(age: int) -> int:
    """Return the rung after this one.

    Examples
    --------
    >>> next_rung(3), next_rung(28), next_rung(90)
    (4, 33, 104)
    """
    return age + max(1, -(-STEP_PERCENT * age // 100))


def ladder(oldest: int, *, call_days: Iterable[int] = ()) -> tuple[int, ...]:
    """Return the rungs up to an age, the call days among them.

    Examples
    --------
    >>> ladder(33, call_days=[14, 30])
    (0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 14, 17, 20, 23, 27, 30)
    """
    ahead = sorted(day for day in set(call_days) if day > 0)
    rungs = [0] if oldest >= 0 else []
    while rungs:
        rung = min([next_rung(rungs[-1]), *(day for day in ahead if day > rungs[-1])])
        if rung > oldest:
            break
        rungs.append(rung)
    return tuple(rungs)


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
    >>> rung_below((7, 14), 16), rung_below((7, 14), 17), rung_below((7, 14), 5)
    (14, None, None)
    """
    below = [rung for rung in rungs if rung <= age]
    return below[-1] if below and age < next_rung(below[-1]) else None


def rungs_asked(ages: Iterable[int], *, call_days: Iterable[int] = ()) -> tuple[int, ...]:
    """Return the rungs on which at least one of these ages stands.

    Examples
    --------
    >>> rungs_asked([0, 13, 29], call_days=[14])
    (0, 13, 27)
    """
    known = set(ages)
    rungs = ladder(max(known, default=-1), call_days=call_days)
    found = {rung_below(rungs, age) for age in known}
    return tuple(sorted(rung for rung in found if rung is not None))
