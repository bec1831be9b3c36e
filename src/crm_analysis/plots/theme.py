"""Colours, fonts and wrapping that all pictures share.

Decision: pictures are SVG whose colours are named tokens, so that one file is right on white
paper and on a dark screen. No machine is expected to have a Chinese font: Noto Sans SC comes
with the zhplot wheel and is registered from its file, without importing that package (it would
change the user's global settings).
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import matplotlib
import matplotlib.font_manager
import matplotlib.style
from wcwidth import wcswidth, wcwidth

# name -> (light, dark); the light value is what a figure is drawn with
TOKENS: dict[str, tuple[str, str]] = {
    "ink": ("#1c2733", "#e8ecf1"),
    "muted": ("#5b6775", "#a7b3c1"),
    "axis": ("#9aa5b1", "#6b7785"),
    "grid": ("#dfe4ea", "#2f3a47"),
    "blue": ("#1f5fa8", "#6aaeee"),
    "soft": ("#a9bdd3", "#46607c"),
    "warm": ("#c4500a", "#f39a5b"),
    "teal": ("#0b7f6b", "#3fc1a6"),
    "plum": ("#8a4f9e", "#cf9be0"),
    "sky": ("#4a9fd4", "#8fd0f5"),
    "gold": ("#96700f", "#e0bb54"),
}
INK, MUTED, AXIS, GRID, BLUE, SOFT, WARM, TEAL, PLUM, SKY, GOLD = (
    light for light, _ in TOKENS.values()
)
# told apart in all common colour weaknesses, and by line style where two meet
SERIES = (BLUE, WARM, TEAL, PLUM, SKY, GOLD)
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)))

WIDE_INCHES = 7.6
NARROW_INCHES = 3.7

_STYLE = Path(__file__).with_name("crm.mplstyle")


@contextmanager
def house_style() -> Iterator[None]:
    """Open the house style; everything that draws or saves stands inside it."""
    register_fonts()
    with matplotlib.style.context(str(_STYLE)):
        yield


@cache
def register_fonts() -> str:
    """Make the Chinese font known to matplotlib; return its family name or ""."""
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    spec = importlib.util.find_spec("zhplot")
    if spec is None or spec.origin is None:
        return ""
    for path in sorted((Path(spec.origin).parent / "fonts").glob("NotoSansSC*.ttf")):
        matplotlib.font_manager.fontManager.addfont(str(path))
        return "Noto Sans SC"
    return ""


def wrap(text: str, width: int, *, lines: int = 3) -> str:
    """Break a label into lines of at most `width` columns; a Chinese sign counts two.

    Words stay whole where they fit; what passes `lines` lines ends in an ellipsis.

    Examples
    --------
    >>> wrap("days since last contact", 12).split(chr(10))
    ['days since', 'last contact']
    >>> wrap("距离上次联系的天数", 10).split(chr(10))
    ['距离上次联', '系的天数']
    """
    out = [""]
    for piece in _pieces(text):
        if wcswidth((out[-1] + piece).rstrip()) > width and out[-1]:
            out[-1] = out[-1].rstrip()
            out.append("")
            piece = piece.lstrip()
        out[-1] += piece
    if len(out) > lines:
        out = out[:lines]
        out[-1] = cut(out[-1] + "……", width)
    return "\n".join(line.rstrip() for line in out)


def cut(text: str, width: int) -> str:
    """Cut a label to `width` columns, ending in an ellipsis where something is lost.

    Examples
    --------
    >>> cut("interaction", 7), cut("won", 7)
    ('intera…', 'won')
    """
    if wcswidth(text) <= width:
        return text
    kept = ""
    for sign in text:
        if wcswidth(kept + sign) > width - 1:
            break
        kept += sign
    return kept.rstrip() + "…"


def _pieces(text: str) -> list[str]:
    """Split before each word and around each wide sign, where a line may break."""
    pieces: list[str] = []
    for sign in text:
        wide = wcwidth(sign) == 2
        starts = not pieces or wide or pieces[-1][-1] == " " or wcwidth(pieces[-1][-1]) == 2
        if starts and sign != " " and sign not in "，。、；：！？）》”":
            pieces.append(sign)
        elif pieces:
            pieces[-1] += sign
    return pieces
