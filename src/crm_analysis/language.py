"""Words and numbers for readers: every sentence exists in each language of `LANGUAGES`."""

from __future__ import annotations

from dataclasses import dataclass

LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or label in every language.

    Examples
    --------
    >>> Text("won", "成交").say("zh")
    '成交'
    """

    en: str
    zh: str

    def say(self, lang: str) -> str:
        """Return the text in `lang`, a member of `LANGUAGES`."""
        return self.zh if lang == "zh" else self.en

    def __add__(self, other: Text) -> Text:
        """Join two texts; put the blank between English sentences into one of them."""
        return Text(self.en + other.en, self.zh + other.zh)


def share_text(value: float, digits: int = 1) -> str:
    """Write a share 0-1 as a percentage.

    Examples
    --------
    >>> share_text(0.0766)
    '7.7 %'
    """
    return f"{100 * value:.{digits}f} %"


def level_text(alpha: float) -> str:
    """Write the level of intervals, one minus alpha, as a percentage.

    Examples
    --------
    >>> level_text(0.05), level_text(0.1), level_text(0.001)
    ('95 %', '90 %', '99.9 %')
    """
    return f"{100 * (1 - alpha):.6g} %"


def points_text(value: float, digits: int = 1) -> str:
    """Write a difference of shares in signed percentage points, never "+0".

    Examples
    --------
    >>> points_text(0.0766, 2), points_text(0.0001)
    ('+7.66 pp', '0.0 pp')
    """
    rounded = round(100 * value, digits)
    sign = "+" if rounded > 0 else ""
    return f"{sign}{rounded or 0:.{digits}f} pp"


def number_text(value: float, digits: int = 0) -> str:
    """Write a number with thousands separated by commas.

    Examples
    --------
    >>> number_text(12345.6), number_text(1.25, 2)
    ('12,346', '1.25')
    """
    return f"{value:,.{digits}f}"
