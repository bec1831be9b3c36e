"""The folders of a run: built aside, then swapped in whole.

`.staging-<n>-<pid>/` becomes the immutable `.runs/<as_of>-<n>/`, and `<as_of>` is a relative
symlink to it, replaced in one step. A run killed at any moment leaves either the old month or
the new one, and leftovers that the next run clears away.
"""

from __future__ import annotations

import os
import re
import shutil
from datetime import date
from pathlib import Path

_RUN = re.compile(r"(\d{4}-\d{2}-\d{2})-(\d{4,})$")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")


def published(out: Path) -> list[str]:
    """Return the published as-of days, oldest first."""
    if not out.is_dir():
        return []
    return sorted(
        path.name
        for path in out.iterdir()
        if _DAY.match(path.name) and path.is_symlink() and (path / "manifest.json").is_file()
    )


def state_folder(out: Path, state: str) -> str:
    """Return the folder of what outlives a run into `out`, whether it is there yet or not."""
    return str((Path(state).expanduser() if state else out / ".state").resolve())


def absolute(path: str) -> str:
    """Notebooks run elsewhere: a path that exists here becomes absolute."""
    return str(Path(path).expanduser().resolve()) if path and Path(path).exists() else path


def last_before(out: Path, as_of: date) -> str | None:
    """Return the newest published day before this one."""
    earlier = [day for day in published(out) if day < as_of.isoformat()]
    return earlier[-1] if earlier else None


def clear_leftovers(out: Path) -> None:
    """Remove what killed runs left, and run folders that no month points to any more."""
    for path in [*out.glob(".staging-*"), *out.glob(".link-*")]:
        remove(path)
    wanted = {(out / day).resolve() for day in published(out)}
    for path in sorted((out / ".runs").glob("*")):
        if path.resolve() not in wanted:
            remove(path)


def remove(path: Path) -> None:
    """Remove a folder or link, also while a dying kernel still writes into it."""
    if path.is_symlink() or path.is_file():
        path.unlink(missing_ok=True)
        return
    for _ in range(3):
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            return


def next_number(out: Path, as_of: date) -> int:
    """Number the runs of a day: one more than the last good one."""
    target = out / as_of.isoformat()
    if not target.is_symlink():
        return 1
    match = _RUN.search(str(target.readlink()))
    return int(match[2]) + 1 if match else 1


def make_staging(out: Path, number: int) -> Path:
    """Make the folder of a new run; `private/` is for its owner only."""
    staging = out / f".staging-{number:04d}-{os.getpid()}"
    remove(staging)
    for folder in ("tables/pictures", "tables/shown", "estimates", "results", "previous"):
        (staging / folder).mkdir(parents=True)
    private = staging / "private"
    private.mkdir(mode=0o700)
    private.chmod(0o700)
    for folder in ("lists", "notebooks"):
        (private / folder).mkdir()
    return staging


def swap_in(out: Path, staging: Path, *, as_of: date, number: int) -> Path:
    """Make a complete staging folder the published month; return its run folder."""
    runs = out / ".runs"
    runs.mkdir(exist_ok=True)
    target = runs / f"{as_of.isoformat()}-{number:04d}"
    remove(target)
    staging.rename(target)
    link = out / f".link-{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(Path(".runs") / target.name, target_is_directory=True)
    link.replace(out / as_of.isoformat())
    return target
