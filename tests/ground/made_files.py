"""The files that are made from code, and how: a test keeps them equal, `make docs` makes them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]

# Where conda-forge has another name; a package that it does not have goes to the pip block.
CONDA_NAMES = {"ibis-framework": "ibis-duckdb", "duckdb": "python-duckdb"}
PIP_ONLY = {"zhplot"}


def environment_yml() -> str:
    """Return environment.yml: the conda view of the core dependencies of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    conda, pip = [f"python{project['requires-python']}", "pip"], ["-e ."]
    for requirement in project["dependencies"]:
        found = re.fullmatch(r"([A-Za-z0-9_.-]+)(?:\[[^]]*\])?(.*)", requirement)
        assert found, requirement
        name, version = found[1], found[2]
        if name in PIP_ONLY:
            pip.insert(0, f"{name}{version}")
        else:
            conda.append(f"{CONDA_NAMES.get(name, name)}{version}")
    lines = [
        "# Made from pyproject.toml by `make docs`; do not edit.",
        "name: crm_analysis",
        "channels:",
        "  - conda-forge",
        "dependencies:",
        *(f'  - "{entry}"' for entry in conda),
        "  - pip:",
        *(f'      - "{entry}"' for entry in pip),
    ]
    return "\n".join(lines) + "\n"


def contract_readme() -> str:
    """Return data/README.md: the contract in words."""
    from crm_analysis.contract import contract_markdown

    return contract_markdown()


def questions_readme() -> str:
    """Return notebooks/README.md: which question is answered where."""
    from tests.notebooks.questions import questions_readme as made

    return made()


MADE: dict[str, Callable[[], str]] = {
    "environment.yml": environment_yml,
    "data/README.md": contract_readme,
    "notebooks/README.md": questions_readme,
}

if __name__ == "__main__":
    for name, make in MADE.items():
        (ROOT / name).write_text(make(), encoding="utf-8")
