"""The form of a story: what was planted, and the numbers an analysis should find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Planted:
    """One planted number: quantity and segment as in the estimates table, and how near is right."""

    quantity: str
    segment: str
    value: float
    tolerance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One story: what was planted, where, how large, and what a naive analysis would say."""

    number: int
    title_en: str
    title_zh: str
    planted: str
    where: str
    size: str
    naive: str
    estimates: tuple[Planted, ...] = ()


def told(story: Story) -> dict[str, Any]:
    """Write one story as plain values."""
    names = ("number", "title_en", "title_zh", "planted", "where", "size", "naive")
    written: dict[str, Any] = {name: getattr(story, name) for name in names}
    written["estimates"] = [
        {
            "quantity": row.quantity,
            "segment": row.segment,
            "value": round(row.value, 6),
            "tolerance": row.tolerance,
        }
        for row in story.estimates
    ]
    return written
