"""The parameters of a notebook: read from its tagged cell, checked before anything runs.

papermill itself only logs a warning for an unknown name and guesses types from text; here a name
must exist and a value must fit the declared type. One parameter a line, plain types.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crm_analysis.errors import UsageError, did_you_mean

Value = str | int | float | bool | list[str]

# given by the runner itself, each with the flag that sets it
RESERVED = {
    "source": "--source",
    "views": "--views",
    "config": "--config",
    "state": "--state",
    "as_of": "--as-of",
    "lang": "--lang",
    "out_dir": "--out",
    "results_dir": "--out",
}
_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared parameter: name, type and default as written."""

    name: str
    kind: str
    default: Any


def inspect(notebook: Path) -> dict[str, Parameter]:
    """Read the parameters of a notebook from its cell tagged `parameters`."""
    told = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in told["cells"]:
        if "parameters" in cell["metadata"].get("tags", []):
            source = cell["source"]
            text = source if isinstance(source, str) else "".join(source)
            return {one.name: one for one in _declared(text)}
    return {}


def _declared(text: str) -> list[Parameter]:
    found = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            default = ast.literal_eval(node.value)
            found.append(Parameter(node.target.id, ast.unparse(node.annotation), default))
    return found


def choose(
    given: Sequence[str], notebooks: Mapping[str, Mapping[str, Parameter]]
) -> dict[str, dict[str, Value]]:
    """Share out `name=value` settings among the notebooks that declare the name.

    Parameters
    ----------
    given : sequence of str
        As typed after `--set`.
    notebooks : mapping
        Declared parameters by notebook.

    Returns
    -------
    dict
        Typed values by notebook; every fault is raised at once.
    """
    chosen: dict[str, dict[str, Value]] = {name: {} for name in notebooks}
    faults = []
    for setting in given:
        try:
            _share_out(setting, notebooks, chosen)
        except UsageError as fault:
            faults.append(str(fault))
    if faults:
        raise UsageError("; ".join(faults))
    return chosen


def _share_out(
    setting: str,
    notebooks: Mapping[str, Mapping[str, Parameter]],
    chosen: dict[str, dict[str, Value]],
) -> None:
    name, equals, text = setting.partition("=")
    name = name.strip()
    if not equals:
        raise UsageError(f"--set {setting}: write it as name=value")
    if name in RESERVED:
        raise UsageError(f"--set {name}: use {RESERVED[name]} instead")
    takers = [notebook for notebook, declared in notebooks.items() if name in declared]
    if not takers:
        raise UsageError(_unknown(name, notebooks))
    for notebook in takers:
        chosen[notebook][name] = typed(notebooks[notebook][name], text)


def _unknown(name: str, notebooks: Mapping[str, Mapping[str, Parameter]]) -> str:
    names = sorted({one for declared in notebooks.values() for one in declared} - set(RESERVED))
    meant = did_you_mean(name, names)
    return f"--set {name}: no notebook has this parameter; {meant}allowed: {', '.join(names)}"


def typed(parameter: Parameter, text: str) -> Value:
    """Read a value by the declared type; "007" for a text stays "007".

    Examples
    --------
    >>> typed(Parameter("rep", "str", ""), "007"), typed(Parameter("seed", "int", 0), "007")
    ('007', 7)
    """
    readers = {"str": str, "int": int, "float": float, "bool": _truth, "list[str]": _names}
    reader: Any = readers.get(parameter.kind)
    if reader is None:
        raise UsageError(f"--set {parameter.name}: type {parameter.kind} cannot be set")
    try:
        value: Value = reader(text)
    except ValueError:
        raise UsageError(
            f"--set {parameter.name}={text}: must be {parameter.kind}, like {parameter.default!r}"
        ) from None
    return value


def _truth(text: str) -> bool:
    if text.lower() not in (*_TRUE, *_FALSE):
        raise ValueError(text)
    return text.lower() in _TRUE


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
