"""A shown table as HTML and as plain text: chosen columns, headers, units, one language."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import pandas as pd
from wcwidth import wcswidth

from crm_analysis.language import number_text
from crm_analysis.plots.values import MISSING, value_text
from crm_analysis.report import labels
from crm_analysis.report.parts import Part, lead_sentence
from crm_analysis.results import ShownTable

MAX_ROWS = 25
_P = ("p", "p_adj")
_LONG = 10_000  # from here on a whole number has separators; a year has none
_NUMBERS = ("share", "points", "money", "count", "days", "ratio", "number")


def table_part(table: ShownTable, lang: str) -> Part:
    """Show a table: caption, headers with units, numbers right, the first column as row heads."""
    headers = [text.say(lang) for text in table.columns.values()]
    cells = text_cells(table, lang)[:MAX_ROWS]
    more = _more(len(table.frame), lang)
    right = [_is_number(table, name, lang) for name in table.columns]
    head = "".join(
        f'<th scope="col"{_class(num)}>{escape(header)}</th>'
        for header, num in zip(headers, right, strict=True)
    )
    body = "".join(_row(row, right) for row in cells)
    caption = table.caption.say(lang)
    first, rest = lead_sentence(caption)
    about = f'<p class="proof">{escape(rest)}</p>' if rest else ""
    html = (
        f'<figure class="table"><figcaption><h3>{escape(first)}</h3>{about}</figcaption>'
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f'<p class="caption">{escape(more)}<!--csv:shown/{escape(table.name)}--></p></figure>'
    )
    return Part(html, _plain(caption, headers, cells, right))


def text_cells(table: ShownTable, lang: str) -> list[list[str]]:
    """Write every shown cell as text, by its unit, in the language of the page."""
    columns = [_cells(table, name, lang) for name in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def column_of(table: ShownTable, name: str, lang: str) -> pd.Series:
    """Return the column of that name, in the language where it comes in pairs."""
    paired = f"{name}_{lang}"
    return table.frame[paired if paired in table.frame.columns else name]


def _cells(table: ShownTable, name: str, lang: str) -> list[str]:
    unit = table.units.get(name, "p" if name in _P else "")
    return [_cell(value, unit, lang) for value in column_of(table, name, lang)]


def _cell(value: object, unit: str, lang: str) -> str:
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return MISSING
    if isinstance(value, bool):
        return _YES_NO[lang][value]
    if unit == "p":
        return p_text(float(str(value)))
    if unit in _NUMBERS:
        return _bare(value_text(float(str(value)), unit, lang), unit)
    if isinstance(value, float):
        return value_text(value, "number", lang)
    if isinstance(value, int) and abs(value) >= _LONG:
        return number_text(value)
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d") if value == value.normalize() else str(value)[:16]
    return str(value)


def p_text(p: float) -> str:
    """Write a p-value for readers.

    Examples
    --------
    >>> p_text(3e-141), p_text(0.0449), p_text(0.8831)
    ('< .001', '.045', '.88')
    """
    if p < 0.001:
        return "< .001"
    return f"{p:.3f}".lstrip("0") if p < 0.1 else f"{p:.2f}".removeprefix("0")


_YES_NO: Mapping[str, tuple[str, str]] = {"en": ("no", "yes"), "zh": ("否", "是")}


def _bare(text: str, unit: str) -> str:
    """Leave the word of the unit to the header of the column; a share keeps its %."""
    return text.partition(" ")[0] if unit in ("days", "points") else text


def _is_number(table: ShownTable, name: str, lang: str) -> bool:
    if table.units.get(name, "") in _NUMBERS:
        return True
    column = column_of(table, name, lang)
    return bool(pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column))


def _class(number: bool, day: bool = False) -> str:
    if number:
        return ' class="num"'
    return ' class="date"' if day else ""


def _is_date(text: str) -> bool:
    return len(text) == 10 and text[4] == text[7] == "-" and text[:4].isdigit()


def _row(cells: list[str], right: list[bool]) -> str:
    first = f'<th scope="row"{_class(right[0])}>{escape(cells[0])}</th>'
    rest = "".join(
        f"<td{_class(num, _is_date(cell))}>{escape(cell)}</td>"
        for cell, num in zip(cells[1:], right[1:], strict=True)
    )
    return f"<tr>{first}{rest}</tr>"


def _plain(caption: str, headers: list[str], cells: list[list[str]], right: list[bool]) -> str:
    """Align the table by display width, so that Chinese columns stand straight."""
    rows = [headers, *cells]
    widths = [max(wcswidth(row[i]) for row in rows) for i in range(len(headers))]
    lines = []
    for row in rows:
        padded = []
        for text, width, num in zip(row, widths, right, strict=True):
            room = " " * (width - wcswidth(text))
            padded.append(room + text if num else text + room)
        lines.append("  ".join(padded).rstrip())
    return "\n".join([caption, *lines])


def _more(n_rows: int, lang: str) -> str:
    """Say where the rest of a long table is."""
    if n_rows <= MAX_ROWS:
        return ""
    words = labels.fill(labels.MORE_ROWS, shown=MAX_ROWS, total=number_text(n_rows))
    return words.say(lang) + " "
