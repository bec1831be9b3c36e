"""Step curves with bands, each named at its own end."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from crm_analysis.plots import theme
from crm_analysis.plots.values import tick_text
from crm_analysis.results import Picture


def draw_curves(picture: Picture, lang: str, *, narrow: bool) -> Figure:
    """Draw columns series, x, y [, lo, hi] as steps, holding each value until the next x."""
    size = (theme.NARROW_INCHES, 3.3) if narrow else (theme.WIDE_INCHES, 3.7)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    names = list(dict.fromkeys(picture.numbers[f"series_{lang}"]))
    ends = []
    for place, name in enumerate(names):
        rows = picture.numbers[picture.numbers[f"series_{lang}"] == name].sort_values("x")
        _draw_series(axes, rows, name=name, place=place)
        ends.append((float(rows["x"].iloc[-1]), float(rows["y"].iloc[-1])))
    _frame(axes, picture, lang)
    if narrow or len(names) > 7:
        figure.legend(loc="outside upper left", ncols=2 if narrow else 3)
    else:
        _name_ends(axes, names, ends)
    return figure


def _draw_series(axes: Axes, rows: pd.DataFrame, *, name: str, place: int) -> None:
    colour = theme.SERIES[place % len(theme.SERIES)]
    axes.step(
        rows["x"], rows["y"], where="post", color=colour,
        linestyle=theme.LINES[place % len(theme.LINES)], label=theme.cut(name, 34),
    )  # fmt: skip
    if {"lo", "hi"} <= set(rows) and rows["lo"].notna().any():
        axes.fill_between(
            rows["x"].astype(float), rows["lo"].astype(float), rows["hi"].astype(float),
            step="post", color=colour, alpha=0.15, linewidth=0,
        )  # fmt: skip


def _name_ends(axes: Axes, names: list[str], ends: list[tuple[float, float]]) -> None:
    """Write each name right of its curve's end, pushed apart where they would overlap."""
    low, high = axes.get_ylim()
    right = max(x for x, _ in ends)
    gap = 0.075 * (high - low)
    order = sorted(range(len(names)), key=lambda index: ends[index][1])
    place = float("-inf")
    for index in order:
        place = max(place + gap, ends[index][1])
        axes.annotate(
            theme.wrap(names[index], 22, lines=2), (right, place), xytext=(8, 0),
            textcoords="offset points", va="center", fontweight="bold", fontsize=9.5,
            color=theme.SERIES[index % len(theme.SERIES)], annotation_clip=False,
        )  # fmt: skip


def _frame(axes: Axes, picture: Picture, lang: str) -> None:
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.01)
    if picture.reference is not None:
        axes.axhline(picture.reference, color=theme.AXIS, linestyle="--", linewidth=1.1)
    if picture.numbers["y"].min() >= 0:
        axes.set_ylim(0, 1.06 * axes.get_ylim()[1])
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda tick, _: tick_text(tick, picture.unit, lang))
    )
    axes.set_xlabel(picture.x_label.say(lang))
    axes.set_ylabel(theme.wrap(picture.y_label.say(lang), 40))
