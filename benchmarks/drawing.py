"""Draw how time and memory grow with rows, one panel per work, on log axes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.runner import Record
from benchmarks.works import Work

COLOURS = ("#0b5394", "#e69138", "#6aa84f", "#a64d79", "#666666", "#3d85c6")


def draw(records: Sequence[Record], works: Sequence[Work], path: Path) -> None:
    """Write the picture of all works as SVG; equal records give equal bytes."""
    shown = [work for work in works if any(record.work == work.name for record in records)]
    with mpl.rc_context({"svg.hashsalt": "benchmarks", "font.size": 8, "svg.fonttype": "path"}):
        figure = Figure(figsize=(9.5, 2.9 * len(shown)), layout="constrained")
        grid = figure.subplots(len(shown), 2, squeeze=False)
        for row, work in zip(grid, shown, strict=True):
            own = [record for record in records if record.work == work.name]
            _panel(row[0], own, work, seconds=True)
            _panel(row[1], own, work, seconds=False)
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def _panel(axes: Axes, records: Sequence[Record], work: Work, *, seconds: bool) -> None:
    for place, peer in enumerate(work.peers):
        own = sorted(
            (one for one in records if one.peer == peer.name and one.seconds is not None),
            key=lambda record: record.n_rows,
        )
        if own:
            axes.plot(
                [record.n_rows for record in own],
                [(record.seconds or 0.0) if seconds else record.peak_mb for record in own],
                marker="o",
                markersize=3.5,
                linewidth=2.2 if place == 0 else 1.2,
                color=COLOURS[place % len(COLOURS)],
                linestyle="--" if place and peer.name.startswith("crm") else "-",
                label=peer.name,
            )
    axes.set(xscale="log", yscale="log", xlabel=work.unit)
    axes.set_ylabel("seconds" if seconds else "peak memory, MB")
    axes.set_title(work.title if seconds else "memory", loc="left", fontsize=8.5)
    axes.grid(alpha=0.3, linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    if seconds and axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=6.5, frameon=False)
