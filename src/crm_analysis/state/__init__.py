"""What outlives a run: human codes and the alarm ledger, in one SQLite file of a folder."""

from __future__ import annotations

from crm_analysis.state.alarms import (
    OUTCOMES,
    Alarm,
    AlarmBook,
    Outcome,
    Round,
    Said,
    Settlement,
    empty_book,
    said_frame,
    said_from_frame,
)
from crm_analysis.state.codes import CODERS, Added, CodeEntry, Coder, Key
from crm_analysis.state.file import FILE_NAME
from crm_analysis.state.people import is_held_back, subject_of
from crm_analysis.state.state import Committed, State

__all__ = [
    "CODERS",
    "FILE_NAME",
    "OUTCOMES",
    "Added",
    "Alarm",
    "AlarmBook",
    "CodeEntry",
    "Coder",
    "Committed",
    "Key",
    "Outcome",
    "Round",
    "Said",
    "Settlement",
    "State",
    "empty_book",
    "is_held_back",
    "said_frame",
    "said_from_frame",
    "subject_of",
]
