"""Alarms: what was said of whom on which day, and what a later day says became of it.

A notebook hands its entries to `publish`; they lie in the published folder and are written into
the ledger after publication. Ids stand in the folder's private part and in the key table only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Literal, get_args

import pandas as pd

from crm_analysis.state.ledger import Entry

Outcome = Literal["lost", "won", "void", "expired", "open"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One day on which everybody was looked at, whether alarms were raised or not.

    Parameters
    ----------
    kind : str
        What the alarms are about, "open_deal".
    rule_version : str
        The rule by which alarms were raised.
    horizon_days : int
        Within so many days what is warned of is expected.
    n_watched : int
        How many were looked at.
    """

    kind: str
    as_of: date
    rule_version: str
    horizon_days: int
    n_watched: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm as it was raised.

    Parameters
    ----------
    kind : str
        What it is about, "open_deal".
    name : str
        The id of the lead or customer that is meant.
    person : str
        The id of the customer behind it.
    score : float or None
        The probability of loss within the horizon, where one is given.
    warned : bool
        False for the random slice that is kept back, to measure what warning does.
    """

    kind: str
    name: str
    person: str
    as_of: date
    rule_version: str
    horizon_days: int
    score: float | None
    advice: str
    pattern: str
    warned: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What became of an alarm, as it was known on a later day.

    Parameters
    ----------
    subject : str
        The ledger's digest of whom the alarm is about.
    raised, as_of : date
        The day of the alarm, and the day of this knowledge.
    ended_on : date or None
        The day of the ending; None while open or expired.
    """

    kind: str
    subject: str
    raised: date
    as_of: date
    outcome: Outcome
    ended_on: date | None


Said = Round | Alarm | Settlement
_CLASSES: dict[str, type[Round] | type[Alarm] | type[Settlement]] = {
    "round": Round, "alarm": Alarm, "settlement": Settlement
}  # fmt: skip
_NAMES = {kind: name for name, kind in _CLASSES.items()}
_DAYS = frozenset({"as_of", "raised", "ended_on"})
_IN_KEY = frozenset({"kind", "subject", "name", "person", "as_of", "raised"})
COLUMNS = (
    "what",
    *dict.fromkeys(one.name for kind in _CLASSES.values() for one in fields(kind)),
)
# The frames of a book have these types also where they are empty or read from a run's store.
_TYPES = {
    "raised": "datetime64[s]",
    "as_of": "datetime64[s]",
    "ended_on": "datetime64[s]",
    "horizon_days": "int64",
    "n_watched": "int64",
    "score": "float64",
    "warned": "bool",
}
_ALARM_COLUMNS = (
    *("kind", "subject", "name", "raised", "rule_version", "horizon_days", "score", "advice"),
    *("pattern", "warned"),
)
_SETTLEMENT_COLUMNS = ("kind", "subject", "raised", "as_of", "outcome", "ended_on")
_ROUND_COLUMNS = ("kind", "raised", "rule_version", "horizon_days", "n_watched")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmBook:
    """The ledger as it was before a day.

    Parameters
    ----------
    alarms : DataFrame
        One row per alarm: kind, subject, name (the lead; None where it was forgotten), raised,
        rule_version, horizon_days, score, advice, pattern, warned.
    settlements : DataFrame
        Everything that was said of them since, oldest first: kind, subject, raised, as_of,
        outcome, ended_on.
    rounds : DataFrame
        The days of alarms: kind, raised, rule_version, horizon_days, n_watched.
    salt : str
        By which the slice is drawn that is not warned of; "" where there is none.
    is_kept : bool
        False where no state is given, so that nothing is remembered.
    """

    alarms: pd.DataFrame
    settlements: pd.DataFrame
    rounds: pd.DataFrame
    salt: str = ""
    is_kept: bool = True

    def __repr__(self) -> str:
        """Tell the sizes: neither the salt nor whom it is about."""
        return f"AlarmBook({len(self.alarms)} alarms of {len(self.rounds)} days)"


def empty_book(*, is_kept: bool = True) -> AlarmBook:
    """Return a ledger without entries, or what stands for none."""
    return AlarmBook(
        alarms=_frame([], _ALARM_COLUMNS),
        settlements=_frame([], _SETTLEMENT_COLUMNS),
        rounds=_frame([], _ROUND_COLUMNS),
        is_kept=is_kept,
    )


def entry_of(said: Said, *, subject: str) -> Entry:
    """Write something said as an entry of the ledger, without ids."""
    row = {name: _plain(value) for name, value in asdict(said).items() if name not in _IN_KEY}
    return Entry(
        what=_NAMES[type(said)],
        kind=said.kind,
        subject=subject,
        raised=said.raised if isinstance(said, Settlement) else said.as_of,
        as_of=said.as_of,
        said=row,
    )


def book_of(entries: Iterable[Entry], *, names: dict[str, str], salt: str = "") -> AlarmBook:
    """Lay out entries of the ledger as frames; `names` says who a digest is, where it is known."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _CLASSES}
    for entry in entries:
        rows[entry.what].append(
            {
                "kind": entry.kind,
                "subject": entry.subject,
                "name": names.get(entry.subject),
                "raised": entry.raised,
                "as_of": entry.as_of,
                **{name: _read(name, value) for name, value in entry.said.items()},
            }
        )
    return AlarmBook(
        alarms=_frame(rows["alarm"], _ALARM_COLUMNS),
        settlements=_frame(rows["settlement"], _SETTLEMENT_COLUMNS),
        rounds=_frame(rows["round"], _ROUND_COLUMNS),
        salt=salt,
    )


def said_frame(said: Iterable[Said]) -> pd.DataFrame:
    """Write what was said as one table of text and numbers, for the published folder."""
    rows = [
        {"what": _NAMES[type(one)]} | {name: _plain(value) for name, value in asdict(one).items()}
        for one in said
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    frame["score"] = frame["score"].astype("Float64").astype("float64")
    whole = {"horizon_days": "Int64", "n_watched": "Int64", "warned": "boolean"}
    return frame.astype(whole)


def said_from_frame(frame: pd.DataFrame) -> tuple[Said, ...]:
    """Read back what `said_frame` wrote."""
    said: list[Said] = []
    for record in frame.astype(object).to_dict("records"):
        kind = _CLASSES[str(record["what"])]
        values = {one.name: _read(one.name, record[one.name]) for one in fields(kind)}
        said.append(kind(**values))
    return tuple(said)


def _plain(value: object) -> object:
    """Bring a value to what JSON and Parquet hold; the score to 12 digits."""
    if isinstance(value, date):
        return value.isoformat()
    return float(f"{value:.12g}") if isinstance(value, float) else value


def _read(name: str, value: Any) -> Any:  # noqa: ANN401 - any field of an entry
    if value is None or pd.isna(value):
        return None
    if name in _DAYS:
        return date.fromisoformat(value)
    if name in ("horizon_days", "n_watched"):
        return int(value)
    return bool(value) if name == "warned" else value


def _frame(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(columns), dtype=object)
    return frame.astype({name: kind for name, kind in _TYPES.items() if name in columns})
