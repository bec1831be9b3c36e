"""What the package is to reach beside its peers, and whether one run shows it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.runner import Record

OURS = "crm_analysis"
SMALL_MEMORY = "crm_analysis, memory_limit=1GB"
RUN = "crm-analysis run, every notebook"
PIPELINE = "pandas + lifelines pipeline"

Kind = Literal[
    "times_faster", "times_slower", "peak_gb", "rise_gb", "less_memory", "slope", "minutes"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One bound; `peer` is whom we are measured against, `of` whose time or memory it is.

    Parameters
    ----------
    kind : str
        times_faster (theirs / ours, at least), times_slower (ours / theirs, at most), peak_gb
        (of the process or tree, at most), rise_gb (over the start of the process, at most),
        less_memory (theirs / ours, at least), slope (log time over log rows from the size before,
        at most), minutes (at most).
    """

    work: str
    size: int
    kind: Kind
    bound: float
    peer: str = ""
    of: str = OURS


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A target with what was measured: at its own size, or at the largest that was run."""

    target: Target
    size: int | None
    measured: float | None
    reached: bool | None
    note: str = ""


def _against(
    work: str, size: int, *, faster: dict[str, float], peak_gb: float | None = None
) -> list[Target]:
    rows = [
        Target(work=work, size=size, kind="times_faster", bound=bound, peer=peer)
        for peer, bound in faster.items()
    ]
    if peak_gb is not None:
        rows.append(Target(work=work, size=size, kind="peak_gb", bound=peak_gb))
    return rows


M = 1_000_000
TARGETS: tuple[Target, ...] = (
    *_against("features", 10 * M, faster={"pandas": 4, "polars": 1.1}, peak_gb=1.0),
    Target(
        work="features", size=10 * M, kind="times_slower", bound=1.3, peer="hand-written DuckDB SQL"
    ),
    *_against("features", 50 * M, faster={"pandas": 5, "polars": 1.5}, peak_gb=2.0),
    Target(work="features", size=50 * M, kind="slope", bound=1.05),
    Target(
        work="features", size=50 * M, kind="times_slower", bound=1.3, peer=OURS, of=SMALL_MEMORY
    ),
    *_against(
        "curves",
        10 * M,
        faster={
            "lifelines": 20, "lifelines, Kaplan–Meier alone": 20, "statsmodels": 30,
            "scikit-survival": 100,
        },
    ),
    Target(work="curves", size=10 * M, kind="rise_gb", bound=0.2),
    *_against("cox_categories", 10 * M, faster={"lifelines": 100}, peak_gb=0.5),
    *_against("cox_continuous", M, faster={"lifelines": 5, "statsmodels PHReg": 10}),
    Target(work="cox_continuous", size=M, kind="less_memory", bound=1.5, peer="lifelines"),
    Target(work="cox_continuous", size=M, kind="less_memory", bound=1.5, peer="statsmodels PHReg"),
    Target(work="whole", size=M, kind="minutes", bound=15, of=RUN),
    Target(work="whole", size=M, kind="peak_gb", bound=4, of=RUN),
    Target(work="whole", size=M, kind="times_faster", bound=10, peer=PIPELINE),
)  # fmt: skip


def judge(target: Target, records: Sequence[Record]) -> Verdict:
    """Measure a target at its own size; else at the largest size that was run, as a hint.

    Examples
    --------
    >>> blank = dict(work="curves", size=10, n_rows=10, first_seconds=None, peak_mb=0.0,
    ...     start_mb=0.0, n_runs=1)
    >>> records = [Record(peer="crm_analysis", seconds=0.5, **blank),
    ...     Record(peer="statsmodels", seconds=20.0, **blank)]
    >>> target = Target(work="curves", size=10, kind="times_faster", bound=30, peer="statsmodels")
    >>> verdict = judge(target, records)
    >>> verdict.measured, verdict.reached
    (40.0, True)
    """
    own = {(record.size, record.peer): record for record in records if record.work == target.work}
    sizes = sorted({size for size, _ in own})
    if not sizes:
        return Verdict(target=target, size=None, measured=None, reached=None, note="not run")
    size = target.size if target.size in sizes else sizes[-1]
    ours = own.get((size, target.of))
    theirs = own.get((size, target.peer)) if target.peer else None
    if ours is None or ours.seconds is None:
        fault = "not run" if ours is None else ours.fault
        return Verdict(target=target, size=size, measured=None, reached=None, note=fault)
    if target.kind == "slope":
        before = [
            own[(less, target.of)] for less in sizes if less < size and (less, target.of) in own
        ]
        return _judged(target, size, slope(before[-1], ours) if before else None, "one size only")
    if not target.peer:
        return _judged(target, size, _own_size(target.kind, ours), "")
    if theirs is None:
        return Verdict(target=target, size=size, measured=None, reached=None, note="peer not run")
    return _beside(target, size, ours, theirs)


def slope(small: Record, large: Record) -> float | None:
    """Return the growth of time with rows on log axes: 1 is proportional."""
    if not small.seconds or not large.seconds or small.n_rows == large.n_rows:
        return None
    return math.log(large.seconds / small.seconds) / math.log(large.n_rows / small.n_rows)


def _own_size(kind: Kind, ours: Record) -> float:
    sizes = {
        "peak_gb": ours.peak_mb / 1024,
        "rise_gb": (ours.peak_mb - ours.start_mb) / 1024,
        "minutes": (ours.seconds or 0.0) / 60,
    }
    return sizes[kind]


def _beside(target: Target, size: int, ours: Record, theirs: Record) -> Verdict:
    if target.kind == "less_memory":
        return _judged(target, size, theirs.peak_mb / ours.peak_mb, theirs.fault)
    seconds = theirs.seconds
    if seconds is None and theirs.stopped_after is not None and target.kind == "times_faster":
        least = theirs.stopped_after / (ours.seconds or math.inf)
        reached = True if least >= target.bound else None
        return Verdict(
            target=target, size=size, measured=least, reached=reached,
            note="at least: the peer was stopped, its answer not compared",
        )  # fmt: skip
    if seconds is None or ours.seconds is None:
        return Verdict(target=target, size=size, measured=None, reached=None, note=theirs.fault)
    faster = seconds / ours.seconds
    return _judged(target, size, faster if target.kind == "times_faster" else 1 / faster, "")


def _judged(target: Target, size: int, measured: float | None, note: str) -> Verdict:
    if measured is None:
        return Verdict(target=target, size=size, measured=None, reached=None, note=note)
    at_least = target.kind in ("times_faster", "less_memory")
    reached = measured >= target.bound if at_least else measured <= target.bound
    return Verdict(target=target, size=size, measured=measured, reached=reached)
