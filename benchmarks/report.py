"""Write what was measured: results.md for people, results.json for programs, the picture."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.drawing import draw
from benchmarks.runner import Record
from benchmarks.targets import TARGETS, Target, Verdict, judge, slope
from benchmarks.works import Preset, Work

PICTURE = "growth.svg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """All that one run of the benchmarks has to tell."""

    preset_name: str
    preset: Preset
    works: tuple[Work, ...]
    records: tuple[Record, ...]
    machine: Mapping[str, str]
    versions: Mapping[str, str]
    commit: str

    @property
    def complete(self) -> bool:
        """Whether every work ran at all its sizes."""
        ran = {(record.work, record.size) for record in self.records}
        return all(
            (name, size) in ran for name, sizes in self.preset.sizes.items() for size in sizes
        )


def with_records(run: Run, found: Sequence[Record]) -> Run:
    """Add records, in place of earlier ones of the same work and size; stamp them."""
    new = [replace(record, commit=run.commit) for record in found]
    places = {(record.work, record.size) for record in new}
    kept = [record for record in run.records if (record.work, record.size) not in places]
    return replace(run, records=(*kept, *new))


def read_records(folder: Path, *, preset_name: str) -> tuple[Record, ...]:
    """Read what an earlier run of the same preset measured; nothing where there is none."""
    path = folder / "results.json"
    told = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if told.get("preset") != preset_name:
        return ()
    return tuple(Record(**record) for record in told["records"])


def write_report(run: Run, folder: Path) -> None:
    """Write results.md, results.json and the picture of a run, complete or not."""
    folder.mkdir(parents=True, exist_ok=True)
    draw(run.records, run.works, folder / PICTURE)
    (folder / "results.md").write_text(report_text(run), encoding="utf-8")
    told = {
        "preset": run.preset_name,
        "complete": run.complete,
        "commit": run.commit,
        "machine": dict(run.machine),
        "versions": dict(run.versions),
        "records": [asdict(record) for record in run.records],
    }
    text = json.dumps(told, indent=1, ensure_ascii=False, default=str)
    (folder / "results.json").write_text(text + "\n", encoding="utf-8")


def report_text(run: Run) -> str:
    """Return results.md."""
    parts = [_head(run), _targets(run)]
    for work in run.works:
        parts.append(_work(run, work))
    return "\n\n".join(parts) + "\n"


def _head(run: Run) -> str:
    facts = " · ".join(f"{name}: {value}" for name, value in run.machine.items())
    packages = " · ".join(f"{name} {value}" for name, value in run.versions.items())
    whole = (
        ""
        if run.complete
        else "\n**This run is not complete**: the sizes that are missing below were not run.\n"
    )
    sizes = "; ".join(
        f"{work.title}: {', '.join(_rows(size) for size in _sizes(run, work)) or 'not run'}"
        for work in run.works
    )
    return f"""# The package beside its peers

Made by `make bench PRESET={run.preset_name}`, not by hand; commit {run.commit or "unknown"}.
{whole}
Sizes that ran: {sizes}.

* Each peer runs in a process of its own, in alternating order: up to {run.preset.rounds} of them,
  one where a run takes over {run.preset.once_above_seconds:.0f} s. The best time counts,
  from Parquet files to result frames; libraries are imported before. “First” is the first time
  of asking in a fresh process.
* Memory is the highest resident memory of the process, libraries included; for runs with
  processes of their own the proportional memory of the whole tree. “Rise” is that above the start.
* Answers are compared before times are: where one differs from ours, no time is told.
* Absolute times are of this machine; ratios are of one run on it.

{facts}

{packages}

![Time and memory by rows, on log axes]({PICTURE})"""


def _targets(run: Run) -> str:
    titles = {work.name: work.title for work in run.works}
    verdicts = [judge(target, run.records) for target in TARGETS if target.work in titles]
    rows = [
        (
            titles[verdict.target.work], _rows(verdict.target.size), _bound(verdict.target),
            _measured(verdict), _told(verdict),
        )
        for verdict in verdicts
    ]  # fmt: skip
    own = [v for v in verdicts if v.size == v.target.size]
    n = sum(v.reached is True for v in own)
    n_missed = sum(v.reached is False for v in own)
    head = (
        f"## Targets\n\n{n} of {len(verdicts)} targets are reached at their own size in this run; "
        f"{n_missed} are missed, {len(verdicts) - n - n_missed} were not measured at their size."
    )
    return head + "\n\n" + _table(("work", "at", "target", "measured", "verdict"), rows)


def _work(run: Run, work: Work) -> str:
    own = [record for record in run.records if record.work == work.name]
    rows = []
    for size in _sizes(run, work):
        there = [record for record in own if record.size == size]
        ours = there[0].seconds
        for record in there:
            rows.append(_row(record, ours, own))
    head = ("rows", "peer", "seconds", "first", "× ours", "peak MB", "rise MB", "slope", "")
    notes = [f"* {peer.name}: {peer.note}." for peer in work.peers if peer.note]
    table = _table(head, rows) if rows else "Not run."
    commits = sorted({record.commit for record in own} - {run.commit, ""})
    stamp = f"Measured at commit {', '.join(commits)}." if commits else ""
    return "\n\n".join(filter(None, (f"## {work.title}", stamp, table, "\n".join(notes))))


def _row(record: Record, ours: float | None, own: Sequence[Record]) -> tuple[str, ...]:
    smaller = [other for other in own if other.peer == record.peer and other.n_rows < record.n_rows]
    grown = slope(max(smaller, key=lambda other: other.n_rows), record) if smaller else None
    ratio = record.seconds / ours if record.seconds and ours else None
    return (
        f"{record.n_rows:,}",
        record.peer,
        _number(record.seconds),
        _number(record.first_seconds),
        _number(ratio),
        f"{record.peak_mb:,.0f}" if record.peak_mb else "–",
        f"{record.peak_mb - record.start_mb:,.0f}" if record.peak_mb and record.start_mb else "–",
        _number(grown),
        record.fault,
    )


def _sizes(run: Run, work: Work) -> list[int]:
    return sorted({record.size for record in run.records if record.work == work.name})


def _bound(target: Target) -> str:
    of = "" if target.of == "crm_analysis" else f" ({target.of})"
    words = {
        "times_faster": f"≥ {target.bound:g} × as fast as {target.peer}",
        "times_slower": f"≤ {target.bound:g} × the time of {target.peer}",
        "peak_gb": f"≤ {target.bound:g} GB",
        "rise_gb": f"≤ {target.bound:g} GB over the engine's start",
        "less_memory": f"≥ {target.bound:g} × less memory than {target.peer}",
        "slope": f"log–log slope ≤ {target.bound:g} from the size before",
        "minutes": f"≤ {target.bound:g} min",
    }
    return words[target.kind] + of


def _measured(verdict: Verdict) -> str:
    if verdict.measured is None:
        return "–"
    at = "" if verdict.size == verdict.target.size else f" at {_rows(verdict.size or 0)}"
    return f"{_number(verdict.measured)}{at}"


def _told(verdict: Verdict) -> str:
    words = {True: "reached", False: "**missed**", None: verdict.note or "not told"}
    word = words[verdict.reached]
    if verdict.reached is not None and verdict.note:
        word += f" ({verdict.note})"
    if verdict.size is not None and verdict.size != verdict.target.size:
        return f"not run at {_rows(verdict.target.size)}; there: {word}"
    return word


def _rows(n: int) -> str:
    return f"{n / 1e6:g} M" if n >= 1_000_000 else f"{n:,}"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
