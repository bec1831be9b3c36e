"""Typing in steps: each step names what the next ones use.

Decision: an expression that is used ten times by ones that are used ten times makes a query of
megabytes. So each step becomes a subquery of its own, and the engine computes each part once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir


@dataclass(frozen=True, slots=True)
class Cells:
    """What is known so far about one column's cells, part by part."""

    rows: ir.Table
    name: str

    def __getitem__(self, part: str) -> ir.Column:
        """Return a part: "raw", what an earlier step named, at the end "value" and "code"."""
        return self.rows[f"{self.name}!{part}"]


Step = Callable[[Cells], Mapping[str, ir.Value]]


def take_steps(rows: ir.Table, steps: Mapping[str, tuple[Step, ...]]) -> ir.Table:
    """Take the steps of several columns side by side; each column begins with its part "raw"."""
    for turn in range(max((len(each) for each in steps.values()), default=0)):
        named: dict[str, ir.Value] = {}
        for name, each in steps.items():
            if turn < len(each):
                found = each[turn](Cells(rows, name))
                named |= {f"{name}!{part}": value for part, value in found.items()}
        rows = rows.mutate(**named)
    return rows


@contextmanager
def separate_steps() -> Iterator[None]:
    """Keep Ibis from melting the steps into one expression."""
    before = ibis.options.sql.fuse_selects
    ibis.options.sql.fuse_selects = False
    try:
        yield
    finally:
        ibis.options.sql.fuse_selects = before
