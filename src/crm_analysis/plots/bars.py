"""Horizontal bars with their values written beside them; intervals where given."""

from __future__ import annotations

import math
from dataclasses import replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crm_analysis.plots import theme
from crm_analysis.plots.rows import flags, label_rows, row_figure
from crm_analysis.plots.values import value_text
from crm_analysis.results import Picture


def draw_bars(picture: Picture, lang: str, *, narrow: bool) -> Figure:
    """Draw columns label, value [, lo, hi, highlight] as bars, in the order given.

    Rows whose column `drawn` is false stand in the CSV only.
    """
    numbers = picture.numbers
    if "drawn" in numbers:
        numbers = numbers[numbers["drawn"].astype(bool)].reset_index(drop=True)
        picture = replace(picture, numbers=numbers)
    figure, axes = row_figure(len(numbers), narrow=narrow, extra=0.3)
    marked = flags(list(numbers.get("highlight", [])), len(numbers))
    colours = [theme.BLUE if mark or not any(marked) else theme.SOFT for mark in marked]
    values = [float(value) for value in numbers["value"]]
    height = 0.34 if narrow else 0.62
    offset = 0.12 if narrow else 0.0
    places = [place + offset for place in range(len(values))]
    axes.barh(
        places, [0 if math.isnan(value) else value for value in values],
        height=height, color=colours,
    )  # fmt: skip
    ends = _intervals(axes, picture, places) if {"lo", "hi"} <= set(numbers) else values
    _write_values(axes, picture, lang, places, ends)
    label_rows(axes, list(numbers[f"label_{lang}"]), narrow=narrow)
    _frame(axes, picture, lang)
    return figure


def _intervals(axes: Axes, picture: Picture, places: list[float]) -> list[float]:
    """Draw the intervals; return where each row's marks end."""
    ends = []
    columns = (picture.numbers[name].astype(float) for name in ("lo", "hi", "value"))
    for place, low, high, value in zip(places, *columns, strict=True):
        if math.isfinite(low) and math.isfinite(high):
            axes.plot([low, high], [place, place], color=theme.INK, linewidth=1.2)
            value = high if value >= 0 else low
        ends.append(value)
    return ends


def _write_values(
    axes: Axes, picture: Picture, lang: str, places: list[float], ends: list[float]
) -> None:
    for place, end, value in zip(places, ends, picture.numbers["value"], strict=True):
        left = end < 0
        axes.annotate(
            value_text(float(value), picture.unit, lang),
            (0 if math.isnan(end) else end, place), xytext=(-5 if left else 5, 0),
            textcoords="offset points", va="center", ha="right" if left else "left",
        )  # fmt: skip


def _frame(axes: Axes, picture: Picture, lang: str) -> None:
    """Values stand at the bars, so the value axis goes; the zero line and a reference stay."""
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.spines["left"].set_visible(False)
    axes.axvline(0, color=theme.AXIS, linewidth=0.8)
    if picture.reference:
        axes.axvline(picture.reference, color=theme.WARM, linestyle="--", linewidth=1.2)
    low, high = axes.get_xlim()
    room = 0.16 * (high - low)
    axes.set_xlim(low - room if low < 0 else low, high + room)
    if picture.x_label.say(lang):
        axes.set_xlabel(picture.x_label.say(lang))
