"""Numbers as people type them: 1,234.50 and 3.2万 are read, 1.234,50 is refused."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from crm_analysis.contract import Type

MONEY = "decimal(18, 4)"
_WORK = "decimal(27, 8)"  # times a factor of 9 digits it stays within 38
_FACTORS = {"千": 1_000, "万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}
_SHAPE = (
    r"^[¥$€]?\s*([+-]?[0-9.,]*[0-9.](?:[eE][+-]?[0-9]+)?)"
    r"\s*(千|万|萬|亿|億|%)?\s*(?:元|CNY|RMB|EUR|USD|€)?$"
)
_PLAIN = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_THOUSANDS = r"^[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?$"
_COMMA = r"[0-9],[0-9]|^[+-]?[0-9]{1,3}(\.[0-9]{3}){2,}$|[0-9],$"


def number(text: ir.StringColumn, kind: Type) -> tuple[ir.Column, ir.StringColumn]:
    """Return the number a text means, and the code of what was repaired or refused."""
    digits = text.re_extract(_SHAPE, 1)
    unit = text.re_extract(_SHAPE, 2)
    thousands = digits.re_search(_THOUSANDS)
    readable = thousands | digits.re_search(_PLAIN)
    bare = ibis.ifelse(readable, digits.replace(",", ""), ibis.null("string"))
    value = _scaled(bare, unit, kind)
    if kind not in ("share", "num"):
        value = ibis.ifelse(unit == "%", ibis.null(value.type()), value)
    code = ibis.cases(
        (text.isnull(), ibis.null("string")),
        (digits.re_search(_COMMA) & ~thousands, "decimal_comma"),
        (value.isnull(), "type"),
        (unit == "%", "percent"),
        (unit != "", "ten_thousands"),
        (thousands, "thousands"),
        (digits != text, "currency_sign"),
        (_needless_decimals(digits, kind), "whole_number"),
        else_=ibis.null("string"),
    )
    return value, code


def _needless_decimals(digits: ir.StringColumn, kind: Type) -> ir.BooleanValue:
    return digits.re_search(r"[.eE]") if kind == "int" else ibis.literal(False)


def _scaled(bare: ir.StringColumn, unit: ir.StringColumn, kind: Type) -> ir.Column:
    pairs = [(unit == word, ibis.literal(factor)) for word, factor in _FACTORS.items()]
    factor = ibis.cases(*pairs, else_=ibis.literal(1)).cast("decimal(9, 0)")
    if kind == "money":
        exact = bare.try_cast(_WORK)
        return (exact * factor).try_cast(MONEY)
    floating = bare.try_cast("float64") * factor.cast("float64")
    floating = ibis.ifelse(unit == "%", floating / 100, floating)
    floating = ibis.ifelse(floating.isinf(), ibis.null("float64"), floating)
    if kind != "int":
        return floating
    exact = bare.try_cast(_WORK) * factor  # exact beyond 2^53, where floats lose digits
    return ibis.ifelse(exact == exact.floor(), exact.try_cast("int64"), ibis.null("int64"))


def native_number(raw: ir.Column, kind: Type) -> tuple[ir.Column, ir.StringColumn | None]:
    """Keep a number that came typed; NaN is missing, infinite or broken values are refused."""
    native = raw.type()
    given = raw
    if native.is_floating():
        given = ibis.ifelse(raw.isnan(), ibis.null(native), raw)
    target = {"int": "int64", "money": MONEY}.get(kind, "float64")
    if native.is_integer() and kind != "money":
        value = given.cast(target) if native.is_signed_integer() else given.try_cast(target)
        return value, None if native.is_signed_integer() else _refused(given, value)
    if kind == "int":
        whole = given == given.floor()
        value = ibis.ifelse(whole, given.try_cast("int64"), ibis.null("int64"))
    elif kind == "money":
        value = given.try_cast(MONEY)
    else:
        value = given.cast("float64")
        value = ibis.ifelse(value.isinf(), ibis.null("float64"), value)
    return value, _refused(given, value)


def _refused(given: ir.Column, value: ir.Column) -> ir.StringColumn:
    bad = given.notnull() & value.isnull()
    return ibis.ifelse(bad, "type", ibis.null("string"))
