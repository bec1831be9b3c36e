"""Sheets of an Excel workbook as text rows, each with its row number."""

from __future__ import annotations

import datetime as dt
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_analysis.contract import TABLES
from crm_analysis.source.text_files import Unreadable, distinct_headers

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook


_FORMULA = re.compile(rb"<(?:[a-z]+:)?f[ />]")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: the table it stands for, its header and its rows with their numbers.

    Parameters
    ----------
    uncalculated : mapping of str to list of int
        Column → rows whose cell is a formula that was saved without its value.
    """

    table: str
    title: str
    columns: tuple[str, ...]
    rows: list[tuple[int, list[str | None]]]
    uncalculated: Mapping[str, list[int]]


def sheet_tables(path: Path, *, stem: str) -> Iterator[Sheet]:
    """Yield the sheets that have a header; a lone sheet takes the file's name."""
    from openpyxl import load_workbook  # costs start-up, and most folders hold no workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns about styles it does not know
            book = load_workbook(path, read_only=True, data_only=True)
            sheets = [
                (sheet.title, _filled_rows(sheet.iter_rows(values_only=True))) for sheet in book
            ]
            blank = _uncalculated(path, book) if _has_formulas(path) else {}
            book.close()
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise Unreadable(str(error), "a whole .xlsx workbook without password") from error
    filled = [(title, rows) for title, rows in sheets if rows or blank.get(title)]
    if not filled:
        raise Unreadable("an empty workbook", "a sheet with a header row and one row per entry")
    for title, rows in filled:
        lone = len(filled) == 1 and title not in TABLES
        cells = blank.get(title, [])
        header = [cell_text(value) or "" for value in rows[0][1]] if rows else []
        width = max([_filled_width(row) for _, row in rows] + [column for _, column in cells])
        columns = distinct_headers((header + [""] * width)[:width])
        missing: dict[str, list[int]] = {}
        for line, column in cells:
            missing.setdefault(columns[column - 1], []).append(line)
        yield Sheet(
            table=stem if lone else title,
            title=title,
            columns=columns,
            rows=[(line, _row_texts(row, width)) for line, row in rows[1:]],
            uncalculated=missing,
        )


def _has_formulas(path: Path) -> bool:
    """Say whether any sheet holds a formula, without reading its cells."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                with archive.open(name) as stream:
                    before = b""
                    while chunk := stream.read(_CHUNK):
                        if _FORMULA.search(before + chunk):
                            return True
                        before = chunk[-16:]
    return False


def _uncalculated(path: Path, values: Workbook) -> dict[str, list[tuple[int, int]]]:
    """Return sheet → (row, column) of the formulas that were saved without their value.

    Programs that write workbooks without calculating them leave such cells; they must not read
    as empty. A formula whose result is an empty text has the type "str" and is empty indeed.
    """
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True)
    found: dict[str, list[tuple[int, int]]] = {}
    for sheet in book:
        pairs = zip(sheet.iter_rows(), values[sheet.title].iter_rows(), strict=False)
        found[sheet.title] = [
            (line, column)
            for line, (formulas, results) in enumerate(pairs, start=1)
            for column, (formula, result) in enumerate(
                zip(formulas, results, strict=False), start=1
            )
            if formula.data_type == "f" and result.value is None and result.data_type != "str"
        ]
    book.close()
    return found


def _filled_rows(rows: Iterator[tuple[Any, ...]]) -> list[tuple[int, tuple[Any, ...]]]:
    return [
        (number, row)
        for number, row in enumerate(rows, start=1)
        if any(value not in (None, "") for value in row)
    ]


def _filled_width(row: tuple[Any, ...]) -> int:
    return max(at + 1 for at, value in enumerate(row) if value not in (None, ""))


def _row_texts(row: tuple[Any, ...], width: int) -> list[str | None]:
    texts = [cell_text(value) for value in row[:width]]
    return texts + [None] * (width - len(texts))


def cell_text(value: Any) -> str | None:  # noqa: ANN401  a cell holds anything
    """Write a cell as text: whole numbers without ".0", times as ISO.

    Examples
    --------
    >>> cell_text(3.0), cell_text(True), cell_text(dt.datetime(2024, 3, 1, 9, 30))
    ('3', 'true', '2024-03-01 09:30:00')
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return str(value)
