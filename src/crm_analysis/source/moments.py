"""Dates and times as people and Excel write them, in the configured time zone."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from crm_analysis.contract import Type
from crm_analysis.source.steps import Cells, Step
from crm_analysis.source.zones import local_time

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


def moment_steps(kind: Type, *, tz: str) -> tuple[Step, ...]:
    """Return the steps from "given" text to the local time it means and what was done to it."""

    def shape(cells: Cells) -> Mapping[str, ir.Value]:
        text = cells["given"]
        return {
            "shaped": text.re_search(_SHAPE),
            "iso": text.re_search(_ISO),
            "serial": text.re_search(_SERIAL),
            "compact": text.re_search(_COMPACT),
        }

    def split(cells: Cells) -> Mapping[str, ir.Value]:
        nothing = ibis.null("string")
        shaped = ibis.ifelse(cells["shaped"], cells["given"], nothing)
        number = ibis.ifelse(cells["serial"], cells["given"], nothing).try_cast("float64")
        return {
            "local": ibis.ifelse(cells["iso"], cells["given"], _local_text(shaped)),
            "offset": shaped.re_extract(_SHAPE, 7).nullif(""),
            "seconds": (number * _SECONDS_A_DAY).round().cast("int64"),
        }

    def clock(cells: Cells) -> Mapping[str, ir.Value]:
        return {
            "wall": cells["local"].try_cast("timestamp(6)"),
            "shift": _offset_minutes(cells["offset"]),
        }

    def value(cells: Cells) -> Mapping[str, ir.Value]:
        return {"value": _valued(cells, tz=tz)}

    def code(cells: Cells) -> Mapping[str, ir.Value]:
        return {"code": _moment_code(cells, kind)}

    return shape, split, clock, value, code


def _local_text(shaped: ir.StringColumn) -> ir.StringColumn:
    """Write a date with other signs, or a time with an offset, as local ISO text."""
    hour, minute, second = (shaped.re_extract(_SHAPE, place) for place in (4, 5, 6))
    clock = " " + hour + ":" + minute + ":" + ibis.ifelse(second == "", "00", second)
    return shaped.re_replace(_SHAPE, r"\1-\2-\3") + ibis.ifelse(hour == "", "", clock)


def _offset_minutes(offset: ir.StringColumn) -> ir.Column:
    sign = ibis.ifelse(offset.startswith("-"), -1, 1)
    hours = offset.re_extract(r"^[+-]([0-9]{2})", 1).try_cast("int64")
    minutes = offset.re_extract(r"^[+-][0-9]{2}:?([0-9]{2})$", 1).try_cast("int64")
    return sign * (hours.fill_null(0) * 60 + minutes.fill_null(0))


def _valued(cells: Cells, *, tz: str) -> ir.Column:
    utc = cells["wall"] - cells["shift"].as_interval("m")
    in_zone = local_time(utc, tz)
    day = cells["given"].re_replace(r"^([0-9]{4})([0-9]{2})([0-9]{2})$", r"\1-\2-\3")
    excel = ibis.timestamp("1899-12-30 00:00:00") + cells["seconds"].as_interval("s")
    return ibis.cases(
        (cells["offset"].notnull(), in_zone),
        (cells["shaped"], cells["wall"]),
        (cells["compact"], day.try_cast("timestamp(6)")),
        (cells["serial"], excel),
        else_=ibis.null("timestamp(6)"),
    ).cast("timestamp(6)")


def _moment_code(cells: Cells, kind: Type) -> ir.StringColumn:
    value, nothing = cells["value"], ibis.null("string")
    cut = (value != value.truncate("D")) if kind == "date" else ibis.literal(False)
    return ibis.cases(
        (cells["given"].isnull(), nothing),
        (value.isnull() & cells["given"].re_search(_DAY_FIRST), "day_first"),
        (value.isnull(), "type"),
        (cells["serial"], "excel_date"),
        (cells["offset"].notnull(), "utc_offset"),
        (cut, "cut_time"),
        (~cells["iso"], "date_form"),
        else_=nothing,
    )
