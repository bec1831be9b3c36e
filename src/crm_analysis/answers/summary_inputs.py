"""What the summary is made from: the other notebooks' results, of this run and of the last one."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.estimates import Estimate, estimates_from_frame
from crm_analysis.language import Text
from crm_analysis.results import NotebookResult, from_json

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

TITLES: dict[str, Text] = {
    "00_data_fitness": Text("Data fitness", "数据是否可用"),
    "10_failure_causes": Text("Why deals fail", "丢单原因"),
    "11_sales_funnel": Text("Funnel and target", "漏斗与目标"),
    "20_loss_patterns": Text("Tracks to a loss", "丢单轨迹"),
    "41_winback_evaluation": Text("Win-back", "客户挽回"),
}
"""The notebooks that the summary reads, in reading order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Results by notebook, what is missing and why, and the rows of the last published run.

    `previous` is None where this is the first report; `previous_as_of` its day.
    """

    results: tuple[NotebookResult, ...]
    missing: Mapping[str, str] = field(default_factory=dict)
    previous: tuple[Estimate, ...] | None = None
    previous_as_of: date | None = None

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """All rows of all notebooks."""
        return tuple(row for result in self.results for row in result.estimates)


def read_inputs(known: Known, config: Config) -> Inputs:
    """Read what this run has published; without a run, ask the other notebooks themselves."""
    if known.results_dir is None:
        return Inputs(
            results=tuple(
                importlib.import_module(f"crm_analysis.answers.{name[3:]}").answer(known, config)
                for name in TITLES
            )
        )
    folder = known.results_dir
    results = tuple(_result(folder, name) for name in TITLES if _path(folder, name).is_file())
    told = _missing(folder)
    present = {result.notebook for result in results}
    silent = {name: "not in this run" for name in TITLES if name not in present}
    previous, day = _previous(folder)
    return Inputs(
        results=results, missing={**silent, **told}, previous=previous, previous_as_of=day
    )


def _path(folder: Path, name: str) -> Path:
    return folder / "results" / f"{name}.json"


def _result(folder: Path, name: str) -> NotebookResult:
    rows = folder / "estimates" / f"{name}.parquet"
    estimates = estimates_from_frame(pd.read_parquet(rows)) if rows.is_file() else ()
    text = _path(folder, name).read_text(encoding="utf-8")
    frames = {
        one["name"]: _list(folder / "private" / "lists" / f"{one['name']}.csv")
        for one in json.loads(text)["lists"]
    }
    found = {key: frame for key, frame in frames.items() if frame is not None}
    return from_json(text, estimates=estimates, lists=found)


def _list(path: Path) -> pd.DataFrame | None:
    if not path.is_file():
        return None
    return pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)


def _missing(folder: Path) -> dict[str, str]:
    """Why a notebook's result is missing or old, as the runner tells it."""
    path = folder / "run.json"
    if not path.is_file():
        return {}
    told = json.loads(path.read_text(encoding="utf-8")).get("missing", {})
    return {str(name): str(reason) for name, reason in told.items() if name in TITLES}


def _previous(folder: Path) -> tuple[tuple[Estimate, ...] | None, date | None]:
    path = folder / "previous" / "estimates.parquet"
    if not path.is_file():
        return None, None
    frame = pd.read_parquet(path)
    if frame.empty:
        return None, None
    day = pd.Timestamp(str(frame["as_of"].iloc[0])).date()
    return estimates_from_frame(frame, drop_undeclared=True), day
