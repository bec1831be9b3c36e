"""Imports run one way, and the package needs its core dependencies only."""

from __future__ import annotations

import ast
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

from tests.ground.made_files import ROOT

PACKAGE = ROOT / "src" / "crm_analysis"

# Each name may import what stands left of it; names of one inner tuple may import one another.
ORDER: list[tuple[str, ...]] = [
    ("errors", "language"),
    ("config",),
    ("contract",),
    ("world",),
    ("state",),
    ("source",),
    ("features",),
    ("quantities", "estimates", "results", "proportions", "shrinkage"),
    ("survival", "reasons"),
    ("deals", "customers", "winback"),
    ("answers",),
    ("plots",),
    ("report",),
    ("cli", "cli_codes", "cli_forget", "cli_lab"),
]
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}
MODULES = sorted(PACKAGE.rglob("*.py"))


def package_imports(path: Path) -> set[str]:
    """Return the dotted names inside crm_analysis that a module imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.split(".")[0] == "crm_analysis"}


def group_of(path: Path) -> str:
    """Return the group a module belongs to: its folder, or its own name at the top."""
    inside = path.relative_to(PACKAGE)
    return inside.parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path):
    group = group_of(path)
    if group == "__init__":
        assert not package_imports(path)
        return
    assert group in RANK, f"{group}: say in ORDER where it stands"
    for name in package_imports(path):
        parts = name.split(".")
        if len(parts) > 1 and parts[1] in RANK and parts[1] != group:
            assert RANK[parts[1]] <= RANK[group], f"{path} imports {name}"


def test_no_circle_inside_a_group():
    graph = {
        ".".join(("crm_analysis", *path.relative_to(PACKAGE).with_suffix("").parts)): path
        for path in MODULES
        if path.name != "__init__.py"
    }
    edges = {name: package_imports(path) & graph.keys() - {name} for name, path in graph.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"circle: {' → '.join((*trail, name))}"
        if name not in done:
            for target in edges[name]:
                visit(target, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_plots_and_report_draw(path):
    """Nothing that computes imports matplotlib; nothing that draws fits a model."""
    text = path.read_text()
    names = {
        alias.name.split(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {
        (node.module or "").split(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom)
    }
    group = group_of(path)
    if group not in ("plots", "report"):
        assert not names & {"matplotlib", "seaborn"}
    if group == "plots":
        assert not names & {"statsmodels", "lifelines", "sklearn", "ibis", "duckdb"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_stay_readable(path):
    assert len(path.read_text().splitlines()) <= 400


def test_imports_with_core_dependencies_only():
    """Every module imports where the extras are not installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {"psycopg", "pyspark", "hypothesis", "pytest", "mypy", "selenium", "numpydoc"}
    extras |= {"polars", "sksurv"}
    assert project["optional-dependencies"].keys() == {"postgres", "spark", "dev", "bench"}
    code = f"""
        import importlib, importlib.abc, pathlib, sys
        class Block(importlib.abc.MetaPathFinder):
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] in {extras!r}:
                    raise ModuleNotFoundError(name)
        sys.meta_path.insert(0, Block())
        for path in sorted(pathlib.Path({str(PACKAGE)!r}).rglob("*.py")):
            parts = ("crm_analysis", *path.relative_to({str(PACKAGE)!r}).with_suffix("").parts)
            if parts[-1] != "__main__":
                importlib.import_module(".".join(parts).removesuffix(".__init__"))
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, cwd=ROOT)
