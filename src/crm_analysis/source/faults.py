"""What is wrong with the data: one row per offending value, with exact counts beside them.

Decision: at most `SHOWN` offending rows a rule leave the engine, counts are always exact.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

Severity = Literal["warning", "repair", "exclude", "fatal"]
SEVERITIES: tuple[Severity, ...] = ("fatal", "exclude", "repair", "warning")
SHOWN = 1000
COLUMNS = ("table", "file", "line", "key", "column", "value", "rule", "severity", "allowed")
COUNT_COLUMNS = ("table", "column", "rule", "severity", "allowed", "n_rows")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong, and what is allowed instead.

    Parameters
    ----------
    line : int or None
        Line of the file as an editor counts it; row of the sheet or of the Parquet file.
    n_rows : int
        How many rows this fault stands for (1, or all rows of a file that cannot be read).
    """

    table: str
    rule: str
    severity: Severity
    allowed: str
    file: str = ""
    line: int | None = None
    key: str = ""
    column: str = ""
    value: str = ""
    n_rows: int = 1

    def sentence(self) -> str:
        """Say the fault in one sentence: where, what was given, what is allowed.

        Examples
        --------
        >>> Fault(table="leads", rule="range", severity="exclude", allowed="0 to 1",
        ...       file="leads.csv", line=7, column="amount", value="-3").sentence()
        "leads.csv line 7, amount = '-3': allowed is 0 to 1 (range, exclude)"
        """
        place = f"{self.file or 'table ' + self.table}"
        place += f" line {self.line}" if self.line is not None else ""
        place += f" key {self.key}" if self.key and self.line is None else ""
        given = f", {self.column} = {self.value!r}" if self.column else ""
        given = given or (f" ({self.value})" if self.value else "")
        return f"{place}{given}: allowed is {self.allowed} ({self.rule}, {self.severity})"


def faults_frame(faults: Iterable[Fault]) -> pd.DataFrame:
    """Return faults as the table that `check` shows, fatal ones first."""
    rows = [[getattr(fault, name) for name in COLUMNS] for fault in faults]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["line"] = frame["line"].astype("Int64")
    order = frame["severity"].map(SEVERITIES.index) if len(frame) else pd.Series(dtype="int64")
    return (
        frame.assign(_order=order)
        .sort_values(["_order", "table", "rule", "column", "file", "line", "key"], kind="stable")
        .drop(columns="_order")
        .reset_index(drop=True)
    )
