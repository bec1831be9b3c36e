"""Dates and times as people and Excel write them, in the configured time zone."""

from __future__ import annotations

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from crm_analysis.contract import Type

ENGINE_TYPES: dict[str, str] = {
    "str": "string",
    "list": "string",
    "int": "int64",
    "num": "float64",
    "share": "float64",
    "money": "decimal(18, 4)",
    "bool": "boolean",
    "date": "date",
    "ts": "timestamp(6)",
}
_DAY = r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?"
_CLOCK = r"(?:\s*[T ]\s*([0-9]{1,2})[:时時]([0-9]{2})(?:分|:([0-9]{2}(?:\.[0-9]{1,9})?)秒?)?)?"
_OFFSET = r"\s*(Z|z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
_SHAPE = f"^{_DAY}{_CLOCK}{_OFFSET}$"
_ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?)?$"
_COMPACT = r"^(19|20|21)[0-9]{2}(0[1-9]|1[0-2])[0-3][0-9]$"
_SERIAL = r"^[2-7][0-9]{4}(\.[0-9]+)?$"
_DAY_FIRST = r"^[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}([T ].*)?$"
_SECONDS_A_DAY = 86_400


@ibis.udf.scalar.builtin(name="timezone")  # type: ignore[untyped-decorator]
def _in_zone(zone: str, moment: dt.Timestamp(timezone="UTC")) -> dt.timestamp:  # type: ignore[valid-type]
    """Return the wall clock of a zone at a moment."""


def native_moment(raw: ir.Column, kind: Type, *, tz: str) -> ir.Column:
    """Keep a date or time that came typed; one with a zone becomes local time."""
    native = raw.type()
    if native.is_timestamp() and native.timezone is not None:
        raw = _in_zone(tz, raw.cast(dt.Timestamp(timezone="UTC")))
    return raw.cast(ENGINE_TYPES[kind])


def moment(text: ir.StringColumn, kind: Type, *, tz: str) -> tuple[ir.Column, ir.StringColumn]:
    """Return the local time a text means, and the code of what was repaired or refused."""
    nothing = ibis.null("string")
    shaped = text.re_search(_SHAPE)
    offset = ibis.ifelse(shaped, text.re_extract(_SHAPE, 7), nothing).nullif("")
    iso = text.re_search(_ISO)
    serial = text.re_search(_SERIAL)
    compact = text.re_search(_COMPACT)
    local = ibis.ifelse(iso, text, _rewritten(text, shaped))
    day_number = ibis.ifelse(serial, text, nothing).try_cast("float64")
    seconds = (day_number * _SECONDS_A_DAY).round().cast("int64")
    value = ibis.cases(
        (offset.notnull(), _with_offset(local, offset, tz=tz)),
        (shaped, local.try_cast("timestamp(6)")),
        (compact, text.re_replace(r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3").try_cast("timestamp(6)")),
        (serial, ibis.timestamp("1899-12-30 00:00:00") + seconds.as_interval("s")),
        else_=ibis.null("timestamp(6)"),
    )
    cut = (value != value.truncate("D")) if kind == "date" else ibis.literal(False)
    code = ibis.cases(
        (text.isnull(), nothing),
        (value.isnull() & text.re_search(_DAY_FIRST), "day_first"),
        (value.isnull(), "type"),
        (serial, "excel_date"),
        (offset.notnull(), "utc_offset"),
        (cut, "cut_time"),
        (~iso, "date_form"),
        else_=nothing,
    )
    return value, code


def _rewritten(text: ir.StringColumn, shaped: ir.BooleanValue) -> ir.StringColumn:
    """Write a date with other signs, or a time with an offset, as local ISO text."""
    day = text.re_replace(_SHAPE, r"\1-\2-\3")
    hour, minute, second = (text.re_extract(_SHAPE, place) for place in (4, 5, 6))
    clock = " " + hour + ":" + minute + ":" + ibis.ifelse(second == "", "00", second)
    full = day + ibis.ifelse(hour == "", "", clock)
    return ibis.ifelse(shaped, full, ibis.null("string"))


def _with_offset(local: ir.StringColumn, offset: ir.StringColumn, *, tz: str) -> ir.Column:
    sign = ibis.ifelse(offset.startswith("-"), -1, 1)
    hours = offset.re_extract(r"^[+-]([0-9]{2})", 1).nullif("").try_cast("int64")
    minutes = offset.re_extract(r"^[+-][0-9]{2}:?([0-9]{2})$", 1).nullif("").try_cast("int64")
    shift = (sign * (hours.fill_null(0) * 60 + minutes.fill_null(0))).as_interval("m")
    utc = local.try_cast("timestamp(6)") - shift
    return _in_zone(tz, utc.cast(dt.Timestamp(timezone="UTC")))
