"""A grid of values, each written in its cell."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize, TwoSlopeNorm
from matplotlib.figure import Figure

from crm_analysis.plots import theme
from crm_analysis.plots.values import value_text
from crm_analysis.results import Picture

# fixed colours, not tokens: a cell and the number in it keep their contrast in dark mode
_SEQUENTIAL = LinearSegmentedColormap.from_list("crm_seq", ["#eaf1f8", "#7fabd6", "#174a85"])
_DIVERGING = LinearSegmentedColormap.from_list("crm_div", ["#b8500c", "#f6f4ef", "#175a9e"])
_DARK_TEXT, _LIGHT_TEXT = "#101820", "#ffffff"


def draw_heat(picture: Picture, lang: str, *, narrow: bool) -> Figure:
    """Draw columns row, column, value as a grid in the order given; a gap is left empty."""
    grid = _grid(picture.numbers, lang)
    width = theme.NARROW_INCHES if narrow else theme.WIDE_INCHES
    figure = Figure(figsize=(width, 0.9 + 0.44 * len(grid)), layout="constrained")
    axes = figure.subplots()
    norm = _norm(grid, picture.reference)
    colours = _SEQUENTIAL if picture.reference is None else _DIVERGING
    axes.pcolormesh(
        grid.to_numpy(dtype=float), cmap=colours, norm=norm, edgecolors=theme.GRID, linewidth=1
    )
    _write_cells(axes, grid, picture, lang=lang, narrow=narrow, shade=(colours, norm))
    _frame(axes, grid, picture, lang=lang, narrow=narrow)
    return figure


def _grid(numbers: pd.DataFrame, lang: str) -> pd.DataFrame:
    rows = list(dict.fromkeys(numbers[f"row_{lang}"]))
    columns = list(dict.fromkeys(numbers[f"column_{lang}"]))
    grid = numbers.pivot_table(
        index=f"row_{lang}", columns=f"column_{lang}", values="value", aggfunc="first", sort=False
    )
    return grid.reindex(index=rows, columns=columns)


def _norm(grid: pd.DataFrame, reference: float | None) -> Normalize:
    low, high = float(grid.min().min()), float(grid.max().max())
    if reference is None:
        return Normalize(low, high if high > low else low + 1)
    span = max(abs(high - reference), abs(reference - low), 1e-9)
    return TwoSlopeNorm(reference, reference - span, reference + span)


def _write_cells(
    axes: Axes,
    grid: pd.DataFrame,
    picture: Picture,
    *,
    lang: str,
    narrow: bool,
    shade: tuple[LinearSegmentedColormap, Normalize],
) -> None:
    colours, norm = shade
    for y, row in enumerate(grid.to_numpy(dtype=float)):
        for x, value in enumerate(row):
            known = math.isfinite(value)
            red, green, blue, _ = colours(norm(value)) if known else (1, 1, 1, 1)
            bright = 0.299 * red + 0.587 * green + 0.114 * blue
            text = _DARK_TEXT if bright > 0.55 else _LIGHT_TEXT
            axes.text(
                x + 0.5, y + 0.5, value_text(value, picture.unit, lang),
                ha="center", va="center", fontsize=8 if narrow else 9.5,
                color=text if known else theme.MUTED,
            )  # fmt: skip


def _frame(axes: Axes, grid: pd.DataFrame, picture: Picture, *, lang: str, narrow: bool) -> None:
    axes.invert_yaxis()
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.set_yticks([place + 0.5 for place in range(len(grid))])
    axes.set_yticklabels([theme.wrap(str(name), 12 if narrow else 26) for name in grid.index])
    axes.set_xticks([place + 0.5 for place in range(grid.shape[1])])
    room = (22 if narrow else 56) // max(grid.shape[1], 1)
    axes.set_xticklabels([theme.wrap(str(name), max(room, 6)) for name in grid.columns])
    axes.set_xlabel(picture.x_label.say(lang))
    axes.set_ylabel(picture.y_label.say(lang))
