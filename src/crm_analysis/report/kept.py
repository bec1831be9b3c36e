"""The last good pages: what an earlier run of the same day left, taken over where needed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from crm_analysis.report.staging import remove

_FOLDERS = (("private/estimates", "estimates"), ("private/results", "results"))


def list_names(results: Path, name: str) -> list[str]:
    """Return the action lists that a notebook's narrative names."""
    path = results / f"{name}.json"
    if not path.is_file():
        return []
    told = json.loads(path.read_text(encoding="utf-8"))
    return [str(one["name"]) for one in told["lists"]]


def drop_results(staging: Path, name: str) -> None:
    """Remove what a failed notebook has written, so that nothing half-done is published."""
    for one in list_names(staging / "results", name):
        remove(staging / "private/lists" / f"{one}.csv")
    for folder in ("estimates", "results"):
        for path in (staging / folder).glob(f"{name}.*"):
            remove(path)
    for path in (staging / "tables").glob(f"*/{name}-*.csv"):
        remove(path)
    remove(staging / "private/alarms" / f"{name}.parquet")


def keep(last: Path, staging: Path, name: str) -> bool:
    """Take over a notebook's page and results from the last good run; False where it has none."""
    executed = last / "private/notebooks" / f"{name}.ipynb"
    if not executed.is_file() or not (last / "private/results" / f"{name}.json").is_file():
        return False
    shutil.copy2(executed, staging / "private/notebooks" / executed.name)
    for source, target in _FOLDERS:
        for path in (last / source).glob(f"{name}.*"):
            shutil.copy2(path, staging / target / path.name)
    for path in (last / "tables").glob(f"*/{name}-*.csv"):
        shutil.copy2(path, staging / "tables" / path.parent.name / path.name)
    for one in list_names(last / "private/results", name):
        path = last / "private/lists" / f"{one}.csv"
        if path.is_file():
            shutil.copy2(path, staging / "private/lists" / path.name)
    return True


def keep_failed(out: Path, staging: Path, names: Iterable[str]) -> None:
    """Leave the executed notebooks that failed for whoever mends them."""
    place = out / ".failed"
    remove(place)
    place.mkdir(mode=0o700)
    for name in names:
        path = staging / "private/notebooks" / f"{name}.ipynb"
        if path.is_file():
            shutil.copy2(path, place / path.name)
