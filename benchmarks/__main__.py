"""The command behind `make bench`: run a preset, write benchmarks/results.md as it goes."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.machine import commit, machine_facts, versions
from benchmarks.report import Run, write_report
from benchmarks.runner import DIFFER, Record, run_work
from benchmarks.targets import OURS
from benchmarks.works import PRESETS, WORKS

HERE = Path(__file__).parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; 1 where an answer of ours is missing or a peer's differs, else 0."""
    asked = _parser().parse_args(arguments)
    preset = PRESETS[asked.preset]
    works = tuple(work for work in WORKS if not asked.only or work.name in asked.only.split(","))
    if not works:
        known = ", ".join(work.name for work in WORKS)
        sys.stderr.write(f"--only {asked.only}: allowed are {known}\n")
        return 2
    run = Run(
        preset_name=asked.preset,
        preset=preset,
        works=WORKS,
        records=(),
        machine=machine_facts(),
        versions=versions(),
        commit=commit(),
        complete=False,
    )
    with tempfile.TemporaryDirectory(prefix="bench-") as fresh:
        folder = Path(asked.work or fresh)
        for work in works:
            for size in preset.sizes[work.name]:
                found = run_work(work, size, preset=preset, folder=folder, say=_say)
                run = replace(run, records=(*run.records, *found))
                write_report(run, asked.out)
    run = replace(run, complete=works == WORKS)
    write_report(run, asked.out)
    wrong = [one for one in run.records if one.fault.startswith(DIFFER) or _is_ours_lost(one)]
    for record in wrong:
        _say(f"{record.work} {record.size:,} {record.peer}: {record.fault}")
    return 1 if wrong else 0


def _is_ours_lost(record: Record) -> bool:
    return bool(record.fault) and record.peer.startswith(OURS)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--preset", choices=sorted(PRESETS), default="small")
    parser.add_argument("--only", default="", help="works, by comma")
    parser.add_argument("--out", type=Path, default=HERE, help="where results.md goes")
    parser.add_argument("--work", default="", help="a folder for inputs, kept; default: temporary")
    return parser


if __name__ == "__main__":
    sys.exit(main())
