"""The run: publish all or the right part, keep the last good page, never half a month."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import time
from datetime import date
from pathlib import Path

import pytest

from crm_analysis.errors import ConfigError, DataError, FolderBusy, SourceLost, UsageError
from crm_analysis.report.catalog import NAMES
from crm_analysis.report.execute import Job, execute
from crm_analysis.report.lock import hold
from crm_analysis.report.run import run
from tests.report.tiny import alarms_said, ledger_of, prepare, request, start

PAGES = {
    "00_data_fitness.html",
    "10_failure_causes.html",
    "11_sales_funnel.html",
    "20_loss_patterns.html",
    "41_winback_evaluation.html",
    "index.html",
}
CHINESE = {name.replace(".html", ".zh.html") for name in PAGES}


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """One complete published month; tests that change it copy it first."""
    base = prepare(tmp_path_factory.mktemp("first"))
    lines = []
    started = time.monotonic()
    published = run(request(base, jobs=2), tell=lines.append)
    (base / "seconds").write_text(str(time.monotonic() - started), encoding="utf-8")
    assert published.failed == {}
    assert [line.split()[-1] for line in lines] == ["ok"] * len(NAMES)
    return base


@pytest.fixture
def month(first, tmp_path):
    """A copy of the published month that a test may change."""
    subprocess.run(["cp", "-a", f"{first}/.", str(tmp_path)], check=True)
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    """Read what must be equal in two runs of the same input: tables and HTML."""
    paths = [*folder.glob("*.html"), *folder.glob("tables/**/*.*")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths if path.is_file()}


def manifest(base: Path) -> dict:
    return json.loads((base / "reports/2026-10-31/manifest.json").read_text(encoding="utf-8"))


def states(base: Path) -> dict[str, str]:
    return {one["name"]: one["state"] for one in manifest(base)["notebooks"]}


def page(base: Path, name: str) -> str:
    return (base / "reports/2026-10-31" / name).read_text(encoding="utf-8")


def test_a_month_is_laid_out_as_specified(first):
    folder = first / "reports/2026-10-31"
    assert folder.is_symlink()
    assert not folder.readlink().is_absolute()
    assert {path.name for path in folder.glob("*.html")} == PAGES | CHINESE
    assert (folder / "tables/estimates.parquet").is_file()
    assert (folder / "tables/shown/10_failure_causes-sizes.csv").is_file()
    assert (folder / "private/lists/list_10.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert (folder / "private/rejects.csv").is_file()
    assert (folder / "private/run.log").is_file()
    assert {path.stem for path in (folder / "private/notebooks").iterdir()} == set(NAMES)
    assert stat.S_IMODE((folder / "private").stat().st_mode) == 0o700
    assert {path.name for path in folder.iterdir()} == {
        *PAGES, *CHINESE, "tables", "manifest.json", "private"
    }  # fmt: skip
    assert (first / "reports/index.html").is_file()
    assert (first / "reports/index.zh.html").is_file()
    assert not list((first / "reports").glob(".staging-*"))
    assert not [path for path in (first / "reports").rglob("*") if path.name == "store"]


def test_same_input_same_bytes(month):
    before = files(month / "reports/2026-10-31")
    run(request(month), tell=lambda line: None)
    assert files(month / "reports/2026-10-31") == before
    assert manifest(month)["run"] == 2
    assert len(list((month / "reports/.runs").iterdir())) == 1


def test_a_failed_notebook_keeps_its_last_good_page(month):
    settings, only = ("fail=10_failure_causes", "size=7"), ("10_failure_causes", "20_loss_patterns")
    published = run(request(month, only=only, settings=settings), tell=lambda line: None)
    assert published.failed == {"10_failure_causes": "ValueError: made to fail"}
    assert published.folder is not None
    assert states(month)["10_failure_causes"] == "failed"
    old = page(month, "10_failure_causes.html")
    assert "size 1 of 10_failure_causes" in old
    assert "from an earlier run of the same day (run 1)" in old
    assert "第 1 次运行" in page(month, "10_failure_causes.zh.html")
    new = page(month, "20_loss_patterns.html")
    assert "size 7 of 20_loss_patterns" in new
    assert "earlier run" not in new
    told = json.loads((month / "reports/2026-10-31/private/run.json").read_text("utf-8"))
    kept = {"11_sales_funnel": "kept", "41_winback_evaluation": "kept"}  # not asked for
    assert told == {"missing": {"10_failure_causes": "failed"} | kept}
    assert "failed: earlier page stands" in (month / "reports/index.html").read_text("utf-8")


def test_a_failure_without_an_earlier_page_has_none(tmp_path):
    base = prepare(tmp_path)
    settings, only = ("leave=10_failure_causes",), ("10_failure_causes",)
    published = run(request(base, only=only, settings=settings), tell=lambda line: None)
    assert set(published.failed) == {"10_failure_causes"}
    assert states(base)["10_failure_causes"] == "missing"
    assert not (base / "reports/2026-10-31/10_failure_causes.html").exists()
    assert "10_failure_causes.html" not in page(base, "index.html")


@pytest.mark.parametrize("name", ["00_data_fitness", "50_leadership_summary"])
def test_nothing_is_published_without_00_and_50(month, name):
    before = files(month / "reports/2026-10-31")
    asked = request(month, only=("10_failure_causes",), settings=(f"fail={name}",))
    published = run(asked, tell=lambda line: None)
    assert published.folder is None
    assert set(published.failed) == {name}
    assert files(month / "reports/2026-10-31") == before
    assert (month / "reports/.failed" / f"{name}.ipynb").is_file()
    assert not list((month / "reports").glob(".staging-*"))


def test_only_keeps_the_other_pages(month):
    asked = request(month, only=("10_failure_causes",), settings=("size=9",), languages=("en",))
    run(asked, tell=lambda line: None)
    assert states(month) == {
        "00_data_fitness": "new",
        "10_failure_causes": "new",
        "11_sales_funnel": "kept",
        "20_loss_patterns": "kept",
        "41_winback_evaluation": "kept",
        "50_leadership_summary": "new",
    }
    assert "size 9 of 10" in page(month, "10_failure_causes.html")
    kept = page(month, "41_winback_evaluation.html")
    assert "size 1 of 41" in kept
    assert "it was not asked for" in kept
    estimates = month / "reports/2026-10-31/tables/shown/41_winback_evaluation-sizes.csv"
    assert estimates.read_text("utf-8-sig") == "what,n\nsize,1\n"
    assert (month / "reports/2026-10-31/private/lists/list_41.csv").is_file()


def test_months_lead_to_one_another(month):
    later = request(month, as_of=date(2026, 11, 30), only=("20_loss_patterns",))
    run(later, tell=lambda line: None)
    reports = month / "reports"
    new = (reports / "2026-11-30/20_loss_patterns.html").read_text("utf-8")
    assert "../2026-10-31/20_loss_patterns.html" in new
    step = (reports / "next/2026-10-31/20_loss_patterns.zh.html").read_text("utf-8")
    assert "../../2026-11-30/20_loss_patterns.zh.html" in step
    assert "no later report" in (reports / "next/2026-11-30/index.html").read_text("utf-8")
    index = (reports / "index.html").read_text("utf-8")
    assert index.index("2026-11-30/index.html") < index.index("2026-10-31/index.html")


def test_a_second_run_is_refused_in_one_sentence(tmp_path):
    base = prepare(tmp_path)
    with hold(base / "reports"), pytest.raises(FolderBusy, match="another run is writing") as busy:
        run(request(base), tell=lambda line: None)
    assert busy.value.exit_code == 75


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"only": ("failure_cause",)}, "did you mean '10_failure_causes'"),
        ({"only": ("41",)}, "did you mean '41_winback_evaluation'"),
        ({"only": ("flying",)}, "no such notebook; there are 00_data_fitness"),
        ({"settings": ("siz=3",)}, "did you mean 'size'"),
        ({"settings": ("size=three",)}, "must be int"),
        ({"settings": ("as_of=2026-01-01",)}, "use --as-of instead"),
        ({"settings": ("size",)}, "name=value"),
        ({"source": "nowhere"}, "does not exist"),
        ({"jobs": 0}, "at least 1"),
    ],
)
def test_usage_is_refused_before_anything_runs(tmp_path, changes, words):
    base = prepare(tmp_path)
    with pytest.raises(UsageError, match=words):
        run(request(base, **changes), tell=lambda line: pytest.fail("a notebook ran"))
    assert not list((base / "reports").glob("2*"))
    assert not list((base / "reports").glob(".staging*"))


def test_broken_data_stop_the_run(tmp_path):
    base = prepare(tmp_path)
    (base / "crm/customers.csv").unlink()
    with pytest.raises(DataError, match="customers"):
        run(request(base), tell=lambda line: None)


def test_a_kernel_that_does_not_start_fails_its_notebook_only(tmp_path, monkeypatch):
    def start() -> None:
        raise RuntimeError("no room\nfor it")

    monkeypatch.setattr("crm_analysis.report.execute._start_kernel", start)
    job = Job(
        name="50",
        source="",
        target="",
        parameters={},
        timeout_seconds=1,
        after=str(tmp_path / "go"),
    )
    assert execute(job).fault == "RuntimeError: no room"


def test_a_source_that_changes_half_way_publishes_nothing(tmp_path):
    base = prepare(tmp_path)

    def spoil(line: str) -> None:
        with (base / "crm/leads.csv").open("a", encoding="utf-8") as file:
            file.write("L3,C1,2026-10-07,open,\n")

    with pytest.raises(SourceLost, match="changed while"):
        run(request(base, only=("10_failure_causes",)), tell=spoil)
    assert not (base / "reports/2026-10-31").exists()


def whole(base: Path) -> bool:
    """Say whether what is published is one whole month, with all pages of one size."""
    folder = base / "reports/2026-10-31"
    names = {path.name for path in folder.glob("*.html")}
    told = {one["headline"]["en"].split()[1] for one in manifest(base)["notebooks"]}
    return names == PAGES | CHINESE and len(told) == 1


@pytest.mark.parametrize("moment", [0.8])
def test_a_killed_run_leaves_a_whole_month(month, moment):
    kill_at(month, moment)


@pytest.mark.nightly
@pytest.mark.parametrize("moment", [place / 20 for place in range(20)])
def test_a_killed_run_leaves_a_whole_month_at_any_moment(month, moment):
    kill_at(month, moment)


def kill_at(base: Path, moment: float) -> None:
    """Kill a run at a share of its usual time; the next one must work."""
    usual = 1.3 * float((base / "seconds").read_text("utf-8"))  # a fresh process imports first
    process = start(base, "size=3")
    time.sleep(moment * usual)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert whole(base)
    said = alarms_said(base)
    published = run(request(base, settings=("size=4",)), tell=lambda line: None)
    assert published.failed == {}
    assert whole(base)
    assert "size 4 of" in page(base, "index.html")
    assert not list((base / "reports").glob(".staging-*"))
    assert len(list((base / "reports/.runs").iterdir())) == 1
    assert alarms_said(base) == said == ledger_of(base)


def test_a_knob_out_of_range_is_refused_before_anything_runs(tmp_path):
    base = prepare(tmp_path)
    asked = request(base, notebooks=None, settings=("n_boot=50",))
    with pytest.raises(ConfigError, match="n_boot"):
        run(asked, tell=lambda line: pytest.fail("a notebook ran"))
