"""The ledger: entries that are only added, each chained to all before it by a digest."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm_analysis.errors import DataError

EntryKey = tuple[str, str, str, str, str]
_FIELDS = "what, kind, subject, raised, as_of, said"
_BETWEEN = "\x1f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line: what is said, of whom, about an alarm of which day, and on which day.

    Parameters
    ----------
    what : str
        round, alarm or settlement.
    subject : str
        The digest of whom it is about; "" for a round.
    raised, as_of : date
        The day of the alarm, and the day on which this was said.
    said : mapping
        The rest, in JSON types.
    """

    what: str
    kind: str
    subject: str
    raised: date
    as_of: date
    said: Mapping[str, Any]

    @property
    def key(self) -> EntryKey:
        """What can be said only once."""
        raised, as_of = self.raised.isoformat(), self.as_of.isoformat()
        return self.what, self.kind, self.subject, raised, as_of

    def fields(self) -> tuple[str, ...]:
        """Return the columns of the file."""
        said = json.dumps(self.said, ensure_ascii=False, sort_keys=True)
        return (*self.key, said)


def append(connection: sqlite3.Connection, entries: Iterable[Entry]) -> list[Entry]:
    """Add the entries whose key is new, and return these."""
    new: dict[EntryKey, Entry] = {}
    there: dict[date, set[EntryKey]] = {}
    for entry in entries:
        if entry.as_of not in there:
            there[entry.as_of] = _keys(connection, entry.as_of)
        if entry.key not in there[entry.as_of]:
            new.setdefault(entry.key, entry)
    chain = _last_link(connection)
    rows = []
    for entry in new.values():
        fields = entry.fields()
        chain = _link(chain, fields)
        rows.append((*fields, chain))
    connection.executemany(
        f"INSERT INTO ledger ({_FIELDS}, chain) VALUES (?, ?, ?, ?, ?, ?, ?)", rows
    )
    return list(new.values())


def entries_before(connection: sqlite3.Connection, as_of: date) -> Iterator[Entry]:
    """Read what was said on days before this one, in the order of days and of writing."""
    rows = connection.execute(
        f"SELECT {_FIELDS} FROM ledger WHERE as_of < ? ORDER BY as_of, entry", (as_of.isoformat(),)
    )
    for what, kind, subject, raised, said_on, said in rows:
        yield Entry(
            what=what,
            kind=kind,
            subject=subject,
            raised=date.fromisoformat(raised),
            as_of=date.fromisoformat(said_on),
            said=json.loads(said),
        )


def newest_days(connection: sqlite3.Connection) -> dict[str, date]:
    """Return the last day of which each kind of alarm was written down or settled."""
    rows = connection.execute("SELECT kind, max(as_of) FROM ledger GROUP BY kind")
    return {kind: date.fromisoformat(day) for kind, day in rows}


def verify(connection: sqlite3.Connection) -> int:
    """Check every link of the chain; return the number of entries.

    Raises
    ------
    DataError
        An entry was changed, removed or put in between, or the last ones are gone.
    """
    rows = connection.execute(f"SELECT entry, {_FIELDS}, chain FROM ledger ORDER BY entry")
    chain, n_entries = "", 0
    for entry, *fields, link in rows:
        chain = _link(chain, fields)
        if chain != link:
            raise DataError(
                f"the alarm ledger does not verify: entry {entry} is not as it was written, or one "
                "before it is missing; restore the state from a backup"
            )
        n_entries += 1
    n_gone = _n_written(connection) - n_entries
    if n_gone:
        raise DataError(
            f"the alarm ledger does not verify: of {n_entries + n_gone} entries that were written "
            f"the last {n_gone} are gone; restore the state from a backup"
        )
    return n_entries


def _keys(connection: sqlite3.Connection, as_of: date) -> set[EntryKey]:
    return set(
        connection.execute(
            "SELECT what, kind, subject, raised, as_of FROM ledger WHERE as_of = ?",
            (as_of.isoformat(),),
        )
    )


def _n_written(connection: sqlite3.Connection) -> int:
    """Return how many entries were ever written: SQLite counts them in the same transaction.

    Entries are numbered from 1 without gaps, and a number is never given twice (AUTOINCREMENT).
    """
    found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'ledger'").fetchone()
    return 0 if found is None else int(found[0])


def _last_link(connection: sqlite3.Connection) -> str:
    found = connection.execute("SELECT chain FROM ledger ORDER BY entry DESC LIMIT 1").fetchone()
    return "" if found is None else str(found[0])


def _link(before: str, fields: Iterable[str]) -> str:
    return hashlib.sha256(_BETWEEN.join((before, *fields)).encode()).hexdigest()
