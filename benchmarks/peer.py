"""One peer in one process: import, then answer under the clock, then write the answer down.

Decision: libraries are imported before the clock starts and the answer is put into its common form
after it stops. What is timed is the way from Parquet files to result frames. A short question is
asked a few times in the same process, as an analyst does; the best and the first time are kept.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Tables = Mapping[str, Any]

MOST_TIMES = 5
"""Asked so often in one process, a short question has had its chance."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a peer is asked.

    Parameters
    ----------
    function : str
        "module:function" of the peer; it takes this task and returns named frames.
    inputs : Path
        The folder of the Parquet files.
    out : Path
        Where the answer and `measured.json` go.
    options : mapping
        Further settings of the work, e.g. as_of or memory_limit.
    keys : mapping
        By table name, the columns whose order sorts it.
    again_seconds : float
        The question is asked again in the same process until so much time has gone; 0 asks once.
    """

    function: str
    inputs: Path
    out: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    keys: Mapping[str, list[str]] = field(default_factory=dict)
    again_seconds: float = 0.0

    def write(self, path: Path) -> None:
        """Write the task for the peer's process."""
        plain = {"function": self.function, "inputs": str(self.inputs), "out": str(self.out)}
        told = plain | {
            "options": dict(self.options), "keys": dict(self.keys),
            "again_seconds": self.again_seconds,
        }  # fmt: skip
        path.write_text(json.dumps(told), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Task:
        """Read the task in the peer's process."""
        told = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{**told, "inputs": Path(told["inputs"]), "out": Path(told["out"])})


def memory_mb() -> tuple[float, float]:
    """Return the memory of this process now and at its highest, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    found = dict(line.split(":", 1) for line in lines if line.startswith(("VmRSS", "VmHWM")))
    now, peak = (float(found[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return now, peak


def answer(task: Task) -> None:
    """Time one peer and write its answer."""
    module, name = task.function.split(":")
    work: Callable[[Task], Tables] = getattr(importlib.import_module(module), name)
    before, _ = memory_mb()
    seconds: list[float] = []
    while not seconds or (sum(seconds) < task.again_seconds and len(seconds) < MOST_TIMES):
        gc.collect()
        begun = time.perf_counter()
        tables = work(task)
        seconds.append(time.perf_counter() - begun)
    _, peak = memory_mb()
    measured = {"seconds": min(seconds), "first_seconds": seconds[0]}
    measured |= {"peak_mb": peak, "start_mb": before}
    for table, rows in tables.items():
        pq.write_table(_common(rows, task.keys.get(table, [])), task.out / f"{table}.parquet")
    (task.out / "measured.json").write_text(json.dumps(measured), encoding="utf-8")


def _common(rows: Any, keys: list[str]) -> pa.Table:  # noqa: ANN401 - pandas, polars or arrow
    """Turn a frame into a sorted table of texts and floats, whatever library made it."""
    if hasattr(rows, "to_arrow"):
        table = rows.to_arrow()
    else:
        table = pa.Table.from_pandas(rows, preserve_index=False)
    columns = {name: _plain(table[name]) for name in sorted(table.column_names)}
    plain = pa.table(columns)
    return plain.sort_by([(key, "ascending") for key in keys]) if keys else plain


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Keep texts as texts; all else becomes floats, dates as text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_temporal(kind):
        return column.cast(pa.date32()).cast(pa.string())
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if is_text or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    if pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    return column.cast(pa.float64())


if __name__ == "__main__":
    answer(Task.read(Path(sys.argv[1])))
