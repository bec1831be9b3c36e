"""Alarms on their way from a notebook into the ledger.

A notebook lays them into the run's folder, which is published as a whole; only then they are
written into the ledger. A run first writes down what published folders hold and the ledger does
not: what a killed run left.

Decision: what lies in a published folder was said. So a run of a day that the ledger has passed
already lays down what was said then, or nothing: it cannot warn of what is known by now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from crm_analysis.errors import SourceLost
from crm_analysis.report import staging
from crm_analysis.state import Said, State, said_frame, said_from_frame

_FILE = Path("private/alarms.parquet")
_PARTS = Path("private/alarms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The ledger as a run finds it.

    Parameters
    ----------
    salt : str
        The user's own; "" for the one that the state makes.
    passed : mapping of str to date
        The last day of which each kind of alarm was written down.
    """

    state: State
    salt: str
    passed: Mapping[str, date]

    @classmethod
    def catch_up(cls, out: Path, state: State, *, salt: str) -> Ledger:
        """Check the ledger, and write down what was published and is not in it.

        Raises
        ------
        DataError
            The ledger does not verify.
        SourceLost
            The state cannot be reached.
        UsageError
            The salt is not that of the ledger.
        """
        state.prepare(salt=salt)
        left = [one for day in staging.published(out) for one in _read(out / day / _FILE)]
        if left:
            state.add_alarms(left, salt=salt)
        return cls(state=state, salt=salt, passed=state.prepare(salt=salt))

    def lay_down(self, stage: Path, *, last: Path | None, as_of: date) -> None:
        """Make one file of what the notebooks say; of a day that is past, what was said then."""
        new = [one for path in sorted((stage / _PARTS).glob("*.parquet")) for one in _read(path)]
        said = [one for one in new if not self._is_past(one.kind, as_of)]
        if last is not None:
            said += [one for one in _read(last / _FILE) if self._is_past(one.kind, as_of)]
        staging.remove(stage / _PARTS)
        if said:
            write_said(said, stage / _FILE)

    def _is_past(self, kind: str, as_of: date) -> bool:
        return kind in self.passed and self.passed[kind] >= as_of

    def commit(self, folder: Path) -> None:
        """Write down what a published folder says.

        Raises
        ------
        SourceLost
            The state cannot be reached any more.
        """
        said = _read(folder / _FILE)
        if not said:
            return
        try:
            self.state.add_alarms(said, salt=self.salt)
        except SourceLost as error:
            raise SourceLost(
                f"{error}; the report is published, and the next run writes its alarms down"
            ) from error


def write_said(said: Sequence[Said], path: Path) -> None:
    """Write what goes into the ledger as Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    said_frame(said).to_parquet(path, index=False)


def _read(path: Path) -> tuple[Said, ...]:
    return said_from_frame(pd.read_parquet(path)) if path.is_file() else ()
