"""One run at a time per output folder."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crm_analysis.errors import FolderBusy, UsageError


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold the output folder while a run works in it; the system lets go when a run dies."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / ".lock").open("w")
    except OSError as error:
        raise UsageError(
            f"cannot write to {folder}: {error.strerror}; choose another --out"
        ) from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderBusy(
                f"another run is writing to {folder}; wait until it ends or choose another --out"
            ) from None
        yield
