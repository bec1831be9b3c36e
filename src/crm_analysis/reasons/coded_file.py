"""The list that came back from the coders: read it, and say everything that is wrong with it.

A row answers one reason: `reason_id`, `as_of` (the day of the list), `code_a` and `code_b`, each
several codes joined by ";". What is empty was not coded. Other columns are there for the reader and
are passed over. Nothing is guessed, and one fault keeps the whole file out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crm_analysis.contract import TABLES, plain
from crm_analysis.errors import did_you_mean
from crm_analysis.reasons.codebook import Codebook
from crm_analysis.reasons.list_day import list_day
from crm_analysis.source.faults import Fault
from crm_analysis.source.files import file_kind
from crm_analysis.source.sheets import Sheet, sheet_tables
from crm_analysis.source.text_files import Unreadable, read_rows, read_shape
from crm_analysis.state import CODERS, CodeEntry, Coder

AS_OF = "as_of"
_AS_OF_HEADERS = ("as_of", "截止日", "截至日", "截止日期", "截至日期")
_TEXT_KINDS = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".txt")
_SHOWN = 60

Row = tuple[int, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedRow:
    """One row that holds a code: its line, its reason, and what each coder wrote."""

    line: int
    reason_id: str
    cells: Mapping[Coder, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedFile:
    """What a file holds: its day (None where that is wrong), its coded rows and its faults."""

    name: str
    as_of: date | None
    rows: tuple[CodedRow, ...]
    faults: tuple[Fault, ...]


def read_coded_file(path: Path, *, encodings: tuple[str, ...]) -> CodedFile:
    """Read a CSV or workbook of coded reasons; what cannot be read is a fault.

    Parameters
    ----------
    path : Path
        A .csv, .tsv, .txt or .xlsx file; UTF-16, as Excel's "Unicode text", is read too.
    encodings : tuple of str
        Tried in order after UTF-8.
    """
    name = path.name
    try:
        header, rows, faults = _table_of(path, encodings)
    except Unreadable as error:
        fault = _fault(name, "unreadable", error.allowed, line=error.line, value=error.value)
        return CodedFile(name=name, as_of=None, rows=(), faults=(fault,))
    columns, wrong = _columns(header, name)
    faults += wrong
    named = [(line, {key: row[at].strip() for key, at in columns.items()}) for line, row in rows]
    as_of, days = _day(named, name) if AS_OF in columns else (None, [])
    faults += days
    coded = tuple(_coded(named)) if not wrong else ()
    faults += _row_faults(coded, name)
    if not coded and not wrong:
        faults.append(_fault(name, "nothing_coded", "at least one row with code_a or code_b"))
    return CodedFile(name=name, as_of=as_of, rows=coded, faults=tuple(faults))


def _table_of(
    path: Path, encodings: tuple[str, ...]
) -> tuple[Sequence[str], list[tuple[int, list[str]]], list[Fault]]:
    """Return header and rows of equal length; rows of another length are faults."""
    kind = file_kind(path)
    if kind == ".xlsx":
        return _sheet_rows(path)
    if kind not in _TEXT_KINDS:
        raise Unreadable(f"a {kind or 'nameless'} file", "a .csv, .tsv or .xlsx file")
    shape = read_shape(path, encodings, wide=True)
    width, rows, faults = len(shape.columns), [], []
    for line, row in read_rows(path, shape):
        if len(row) == width:
            rows.append((line, row))
        else:
            allowed = f"{width} fields as in the header"
            faults.append(
                _fault(path.name, "fields", allowed, line=line, value=f"{len(row)} fields")
            )
    return shape.columns, rows, faults


def _sheet_rows(
    path: Path,
) -> tuple[Sequence[str], list[tuple[int, list[str]]], list[Fault]]:
    """Return the one sheet that names reasons."""
    sheets = list(sheet_tables(path, stem="reasons"))
    found = [sheet for sheet in sheets if "reason_id" in _columns(sheet.columns, "")[0]]
    if len(found) > 1:
        titles = ", ".join(sheet.title for sheet in found)
        raise Unreadable(f"sheets {titles}", "one sheet with the column reason_id")
    sheet = found[0] if found else sheets[0]
    rows = [(line, ["" if value is None else value for value in row]) for line, row in sheet.rows]
    return sheet.columns, rows, list(_uncalculated(sheet, path.name))


def _uncalculated(sheet: Sheet, file: str) -> Iterator[Fault]:
    for header, lines in sheet.uncalculated.items():
        for line in lines:
            yield _fault(
                file, "formula", "a value in place of the formula", line=line, value=header
            )


def _columns(header: Sequence[str], file: str) -> tuple[dict[str, int], list[Fault]]:
    """Find the columns that count; a needed one that is missing or doubled is a fault."""
    reasons = TABLES["reasons"]
    columns: dict[str, int] = {}
    faults: list[Fault] = []
    for at, given in enumerate(header):
        base = re.sub(r"_\d+$", "", given)  # the reader numbers doubled headers
        name = AS_OF if plain(given) in _AS_OF_HEADERS else reasons.column_for(given)
        doubled = AS_OF if plain(base) in _AS_OF_HEADERS else reasons.column_for(base)
        counted = name or (doubled if base != given and doubled in columns else None)
        if counted not in ("reason_id", AS_OF, *CODERS):
            continue
        if counted in columns:
            faults.append(_fault(file, "doubled_column", "each column once", line=1, value=given))
        else:
            columns[counted] = at
    missing = [name for name in ("reason_id", AS_OF) if name not in columns]
    if not set(CODERS) & set(columns):
        missing.append("code_a or code_b")
    faults += [
        _fault(file, "missing_column", f"a column {name}, as in the list that was published")
        for name in missing
    ]
    return columns, faults


def _day(rows: Sequence[Row], file: str) -> tuple[date | None, list[Fault]]:
    """Return the one day of the list, or what is wrong with it: one fault a writing."""
    lines: dict[str, list[int]] = defaultdict(list)
    for line, row in rows:
        if any(row.values()):
            lines[row[AS_OF]].append(line)
    day, wrong = list_day(lines)
    faults = [
        _fault(file, "as_of", allowed, line=lines[given][0], column=AS_OF, value=given)
        for given, allowed in wrong.items()
    ]
    return day, faults


def _coded(rows: Sequence[Row]) -> Iterator[CodedRow]:
    for line, row in rows:
        cells: dict[Coder, str] = {coder: row[coder] for coder in CODERS if row.get(coder)}
        if cells:
            yield CodedRow(line=line, reason_id=row["reason_id"], cells=cells)


def _row_faults(rows: Sequence[CodedRow], file: str) -> list[Fault]:
    """Name coded rows without a reason."""
    return [
        _fault(file, "no_reason_id", "a reason_id in each coded row", line=row.line)
        for row in rows
        if not row.reason_id
    ]


def _doubles(rows: Sequence[CodedRow], known: Collection[str], file: str) -> list[Fault]:
    """Name reasons that are coded twice, with a spreadsheet's apostrophe or without."""
    lines: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row.reason_id:
            lines[_unguarded(row.reason_id, known)].append(row.line)
    return [
        _fault(
            file, "doubled_id", f"each reason once; it stands in line {found[0]} already",
            line=line, column="reason_id", value=reason_id,
        )
        for reason_id, found in lines.items()
        for line in found[1:]
    ]  # fmt: skip


def check_codes(
    file: CodedFile, *, known: Collection[str], codebook: Codebook
) -> tuple[tuple[CodeEntry, ...], tuple[Fault, ...]]:
    """Turn rows into entries; each unknown reason and each unknown code is a fault.

    Parameters
    ----------
    file : CodedFile
        From `read_coded_file`.
    known : collection of str
        The reasons that were known on the file's day.
    codebook : Codebook
        What counts as a code.
    """
    entries: list[CodeEntry] = []
    faults = _doubles(file.rows, known, file.name)
    for row in file.rows:
        reason_id = _unguarded(row.reason_id, known)
        if row.reason_id and reason_id not in known:
            day = f" known on {file.as_of}" if file.as_of else ""
            faults.append(
                _fault(
                    file.name, "unknown_reason", f"a reason_id of the source{day}",
                    line=row.line, column="reason_id", value=row.reason_id,
                )
            )  # fmt: skip
        for coder, cell in row.cells.items():
            codes, strange = codebook.read_codes(cell)
            faults += [_unknown_code(file.name, row.line, coder, one, codebook) for one in strange]
            if codes and file.as_of is not None:
                entries.append(
                    CodeEntry(
                        reason_id=reason_id, coder=coder, codes=";".join(codes),
                        recorded_at=file.as_of,
                    )
                )  # fmt: skip
    return tuple(entries), tuple(faults)


def _unguarded(reason_id: str, known: Collection[str]) -> str:
    """Take away the apostrophe that keeps a spreadsheet from running an id as a formula."""
    bare = reason_id.removeprefix("'")
    return bare if reason_id not in known and bare in known else reason_id


def _unknown_code(file: str, line: int, coder: str, given: str, codebook: Codebook) -> Fault:
    hint = did_you_mean(given, codebook.codes)
    allowed = f"a code of the codebook {codebook.version} or unclassified; {hint}".rstrip(" ;")
    return _fault(file, "unknown_code", allowed, line=line, column=coder, value=given)


def _fault(
    file: str,
    rule: str,
    allowed: str,
    *,
    line: int | None = None,
    column: str = "",
    value: str = "",
) -> Fault:
    return Fault(
        table="reasons", rule=rule, severity="fatal", allowed=allowed, file=file, line=line,
        column=column, value=value[:_SHOWN],
    )  # fmt: skip
