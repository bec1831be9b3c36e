"""Start a peer in its own process, wait for it, and measure the memory of its whole tree."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.peer import Task

ROOT = Path(__file__).parents[1]
SAMPLE_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run of one peer.

    Parameters
    ----------
    seconds : float
        From files to frames, libraries already imported; of a stopped run the time it was given.
    peak_mb : float
        Highest memory of the process, or of the tree where it starts others.
    first_seconds : float
        The first time of asking in that process.
    start_mb : float
        Memory with libraries imported, before the work.
    fault : str
        Why there is no answer; "" where there is one.
    stopped : bool
        Whether the time limit ended it.
    """

    seconds: float
    peak_mb: float
    start_mb: float
    first_seconds: float = float("nan")
    fault: str = ""
    stopped: bool = False


def run_peer(task: Task, *, limit_seconds: float, tree: bool = False) -> Measured:
    """Run a peer to its end or to the time limit.

    Parameters
    ----------
    task : Task
        What to do; its folder `out` is made.
    limit_seconds : float
        After this time the process and its children are ended.
    tree : bool
        Sample the proportional memory of the process and its children instead of taking the
        highest resident memory of the process alone.
    """
    task.out.mkdir(parents=True, exist_ok=True)
    asked = task.out / "task.json"
    task.write(asked)
    with (task.out / "stderr.txt").open("w", encoding="utf-8") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "benchmarks.peer", str(asked)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
        )
        begun, highest = time.perf_counter(), 0.0
        try:
            while process.poll() is None and time.perf_counter() - begun < limit_seconds:
                if tree:
                    highest = max(highest, tree_mb(process.pid))
                time.sleep(SAMPLE_SECONDS if tree else 0.02)
        finally:
            stopped = process.poll() is None
            _end(process)
    if stopped:
        return Measured(
            seconds=limit_seconds, peak_mb=highest, start_mb=0.0, stopped=True,
            fault=f"stopped after {limit_seconds:.0f} s",
        )  # fmt: skip
    if process.returncode != 0:
        why = _why(process.returncode, task.out / "stderr.txt")
        return Measured(seconds=float("nan"), peak_mb=highest, start_mb=0.0, fault=why)
    told = json.loads((task.out / "measured.json").read_text(encoding="utf-8"))
    if tree:
        told["peak_mb"] = highest
    return Measured(**told)


def tree_mb(pid: int) -> float:
    """Return the memory of a process and all its children, shared pages counted once, in MB."""
    total = 0
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    for member in family:
        try:
            total += member.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total / 2**20


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process that was started here with all its children, also those in other groups."""
    if process.poll() is not None:
        return
    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        family = []
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for child in family:  # the signal to the group does not reach those in groups of their own
        with contextlib.suppress(psutil.NoSuchProcess):
            child.terminate()
    _, left = psutil.wait_procs(family, timeout=10)
    for child in left:
        child.kill()
    psutil.wait_procs(left, timeout=10)


def _why(code: int, stderr: Path) -> str:
    """Say in a few words why a peer failed: the last line it wrote, without places."""
    if code == -signal.SIGKILL:
        return "killed, probably out of memory"
    lines = stderr.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    last = lines[-1] if lines else f"ended with {code}"
    return last[:160].replace(str(Path.home()), "~").replace(str(ROOT), ".")
