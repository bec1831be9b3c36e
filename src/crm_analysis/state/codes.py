"""The codes that people gave to reasons.

Decisions: what counts on a day is the newest entry recorded by then, so an old month stays as it
was. An entry's `recorded_at` is the day of the list that it answers, not the wall clock, so that a
rerun of that day's successor gives the same bytes whenever the file was imported.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

Coder = Literal["code_a", "code_b"]
CODERS: tuple[Coder, ...] = get_args(Coder)
Key = tuple[str, Coder]

_NEWEST = (
    "SELECT reason_id, coder, codes, recorded_at FROM codes "
    "WHERE recorded_at <= ? ORDER BY recorded_at, entry"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeEntry:
    """What one coder said of one reason.

    Parameters
    ----------
    codes : str
        Codes joined by ";", the main one first.
    recorded_at : date
        The as_of day of the list that the entry answers.
    """

    reason_id: str
    coder: Coder
    codes: str
    recorded_at: date

    @property
    def key(self) -> Key:
        """Whose word on which reason it is."""
        return self.reason_id, self.coder


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What adding did: entries stored, entries that were there already, and codes that changed.

    Parameters
    ----------
    changed : mapping
        Reason and coder → the codes that counted before; they stay in the file.
    """

    n_stored: int
    n_there: int
    changed: Mapping[Key, str] = field(default_factory=dict)


def codes_at(connection: sqlite3.Connection, as_of: date) -> dict[Key, str]:
    """Return the codes that counted at the end of a day, by reason and coder."""
    rows = connection.execute(_NEWEST, (as_of.isoformat(),))
    return {(reason_id, coder): codes for reason_id, coder, codes, _ in rows}


def add_codes(connection: sqlite3.Connection, entries: Iterable[CodeEntry], codebook: str) -> Added:
    """Add what says something new."""
    before: dict[date, dict[Key, str]] = {}
    new: list[CodeEntry] = []
    n_there, changed = 0, {}
    for entry in entries:
        if entry.recorded_at not in before:
            before[entry.recorded_at] = codes_at(connection, entry.recorded_at)
        last = before[entry.recorded_at].get(entry.key)
        if last == entry.codes:
            n_there += 1
            continue
        new.append(entry)
        if last is not None:
            changed[entry.key] = last
    connection.executemany(
        "INSERT INTO codes (reason_id, coder, codes, recorded_at, codebook) VALUES (?, ?, ?, ?, ?)",
        [
            (one.reason_id, one.coder, one.codes, one.recorded_at.isoformat(), codebook)
            for one in new
        ],
    )
    return Added(n_stored=len(new), n_there=n_there, changed=changed)
