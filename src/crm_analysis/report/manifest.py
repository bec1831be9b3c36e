"""The manifest of a published month: what was run on what, and how each notebook went."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

State = Literal["new", "failed", "kept", "missing"]
_PACKAGES = ("crm_analysis", "pandas", "duckdb", "ibis-framework", "lifelines", "statsmodels")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where the content of a page comes from; without secrets, without a clock."""

    as_of: str
    source: str
    fingerprint: str
    version: str
    run: int

    def row(self) -> dict[str, Any]:
        """Return the fields as a plain mapping."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How one notebook stands in a published month.

    `state` is that of this run (new, failed and so an earlier page stands, kept because it was
    not asked for, missing); `status` is that of its result; `provenance` that of the page shown.
    """

    name: str
    state: State
    status: str = ""
    headline: Mapping[str, str] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    seconds: float = 0.0
    fault: str = ""
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All that is recorded of a run."""

    as_of: str
    run: int
    languages: tuple[str, ...]
    source: str
    fingerprint: str
    raw_fingerprint: str
    parameters: Mapping[str, Any]
    notebooks: tuple[Entry, ...]
    rows_known: Mapping[str, int] = field(default_factory=dict)
    rows_after_as_of: Mapping[str, int] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def entry(self, name: str) -> Entry | None:
        """Return how a notebook stands."""
        return next((one for one in self.notebooks if one.name == name), None)


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write `manifest.json`."""
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1, sort_keys=True)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest | None:
    """Read the manifest of a published month; None where there is none."""
    path = folder / "manifest.json"
    if not path.is_file():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))
    entries = tuple(_entry(one) for one in told.pop("notebooks"))
    return Manifest(**{**told, "languages": tuple(told["languages"]), "notebooks": entries})


def _entry(told: dict[str, Any]) -> Entry:
    whence = told.pop("provenance")
    languages = tuple(told.pop("languages"))
    return Entry(**told, languages=languages, provenance=Provenance(**whence) if whence else None)


def versions() -> dict[str, str]:
    """Return the versions that made the report."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def version() -> str:
    """Return the version of this package."""
    return versions()["crm_analysis"]
