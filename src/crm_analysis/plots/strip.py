"""Strips: each row a whole, cut into its parts, with the counts written in them."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from crm_analysis.plots import theme
from crm_analysis.plots.rows import label_rows, row_figure
from crm_analysis.plots.values import value_text
from crm_analysis.results import Picture

# fixed colours, not tokens: a part and the count in it keep their contrast in dark mode;
# (ground, text): light and dark by turns, so that neighbours differ without colour too
_LOOKS = (
    ("#a8450b", "#ffffff"),
    ("#8fd1c2", "#101820"),
    ("#6d5a86", "#ffffff"),
    ("#c3ccd6", "#101820"),
    ("#f7f8fa", "#101820"),
)
_EDGE = "#7d8894"
_ROOM = 0.035  # a part narrower than this share of the longest row keeps its count for the CSV


def draw_strip(picture: Picture, lang: str, *, narrow: bool) -> Figure:
    """Draw columns row, part, value as strips, rows and parts in the order given.

    Rows whose column `drawn` is false stand in the CSV only.
    """
    numbers = picture.numbers
    if "drawn" in numbers:
        numbers = numbers[numbers["drawn"].astype(bool)]
    grid = _grid(numbers, lang)
    figure, axes = row_figure(len(grid), narrow=narrow, extra=1.1)
    longest = float(grid.sum(axis=1).max())
    starts = pd.Series(0.0, index=grid.index)
    for place, part in enumerate(grid.columns):
        _draw_part(axes, picture, grid[part], starts, place=place, longest=longest, narrow=narrow)
        starts = starts + grid[part]
    label_rows(axes, [str(name) for name in grid.index], narrow=narrow)
    handles = [
        Patch(facecolor=_LOOKS[place][0], edgecolor=_EDGE, label=theme.cut(str(part), 34))
        for place, part in enumerate(grid.columns)
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=2 if narrow else 5)
    _frame(axes, picture, lang)
    return figure


def _grid(numbers: pd.DataFrame, lang: str) -> pd.DataFrame:
    rows, parts = (list(dict.fromkeys(numbers[f"{name}_{lang}"])) for name in ("row", "part"))
    grid = numbers.pivot_table(
        index=f"row_{lang}", columns=f"part_{lang}", values="value", aggfunc="sum", sort=False
    )
    return grid.reindex(index=rows, columns=parts).fillna(0.0).astype(float)


def _draw_part(
    axes: Axes,
    picture: Picture,
    values: pd.Series,
    starts: pd.Series,
    *,
    place: int,
    longest: float,
    narrow: bool,
) -> None:
    ground, ink = _LOOKS[place]
    height, offset = (0.34, 0.12) if narrow else (0.62, 0.0)
    rows = [row + offset for row in range(len(values))]
    axes.barh(
        rows, values, left=starts, height=height, color=ground, edgecolor=_EDGE, linewidth=0.6
    )
    for row, value, start in zip(rows, values, starts, strict=True):
        if value >= _ROOM * longest * (2 if narrow else 1):
            axes.text(
                start + value / 2, row, value_text(float(value), picture.unit, "en"),
                ha="center", va="center", fontsize=8 if narrow else 9, color=ink,
            )  # fmt: skip


def _frame(axes: Axes, picture: Picture, lang: str) -> None:
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.01)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_xlabel(picture.x_label.say(lang))
