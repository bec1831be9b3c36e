"""Rows of labels down the side: what bar and forest pictures share."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crm_analysis.plots import theme


def row_inches(lines: int, *, narrow: bool) -> float:
    """Height of a row with so many lines of text: above the mark if narrow, beside it if not."""
    return 0.39 + 0.17 * lines if narrow else max(0.42, 0.08 + 0.17 * lines)


def row_figure(
    n_rows: int, *, narrow: bool, extra: float = 0.5, lines: int = 1
) -> tuple[Figure, Axes]:
    """Make a figure as high as its rows need; the first row is on top."""
    row = row_inches(lines, narrow=narrow)
    width = theme.NARROW_INCHES if narrow else theme.WIDE_INCHES
    figure = Figure(figsize=(width, max(1.2, n_rows * row + extra)), layout="constrained")
    axes = figure.subplots()
    axes.set_ylim(n_rows - 0.5, -0.62)
    return figure, axes


def label_rows(axes: Axes, labels: Sequence[str], *, narrow: bool) -> None:
    """Write labels left of the axis, or above each mark on a narrow picture."""
    axes.set_yticks(range(len(labels)))
    if not narrow:
        axes.set_yticklabels([theme.wrap(label, 34) for label in labels])
        return
    axes.set_yticklabels([])
    for place, label in enumerate(labels):
        axes.annotate(
            theme.cut(label, 46), (0, place), xycoords=axes.get_yaxis_transform(),
            xytext=(0, 7), textcoords="offset points", va="bottom", fontsize=9.5,
        )  # fmt: skip


def flags(values: Sequence[object], n_rows: int) -> list[bool]:
    """Read an optional flag column; a missing one flags nothing."""
    return [bool(value) for value in values] or [False] * n_rows
