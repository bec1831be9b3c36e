"""Notebooks stay thin: question, answer, evidence, limits, actions; nothing is computed in them."""

from __future__ import annotations

import ast
import io
import json
import tokenize
from pathlib import Path

import nbformat
import papermill
import pytest

from crm_analysis.errors import UsageError
from crm_analysis.report.catalog import CATALOG, NAMES, notebooks_folder
from crm_analysis.report.parameters import RESERVED, choose, inspect

FOLDER = notebooks_folder()
PATHS = sorted(FOLDER.glob("*.ipynb"))
KINDS = {"str", "int", "float", "bool", "list[str]"}
ids = [path.stem for path in PATHS]


def read(path: Path):
    return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)


def code_lines(source: str) -> list[str]:
    return [line for line in source.splitlines() if line.strip() and not line.startswith("#")]


def tags(cell) -> list[str]:
    return cell["metadata"].get("tags", [])


def test_the_catalogue_lists_the_notebooks():
    assert tuple(path.stem for path in PATHS) == NAMES


@pytest.mark.parametrize("path", PATHS, ids=ids)
def test_few_lines(path):
    cells = [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]
    assert sum(len(code_lines(cell["source"])) for cell in cells) <= 60
    for cell in cells:
        if "parameters" not in tags(cell):
            assert len(code_lines(cell["source"])) <= 12


@pytest.mark.parametrize("path", PATHS, ids=ids)
def test_no_work_is_done_in_cells(path):
    forbidden = (
        ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.If, ast.Try, ast.With,
        ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp, ast.BinOp,
    )  # fmt: skip
    for cell in read(path)["cells"]:
        if cell["cell_type"] != "code":
            continue
        for node in ast.walk(ast.parse(cell["source"])):
            assert not isinstance(node, forbidden), ast.dump(node)
            if isinstance(node, ast.ImportFrom):
                assert str(node.module).startswith("crm_analysis")
            assert not isinstance(node, ast.Import)
            if isinstance(node, ast.Constant) and "parameters" not in tags(cell):
                assert not isinstance(node.value, int | float)
                assert "select " not in str(node.value).lower()


@pytest.mark.parametrize("path", PATHS, ids=ids)
def test_one_question_in_both_languages(path):
    entry = next(entry for entry in CATALOG if entry.name == path.stem)
    prose = [cell for cell in read(path)["cells"] if cell["cell_type"] == "markdown"]
    for lang in ("en", "zh"):
        texts = [cell["metadata"]["zh"] if lang == "zh" else cell["source"] for cell in prose]
        heads = [line for text in texts for line in text.splitlines() if line.startswith("# ")]
        assert heads == [f"# {entry.question.say(lang)}"]
    for cell in prose:
        marks = [cell["source"].count("## "), cell["metadata"]["zh"].count("## ")]
        assert marks[0] == marks[1]


@pytest.mark.parametrize("path", PATHS, ids=ids)
def test_parameters_are_typed_commented_and_read_as_papermill_reads_them(path):
    cells = [cell for cell in read(path)["cells"] if "parameters" in tags(cell)]
    assert len(cells) == 1
    source = cells[0]["source"]
    comments = [
        token for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    ]  # fmt: skip
    assert len(comments) == len(source.splitlines())
    declared = inspect(path)
    assert set(RESERVED) <= set(declared)
    assert len(set(declared) - set(RESERVED) - {"seed"}) <= 6
    theirs = papermill.inspect_notebook(str(path))
    assert {name: one["inferred_type_name"] for name, one in theirs.items()} == {
        name: one.kind for name, one in declared.items()
    }
    assert {one.kind for one in declared.values()} <= KINDS


@pytest.mark.parametrize("path", PATHS, ids=ids)
def test_it_ends_by_publishing(path):
    code = [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]
    assert code[-1]["source"].startswith("publish(result, out_dir")


@pytest.mark.parametrize("path", PATHS, ids=ids)
def test_only_headline_tables_keep_their_outputs(path):
    told = json.loads(path.read_text(encoding="utf-8"))
    kept = 0
    for cell in told["cells"]:
        if cell["cell_type"] != "code":
            continue
        assert ("keep_output" in tags(cell)) == ("nbval-check-output" in tags(cell))
        if "keep_output" in tags(cell):
            kept += len(cell["outputs"])
            assert cell["execution_count"] is not None
            assert all(one["output_type"] == "display_data" for one in cell["outputs"])
        else:
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
    assert kept >= 1


def test_settings_reach_only_the_notebooks_that_know_them():
    declared = {path.stem: inspect(path) for path in PATHS}
    chosen = choose(["n_boot=20", "fdr_q=.1"], declared)
    assert chosen["41_winback_evaluation"] == {"n_boot": 20, "fdr_q": 0.1}
    assert chosen["10_failure_causes"] == {"fdr_q": 0.1}
    assert chosen["50_leadership_summary"] == {}
    with pytest.raises(UsageError, match="did you mean 'horizon_days'") as fault:
        choose(["horizn_days=3", "n_boot=x"], declared)
    assert "must be int" in str(fault.value)
