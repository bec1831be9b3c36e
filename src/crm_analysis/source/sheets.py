"""Sheets of an Excel workbook as text rows, each with its row number."""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crm_analysis.contract import TABLES
from crm_analysis.source.text_files import Unreadable, distinct_headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: the table it stands for, its header and its rows with their numbers."""

    table: str
    title: str
    columns: tuple[str, ...]
    rows: list[tuple[int, list[str | None]]]


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
            book.close()
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise Unreadable(str(error), "a whole .xlsx workbook without password") from error
    filled = [(title, rows) for title, rows in sheets if rows]
    if not filled:
        raise Unreadable("an empty workbook", "a sheet with a header row and one row per entry")
    for title, rows in filled:
        lone = len(filled) == 1 and title not in TABLES
        header = [cell_text(value) or "" for value in rows[0][1]]
        width = max(_filled_width(row) for _, row in rows)
        header += [""] * (width - len(header))
        yield Sheet(
            table=stem if lone else title,
            title=title,
            columns=distinct_headers(header[:width]),
            rows=[(line, _row_texts(row, width)) for line, row in rows[1:]],
        )


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
