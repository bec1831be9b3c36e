"""Chinese letters for machines without a Chinese font: the few signs a page uses, inside it.

A subset of Noto Sans SC (OFL, carried by the zhplot wheel) with the wide signs only, so that it
leaves Latin text to the reader's own fonts. It stands first in the page's font list: Chromium
156 showed empty boxes for some runs of text where a web font stood behind system fonts.
"""

from __future__ import annotations

import base64
import importlib.util
import io
import re
from functools import cache
from pathlib import Path

FAMILY = "crm-han"
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")


def han_font_css(html: str) -> str:
    """Return an `@font-face` with the wide signs of a page, or "" where it has none."""
    signs = "".join(sorted(set(_WIDE.findall(html))))
    data = _subset(signs) if signs else b""
    if not data:
        return ""
    uri = base64.b64encode(data).decode()
    return (
        f'@font-face{{font-family:"{FAMILY}";'
        f"src:url(data:font/woff;base64,{uri}) format('woff')}}"
    )


@cache
def _subset(signs: str) -> bytes:
    from fontTools import subset  # type: ignore[import-untyped]
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    path = _font_file()
    if path is None:
        return b""
    options = subset.Options(layout_features=[], hinting=False, notdef_outline=True)
    options.flavor = "woff"
    font = TTFont(path, recalcTimestamp=False, lazy=True)
    chooser = subset.Subsetter(options)
    chooser.populate(text=signs)
    chooser.subset(font)
    out = io.BytesIO()
    subset.save_font(font, out, options)
    font.close()
    return out.getvalue()


def _font_file() -> Path | None:
    spec = importlib.util.find_spec("zhplot")
    if spec is None or spec.origin is None:
        return None
    return next(iter(sorted((Path(spec.origin).parent / "fonts").glob("NotoSansSC*.ttf"))), None)
