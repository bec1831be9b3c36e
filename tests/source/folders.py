"""Small folders for the tests of the source: a few good rows per table, changed one at a time."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from crm_analysis.config import Config
from crm_analysis.source import CheckReport, check, connect

CUSTOMERS = [
    ["customer_id", "created_at", "kind", "income_annual", "children"],
    *[
        [f"C{number}", f"2024-01-{number:02d}", "individual", "120000", ""]
        for number in range(1, 9)
    ],
]
LEADS = [
    ["lead_id", "customer_id", "opened_at", "status", "closed_at", "amount", "product"],
    ["L1", "C1", "2024-03-01 09:00:00", "won", "2024-03-05 10:00:00", "1000", "car"],
    ["L2", "C2", "2024-03-02 09:00:00", "lost", "2024-03-09 10:00:00", "2000.50", "car"],
    ["L3", "C3", "2024-03-03 09:00:00", "open", "", "3000", "van"],
    ["L4", "C4", "2024-03-04 09:00:00", "void", "2024-03-06 10:00:00", "", "van"],
]
INTERACTIONS = [
    ["interaction_id", "customer_id", "lead_id", "at", "planned_at", "direction", "channel",
     "minutes"],
    ["I1", "C1", "L1", "2024-03-02 10:00:00", "", "out", "call", "5"],
    ["I2", "C3", "L3", "2024-03-04 10:00:00", "", "in", "meet", "30"],
    ["I3", "C3", "L3", "", "2024-05-01 10:00:00", "out", "meet", ""],
]  # fmt: skip
ORDER_LINES = [
    ["line_id", "order_id", "customer_id", "at", "amount", "essential"],
    ["O1", "A1", "C1", "2024-03-05 11:00:00", "1000", "true"],
    ["O2", "A2", "C5", "2024-03-20 11:00:00", "-50.25", "false"],
]
TABLES = {
    "customers": CUSTOMERS,
    "leads": LEADS,
    "interactions": INTERACTIONS,
    "order_lines": ORDER_LINES,
}


def rows_of(table: str) -> list[list[str]]:
    """Return a copy of a table's good rows, header first."""
    return [list(row) for row in TABLES[table]]


def write_csv(
    path: Path, rows: Sequence[Sequence[object]], *, separator: str = ",", encoding: str = "utf-8"
) -> None:
    """Write rows as a text file."""
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=separator, lineterminator="\n").writerows(rows)


def write_folder(folder: Path, **changed: list[list[str]] | None) -> Path:
    """Write the good tables as CSV; a changed table replaces one, None leaves it out."""
    folder.mkdir(exist_ok=True)
    for name, rows in {**TABLES, **changed}.items():
        if rows is not None:
            write_csv(folder / f"{name}.csv", rows)
    return folder


def with_cell(table: str, line: int, column: str, value: str) -> list[list[str]]:
    """Return a table with one cell changed; `line` counts as an editor does, the header is 1."""
    rows = rows_of(table)
    if column not in rows[0]:
        rows = [[*row, column if at == 0 else ""] for at, row in enumerate(rows)]
    rows[line - 1][rows[0].index(column)] = value
    return rows


def report_of(folder: Path, config: Config | None = None) -> CheckReport:
    """Check a folder."""
    return check(connect(str(folder), config=config or Config()))


def found(report: CheckReport, **wanted: object) -> pd.DataFrame:
    """Return the faults whose columns have the wanted values."""
    faults = report.faults
    for name, value in wanted.items():
        faults = faults[faults[name] == value]
    return faults
