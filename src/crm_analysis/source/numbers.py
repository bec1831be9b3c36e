"""Numbers as people type them: 1,234.50 and 3.2万 are read, 1.234,50 is refused."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from crm_analysis.contract import Type
from crm_analysis.source.steps import Cells, Step

MONEY = "decimal(18, 4)"
_WORK = "decimal(27, 8)"  # times a factor of 9 digits it stays within 38
_LARGEST: dict[Type, int] = {"money": 10**14, "int": 9 * 10**18}
_FACTORS = {"千": 1_000, "万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}
_SHAPE = (
    r"^[¥$€]?\s*([+-]?[0-9.,]*[0-9.](?:[eE][+-]?[0-9]+)?)"
    r"\s*(千|万|萬|亿|億|%)?\s*(?:元|CNY|RMB|EUR|USD|€)?$"
)
_PLAIN = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_THOUSANDS = r"^[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?$"
_PARENTHESES = r"^\([^0-9]*[0-9][0-9.,]*[^0-9]*\)$"
_COMMA = r"[0-9],[0-9]|^[+-]?[0-9]{1,3}(\.[0-9]{3}){2,}$|[0-9],$"


def number_steps(kind: Type) -> tuple[Step, ...]:
    """Return the steps from "given" text to the number it means and what was done to it."""

    def split(cells: Cells) -> Mapping[str, ir.Value]:
        text = cells["given"]
        return {"digits": text.re_extract(_SHAPE, 1), "unit": text.re_extract(_SHAPE, 2)}

    def judge(cells: Cells) -> Mapping[str, ir.Value]:
        digits = cells["digits"]
        thousands = digits.re_search(_THOUSANDS)
        readable = thousands | digits.re_search(_PLAIN)
        bare = ibis.ifelse(readable, digits.replace(",", ""), ibis.null("string"))
        return {"bare": bare, "thousands": thousands, "factor": _factor(cells["unit"])}

    def scale(cells: Cells) -> Mapping[str, ir.Value]:
        bare, factor = cells["bare"], cells["factor"]
        if kind in ("money", "int"):  # exact, where floats would lose digits
            return {"scaled": bare.try_cast(_WORK) * factor}
        return {"scaled": bare.try_cast("float64") * factor.cast("float64")}

    def value(cells: Cells) -> Mapping[str, ir.Value]:
        return {"value": _valued(cells, kind)}

    def code(cells: Cells) -> Mapping[str, ir.Value]:
        return {"code": _number_code(cells, kind)}

    return split, judge, scale, value, code


def _factor(unit: ir.StringColumn) -> ir.Column:
    pairs = [(unit == word, ibis.literal(factor)) for word, factor in _FACTORS.items()]
    return ibis.cases(*pairs, else_=ibis.literal(1)).cast("decimal(9, 0)")


def _valued(cells: Cells, kind: Type) -> ir.Column:
    scaled, percent = cells["scaled"], cells["unit"] == "%"
    if kind in ("share", "num"):
        sized = ibis.ifelse(percent, scaled / 100, scaled)
        return ibis.ifelse(sized.isinf(), ibis.null("float64"), sized)
    target = MONEY if kind == "money" else "int64"
    fits = ~percent if kind == "money" else ~percent & (scaled.try_cast("int64") == scaled)
    return ibis.ifelse(fits, scaled.try_cast(target), ibis.null(target))


def _number_code(cells: Cells, kind: Type) -> ir.StringColumn:
    text, digits, unit = cells["given"], cells["digits"], cells["unit"]
    comma = digits.re_search(_COMMA) & ~cells["thousands"]
    needless = digits.re_search(r"[.eE]") if kind == "int" else ibis.literal(False)
    nothing = cells["value"].isnull()
    return ibis.cases(
        (text.isnull(), ibis.null("string")),
        (comma, "decimal_comma"),
        (nothing & text.re_search(_PARENTHESES), "parentheses"),
        (nothing & cells["bare"].notnull() & _too_large(cells, kind), "too_large"),
        (nothing, "type"),
        (unit == "%", "percent"),
        (unit != "", "ten_thousands"),
        (cells["thousands"], "thousands"),
        (digits != text, "currency_sign"),
        (needless, "whole_number"),
        else_=ibis.null("string"),
    )


def _too_large(cells: Cells, kind: Type) -> ir.BooleanValue:
    scaled = cells["scaled"]
    large = scaled.isinf() if kind in ("share", "num") else scaled.abs() >= _LARGEST[kind]
    return scaled.isnull() | large
