"""What outlives a run: one SQLite file in the state's folder. So far it holds the human codes.

Decisions: entries are only ever added, which the file itself enforces; what counts on a day is the
newest entry recorded by then, so an old month stays as it was. An import is one transaction with a
rollback journal and full sync: killed at any moment it leaves the file as before or complete. An
entry's `recorded_at` is the day of the list that it answers, not the wall clock, so that a rerun of
that day's successor gives the same bytes whenever the file was imported.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal, get_args

from crm_analysis.errors import SourceLost

FILE_NAME = "state.sqlite"
Coder = Literal["code_a", "code_b"]
CODERS: tuple[Coder, ...] = get_args(Coder)
_VERSION = 1
_WAIT_SECONDS = 10.0
_FORM = (
    """CREATE TABLE codes (
        entry INTEGER PRIMARY KEY AUTOINCREMENT,
        reason_id TEXT NOT NULL,
        coder TEXT NOT NULL CHECK (coder IN ('code_a', 'code_b')),
        codes TEXT NOT NULL CHECK (codes <> ''),
        recorded_at TEXT NOT NULL,
        codebook TEXT NOT NULL
    )""",
    "CREATE TRIGGER codes_stay BEFORE UPDATE ON codes BEGIN "
    "SELECT RAISE(ABORT, 'codes are only ever added'); END",
    "CREATE TRIGGER codes_last BEFORE DELETE ON codes BEGIN "
    "SELECT RAISE(ABORT, 'codes are only ever added'); END",
    f"PRAGMA user_version = {_VERSION}",
)
_NEWEST = (
    "SELECT reason_id, coder, codes, recorded_at FROM codes "
    "WHERE recorded_at <= ? ORDER BY recorded_at, entry"
)

Key = tuple[str, Coder]


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


@dataclass(frozen=True, slots=True)
class State:
    """The state in a folder; a folder without one is an empty state."""

    folder: Path

    @classmethod
    def at(cls, folder: str | Path) -> State:
        """Return the state of a folder, whether it is there yet or not."""
        return cls(Path(folder).expanduser())

    @property
    def file(self) -> Path:
        """The file that holds it."""
        return self.folder / FILE_NAME

    def codes(self, as_of: date) -> dict[Key, str]:
        """Return the human codes that counted at the end of a day, by reason and coder.

        Raises
        ------
        SourceLost
            The file is busy, cannot be read, or is none of ours.
        """
        if not self.file.is_file():
            return {}
        with self._opened("rw") as connection:
            return _codes(connection, as_of)

    def add_codes(self, entries: Sequence[CodeEntry], *, codebook: str) -> Added:
        """Add entries in one transaction; what says nothing new is not added again.

        Parameters
        ----------
        entries : sequence of CodeEntry
            One per reason and coder.
        codebook : str
            The version of the codebook that they were checked against.

        Raises
        ------
        SourceLost
            The file is busy, cannot be written, or is none of ours.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.file.touch(mode=0o600)
        with self._opened("rw") as connection, _transaction(connection):
            if not _version(connection):
                for statement in _FORM:
                    connection.execute(statement)
            return _add(connection, entries, codebook)

    @contextmanager
    def _opened(self, mode: str) -> Iterator[sqlite3.Connection]:
        address = f"{self.file.resolve().as_uri()}?mode={mode}"
        try:
            with closing(
                sqlite3.connect(address, uri=True, timeout=_WAIT_SECONDS, isolation_level=None)
            ) as connection:
                connection.execute("PRAGMA synchronous = FULL")
                if _version(connection) > _VERSION:
                    raise SourceLost(
                        f"the state {self.file} was written by a newer version of this package; "
                        "install that version"
                    )
                if _is_foreign(connection):
                    raise SourceLost(
                        f"{self.file} is a file of another program, no state; give another folder"
                    )
                yield connection
        except sqlite3.Error as error:
            raise SourceLost(_why(self.file, error)) from error


def _codes(connection: sqlite3.Connection, as_of: date) -> dict[Key, str]:
    if not _version(connection):
        return {}
    rows = connection.execute(_NEWEST, (as_of.isoformat(),))
    return {(reason_id, coder): codes for reason_id, coder, codes, _ in rows}


def _add(connection: sqlite3.Connection, entries: Iterable[CodeEntry], codebook: str) -> Added:
    before: dict[date, dict[Key, str]] = {}
    new: list[CodeEntry] = []
    n_there, changed = 0, {}
    for entry in entries:
        if entry.recorded_at not in before:
            before[entry.recorded_at] = _codes(connection, entry.recorded_at)
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


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # a full disk has rolled back by itself
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    [(version,)] = connection.execute("PRAGMA user_version").fetchall()
    return int(version)


def _is_foreign(connection: sqlite3.Connection) -> bool:
    """Say whether there are tables in a file that was never made a state."""
    [(n_things,)] = connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    return bool(n_things) and not _version(connection)


def _why(file: Path, error: sqlite3.Error) -> str:
    said = str(error)
    if "locked" in said or "busy" in said:
        return f"the state {file} is busy: another import is at work; try again when it is done"
    return f"the state {file} cannot be used: {said}; restore it from a backup, or give another"
