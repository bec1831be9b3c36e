"""Bring a scenario world through the same door as anybody's data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from crm_analysis.source.known import Known
from crm_analysis.source.load import load
from crm_analysis.world.scenarios import scenario
from crm_analysis.world.write import write


@contextmanager
def loaded(name: str, *, seed: int, planted: bool = True) -> Iterator[Known]:
    """Make a scenario world, write it as files, check it and cut it at its as-of day."""
    world = scenario(name, seed=seed, planted=planted)
    with TemporaryDirectory() as folder:
        write(world, Path(folder))
        yield load(folder, as_of=world.as_of)
