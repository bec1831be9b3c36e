"""The command behind `make bench`: run a preset, write benchmarks/results.md as it goes."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.machine import commit, machine_facts, versions
from benchmarks.report import Run, read_records, with_records, write_report
from benchmarks.runner import DIFFER, Record, run_work
from benchmarks.targets import OURS
from benchmarks.works import PRESETS, WORKS

HERE = Path(__file__).parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; 1 where an answer of ours is missing or a peer's differs, else 0."""
    asked = _parser().parse_args(arguments)
    wanted = asked.only.split(",") if asked.only else [work.name for work in WORKS]
    unknown = set(wanted) - {work.name for work in WORKS}
    if unknown:
        known = ", ".join(work.name for work in WORKS)
        _say(f"--only {asked.only}: allowed are {known}")
        return 2
    run = _begun(asked)
    with tempfile.TemporaryDirectory(prefix="bench-") as fresh:
        folder = Path(asked.work or fresh)
        for work in (work for work in WORKS if work.name in wanted):
            for size in run.preset.sizes[work.name]:
                if asked.largest and size > asked.largest:
                    continue
                found = run_work(work, size, preset=run.preset, folder=folder, say=_say)
                run = with_records(run, found)
                write_report(run, asked.out)
    wrong = [one for one in run.records if one.fault.startswith(DIFFER) or _is_ours_lost(one)]
    for record in wrong:
        _say(f"{record.work} {record.size:,} {record.peer}: {record.fault}")
    return 1 if wrong else 0


def _begun(asked: argparse.Namespace) -> Run:
    """Begin anew, or with what an earlier run of the same preset measured of other works."""
    preset = PRESETS[asked.preset]
    if asked.limit_seconds:
        preset = replace(preset, limit_seconds=asked.limit_seconds)
    earlier = read_records(asked.out, preset_name=asked.preset) if asked.only else ()
    return Run(
        preset_name=asked.preset,
        preset=preset,
        works=WORKS,
        records=earlier,
        machine=machine_facts(),
        versions=versions(),
        commit=commit(),
    )


def _is_ours_lost(record: Record) -> bool:
    return bool(record.fault) and record.peer.startswith(OURS)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--preset", choices=sorted(PRESETS), default="small")
    parser.add_argument("--only", default="", help="works, by comma; other works' results stay")
    parser.add_argument("--largest", type=int, default=0, help="leave out larger sizes")
    parser.add_argument("--limit-seconds", type=float, default=0, help="stop a peer after that")
    parser.add_argument("--out", type=Path, default=HERE, help="where results.md goes")
    parser.add_argument("--work", default="", help="a folder for inputs, kept; default: temporary")
    return parser


if __name__ == "__main__":
    sys.exit(main())
