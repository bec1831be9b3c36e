"""Every error a user can meet, each with the exit code it ends a command with."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CrmAnalysisError(Exception):
    """Base of all errors that are told to the user in one sentence, without a traceback.

    The message names what was given, what is allowed and what to do next.
    """

    exit_code = 2


class UsageError(CrmAnalysisError):
    """A path, date, flag, engine or parameter that does not exist or does not fit."""


class ConfigError(CrmAnalysisError):
    """One or more faults in `crm_analysis.toml`, all told at once."""


class DataError(CrmAnalysisError):
    """The data breaks the contract: a missing table, an unreadable file, too many excluded rows."""

    exit_code = 3


class SourceLost(CrmAnalysisError):
    """The source or the state cannot be reached, or was lost half-way."""

    exit_code = 4


class MemoryFull(SourceLost):
    """One piece of work needs more memory than the limit; the source still stands."""


class FolderBusy(CrmAnalysisError):
    """Another run holds the output folder."""

    exit_code = 75


class UndeclaredQuantity(CrmAnalysisError):
    """An estimate names a quantity, segment or note that the catalogue does not declare."""


def first_line(said: object) -> str:
    """Return the first line that says something: without a statement or traceback below it.

    Examples
    --------
    >>> first_line(ValueError("no such column\\nSELECT a FROM b")), first_line("")
    ('no such column', 'no message')
    """
    return next((line.strip() for line in str(said).splitlines() if line.strip()), "no message")


def did_you_mean(given: str, names: Iterable[str]) -> str:
    """Ask for the name that a mistyped or shortened one may stand for; "" where none is near.

    Examples
    --------
    >>> did_you_mean("chek", ["check", "run"]), did_you_mean("10", ["10_failure_causes"])
    ("did you mean 'check'? ", "did you mean '10_failure_causes'? ")
    >>> did_you_mean("fly", ["check", "run"])
    ''
    """
    wanted, known = given.strip().lower(), list(names)
    begun = [name for name in known if wanted and name.lower().startswith(wanted)]
    near = begun[:1] or difflib.get_close_matches(wanted, known, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}? " if near else ""
