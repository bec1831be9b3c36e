"""The day of a coded list as a spreadsheet may have rewritten it: 2026-10-31, 10/31/2026 …

Decision: a day counts where it has one reading only, or where one of its two readings is a day that
stands beyond doubt elsewhere in the list. Nothing is guessed: else it is wrong, once however many
rows hold it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

_MIDNIGHT = r"(?:[ T]0?0:00(?::00)?)?"
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _MIDNIGHT)
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})" + _MIDNIGHT)
_SHOWN = 3


def readings(given: str) -> frozenset[date]:
    """Return every day that somebody may have meant.

    Examples
    --------
    >>> readings("2026/1/31") == readings("1/31/2026") == readings("31.01.2026 00:00:00")
    True
    >>> len(readings("05/10/2026")), len(readings("5/5/2026")), len(readings("2026-02-30"))
    (2, 1, 0)
    """
    if found := _YEAR_FIRST.fullmatch(given):
        year, month, day = map(int, found.groups())
        written = [(year, month, day)]
    elif found := _YEAR_LAST.fullmatch(given):
        first, second, year = map(int, found.groups())
        written = [(year, second, first), (year, first, second)]
    else:
        written = []
    return frozenset(day for one in written for day in _days(*one))


def _days(year: int, month: int, day: int) -> tuple[date, ...]:
    try:
        return (date(year, month, day),)
    except ValueError:
        return ()


def list_day(lines: Mapping[str, Sequence[int]]) -> tuple[date | None, dict[str, str]]:
    """Return the one day of a list, and what each wrong writing should be.

    Parameters
    ----------
    lines : mapping of str to sequence of int
        The lines in which each writing stands, in the order of the file.

    Returns
    -------
    tuple of (date or None, dict of str to str)
        None where anything is wrong; what is allowed, by writing.

    Examples
    --------
    >>> list_day({"31.10.2026": [2, 3]})
    (datetime.date(2026, 10, 31), {})
    >>> list_day({"05/10/2026": [2, 3]})[1]["05/10/2026"]
    'the day of the list, as 2026-10-31; it may be 2026-05-10 or 2026-10-05 (2 rows: 2, 3)'
    """
    found = {given: readings(given) for given in lines}
    sure = {day for days in found.values() if len(days) == 1 for day in days}
    meant = {given: days if len(days) == 1 else days & sure for given, days in found.items()}
    wrong = {
        given: f"the day of the list, as 2026-10-31{_doubt(found[given])}{_where(lines[given])}"
        for given, days in meant.items()
        if len(days) != 1
    }
    known = [(given, next(iter(days))) for given, days in meant.items() if len(days) == 1]
    if not known:
        return None, wrong
    first, day = known[0]
    told = f"one day in the whole file, {day} as in line {lines[first][0]}"
    wrong |= {given: told + _where(lines[given]) for given, other in known if other != day}
    return (None if wrong else day), wrong


def _doubt(days: frozenset[date]) -> str:
    return f"; it may be {' or '.join(map(str, sorted(days)))}" if days else ""


def _where(lines: Sequence[int]) -> str:
    """Count the rows where there are several, and name the first."""
    if len(lines) < 2:
        return ""
    more = ", …" if len(lines) > _SHOWN else ""
    return f" ({len(lines)} rows: {', '.join(map(str, lines[:_SHOWN]))}{more})"
