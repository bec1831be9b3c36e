"""The benchmark harness at toy size: answers are compared before any time is told."""

from __future__ import annotations

import doctest
import json
import platform
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from benchmarks import targets
from benchmarks.__main__ import main
from benchmarks.peer import Task
from benchmarks.process import run_peer
from benchmarks.report import Run, read_records, report_text, with_records, write_report
from benchmarks.runner import DIFFER, Record, run_work
from benchmarks.survival import answers, inputs
from benchmarks.targets import TARGETS, Target, judge
from benchmarks.works import PRESETS, WORKS, Peer, Preset

QUICK = Preset(sizes={}, rounds=1, limit_seconds=30, again_seconds=0)
CURVES = next(work for work in WORKS if work.name == "curves")
FEATURES = next(work for work in WORKS if work.name == "features")


def _silent(text):
    pass


def _run(work, size, folder, preset=QUICK):
    return {r.peer: r for r in run_work(work, size, preset=preset, folder=folder, say=_silent)}


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """A folder in which inputs are made once."""
    return tmp_path_factory.mktemp("bench")


def test_all_ways_of_making_features_agree(toy):
    """pandas, polars, hand-written SQL and ours give the same features of the same world."""
    found = _run(FEATURES, 4_000, toy)
    assert [peer for peer in found if found[peer].fault] == []
    assert set(found) == {peer.name for peer in FEATURES.peers}
    assert all(record.seconds > 0 for record in found.values())
    assert all(record.peak_mb > record.start_mb > 0 for record in found.values())


def test_no_time_is_told_of_a_wrong_answer(toy):
    """One number off in the eighth digit, a row too few, a table too few."""
    told = {
        "one_number_off": "incidence: won_share: 1 numbers differ",
        "one_row_short": "survival: 731 rows against 730",
        "one_table_short": "incidence: not answered",
    }
    wrong = [Peer(name=name, function=f"tests.benchmarks.wrong:{name}") for name in told]
    found = _run(replace(CURVES, peers=(CURVES.peers[0], *wrong)), 3_000, toy)
    for name, difference in told.items():
        assert found[name].seconds is None
        assert found[name].fault.startswith(f"{DIFFER}: {difference}")
    assert found["crm_analysis"].seconds is not None


def test_a_failing_or_endless_peer_stops_nobody(toy):
    peers = (
        CURVES.peers[0],
        Peer(name="failing", function="tests.benchmarks.wrong:failing"),
        Peer(name="endless", function="tests.benchmarks.wrong:endless"),
    )
    limit = replace(QUICK, limit_seconds=12)
    found = _run(replace(CURVES, peers=peers), 3_000, toy, limit)
    assert found["crm_analysis"].seconds is not None
    assert (found["failing"].seconds, found["failing"].fault) == (None, "MemoryError: no more")
    assert (found["endless"].seconds, found["endless"].stopped_after) == (None, 12)


def test_the_children_of_a_stopped_peer_end_with_it(tmp_path):
    task = Task("tests.benchmarks.wrong:endless", tmp_path, tmp_path / "answer")
    assert run_peer(task, limit_seconds=6, tree=True).stopped
    child = int((task.out / "child.pid").read_text())
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie"


def test_a_run_writes_its_report(tmp_path):
    """Table, picture and numbers; no place and no name of the machine."""
    assert main(["--preset", "tiny", "--only", "curves", "--out", str(tmp_path)]) == 0
    text = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert "table included: 3,000" in text
    assert "not complete" in text
    assert "| 3,000 | statsmodels |" in text
    told = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert {record["peer"] for record in told["records"]} == {peer.name for peer in CURVES.peers}
    assert (tmp_path / "growth.svg").read_text(encoding="utf-8").startswith("<?xml")
    for private in (str(Path.home()), str(tmp_path), platform.node()):
        assert private not in text


@pytest.mark.nightly
def test_the_whole_still_publishes_what_its_peer_is_compared_with(tmp_path):
    assert main(["--preset", "tiny", "--only", "whole", "--out", str(tmp_path)]) == 0


def _record(peer, seconds, *, size=10_000_000, work="features", peak_mb=500.0, **more):
    return Record(
        work=work, peer=peer, size=size, n_rows=size, seconds=seconds, first_seconds=seconds,
        peak_mb=peak_mb, start_mb=100.0, n_runs=1, **more,
    )  # fmt: skip


def _judged(kind, bound, records, **more):
    target = Target(work="features", size=10_000_000, kind=kind, bound=bound, **more)
    verdict = judge(target, records)
    return verdict.measured, verdict.reached


def test_targets_are_judged_by_their_bound():
    """Each kind on both sides of its bound."""
    both = [_record("crm_analysis", 2.0), _record("pandas", 8.0, peak_mb=1000.0)]
    assert _judged("times_faster", 4, both, peer="pandas") == (4.0, True)
    assert _judged("times_faster", 4.1, both, peer="pandas") == (4.0, False)
    assert _judged("times_slower", 0.25, both, peer="pandas") == (0.25, True)
    assert _judged("times_slower", 0.24, both, peer="pandas") == (0.25, False)
    assert _judged("less_memory", 2.1, both, peer="pandas") == (2.0, False)
    assert _judged("peak_gb", 0.48, both) == (500 / 1024, False)
    assert _judged("rise_gb", 0.4, both) == (400 / 1024, True)
    grown = [_record("crm_analysis", 0.2, size=1_000_000), *both]
    assert _judged("slope", 1.05, grown) == (pytest.approx(1.0), True)
    assert _judged("slope", 1.05, both) == (None, None)


def test_a_stopped_peer_shows_at_least_its_limit():
    """A lower bound can reach a target, but never miss it."""
    stopped = _record("pandas", None, fault="stopped after 30 s", stopped_after=30.0)
    records = [_record("crm_analysis", 2.0), stopped]
    assert _judged("times_faster", 10, records, peer="pandas") == (15.0, True)
    assert _judged("times_faster", 20, records, peer="pandas") == (15.0, None)


def test_a_wrong_answer_reaches_no_target():
    wrong = _record("pandas", None, fault=f"{DIFFER}: somewhere")
    assert _judged("times_faster", 1, [_record("crm_analysis", 2.0), wrong], peer="pandas") == (
        None,
        None,
    )


def _run_of(records, **more):
    return Run(
        preset_name="small", preset=QUICK, works=WORKS, records=tuple(records), machine={},
        versions={}, **{"commit": "", **more},
    )  # fmt: skip


def test_a_part_run_keeps_what_was_measured_before(tmp_path):
    """Records of one work and size are replaced, all others stay and say their commit."""
    old = [_record("crm_analysis", 2.0, size=size, commit="old") for size in (10, 20)]
    write_report(_run_of(old), tmp_path)
    kept = read_records(tmp_path, preset_name="small")
    assert kept == tuple(old)
    assert read_records(tmp_path, preset_name="full") == ()
    run = with_records(_run_of(kept, commit="new"), [_record("crm_analysis", 1.0, size=20)])
    assert [(one.size, one.seconds, one.commit) for one in run.records] == [
        (10, 2.0, "old"),
        (20, 1.0, "new"),
    ]
    assert "Measured at commit old." in report_text(run)


def test_another_size_is_told_as_such():
    records = [_record("crm_analysis", 2.0, size=1_000_000), _record("pandas", 9.0, size=1_000_000)]
    run = _run_of(records)
    line = next(row for row in report_text(run).splitlines() if "4 × as fast as pandas" in row)
    assert "4.5 at 1 M" in line
    assert "not run at 10 M; there: reached" in line
    assert "0 of" in report_text(run)


def test_each_target_names_a_work_and_peers_that_exist():
    peers = {work.name: {peer.name for peer in work.peers} for work in WORKS}
    for target in TARGETS:
        assert {target.of} | ({target.peer} - {""}) <= peers[target.work], target
        assert target.size in PRESETS["full"].sizes[target.work], target
    for preset in PRESETS.values():
        assert set(preset.sizes) == set(peers)


@pytest.mark.parametrize("module", [targets, answers, inputs])
def test_examples_in_docstrings(module):
    assert doctest.testmod(module).failed == 0
