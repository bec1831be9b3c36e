"""`crm-analysis run` as a user starts it; its published tables are the answer."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.peer import Tables, Task


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which estimates make a table: module, quantity, form of the segment, name of the value."""

    module: str
    quantity: str
    segment: str
    value: str


NOT_BY_THE_PEER = "|".join((
    *("goals_missed_running", "known_profile_share", "n_goal_changes"),
    *("other_route_share", "reached_share"),
))  # fmt: skip

CHOSEN = {
    "outcomes": Chosen("M05", "outcome_probability", r"cause=\w+;horizon_days=\d+", "share"),
    "indicators": Chosen(
        "M03",
        "log_hazard_ratio_per_sd",
        rf"cause=\w+;landmark_days=\d+;indicator=(?!({NOT_BY_THE_PEER})$)\w+",
        "coef",
    ),
    "signs": Chosen("M04", "track_log_hazard_ratio", r"cause=\w+;sign=\w+", "coef"),
    "sign_shares": Chosen(
        "M04",
        "outcome_probability",
        r"cause=lost;landmark_days=\d+;horizon_days=\d+;sign=\w+;shown=\w+",
        "share",
    ),
}


def run(task: Task) -> Tables:
    """Run the notebooks that `options` names ("" for all) and read what they published."""
    reports, as_of = task.out / "reports", task.options["as_of"]
    command = [
        *(sys.executable, "-W", "ignore", "-m", "crm_analysis.cli", "run"),
        *("--source", str(task.inputs), "--as-of", as_of, "--out", str(reports)),
    ]
    only = task.options.get("only", "")
    subprocess.run([*command, "--only", only] if only else command, check=True)
    return _tables(reports / as_of)


def _tables(published: Path) -> Tables:
    rows = pd.read_parquet(published / "tables" / "estimates.parquet")
    rows = rows[rows["estimate"].notna()]
    return {name: _chosen(rows, chosen) for name, chosen in CHOSEN.items()}


def _chosen(rows: pd.DataFrame, chosen: Chosen) -> pd.DataFrame:
    """Take the rows of one quantity whose segment, name=value pairs, has the wanted form."""
    kept = rows[
        (rows["quantity"] == chosen.quantity)
        & (rows["module"] == chosen.module)
        & rows["role"].isin(["result", "diagnostic"])
        & (rows["evidence"] != "adjusted")  # a column asked once more, beside others
        & rows["segment"].str.fullmatch(chosen.segment)
    ]
    return pd.DataFrame({"key": kept["segment"], chosen.value: kept["estimate"]})
