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
    """Draw columns panel, series, x, y: one panel a group, one line a series.

    With the columns group and is_main lines are thin and told apart by group, and main ones lie
    over them, thick.
    """
    numbers = picture.numbers
    panels = list(dict.fromkeys(numbers[f"panel_{lang}"]))
    names = list(dict.fromkeys(numbers["series"]))
    groups = list(dict.fromkeys(numbers.get(f"group_{lang}", [])))
    columns = 1 if narrow else min(len(panels), 3)
    rows = -(-len(panels) // columns)
    width = theme.NARROW_INCHES if narrow else theme.WIDE_INCHES
    figure = Figure(figsize=(width, 0.5 + 2.1 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, panel in zip(grid, panels, strict=False):
        chosen = numbers[numbers[f"panel_{lang}"] == panel]
        if groups:
            _draw_grouped(axes, chosen, groups, lang)
        else:
            _draw_panel(axes, chosen, names)
        axes.set_title(theme.wrap(panel, 42 if columns == 1 else 24), fontsize=10)
        _frame(axes, picture, lang)
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    lowest = grid[max(0, len(panels) - columns) : len(panels)]
    for axes in lowest:
        axes.tick_params(labelbottom=True)
    if groups:
        _legend(figure, list(grid), groups, n_panels=len(panels))
    figure.supxlabel(picture.x_label.say(lang), fontsize=9.5, color=theme.MUTED)
    figure.supylabel(picture.y_label.say(lang), fontsize=9.5, color=theme.MUTED)
    return figure


def _legend(figure: Figure, grid: list[Axes], groups: list[str], *, n_panels: int) -> None:
    """Explain the groups once, in the first place that has no panel, else above them all."""
    lines = [line for axes in grid[:n_panels] for line in axes.get_lines()]
    handles = {str(line.get_label()): line for line in reversed(lines)}
    found = [name for name in groups if name in handles]
    shown = [handles[name] for name in found]
    if n_panels == len(grid):
        figure.legend(shown, found, loc="outside upper right", ncols=len(found), fontsize=8.5)
        return
    spare = grid[n_panels]
    spare.set_visible(True)
    spare.set_axis_off()
    spare.legend(shown, found, loc="center", fontsize=9.5)


def _draw_grouped(axes: Axes, numbers: pd.DataFrame, groups: list[str], lang: str) -> None:
    thin = [name for name in groups if not numbers.loc[_in(numbers, name, lang), "is_main"].any()]
    for (name, _), rows in numbers.groupby([f"group_{lang}", "series"], sort=False):
        rows = rows.sort_values("x")
        is_main = bool(rows["is_main"].iloc[0])
        place = thin.index(str(name)) if str(name) in thin else 0
        axes.plot(
            rows["x"], rows["y"],
            color=theme.INK if is_main else _GROUP_COLOURS[place % len(_GROUP_COLOURS)],
            linestyle="-" if is_main else theme.LINES[place % len(theme.LINES)],
            linewidth=2.6 if is_main else 1.0, alpha=1 if is_main else 0.75,
            zorder=4 if is_main else 3, label=str(name),
        )  # fmt: skip


_GROUP_COLOURS = (theme.WARM, theme.BLUE, theme.TEAL, theme.PLUM)


def _in(numbers: pd.DataFrame, name: str, lang: str) -> pd.Series:
    found: pd.Series = numbers[f"group_{lang}"] == name
    return found


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
