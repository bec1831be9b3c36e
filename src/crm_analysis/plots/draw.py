"""From a `Picture` to a figure: which file draws which kind, and how it is saved."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from matplotlib.figure import Figure

from crm_analysis.plots import theme
from crm_analysis.plots.bars import draw_bars
from crm_analysis.plots.curves import draw_curves
from crm_analysis.plots.forest import draw_forest
from crm_analysis.plots.heat import draw_heat
from crm_analysis.plots.strip import draw_strip
from crm_analysis.plots.tracks import draw_tracks
from crm_analysis.results import Picture

_DRAWERS: dict[str, Callable[..., Figure]] = {
    "bars": draw_bars,
    "curves": draw_curves,
    "forest": draw_forest,
    "heat": draw_heat,
    "strip": draw_strip,
    "tracks": draw_tracks,
}


def draw(
    picture: Picture, lang: str = "en", *, titled: bool = True, narrow: bool = False
) -> Figure:
    """Draw a picture's numbers; its title is the finding.

    Parameters
    ----------
    picture : Picture
        The numbers and their sentence.
    lang : {"en", "zh"}
        Language of labels and title.
    titled : bool
        False where a page already prints the title as text.
    narrow : bool
        True for a telephone: half the width, labels above their marks.

    Returns
    -------
    matplotlib.figure.Figure
        A figure of its own; no global state is touched.
    """
    with theme.house_style():
        figure = _DRAWERS[picture.kind](picture, lang, narrow=narrow)
        if titled:
            width = 40 if narrow else 84
            figure.suptitle(
                theme.wrap(picture.title.say(lang), width),
                x=0.01, ha="left", fontsize=12, fontweight="bold", color=theme.INK,
            )  # fmt: skip
        figure.canvas.draw()
        return figure


def draw_svg(picture: Picture, lang: str = "en", *, narrow: bool = False) -> str:
    """Return a picture as SVG: the same bytes for the same numbers, light and dark in one file."""
    with theme.house_style():
        figure = draw(picture, lang, titled=False, narrow=narrow)
        text = io.StringIO()
        figure.savefig(
            text, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight",
            pad_inches=0.04,
        )  # fmt: skip
    return _with_tokens(text.getvalue())


def _with_tokens(svg: str) -> str:
    """Replace the light colours by variables and drop what a page does not need."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    for name, (light, _) in theme.TOKENS.items():
        svg = svg.replace(light, f"var(--{name})")
    lights = ";".join(f"--{name}:{light}" for name, (light, _) in theme.TOKENS.items())
    darks = ";".join(f"--{name}:{dark}" for name, (_, dark) in theme.TOKENS.items())
    style = f"svg{{{lights}}}@media screen and (prefers-color-scheme:dark){{svg{{{darks}}}}}"
    head, tail = svg.split(">", 1)
    return f"{head}><style>{style}</style>{tail}"
