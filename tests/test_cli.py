"""The command line: quick help, one sentence per fault, the exit codes of the architecture."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crm_analysis.cli import main


def test_help_is_quick_and_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from crm_analysis.cli import _parser\n"
        "_parser().format_help()\n"
        "heavy = {'pandas', 'numpy', 'ibis', 'matplotlib', 'papermill'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_help_answers_at_once():
    """A third of a second on a quiet machine; the limit leaves room for a busy one."""
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "crm_analysis.cli", "--help"], capture_output=True)
    assert done.returncode == 0
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "module",
    [
        *("data_fitness", "failure_causes", "sales_funnel", "loss_patterns"),
        *("winback_evaluation", "leadership_summary"),
    ],
)
def test_a_notebook_imports_nothing_that_takes_seconds(module):
    """What only some analyses, pictures or pages need waits until they do."""
    code = (
        "import sys\n"
        f"import crm_analysis.answers.{module}, crm_analysis.report, crm_analysis.source\n"
        "slow = {'statsmodels', 'sklearn', 'lifelines', 'scipy.stats', 'scipy.optimize', 'seaborn',"
        " 'matplotlib', 'nbconvert', 'papermill', 'openpyxl', 'pyspark'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(slow)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", "--source", "demo:", "--as-of", "31.10.2026"], 2, "write it as 2026-10-31"),
        (["run", "--source", "nowhere", "--as-of", "2026-10-31"], 2, "does not exist"),
        (["run", "--source", "oracle://x", "--as-of", "2026-10-31"], 2, "unknown engine"),
        (["run", "--source", "demo:", "--as-of", "2026-10-31", "--lang", "de"], 2, "allowed: en"),
        (["run", "--source", "demo:", "--as-of", "2026-10-31", "--views", "no.sql"], 2, "no such"),
        (["run", "--source", "demo:", "--as-of", "2026-10-31", "--config", "no.t"], 2, "no such"),
        (["run", "--source", "demo:", "--as-of", "2026-10-31", "--only", "11"], 2, "there are"),
        (["run", "--source", "demo:", "--as-of", "2026-10-31", "--set", "x=1"], 2, "allowed:"),
        (["check", "--source", "empty", "--out", "checked"], 3, "customers"),
        (["world", "--out", "w", "--null"], 2, "--null belongs to --scenario"),
    ],
)
def test_a_fault_is_one_sentence_and_a_code(
    tmp_path: Path, monkeypatch, capsys, arguments, code, words
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty/leads.csv").write_text("lead_id\n1\n", encoding="utf-8")
    assert main(arguments) == code
    told = capsys.readouterr().err
    assert told.startswith("crm-analysis: ")
    assert words in told
    assert "Traceback" not in told


@pytest.mark.parametrize("arguments", [[], ["fly"], ["run"], ["demo", "--jobs", "many"]])
def test_wrong_usage_exits_2(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage: crm-analysis" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("chek", "there is no 'chek'; did you mean 'check'? allowed: demo, check"),
        ("Run", "did you mean 'run'?"),
        ("fly", "there is no 'fly'; allowed: demo"),
    ],
)
def test_a_mistyped_command_is_guessed_at(given, words, capsys):
    with pytest.raises(SystemExit) as stop:
        main([given, "--source", "demo:"])
    assert stop.value.code == 2
    assert words in capsys.readouterr().err


def test_check_counts_by_rule_and_writes_rejects(tmp_path: Path, capsys):
    folder = tmp_path / "crm"
    folder.mkdir()
    rows = "".join(f"C{n},2026-01-05\n" for n in range(100))
    (folder / "customers.csv").write_text(f"customer_id,created_at\n{rows}", encoding="utf-8")
    leads = "".join(f"L{n},C{n},2026-10-01,open\n" for n in range(99))
    (folder / "leads.csv").write_text(
        f"lead_id,customer_id,opened_at,status\n{leads}L99,C7777,2026-10-01,open\n",
        encoding="utf-8",
    )
    out = tmp_path / "checked"
    given = ["--source", str(folder), "--out", str(out), "--as-of", "2026-10-31"]
    code = main(["check", *given])
    told = capsys.readouterr()
    assert code == 0, told.err
    assert "leads.csv" in told.out
    assert "C7777" in told.out
    assert "exclude" in told.out
    assert "leads: 99 rows known on 2026-10-31" in told.out
    assert "C7777" in (out / "rejects.csv").read_text("utf-8-sig")


@pytest.mark.parametrize("out", ["crm", "crm/", "../crm", "link"])
def test_rejects_are_never_written_among_the_data(tmp_path: Path, monkeypatch, capsys, out):
    folder = tmp_path / "crm"
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder)
    (folder / "customers.csv").write_text("customer_id,created_at\nC1,x\n", encoding="utf-8")
    monkeypatch.chdir(folder if out.startswith("..") else tmp_path)
    assert main(["check", "--source", str(folder), "--out", out]) == 2
    told = capsys.readouterr().err
    assert told == (
        f"crm-analysis: --out {out} is the source's own folder, where rejects.csv would be read "
        "as a table; give another folder\n"
    )
    assert not (folder / "rejects.csv").exists()


@pytest.mark.parametrize("flag", [[], ["--estimates"], ["--glossary"], ["--config"]])
def test_contract_tells_in_both_languages(flag, capsys):
    assert main(["contract", *flag]) == 0
    told = capsys.readouterr().out
    assert len(told) > 1000
    assert any("一" <= sign <= "鿿" for sign in told)


def test_world_writes_tables_and_truth(tmp_path: Path, capsys):
    out = tmp_path / "world"
    assert main(["world", "--scenario", "S18", "--seed", "2", "--null", "--out", str(out)]) == 0
    assert (out / "truth.json").is_file()
    assert (out / "winback.parquet").is_file()
    assert "tables with" in capsys.readouterr().out


def test_lab_copies_notebooks_and_keeps_what_was_changed(tmp_path: Path):
    out = tmp_path / "mine"
    assert main(["lab", "--dir", str(out), "--copy-only"]) == 0
    mine = out / "10_failure_causes.ipynb"
    mine.write_text("changed", encoding="utf-8")
    assert main(["lab", "--dir", str(out), "--copy-only"]) == 0
    assert mine.read_text("utf-8") == "changed"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_says_so_and_publishes_nothing(tmp_path: Path, number, code):
    out = tmp_path / "reports"
    command = [sys.executable, "-m", "crm_analysis.cli", "demo", "--out", str(out)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    waited = time.monotonic() + 60
    while not list(out.glob(".staging-*")) and time.monotonic() < waited:
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    assert process.returncode == code
    assert "nothing was published" in told
    assert "Traceback" not in told
    assert not list(out.glob("20*"))
    assert not list(out.glob(".staging-*"))
