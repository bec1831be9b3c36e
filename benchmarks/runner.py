"""Run the peers of each work side by side: alternating order, answers before times."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.answers import difference
from benchmarks.peer import Task
from benchmarks.process import Measured, run_peer
from benchmarks.survival.inputs import write_categories, write_continuous
from benchmarks.works import Peer, Preset, Work
from benchmarks.worlds import (
    FEATURE_EVENTS_PER_CUSTOMER,
    FEATURE_TABLES,
    as_of_day,
    count_rows,
    write_views,
    write_world,
)

LANDMARK_DAYS = 14
DIFFER = "answers differ"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The best of several runs of one peer at one size.

    Parameters
    ----------
    work, peer : str
        Their names.
    size : int
        As declared; `n_rows` are the rows really there.
    seconds, first_seconds : float or None
        Best time, and the best of first times in a fresh process; None where no time is told.
    peak_mb, start_mb : float
        Highest memory of any run, and where that run began.
    n_runs : int
        How often it was started.
    fault : str
        Why no time is told: the answers differ, it failed, or it was stopped.
    stopped_after : float or None
        The time limit that ended it: its time is at least that.
    commit : str
        What was timed.
    """

    work: str
    peer: str
    size: int
    n_rows: int
    seconds: float | None
    first_seconds: float | None
    peak_mb: float
    start_mb: float
    n_runs: int
    fault: str = ""
    stopped_after: float | None = None
    commit: str = ""


def run_work(work: Work, size: int, *, preset: Preset, folder: Path, say: Say) -> list[Record]:
    """Time every peer of one work at one size.

    Parameters
    ----------
    work : Work
        The question and its peers.
    size : int
        Rows or customers to make.
    preset : Preset
        How often and how long.
    folder : Path
        For inputs and answers; inputs made before are taken again.
    say : callable
        Told of each run as it ends.
    """
    inputs, n_rows, options = make_inputs(work, size, folder=folder)
    peers = [peer for peer in work.peers if not peer.largest or size <= peer.largest]
    runs: dict[str, list[Measured]] = {peer.name: [] for peer in peers}
    faults: dict[str, str] = {}
    for turn in range(preset.rounds):
        for peer in peers if turn % 2 == 0 else reversed(peers):
            if not _once_more(runs[peer.name], preset):
                continue
            out = folder / "answers" / f"{work.name}-{peers.index(peer)}-{turn}"
            shutil.rmtree(out, ignore_errors=True)
            task = Task(
                function=peer.function,
                inputs=inputs,
                out=out,
                options={**options, **peer.options},
                keys=work.keys,
                again_seconds=0.0 if peer.tree else preset.again_seconds,
            )
            found = run_peer(task, limit_seconds=preset.limit_seconds, tree=peer.tree)
            runs[peer.name].append(found)
            say(f"{work.name} {size:,} {peer.name}: {found.fault or f'{found.seconds:.2f} s'}")
        if turn == 0:
            faults = _compared(work, peers, runs, folder)
    shutil.rmtree(folder / "answers", ignore_errors=True)
    return [
        _best(runs[peer.name], Record(
            work=work.name, peer=peer.name, size=size, n_rows=n_rows, seconds=None,
            first_seconds=None, peak_mb=0.0, start_mb=0.0, n_runs=len(runs[peer.name]),
            fault=faults.get(peer.name, ""),
        ))
        for peer in peers
    ]  # fmt: skip


def make_inputs(work: Work, size: int, *, folder: Path) -> tuple[Path, int, Mapping[str, Any]]:
    """Make the files of a work, or find them made; return folder, rows and options."""
    place = folder / "inputs" / f"{work.inputs}-{size}"
    makers = {"views": _views, "world": _world}
    make = makers.get(work.inputs, _spells)
    return make(place, size)


def _views(place: Path, size: int) -> tuple[Path, int, Mapping[str, Any]]:
    world, views = place / "world", place / "views"
    if not views.exists():
        write_world(world, customers=size // FEATURE_EVENTS_PER_CUSTOMER)
        write_views(world, views)
        for path in world.glob("*.parquet"):
            path.unlink()
    options = {"as_of": str(as_of_day(world)), "landmark_days": LANDMARK_DAYS}
    _warm(views)
    return views, count_rows(views, ("interactions", "order_lines")), options


def _world(place: Path, size: int) -> tuple[Path, int, Mapping[str, Any]]:
    if not place.exists():
        write_world(place, customers=size)
    _warm(place)
    events = count_rows(place, (*FEATURE_TABLES[1::2], "assessments"))
    return place, events, {"as_of": str(as_of_day(place))}


def _spells(place: Path, size: int) -> tuple[Path, int, Mapping[str, Any]]:
    path = place / "spells.parquet"
    if not path.exists():
        place.mkdir(parents=True)
        write = write_continuous if place.name.startswith("cox_continuous") else write_categories
        write(path, size)
    _warm(place)
    return place, size, {}


def _warm(place: Path) -> None:
    """Read the files once, so that nobody pays for the first reading from disk."""
    for path in sorted(place.glob("*.parquet")):
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass


def _once_more(done: list[Measured], preset: Preset) -> bool:
    """Say whether a peer is started again: not after a fault, and a slow one only once."""
    return not done or (not done[-1].fault and done[-1].seconds < preset.once_above_seconds)


def _compared(
    work: Work, peers: list[Peer], runs: Mapping[str, list[Measured]], folder: Path
) -> dict[str, str]:
    """Compare the first answer of each peer with ours; return who differs, and where."""
    places = {
        peer.name: folder / "answers" / f"{work.name}-{place}-0" for place, peer in enumerate(peers)
    }
    faults = dict(_failed(runs))
    ours = peers[0]
    for peer in peers[1:]:
        if peer.name in faults:
            continue
        if ours.name in faults:
            faults[peer.name] = "not compared: there is no answer of ours"
            continue
        found = difference(
            places[ours.name], places[peer.name], rtol=peer.rtol, loose=peer.loose,
            tables=peer.tables, at_least=work.at_least,
        )  # fmt: skip
        if found:
            faults[peer.name] = f"{DIFFER}: {found}"
    return faults


def _failed(runs: Mapping[str, list[Measured]]) -> Iterator[tuple[str, str]]:
    for name, done in runs.items():
        if done and done[0].fault:
            yield name, done[0].fault


def _best(done: list[Measured], blank: Record) -> Record:
    """Take the best time and the highest peak; no time where the answer is faulty."""
    stopped = next((run.seconds for run in done if run.stopped), None)
    most = max(done, key=lambda run: run.peak_mb)
    record = replace(blank, peak_mb=most.peak_mb, start_mb=most.start_mb, stopped_after=stopped)
    good = [run for run in done if not run.fault]
    if blank.fault or not good:
        return record
    return replace(
        record,
        seconds=min(run.seconds for run in good),
        first_seconds=min(run.first_seconds for run in good),
    )
