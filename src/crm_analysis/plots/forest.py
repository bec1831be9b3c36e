"""Estimates with intervals, one a row, beside a line of no difference."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from crm_analysis.language import Text
from crm_analysis.plots import theme
from crm_analysis.plots.rows import flags, row_figure, row_inches
from crm_analysis.plots.values import tick_text, value_text
from crm_analysis.results import Picture

NOT_ESTIMABLE = Text("too little data", "数据太少")
_RATIO_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.33, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20, 50, 100)
# on a narrow picture: a mark's height in its row, then label's and number's height over the mark
_MARK_INCHES = 0.18
_RISES = (22, 8)  # points


def draw_forest(picture: Picture, lang: str, *, narrow: bool) -> Figure:
    """Draw columns label, estimate, ci_lo, ci_hi [, highlight, warning].

    A warning row (a naive number) is a hollow orange diamond, a highlighted one a full blue dot;
    ratios stand on a logarithmic axis. A narrow row is read downwards: label, number, mark; side
    by side the two texts would not fit.
    """
    numbers = picture.numbers
    labels = [theme.wrap(label, 48 if narrow else 34) for label in numbers[f"label_{lang}"]]
    lines = max((label.count("\n") + 1 for label in labels), default=1) + narrow
    figure, axes = row_figure(len(numbers), narrow=narrow, extra=0.7, lines=lines)
    marked = flags(list(numbers.get("highlight", [])), len(numbers))
    warned = flags(list(numbers.get("warning", [])), len(numbers))
    if picture.unit == "ratio":
        axes.set_xscale("log")
    offset = 0.5 - _MARK_INCHES / row_inches(lines, narrow=True) if narrow else 0.0
    for place, ends in enumerate(_rows(numbers)):
        style = _style(marked[place] or not any(marked), warned[place])
        _draw_row(axes, place + offset, ends, style)
    written = [number_with_interval(*e, picture.unit, lang=lang) for e in _rows(numbers)]
    if narrow:
        _write_above(axes, labels, written, offset)
    else:
        _write_beside(axes, labels, written)
    _frame(axes, picture, lang, narrow=narrow)
    return figure


def _rows(numbers: pd.DataFrame) -> list[tuple[float, float, float]]:
    columns = (numbers[name].astype(float) for name in ("estimate", "ci_lo", "ci_hi"))
    return list(zip(*columns, strict=True))


def _style(marked: bool, warned: bool) -> tuple[str, str, str]:
    """Colour, marker and fill of a row: never told apart by colour alone."""
    if warned:
        return theme.WARM, "D", "none"
    return (theme.BLUE, "o", theme.BLUE) if marked else (theme.MUTED, "o", "none")


def _draw_row(
    axes: Axes, place: float, ends: tuple[float, float, float], style: tuple[str, str, str]
) -> None:
    estimate, low, high = ends
    colour, marker, fill = style
    if not math.isfinite(estimate):
        return
    if math.isfinite(low) and math.isfinite(high):
        axes.plot([low, high], [place, place], color=colour, linewidth=2)
    axes.plot(
        [estimate], [place], marker=marker, markersize=7.5, color=colour,
        markerfacecolor=fill, markeredgewidth=1.8, linestyle="none",
    )  # fmt: skip


def _write_beside(axes: Axes, labels: list[str], written: list[str]) -> None:
    """Write labels left of the axis and "1.35 (1.10 to 1.62)" at the right end of each row."""
    axes.set_yticks(range(len(labels)), labels)
    for place, number in enumerate(written):
        axes.annotate(
            number, (1, place), xycoords=axes.get_yaxis_transform(), xytext=(8, 0),
            textcoords="offset points", va="center", fontsize=9.5, color=theme.INK,
        )  # fmt: skip


def _write_above(axes: Axes, labels: list[str], written: list[str], offset: float) -> None:
    """Write each label above its number and both above their mark."""
    axes.set_yticks([])
    for place, texts in enumerate(zip(labels, written, strict=True)):
        for text, rise, colour in zip(texts, _RISES, (theme.INK, theme.MUTED), strict=True):
            axes.annotate(
                text, (0, place + offset), xycoords=axes.get_yaxis_transform(), xytext=(0, rise),
                textcoords="offset points", va="bottom", fontsize=9.5, color=colour,
            )  # fmt: skip


def number_with_interval(estimate: float, low: float, high: float, unit: str, *, lang: str) -> str:
    """Write an estimate with its interval; a refused one says so.

    Examples
    --------
    >>> number_with_interval(1.349, 1.1, 1.62, "ratio", lang="en")
    '1.35 (1.10 to 1.62)'
    >>> number_with_interval(float("nan"), float("nan"), float("nan"), "ratio", lang="en")
    'too little data'
    """
    if not math.isfinite(estimate):
        return NOT_ESTIMABLE.say(lang)
    text = value_text(estimate, unit, lang)
    if not (math.isfinite(low) and math.isfinite(high)):
        return text
    ends = [value_text(end, unit, lang) for end in (low, high)]
    words = {word for word in (text.partition(" ")[2], *(e.partition(" ")[2] for e in ends))}
    if len(words) == 1:
        ends = [end.partition(" ")[0] for end in ends]
    between = "至" if lang == "zh" else "to"
    return f"{text} ({ends[0]} {between} {ends[1]})"


def _apart(ticks: list[float], low: float, high: float) -> list[float]:
    """Keep 1 and those ticks that leave room for their labels on a logarithmic axis."""
    room = 0.1 * math.log(high / low)
    kept: list[float] = []
    for tick in sorted(ticks, key=lambda one: abs(math.log(one))):
        if all(abs(math.log(tick / other)) >= room for other in kept):
            kept.append(tick)
    return sorted(kept)


def _frame(axes: Axes, picture: Picture, lang: str, *, narrow: bool) -> None:
    axes.spines["left"].set_visible(False)
    if picture.unit == "ratio":
        low, high = axes.get_xlim()
        axes.xaxis.set_major_locator(
            FixedLocator(_apart([tick for tick in _RATIO_TICKS if low <= tick <= high], low, high))
        )
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:g}"))
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(
            FuncFormatter(lambda tick, _: tick_text(tick, picture.unit, lang))
        )
    if picture.reference is not None:
        axes.axvline(picture.reference, color=theme.AXIS, linestyle="--", linewidth=1.1, zorder=0)
    if picture.x_label.say(lang):
        axes.set_xlabel(theme.wrap(picture.x_label.say(lang), 44 if narrow else 60))
