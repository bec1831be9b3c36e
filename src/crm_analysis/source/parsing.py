"""Text to typed values, in the engine: what each cell means, what was repaired, what is refused.

Decision: every cell that is not taken as it is gets one code, a repair (done and listed) or a fault
(the row is excluded). Nothing ambiguous is guessed: `1.234,50` and 01/03/2024 are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from crm_analysis.contract import Column, Table, Type
from crm_analysis.source.moments import ENGINE_TYPES, moment, native_moment
from crm_analysis.source.numbers import native_number, number
from crm_analysis.source.words import (
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
    "day_first": "2024-03-01; a day or month first can be read in two ways",
    "value": "",
    "type": "",
}
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
class Parsed:
    """A typed column; `code` says per cell what was repaired or refused, if anything can be."""

    value: ir.Column
    code: ir.StringColumn | None = None


def parse(raw: ir.Column, column: Column, *, table: Table, tz: str) -> Parsed:
    """Type one raw column as the contract says; types that already fit are kept.

    Parameters
    ----------
    raw : Ibis column
        As the source gave it.
    column : Column
        What the contract expects.
    table : Table
        The column's table, for the other words of its values.
    tz : str
        Times with an offset are converted to this zone.
    """
    native = raw.type()
    if isinstance(native, dt.Array):
        raw, native = raw.cast("array<string>").join(";"), dt.string
    if not isinstance(native, dt.String):
        fitting = _keep_type(raw, column.type, tz=tz)
        if fitting is not None:
            return fitting
        raw = _as_text(raw)
    return _parse_text(raw, column, table=table, tz=tz)


def _keep_type(raw: ir.Column, kind: Type, *, tz: str) -> Parsed | None:
    native = raw.type()
    if kind in ("date", "ts") and (native.is_timestamp() or native.is_date()):
        return Parsed(value=native_moment(raw, kind, tz=tz))
    if kind in ("int", "num", "share", "money") and native.is_numeric():
        value, code = native_number(raw, kind)
        return Parsed(value=value, code=code)
    if kind == "bool" and native.is_boolean():
        return Parsed(value=raw)
    return None


def _as_text(raw: ir.Column) -> ir.StringColumn:
    """Write other types as text; ids that pandas made floats lose their ".0"."""
    if raw.type().is_floating():
        whole = (raw == raw.floor()) & (raw.abs() < 1e15)
        text = ibis.ifelse(whole, raw.cast("decimal(18, 0)").cast("string"), raw.cast("string"))
        return ibis.ifelse(raw.isnan(), ibis.null("string"), text)
    return raw.cast("string")


def _parse_text(raw: ir.StringColumn, column: Column, *, table: Table, tz: str) -> Parsed:
    aliases = aliases_of(column, table)
    if column.type == "list":
        return _parse_list(raw, column, aliases)
    if column.type == "bool":
        return _parse_word(raw, aliases, allowed=("true", "false"), boolean=True)
    if column.type == "str" and aliases:
        return _parse_word(raw, aliases, allowed=column.allowed)
    if column.type == "str":
        return _parse_plain(raw, is_id=is_id(column, table))
    text = narrow_signs(raw).strip().nullif("")
    missing = text.lower().isin(MISSING_TYPED)
    given = ibis.ifelse(missing, ibis.null("string"), text)
    if column.type in ("date", "ts"):
        value, code = moment(given, column.type, tz=tz)
    else:
        value, code = number(given, column.type)
    widened = text != raw.strip()
    return Parsed(
        value=value.cast(ENGINE_TYPES[column.type]),
        code=ibis.cases(
            (missing, "missing_word"),
            (code.notnull(), code),
            (widened, "full_width"),
            else_=ibis.null("string"),
        ),
    )


def _parse_plain(raw: ir.StringColumn, *, is_id: bool) -> Parsed:
    """Free text stays as it is; ids lose blanks and full width, or they would not be found."""
    text = raw.strip().nullif("")
    missing = text.lower().isin(MISSING_ANYWHERE)
    nothing = ibis.null("string")
    if not is_id:
        value = ibis.ifelse(missing, nothing, text)
        return Parsed(value=value, code=ibis.ifelse(missing, "missing_word", nothing))
    half = narrow_letters(raw).strip().nullif("")
    code = ibis.cases(
        (missing, "missing_word"), (half != text, "full_width"), (text != raw, "blanks"),
        else_=nothing,
    )  # fmt: skip
    return Parsed(value=ibis.ifelse(missing, nothing, half), code=code)


def _parse_word(
    raw: ir.StringColumn,
    aliases: Mapping[str, str],
    *,
    allowed: tuple[str, ...],
    boolean: bool = False,
) -> Parsed:
    """Bring the words of an enumeration to the contract's own; unknown ones are refused."""
    nothing = ibis.null("string")
    word = _replaced(plain_text(raw), aliases)
    known = raw.isin(allowed) if allowed else raw == word
    text = raw.strip().nullif("")
    missing = text.lower().isin(MISSING_TYPED) & word.isnull()
    value = ibis.cases((known, raw), (missing, nothing), else_=word)
    if not allowed:
        value = ibis.coalesce(value, ibis.ifelse(missing, nothing, text))
    code = ibis.cases(
        (raw.isnull() | text.isnull() | known, nothing),
        (missing, "missing_word"),
        (word.notnull(), "alias"),
        else_="value" if allowed else nothing,
    )
    if not boolean:
        return Parsed(value=value, code=code)
    truth = ibis.cases((value == "true", True), (value == "false", False), else_=ibis.null("bool"))
    return Parsed(value=truth, code=code)


def _replaced(word: ir.StringColumn, aliases: Mapping[str, str]) -> ir.StringColumn:
    return ibis.literal(dict(aliases), type="map<string, string>").get(word)


def _parse_list(raw: ir.StringColumn, column: Column, aliases: Mapping[str, str]) -> Parsed:
    """Bring separators to ";" and, where items are declared, each item to its own word."""
    nothing = ibis.null("string")
    text = raw.strip().nullif("")
    missing = text.lower().isin(MISSING_TYPED)
    joined = text.re_replace(r"\s*[;；、，|]\s*", ";").re_replace(r"^;+|;+$", "").nullif("")
    changed = ibis.ifelse(joined != text, "separators", nothing)
    if not column.allowed:
        value = ibis.ifelse(missing, nothing, joined)
        return Parsed(value=value, code=ibis.ifelse(missing, "missing_word", changed))
    single = "|".join(column.allowed)
    mapped = joined
    for alias, own in aliases.items():
        if alias != own:
            mapped = mapped.re_replace(f"(^|;){alias}(;|$)", rf"\1{own}\2")
    fits = mapped.re_search(f"^({single})(;({single}))*$")
    return Parsed(
        value=ibis.ifelse(missing | ~fits, nothing, mapped),
        code=ibis.cases(
            (text.isnull(), nothing), (missing, "missing_word"), (~fits, "value"),
            (mapped != joined, "alias"), else_=changed,
        ),
    )  # fmt: skip
