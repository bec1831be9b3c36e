"""Which question of practitioners is answered where: notebooks/README.md and its proof.

`questions.toml` claims, per question, a notebook, the quantity (and the part of the segment) that
answers it, and the test that proves the number; several where one proves what is counted and
another what follows from it. Nothing may be claimed without all of them, and one of the tests'
files must name the quantity or use a module that makes it. What further quantities answer of the
same row stands under `also`, each with its own test. `demo = false` says that the demo company's
data give no such number; the test's world does.
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
    tests: tuple[str, ...]
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
            tests=(one["test"],) if isinstance(one["test"], str) else tuple(one["test"]),
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
            f"| {one.row}{_mark(one)} | {one.asked} | `{one.place}` | {_listed(one.tests)} |\n"
            for one in listed
            if one.notebook == notebook
        ]
        parts.append("\n")
    return "".join(parts).rstrip() + "\n"


def _mark(one: Question) -> str:
    return "" if one.in_demo else " †"


def _listed(tests: tuple[str, ...]) -> str:
    return ", ".join(f"`{test}`" for test in tests)


def faults(root: Path) -> list[str]:
    """Say which claims name a quantity or a test that does not exist, or a test of other things."""
    wrong = []
    makers = _makers(root)
    for one in questions():
        if one.quantity not in QUANTITIES:
            wrong.append(f"{one.row}: quantity {one.quantity} is not declared")
        texts = []
        for test in one.tests:
            path, _, name = test.partition("::")
            text = (root / path).read_text(encoding="utf-8") if (root / path).is_file() else ""
            if f"def {name.partition('[')[0]}(" not in text:
                wrong.append(f"{one.row}: there is no test {test}")
            texts.append(text)
        signs = (one.quantity, *makers.get(one.quantity, ()))
        if not any(sign in text for text in texts for sign in signs):
            wrong.append(f"{one.row}: no file of {one.tests} is about {one.quantity}: {signs[1:]}")
    return wrong


def _makers(root: Path) -> dict[str, list[str]]:
    """Say which modules write each quantity, as a test imports them."""
    makers: dict[str, list[str]] = {}
    for path in sorted((root / "src").rglob("*.py")):
        if path.name != "quantities.py":
            text = path.read_text(encoding="utf-8")
            parts = path.relative_to(root / "src").with_suffix("").parts
            module, package = ".".join(parts), ".".join(parts[:-1])
            for name in QUANTITIES:
                if f'"{name}"' in text:
                    makers.setdefault(name, []).append(f"from {module} import")
                    makers[name].append(f"from {package} import {parts[-1]}")
    return makers
