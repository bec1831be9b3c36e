"""How a number is written on cards, in tables and in pictures, by its unit."""

from __future__ import annotations

import math

from crm_analysis.language import number_text

MISSING = "–"


def value_text(value: float | None, unit: str, lang: str, *, signed: bool = False) -> str:
    """Write a value by its unit: share, points, money, count, days, ratio or number.

    A missing value is a dash; a signed zero has no sign, so nobody reads "+0".

    Examples
    --------
    >>> value_text(0.241, "share", "en"), value_text(-0.023, "points", "en")
    ('24.1 %', '−2.3 pp')
    >>> value_text(1840000, "money", "en"), value_text(1840000, "money", "zh")
    ('1.84 M', '184 万')
    >>> value_text(47, "days", "en"), value_text(0.0001, "points", "en")
    ('47 days', '0.0 pp')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if unit == "log ratio":  # readers get the ratio itself
        return _ratio(math.exp(value), lang)
    write = _WRITERS.get(unit, _number)
    text = write(abs(value), lang)
    if not any(digit in text for digit in "123456789"):
        return text
    if value < 0:
        return "−" + text
    return "+" + text if signed or unit == "points" else text


def tick_text(value: float, unit: str, lang: str) -> str:
    """Write a number on an axis: as `value_text`, without decimals that say nothing.

    Examples
    --------
    >>> tick_text(0.4, "share", "en"), tick_text(0.025, "share", "en")
    ('40 %', '2.5 %')
    """
    if unit in ("share", "points"):
        return f"{100 * value:.4g} %" if unit == "share" else f"{100 * value:+.4g}"
    if unit in ("days", "count", "ratio"):
        return f"{value:,.4g}" if abs(value) < 1000 else number_text(value)
    return value_text(value, unit, lang)


def _share(value: float, lang: str) -> str:
    return f"{100 * value:.1f} %"


def _points(value: float, lang: str) -> str:
    return f"{100 * value:.1f} " + ("个百分点" if lang == "zh" else "pp")


def _money(value: float, lang: str) -> str:
    if lang == "zh":
        for size, word in ((1e8, "亿"), (1e4, "万")):
            if value >= size:
                return f"{_short(value / size)} {word}"
        return _small_money(value)
    for size, word in ((1e9, "bn"), (1e6, "M")):
        if value >= size:
            return f"{_short(value / size)} {word}"
    return _small_money(value)


def _small_money(value: float) -> str:
    """Keep the hundredths of amounts per customer, which are small."""
    return number_text(value, 2) if value < 100 else number_text(value)


def _short(value: float) -> str:
    return number_text(value) if value >= 100 else f"{value:.3g}"


def _count(value: float, lang: str) -> str:
    return number_text(value) if value == round(value) else number_text(value, 1)


def _days(value: float, lang: str) -> str:
    word = "天" if lang == "zh" else ("day" if value == 1 else "days")
    return f"{_count(value, lang)} {word}"


def _ratio(value: float, lang: str) -> str:
    return f"{value:.2f}"


def _number(value: float, lang: str) -> str:
    return number_text(value) if value == round(value) else f"{value:.4g}"


_WRITERS = {
    "share": _share,
    "points": _points,
    "money": _money,
    "count": _count,
    "days": _days,
    "ratio": _ratio,
}
