"""Which question of practitioners is answered where: notebooks/README.md and its proof.

`questions.toml` claims, per question, a notebook, the quantity (and the part of the segment) that
answers it, and the test that proves the number. Nothing may be claimed without all of them. What
further quantities answer of the same row stands under `also`, each with its own test. `demo =
false` says that the demo company's data give no such number; the test's world does.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from crm_analysis.quantities import QUANTITIES

PLACE = Path(__file__).parent / "questions.toml"
_HEAD = """# Which question is answered where

Made from `tests/notebooks/questions.toml` by `make docs`; do not edit. Each line names the notebook
that answers, the quantity in its estimates table (`tables/estimates.parquet`; a part of the segment
behind the colon), and the test that proves it. A question that is not listed is not answered yet.
Rows with † are not in the demo report: its company has nothing of the kind, the test's world has.

"""
_COLUMNS = "| row | question | quantity | proven by |\n|---|---|---|---|\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of the inventory and where its answer stands."""

    row: str
    asked: str
    notebook: str
    quantity: str
    segment: str
    test: str
    in_demo: bool = True

    @property
    def place(self) -> str:
        """The quantity with its part of the segment."""
        return f"{self.quantity}: {self.segment}" if self.segment else self.quantity


def questions() -> tuple[Question, ...]:
    """Read the claims in the order of the inventory."""
    told = tomllib.loads(PLACE.read_text(encoding="utf-8"))
    return tuple(
        Question(
            row=row,
            asked=one["asked"],
            notebook=first["notebook"],
            quantity=one["quantity"],
            segment=one.get("segment", ""),
            test=one["test"],
            in_demo=one.get("demo", True),
        )
        for row, first in told.items()
        for one in (first, *first.get("also", ()))
    )


def questions_readme() -> str:
    """Return notebooks/README.md: a table per notebook."""
    listed = questions()
    parts = [_HEAD]
    for notebook in sorted({one.notebook for one in listed}):
        parts.append(
            f"## {notebook}\n\n| row | question | quantity | proven by |\n|---|---|---|---|\n"
        )
        parts += [
            f"| {one.row}{_mark(one)} | {one.asked} | `{one.place}` | `{one.test}` |\n"
            for one in listed
            if one.notebook == notebook
        ]
        parts.append("\n")
    return "".join(parts).rstrip() + "\n"


def _mark(one: Question) -> str:
    return "" if one.in_demo else " †"


def faults(root: Path) -> list[str]:
    """Say which claims name a quantity or a test that does not exist."""
    wrong = []
    for one in questions():
        if one.quantity not in QUANTITIES:
            wrong.append(f"{one.row}: quantity {one.quantity} is not declared")
        path, _, name = one.test.partition("::")
        text = (root / path).read_text(encoding="utf-8") if (root / path).is_file() else ""
        if f"def {name.partition('[')[0]}(" not in text:
            wrong.append(f"{one.row}: there is no test {one.test}")
    return wrong
