"""The file of the state: how it is opened, which form it has, and how an older one grows.

Decisions: what was written stays, which the file itself enforces; only the keys of people may be
removed. A change is one transaction with a rollback journal and full sync: killed at any moment it
leaves the file as before or complete. Reading never changes the file, so an older form is read as
it is; the first writing brings it to today's form in the same transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from crm_analysis.errors import SourceLost

FILE_NAME = "state.sqlite"
CODES_SINCE, LEDGER_SINCE = 1, 2
_WAIT_SECONDS = 10.0


def _only_added(table: str, words: str) -> tuple[str, str]:
    return tuple(  # type: ignore[return-value]
        f"CREATE TRIGGER {table}_{name} BEFORE {change} ON {table} BEGIN "
        f"SELECT RAISE(ABORT, '{words} are only ever added'); END"
        for name, change in (("stay", "UPDATE"), ("last", "DELETE"))
    )


_FORMS: dict[int, tuple[str, ...]] = {
    CODES_SINCE: (
        """CREATE TABLE codes (
            entry INTEGER PRIMARY KEY AUTOINCREMENT,
            reason_id TEXT NOT NULL,
            coder TEXT NOT NULL CHECK (coder IN ('code_a', 'code_b')),
            codes TEXT NOT NULL CHECK (codes <> ''),
            recorded_at TEXT NOT NULL,
            codebook TEXT NOT NULL
        )""",
        *_only_added("codes", "codes"),
    ),
    LEDGER_SINCE: (
        """CREATE TABLE ledger (
            entry INTEGER PRIMARY KEY AUTOINCREMENT,
            what TEXT NOT NULL CHECK (what IN ('round', 'alarm', 'settlement')),
            kind TEXT NOT NULL CHECK (kind <> ''),
            subject TEXT NOT NULL,
            raised TEXT NOT NULL,
            as_of TEXT NOT NULL,
            said TEXT NOT NULL,
            chain TEXT NOT NULL UNIQUE,
            UNIQUE (what, kind, subject, raised, as_of)
        )""",
        *_only_added("ledger", "alarms"),
        """CREATE TABLE people (
            subject TEXT PRIMARY KEY,
            id TEXT NOT NULL,
            person TEXT NOT NULL
        )""",
        "CREATE TABLE salt (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
        *_only_added("salt", "salts"),
    ),
}
_VERSION = max(_FORMS)


@contextmanager
def opened(file: Path) -> Iterator[sqlite3.Connection]:
    """Open the file of a state that is there.

    Raises
    ------
    SourceLost
        The file is busy, cannot be read or written, or is none of ours.
    """
    address = f"{file.resolve().as_uri()}?mode=rw"
    try:
        with closing(
            sqlite3.connect(address, uri=True, timeout=_WAIT_SECONDS, isolation_level=None)
        ) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            if version(connection) > _VERSION:
                raise SourceLost(
                    f"the state {file} was written by a newer version of this package; "
                    "install that version"
                )
            if _is_foreign(connection):
                raise SourceLost(
                    f"{file} is a file of another program, no state; give another folder"
                )
            yield connection
    except sqlite3.Error as error:
        raise SourceLost(_why(file, error)) from error


@contextmanager
def writing(file: Path) -> Iterator[sqlite3.Connection]:
    """Open the file for one change, made where it is missing, in today's form.

    Raises
    ------
    SourceLost
        The file is busy, cannot be written, or is none of ours.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
    except OSError as error:
        raise SourceLost(
            f"the state {file} cannot be written: {error.strerror}; give another folder"
        ) from error
    with opened(file) as connection, _transaction(connection):
        _grow(connection)
        yield connection


def version(connection: sqlite3.Connection) -> int:
    """Return the form that the file has, 0 for an empty one."""
    [(found,)] = connection.execute("PRAGMA user_version").fetchall()
    return int(found)


def _grow(connection: sqlite3.Connection) -> None:
    """Bring the file to today's form."""
    for number in range(version(connection) + 1, _VERSION + 1):
        for statement in (*_FORMS[number], f"PRAGMA user_version = {number}"):
            connection.execute(statement)


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


def _is_foreign(connection: sqlite3.Connection) -> bool:
    """Say whether there are tables in a file that was never made a state."""
    [(n_things,)] = connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    return bool(n_things) and not version(connection)


def _why(file: Path, error: sqlite3.Error) -> str:
    said = str(error)
    if "locked" in said or "busy" in said:
        return f"the state {file} is busy: another command is at work; try again when it is done"
    return f"the state {file} cannot be used: {said}; restore it from a backup, or give another"
