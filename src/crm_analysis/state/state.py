"""The state in a folder: what analyses ask of it and what is written down there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crm_analysis.state import people
from crm_analysis.state.alarms import (
    Alarm,
    AlarmBook,
    Said,
    Settlement,
    book_of,
    empty_book,
    entry_of,
)
from crm_analysis.state.codes import Added, CodeEntry, Key, add_codes, codes_at
from crm_analysis.state.file import (
    CODES_SINCE,
    FILE_NAME,
    LEDGER_SINCE,
    opened,
    version,
    writing,
)
from crm_analysis.state.ledger import append, entries_before, newest_days, verify


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What committing did: entries written down, and entries that were there already."""

    n_stored: int
    n_there: int


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
        with opened(self.file) as connection:
            return codes_at(connection, as_of) if version(connection) >= CODES_SINCE else {}

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
        with writing(self.file) as connection:
            return add_codes(connection, entries, codebook)

    def alarms(self, before: date, *, salt: str = "") -> AlarmBook:
        """Return the ledger as it was before a day: what was said on that day is not in it.

        Parameters
        ----------
        salt : str
            The user's own, "" for the one that the state has made.

        Raises
        ------
        SourceLost
            The file is busy, cannot be read, or is none of ours.
        UsageError
            The salt is not that of the ledger.
        """
        if not self.file.is_file():
            return empty_book()
        with opened(self.file) as connection:
            if version(connection) < LEDGER_SINCE:
                return empty_book()
            names = dict(connection.execute("SELECT subject, id FROM people").fetchall())
            salt = people.known_salt(connection, salt)
            return book_of(entries_before(connection, before), names=names, salt=salt)

    def prepare(self, *, salt: str = "") -> Mapping[str, date]:
        """Make the ledger ready to be written to, and check its chain.

        Returns
        -------
        mapping of str to date
            The last day of which each kind of alarm was written down or settled.

        Raises
        ------
        DataError
            The ledger is not as it was written.
        SourceLost
            The file is busy, cannot be written, or is none of ours.
        UsageError
            The salt is not that of the ledger.
        """
        with writing(self.file) as connection:
            people.settled_salt(connection, salt)
            verify(connection)
            return newest_days(connection)

    def add_alarms(self, said: Sequence[Said], *, salt: str = "") -> Committed:
        """Write down what was published, in one transaction; what is there already stays.

        Raises
        ------
        SourceLost
            The file is busy, cannot be written, or is none of ours.
        UsageError
            The salt is not that of the ledger.
        """
        with writing(self.file) as connection:
            salt = people.settled_salt(connection, salt)
            subjects = [_subject(one, salt) for one in said]
            entries = [entry_of(one, subject=who) for one, who in zip(said, subjects, strict=True)]
            new = append(connection, entries)
            added = {entry.subject for entry in new if entry.what == "alarm"}
            keys = [
                (who, one.name, one.person)
                for one, who in zip(said, subjects, strict=True)
                if isinstance(one, Alarm) and who in added
            ]
            people.add_people(connection, keys)
        return Committed(n_stored=len(new), n_there=len(said) - len(new))

    def forget(self, name: str) -> int:
        """Remove the keys of a person or lead; return how many there were. The ledger stays.

        Raises
        ------
        DataError
            The ledger is not as it was written; nothing is removed.
        SourceLost
            The file is busy, cannot be written, or is none of ours.
        """
        if not self.file.is_file():
            return 0
        with writing(self.file) as connection:
            verify(connection)
            return people.forget(connection, name)


def _subject(said: Said, salt: str) -> str:
    if isinstance(said, Alarm):
        return people.subject_of(salt, kind=said.kind, name=said.name)
    return said.subject if isinstance(said, Settlement) else ""
