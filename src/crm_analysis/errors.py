"""Every error a user can meet, each with the exit code it ends a command with."""

from __future__ import annotations


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


class FolderBusy(CrmAnalysisError):
    """Another run holds the output folder."""

    exit_code = 75


class UndeclaredQuantity(CrmAnalysisError):
    """An estimate names a quantity, segment or note that the catalogue does not declare."""
