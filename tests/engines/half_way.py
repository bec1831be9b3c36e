"""A run of small notebooks of which one reads its source after something happened half-way."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from crm_analysis.report.run import run
from tests.report import tiny

NOTEBOOK = "10_failure_causes"
_READ = """
import pathlib
from crm_analysis.source import collect, load
{before}pathlib.Path({begun!r}).touch()
while not pathlib.Path({go!r}).exists():
    time.sleep(0.05)
{after}customers = known.table("customers")
size = int(collect(customers.aggregate(n=customers.count()))["n"][0])
"""
_LOAD = "known = load(source, as_of=as_of, results_dir=results_dir)\n"


def run_while(
    base: Path, source: str, act: Callable[[], object], *, loaded: bool = False
) -> Path | None:
    """Run notebooks and do `act` while one of them works; return the published folder.

    Parameters
    ----------
    loaded : bool
        True where that notebook has opened the source before `act`, and asks it for rows after.
    """
    folder = tiny.notebooks(base / "notebooks")
    begun, go = base / "begun", base / "go"
    file = folder / f"{NOTEBOOK}.ipynb"
    code = _READ.format(
        begun=str(begun), go=str(go),
        before=_LOAD if loaded else "", after="" if loaded else _LOAD,
    )  # fmt: skip
    code = code.strip().replace('"', '\\"').replace("\n", "\\n")
    sleep = "time.sleep(wait_seconds)"
    text = file.read_text(encoding="utf-8")
    assert sleep in text
    file.write_text(text.replace(sleep, code), encoding="utf-8")

    def act_half_way() -> None:
        while not begun.exists():
            time.sleep(0.05)
        act()
        go.touch()

    threading.Thread(target=act_half_way, daemon=True).start()
    published = run(tiny.request(base, source=source, only=(NOTEBOOK,)), tell=lambda _line: None)
    assert not published.failed
    return published.folder


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Fail a test that hangs."""

    def stop(_number: int, _frame: object) -> None:
        raise AssertionError(f"not done in {seconds} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
