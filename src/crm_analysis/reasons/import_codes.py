"""Take a coded list into the state: all faults at once, and nothing stored from a faulty file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crm_analysis.errors import DataError, UsageError
from crm_analysis.reasons.codebook import Codebook
from crm_analysis.reasons.coded_file import CodedFile, check_codes, read_coded_file
from crm_analysis.source import CheckReport, Source, check, collect, cut
from crm_analysis.source.faults import Fault
from crm_analysis.source.known import Known
from crm_analysis.state import CODERS, Added, CodeEntry, Key, State

_TOLD = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did.

    Parameters
    ----------
    conflicts : tuple of str
        Where the CRM itself holds another code: stored all the same, but the CRM's counts.
    """

    as_of: date
    n_reasons: int
    added: Added
    conflicts: tuple[str, ...]


def import_codes(path: Path, *, state: State, source: Source, codebook: Codebook) -> Imported:
    """Check a coded list against its source and codebook, then store it in one transaction.

    Parameters
    ----------
    path : Path
        The list that came back: .csv, .tsv or .xlsx.
    state : State
        Where codes are kept.
    source : Source
        The data that the list was made of: they say which reasons were known on its day.
    codebook : Codebook
        What counts as a code.

    Raises
    ------
    UsageError
        There is no such file.
    DataError
        The file or the data are faulty: every fault is named and nothing is stored.
    SourceLost
        The state cannot be reached.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such file; give the list that the coders filled in")
    file = read_coded_file(path, encodings=source.config.encodings)
    report = check(source)
    report.raise_if_unusable()
    if "reasons" not in report.tables:
        raise DataError(f"{source.name} has no table reasons, so no reason can be coded")
    known = _known_on(file.as_of, source, report)
    crm = _codes_of(known, report)
    entries, faults = check_codes(file, known=crm, codebook=codebook)
    _raise_if_faulty(file, [*file.faults, *_day_faults(file, known), *faults])
    assert file.as_of is not None
    added = state.add_codes(entries, codebook=codebook.version)
    return Imported(
        as_of=file.as_of,
        n_reasons=len({entry.reason_id for entry in entries}),
        added=added,
        conflicts=tuple(_conflicts(entries, crm, codebook)),
    )


def _known_on(day: date | None, source: Source, report: CheckReport) -> Known | None:
    """Return what was known on the list's day; None where that day is wrong or before all data."""
    try:
        return cut(source, report, as_of=day) if day else None
    except UsageError:
        return None


def _codes_of(known: Known | None, report: CheckReport) -> dict[str, dict[str, str]]:
    """Return the reasons known on the list's day with the CRM's own codes.

    Of a list whose day is wrong the ids can still be looked up among all of the source.
    """
    if known is None:
        frame = collect(report.tables["reasons"].select("reason_id"))
    elif "reasons" not in known.tables:
        return {}
    else:
        frame = collect(known.table("reasons").select("reason_id", *CODERS))
    return {
        str(row["reason_id"]): {
            coder: str(row[coder]) for coder in CODERS if isinstance(row.get(coder), str)
        }
        for row in frame.to_dict("records")
    }


def _day_faults(file: CodedFile, known: Known | None) -> list[Fault]:
    """Name a day for which no list can have been made: the data begin later or end before it."""
    if file.as_of is None or (known is not None and known.stale is None):
        return []
    reach = "begin later" if known is None else f"end on {known.observed_until}"
    return [
        Fault(
            table="reasons", rule="as_of", severity="fatal", file=file.name, column="as_of",
            value=str(file.as_of), allowed=f"a day that the data reach; they {reach}",
        )
    ]  # fmt: skip


def _raise_if_faulty(file: CodedFile, faults: list[Fault]) -> None:
    if not faults:
        return
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    ordered = sorted(faults, key=lambda fault: (fault.line or 0, fault.rule, fault.column))
    lines = [fault.sentence() for fault in ordered[:_TOLD]]
    if len(faults) > _TOLD:
        lines.append(f"and {len(faults) - _TOLD} more")
    told = "\n  ".join([f"{file.name} has {count}; nothing was stored:", *lines])
    raise DataError(told)


def _conflicts(
    entries: Iterable[CodeEntry], crm: dict[str, dict[str, str]], codebook: Codebook
) -> Iterable[str]:
    """Say where the CRM holds another code than the list."""
    for entry in entries:
        own = crm.get(entry.reason_id, {}).get(entry.coder, "").strip()
        if own and ";".join(codebook.read_codes(own)[0]) != entry.codes:
            yield f"{entry.reason_id} {entry.coder}: the CRM says {own}, the list {entry.codes}"


def changes(added: Added) -> list[str]:
    """Say which codes an import changed; the earlier ones stay in the state."""
    return [_change(key, before) for key, before in sorted(added.changed.items())]


def _change(key: Key, before: str) -> str:
    return f"{key[0]} {key[1]}: was {before}"
