"""The catalogue of features: name, unit, meaning in both languages, and what missing means.

The entries are data (`catalog.toml`), so that people who do not program can check the words.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files

from crm_analysis.language import Text


@dataclass(frozen=True, slots=True)
class Feature:
    """One column that a feature function returns.

    Parameters
    ----------
    name : str
        The column.
    unit : str
        count, days, hours, per_week, share (0-1), ratio, money, value, flag, hour, weekday, label.
    meaning : Text
        What it measures.
    missing : str
        What the column holds where nothing is known.
    family : str
        The function group that makes it: the module of `features`.
    """

    name: str
    unit: str
    meaning: Text
    missing: str
    family: str


def _read_catalog() -> dict[str, Feature]:
    text = files("crm_analysis.features").joinpath("catalog.toml").read_text(encoding="utf-8")
    return {
        name: Feature(name, entry["unit"], Text(entry["en"], entry["zh"]), entry["missing"], family)
        for family, entries in tomllib.loads(text).items()
        for name, entry in entries.items()
    }


CATALOG: dict[str, Feature] = _read_catalog()
