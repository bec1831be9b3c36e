"""Text to typed values, in the engine: what each cell means, what was repaired, what is refused.

Decision: every cell that is not taken as it is gets one code, a repair (done and listed) or a fault
(the row is excluded). Nothing ambiguous is guessed: `1.234,50` and 01/03/2024 are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from crm_analysis.contract import Column, Table
from crm_analysis.source.moments import ENGINE_TYPES, moment_steps
from crm_analysis.source.numbers import number_steps
from crm_analysis.source.steps import Cells, Step
from crm_analysis.source.words import (
    INVISIBLE,
    INVISIBLE_IN_TEXT,
    MISSING_ANYWHERE,
    MISSING_TYPED,
    aliases_of,
    is_id,
    narrow_letters,
    narrow_signs,
    plain_text,
)

REPAIRS: dict[str, str] = {
    "missing_word": "an empty cell for what is missing",
    "invisible_signs": "no signs that do not show (NUL, zero width, direction)",
    "full_width": "half-width digits and signs",
    "blanks": "no blanks around the value",
    "alias": "the contract's own word",
    "thousands": "digits without separators",
    "ten_thousands": "the whole number, not in 万 or 亿",
    "currency_sign": "digits without a currency sign",
    "percent": "a share from 0 to 1",
    "whole_number": "a whole number without decimals",
    "excel_date": "an ISO date, not Excel's day number",
    "date_form": "an ISO date, 2024-03-01",
    "utc_offset": "local time of the configured time zone",
    "cut_time": "a date without a time of day",
    "separators": "items separated by ;",
}
REFUSALS: dict[str, str] = {
    "decimal_comma": "1234.50 or 1,234.50; export with a decimal point, not a decimal comma",
    "parentheses": "-100.00; a negative amount with a minus sign, not in parentheses",
    "too_large": "",
    "day_first": "2024-03-01; a day or month first can be read in two ways",
    "value": "",
    "type": "",
}
LARGEST_WORDS: dict[str, str] = {
    "int": "a whole number of at most 18 digits",
    "num": "a number below 1e308",
    "share": "a number from 0 to 1",
    "money": "an amount below 100,000,000,000,000 (14 digits before the point)",
}
LIST_WORDS = "items separated by ; (；、，and | are read too), each one of "
TYPE_WORDS: dict[str, str] = {
    "str": "text",
    "int": "a whole number",
    "num": "a number",
    "share": "a number from 0 to 1",
    "money": "an amount such as 1234.50",
    "bool": "true or false",
    "date": "a date such as 2024-03-01",
    "ts": "a time such as 2024-03-01 09:30:00",
    "list": "items separated by ;",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A column whose type fits already; `code` says per cell what is refused, if anything."""

    value: ir.Column
    code: ir.StringColumn | None = None


def as_text(raw: ir.Column) -> ir.StringColumn:
    """Write any type as text; ids that pandas made floats lose their ".0"."""
    if raw.type().is_array():
        return raw.cast("array<string>").join(";")
    if raw.type().is_floating():
        whole = raw.try_cast("int64")
        exact = (whole == raw) & (raw.abs() < 1e15)
        text = ibis.ifelse(exact, whole.cast("string"), raw.cast("string"))
        return ibis.ifelse(raw.isnan(), ibis.null("string"), text)
    return raw if raw.type().is_string() else raw.cast("string")


def text_steps(column: Column, *, table: Table, tz: str) -> tuple[Step, ...]:
    """Return the steps from raw text to value and code, as the contract declares the column.

    Parameters
    ----------
    column, table : Column, Table
        What the contract expects, and where other words of its values are declared.
    tz : str
        Times with an offset are converted to this zone.
    """
    free = column.type == "str" and not aliases_of(column, table) and not is_id(column, table)
    signs = INVISIBLE_IN_TEXT if free else INVISIBLE
    return (_uncovered(signs), *_seen_steps(column, table=table, tz=tz), _tell_uncovered)


def _uncovered(signs: str) -> Step:
    """Take out the signs that do not show: with them equal words are not equal."""

    def uncover(cells: Cells) -> Mapping[str, ir.Value]:
        return {"seen": cells["raw"].re_replace(signs, "")}

    return uncover


def _tell_uncovered(cells: Cells) -> Mapping[str, ir.Value]:
    code = cells["code"]
    told = (cells["seen"] != cells["raw"]) & code.notin(tuple(REFUSALS)).fill_null(True)
    return {"code": ibis.ifelse(told, "invisible_signs", code)}


def _seen_steps(column: Column, *, table: Table, tz: str) -> tuple[Step, ...]:
    aliases = aliases_of(column, table)
    if column.type == "list":
        return _list_steps(column, aliases)
    if column.type == "bool":
        return (*_word_steps(aliases, ("true", "false")), _truth)
    if column.type == "str" and aliases:
        return _word_steps(aliases, column.allowed)
    if column.type == "str":
        return _id_steps() if is_id(column, table) else _free_steps()
    moments = column.type in ("date", "ts")
    inner = moment_steps(column.type, tz=tz) if moments else number_steps(column.type)
    return (_narrowed, _emptied, *inner, _told(column))


def _narrowed(cells: Cells) -> Mapping[str, ir.Value]:
    return {"text": narrow_signs(cells["seen"]).strip().nullif("")}


def _emptied(cells: Cells) -> Mapping[str, ir.Value]:
    missing = cells["text"].lower().isin(MISSING_TYPED)
    return {
        "missing": missing,
        "given": ibis.ifelse(missing, ibis.null("string"), cells["text"]),
    }


def _told(column: Column) -> Step:
    """Add what was done before a number or time was read to what was done in reading it."""

    def tell(cells: Cells) -> Mapping[str, ir.Value]:
        widened = cells["text"] != cells["seen"].strip()
        code = ibis.cases(
            (cells["missing"], "missing_word"),
            (cells["code"].notnull(), cells["code"]),
            (widened, "full_width"),
            else_=ibis.null("string"),
        )
        return {"value": cells["value"].cast(ENGINE_TYPES[column.type]), "code": code}

    return tell


def _free_steps() -> tuple[Step, ...]:
    """Free text stays as it is."""

    def strip(cells: Cells) -> Mapping[str, ir.Value]:
        return {"text": cells["seen"].strip().nullif("")}

    def value(cells: Cells) -> Mapping[str, ir.Value]:
        missing, nothing = cells["text"].lower().isin(MISSING_ANYWHERE), ibis.null("string")
        return {
            "value": ibis.ifelse(missing, nothing, cells["text"]),
            "code": ibis.ifelse(missing, "missing_word", nothing),
        }

    return strip, value


def _id_steps() -> tuple[Step, ...]:
    """Ids lose blanks and full width, or they would not be found."""

    def strip(cells: Cells) -> Mapping[str, ir.Value]:
        seen = cells["seen"]
        return {"text": seen.strip().nullif(""), "half": narrow_letters(seen).strip().nullif("")}

    def value(cells: Cells) -> Mapping[str, ir.Value]:
        text, half, nothing = cells["text"], cells["half"], ibis.null("string")
        missing = text.lower().isin(MISSING_ANYWHERE)
        code = ibis.cases(
            (missing, "missing_word"), (half != text, "full_width"),
            (text != cells["seen"], "blanks"), else_=nothing,
        )  # fmt: skip
        return {"value": ibis.ifelse(missing, nothing, half), "code": code}

    return strip, value


def _word_steps(aliases: Mapping[str, str], allowed: tuple[str, ...]) -> tuple[Step, ...]:
    """Bring the words of an enumeration to the contract's own; unknown ones are refused."""

    def simplify(cells: Cells) -> Mapping[str, ir.Value]:
        return {"plain": plain_text(cells["seen"]), "text": cells["seen"].strip().nullif("")}

    def look_up(cells: Cells) -> Mapping[str, ir.Value]:
        missing = cells["text"].lower().isin(MISSING_TYPED)
        return {"word": cells["plain"].cases(*aliases.items()), "missing": missing}

    def value(cells: Cells) -> Mapping[str, ir.Value]:
        seen, word, nothing = cells["seen"], cells["word"], ibis.null("string")
        known = seen.isin(allowed) if allowed else seen == word
        missing = cells["missing"] & word.isnull()
        other = nothing if allowed else ibis.ifelse(missing, nothing, cells["text"])
        code = ibis.cases(
            (cells["text"].isnull() | known, nothing),
            (missing, "missing_word"),
            (word.notnull(), "alias"),
            else_=ibis.literal("value") if allowed else nothing,
        )
        return {"value": ibis.ifelse(known, seen, ibis.coalesce(word, other)), "code": code}

    return simplify, look_up, value


def _truth(cells: Cells) -> Mapping[str, ir.Value]:
    word, nothing = cells["value"], ibis.null("boolean")
    return {"value": ibis.cases((word == "true", True), (word == "false", False), else_=nothing)}


def _list_steps(column: Column, aliases: Mapping[str, str]) -> tuple[Step, ...]:
    """Bring separators to ";" and, where items are declared, each item to its own word."""

    def join(cells: Cells) -> Mapping[str, ir.Value]:
        text = cells["seen"].strip().nullif("")
        even = text.re_replace(r"\s*[;；、，|]\s*", ";").re_replace(r"^;+|;+$", "").nullif("")
        return {"text": text, "joined": even, "missing": text.lower().isin(MISSING_TYPED)}

    def translate(cells: Cells) -> Mapping[str, ir.Value]:
        mapped = cells["joined"]
        for alias, own in aliases.items():
            if alias != own:
                mapped = mapped.re_replace(f"(^|;){re.escape(alias)}(;|$)", rf"\1{own}\2")
        return {"mapped": mapped}

    def value(cells: Cells) -> Mapping[str, ir.Value]:
        mapped, nothing = cells["mapped"], ibis.null("string")
        single = "|".join(column.allowed)
        fits = mapped.re_search(f"^({single})(;({single}))*$") if single else ibis.literal(True)
        code = ibis.cases(
            (cells["text"].isnull(), nothing),
            (cells["missing"], "missing_word"),
            (~fits, "value"),
            (mapped != cells["joined"], "alias"),
            (cells["joined"] != cells["text"], "separators"),
            else_=nothing,
        )
        kept = ~cells["missing"] & fits
        return {"value": ibis.ifelse(kept, mapped, nothing), "code": code}

    return join, translate, value
