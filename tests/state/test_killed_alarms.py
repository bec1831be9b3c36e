"""Twenty at once and a hundred killed: nothing said is lost, doubled or half there."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from crm_analysis.state import State
from tests.state.alarms import EVER, MARCH, alarm

N = 3000
N_PROCESSES = 20
ROOT = Path(__file__).parents[2]
# Dies by its own hand after so many hundred steps of SQLite, or is killed from outside.
KILLED = """
import os, signal, sqlite3, sys
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
        connection.set_progress_handler(step, 100)
    return connection
sqlite3.connect = dying
from crm_analysis.state import State
from tests.state.alarms import alarm
said = [alarm(f"L{n}") for n in range(int(sys.argv[3]))]
print("ready", flush=True)
State.at(sys.argv[1]).add_alarms(said)
print(done, flush=True)
"""
# Each of many processes writes days that overlap with those of its neighbours.
TOGETHER = """
import os, sys
from datetime import timedelta
from crm_analysis.state import State
from tests.state.alarms import MARCH, a_round, alarm
state = State.at(sys.argv[1])
gate, opens = os.pipe()
children = []
for number in range(int(sys.argv[2])):
    child = os.fork()
    if not child:
        os.close(opens)
        os.read(gate, 1)
        for day in (MARCH + timedelta(days=number + step) for step in range(3)):
            state.prepare()
            said = [a_round(day), *(alarm(f"L{n}", day) for n in range(40))]
            state.add_alarms(said)
        os._exit(0)
    children.append(child)
os.close(opens)
sys.exit(any(os.waitpid(child, 0)[1] for child in children))
"""


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True,
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
    )  # fmt: skip


def killed(folder: Path, *, steps: int = 0) -> subprocess.Popen[str]:
    """Start to write alarms in a process of its own, and wait until it is about to."""
    process = python(KILLED, folder, steps, N)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def judge(folder: Path) -> None:
    """Check that all is there or nothing, and that writing it again makes it whole, once."""
    state = State.at(folder)
    state.prepare()
    left = len(state.alarms(EVER).alarms)
    assert left in (0, N)
    assert state.add_alarms([alarm(f"L{n}") for n in range(N)]).n_stored == N - left
    found = state.alarms(EVER).alarms
    assert (len(found), found["name"].nunique()) == (N, N)
    state.prepare()


def kill_after_steps(folder: Path, steps: int) -> None:
    process = killed(folder, steps=steps)
    process.communicate()
    assert process.returncode in (0, -signal.SIGKILL)
    judge(folder)


def kill_after_seconds(folder: Path, seconds: float) -> None:
    process = killed(folder)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    judge(folder)


def test_an_undisturbed_writing_takes_more_steps_than_those_at_which_it_is_killed(tmp_path):
    told, _ = killed(tmp_path, steps=10**9).communicate()
    assert int(told) > 1500


@pytest.mark.parametrize("steps", [2, 700])
def test_killed_while_it_writes_it_leaves_all_or_nothing(tmp_path, steps):
    kill_after_steps(tmp_path, steps)


def test_killed_from_outside_it_leaves_all_or_nothing(tmp_path):
    kill_after_seconds(tmp_path, 0.05)


@pytest.mark.nightly
@pytest.mark.parametrize("steps", range(1, 1500, 30))
def test_killed_while_it_writes_it_leaves_all_or_nothing_at_any_step(tmp_path, steps):
    kill_after_steps(tmp_path, steps)


@pytest.mark.nightly
@pytest.mark.parametrize("moment", range(50))
def test_killed_from_outside_it_leaves_all_or_nothing_at_any_moment(tmp_path, moment):
    kill_after_seconds(tmp_path, moment * 0.003)


def test_twenty_at_once_lose_and_double_nothing(tmp_path):
    process = python(TOGETHER, tmp_path, N_PROCESSES)
    process.communicate()
    assert process.returncode == 0
    state = State.at(tmp_path)
    assert state.prepare()["open_deal"] == MARCH + timedelta(days=N_PROCESSES + 1)
    book = state.alarms(EVER)
    n_days = N_PROCESSES + 2
    assert len(book.rounds) == book.rounds["raised"].nunique() == n_days
    assert book.alarms.groupby("raised").size().tolist() == [40] * n_days
    assert not book.alarms.duplicated(["kind", "subject", "raised"]).any()
