"""A kind of number, and how a segment is split."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crm_analysis.language import Text


@dataclass(frozen=True, slots=True)
class Quantity:
    """A kind of number: unit, meaning, and the names its segment may hold in this order."""

    unit: str
    meaning: Text
    segment: tuple[str, ...] = ()


_PART = re.compile(r"(?:\\.|[^;\\])+", re.DOTALL)


def segment_pairs(segment: str) -> list[tuple[str, str]]:
    r"""Split a segment into its names and values, the values unescaped.

    Examples
    --------
    >>> segment_pairs(r"factor=x;level=a\\;cause=lost")
    [('factor', 'x'), ('level', 'a\\'), ('cause', 'lost')]
    """
    pairs = (part.partition("=") for part in _PART.findall(segment))
    return [(name, re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)) for name, _, value in pairs]
