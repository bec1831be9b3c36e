"""An import that is killed at any moment leaves the store as before or complete."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from crm_analysis.state import CodeEntry, State

N, DAY = 20_000, date(2026, 3, 31)
ROOT = Path(__file__).parents[2]
# Dies by its own hand after so many thousand steps of SQLite, or is killed from outside.
CHILD = """
import os, signal, sqlite3, sys
from datetime import date
steps = int(sys.argv[2])
connect, done = sqlite3.connect, 0
def step():
    global done
    done += 1
    if done == steps:
        os.kill(os.getpid(), signal.SIGKILL)
def dying(*given, **named):
    connection = connect(*given, **named)
    if steps:
        connection.set_progress_handler(step, 1000)
    return connection
sqlite3.connect = dying
from crm_analysis.state import CodeEntry, State
day = date(2026, 3, 31)
entries = [
    CodeEntry(reason_id=f"Y{n}", coder="code_a", codes="speed", recorded_at=day)
    for n in range(int(sys.argv[3]))
]
print("ready", flush=True)
State.at(sys.argv[1]).add_codes(entries, codebook="1")
print(done, flush=True)
"""


def start(folder: Path, *, steps: int = 0) -> subprocess.Popen[str]:
    """Start an import in a process of its own and wait until it is about to write."""
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), str(steps), str(N)],
        stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def before(folder: Path, *, empty: bool) -> dict:
    """Store one code first, unless the killed import is the state's first."""
    if not empty:
        old = CodeEntry(reason_id="old", coder="code_a", codes="price", recorded_at=DAY)
        State.at(folder).add_codes([old], codebook="1")
    return State.at(folder).codes(DAY)


def judge(folder: Path, had: dict) -> bool:
    """Check what a killed import left and that the next one completes it; True where complete."""
    state = State.at(folder)
    complete = {**had, **{(f"Y{n}", "code_a"): "speed" for n in range(N)}}
    left = state.codes(DAY)
    assert left in (had, complete)
    entries = [
        CodeEntry(reason_id=key[0], coder="code_a", codes=codes, recorded_at=DAY)
        for key, codes in complete.items()
    ]
    added = state.add_codes(entries, codebook="1")
    assert added.n_stored == (0 if left == complete else N)
    assert state.codes(DAY) == complete
    return left == complete


def kill_after_steps(folder: Path, steps: int, *, empty: bool) -> None:
    """Let the import die after so many thousand steps."""
    had = before(folder, empty=empty)
    process = start(folder, steps=steps)
    process.communicate()
    assert process.returncode in (0, -signal.SIGKILL)
    assert judge(folder, had) == (process.returncode == 0)


def kill_after_seconds(folder: Path, seconds: float) -> None:
    """Kill the import from outside, wherever it is then."""
    had = before(folder, empty=False)
    process = start(folder)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    judge(folder, had)


def test_an_undisturbed_import_takes_more_steps_than_those_at_which_it_is_killed(tmp_path):
    told, _ = start(tmp_path, steps=10**9).communicate()
    assert int(told) > 400


@pytest.mark.parametrize(("steps", "empty"), [(1, True), (150, True), (300, False)])
def test_a_killed_import_leaves_all_or_nothing(tmp_path, steps, empty):
    kill_after_steps(tmp_path, steps, empty=empty)


def test_an_import_killed_from_outside_leaves_all_or_nothing(tmp_path):
    kill_after_seconds(tmp_path, 0.05)


@pytest.mark.nightly
@pytest.mark.parametrize("empty", [True, False])
@pytest.mark.parametrize("steps", range(5, 500, 25))
def test_a_killed_import_leaves_all_or_nothing_at_any_step(tmp_path, steps, empty):
    kill_after_steps(tmp_path, steps, empty=empty)


@pytest.mark.nightly
@pytest.mark.parametrize("moment", range(60))
def test_an_import_killed_from_outside_leaves_all_or_nothing_at_any_moment(tmp_path, moment):
    kill_after_seconds(tmp_path, moment * 0.005)
