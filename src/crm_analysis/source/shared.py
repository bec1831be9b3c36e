"""Frames that one notebook of a run has drawn from the engine, read by the next.

A frame is found by the digest of what was known and of the statement that draws it. Two notebooks
that want the same frame at once draw it once: the second waits for the first.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.feather as feather
from ibis.backends import BaseBackend

_WORTH_SECONDS = 0.05  # what is drawn quicker than this is drawn again
_shared: dict[int, SharedFrames] = {}


@dataclass(frozen=True, slots=True)
class SharedFrames:
    """The frames of one run: their folder, and the fingerprint of what they are drawn from."""

    folder: Path
    fingerprint: str

    def draw(self, statement: str, draw: Callable[[], pa.Table]) -> pa.Table:
        """Return the frame of a statement: the one that lies there, else a new one.

        Parameters
        ----------
        statement : str
            The compiled SQL.
        draw : callable
            Draws the frame where no notebook has done so yet.
        """
        digest = hashlib.sha256(f"{self.fingerprint}\n{statement}".encode()).hexdigest()
        file = self.folder / f"{digest}.arrow"
        if file.is_file():
            return feather.read_table(file)
        with (self.folder / f"{digest}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # the system lets go when a notebook dies
            if file.is_file():
                return feather.read_table(file)
            started = time.monotonic()
            table = draw()
            if time.monotonic() - started >= _WORTH_SECONDS:
                write_whole(file, lambda new: feather.write_feather(table, new, compression="lz4"))
            return table


def write_whole(file: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its place and move it there in one step, so that none reads half."""
    new = file.with_name(f".{file.name}.{os.getpid()}")
    write(new)
    new.replace(file)


def share_frames(connection: BaseBackend, frames: SharedFrames) -> None:
    """Let the frames drawn through a connection be shared, for as long as it lives."""
    _shared[id(connection)] = frames
    weakref.finalize(connection, _shared.pop, id(connection), None)


def shared_frames(connection: BaseBackend, rows: ir.Table) -> SharedFrames | None:
    """Return where a frame may be shared; None without a store.

    What rests on a table that this process has made for itself is not shared: another process may
    have made another one of that name.
    """
    frames = _shared.get(id(connection))
    if frames is None or rows.op().find(ops.InMemoryTable):
        return None
    own = any(table.namespace.catalog == "temp" for table in rows.op().find(ops.DatabaseTable))
    return None if own else frames
