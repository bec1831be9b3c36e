"""Small panels of single tracks over time, on one scale."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from crm_analysis.plots import theme
from crm_analysis.plots.values import tick_text
from crm_analysis.results import Picture

_FEW = 6  # up to here series have a colour, a line style and a name each


def draw_tracks(picture: Picture, lang: str, *, narrow: bool) -> Figure:
    """Draw columns panel, series, x, y: one panel a group, one line a series."""
    numbers = picture.numbers
    panels = list(dict.fromkeys(numbers[f"panel_{lang}"]))
    names = list(dict.fromkeys(numbers["series"]))
    columns = 1 if narrow else min(len(panels), 3)
    rows = -(-len(panels) // columns)
    width = theme.NARROW_INCHES if narrow else theme.WIDE_INCHES
    figure = Figure(figsize=(width, 0.5 + 2.1 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, panel in zip(grid, panels, strict=False):
        chosen = numbers[numbers[f"panel_{lang}"] == panel]
        _draw_panel(axes, chosen, names)
        axes.set_title(theme.wrap(panel, 42 if columns == 1 else 24), fontsize=10)
        _frame(axes, picture, lang)
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    figure.supxlabel(picture.x_label.say(lang), fontsize=9.5, color=theme.MUTED)
    figure.supylabel(picture.y_label.say(lang), fontsize=9.5, color=theme.MUTED)
    return figure


def _draw_panel(axes: Axes, numbers: pd.DataFrame, names: list[str]) -> None:
    few = len(names) <= _FEW
    for name, rows in numbers.groupby("series", sort=True):
        place = names.index(str(name)) if few and str(name) in names else 0
        rows = rows.sort_values("x")
        axes.plot(
            rows["x"], rows["y"],
            color=theme.SERIES[place], linestyle=theme.LINES[place] if few else "-",
            linewidth=1.8 if few else 0.9, alpha=1 if few else 0.45,
            label=str(name) if few and len(names) > 1 else None,
        )  # fmt: skip
    if few and numbers["series"].nunique() > 1:
        axes.legend(loc="best", fontsize=8.5)


def _frame(axes: Axes, picture: Picture, lang: str) -> None:
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda tick, _: tick_text(tick, picture.unit, lang))
    )
    if picture.reference is not None:
        axes.axhline(picture.reference, color=theme.AXIS, linestyle="--", linewidth=1.1)
