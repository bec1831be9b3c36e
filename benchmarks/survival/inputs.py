"""Spells for the survival peers: planted hazards, whole days, drawn in blocks from one seed.

Ends are lost (1), won (2) or still open (0). The hazard of losing follows the covariates as in a
Cox model, the hazard of winning is the same for all, and watching ends on a random day.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

LAST_DAY = 730
LEVELS = {"region": 3, "product": 5, "source": 4, "partner": 2, "rep_group": 2}
N_CONTINUOUS = 20
BLOCK = 500_000
SEED = 20_261_031

Floats = npt.NDArray[np.float64]


def coefficients() -> Floats:
    """Return the planted log hazard ratios of the 20 continuous covariates.

    Examples
    --------
    >>> [round(float(value), 2) for value in coefficients()[:3]]
    [0.3, -0.29, 0.27]
    """
    size = np.linspace(0.3, 0.05, N_CONTINUOUS)
    return np.asarray(size * np.where(np.arange(N_CONTINUOUS) % 2, -1.0, 1.0), dtype=np.float64)


def write_categories(path: Path, n: int) -> None:
    """Write n spells with five categorical covariates: 240 patterns."""
    _write(path, n, stream=0)


def write_continuous(path: Path, n: int) -> None:
    """Write n spells with 20 continuous covariates, no two rows alike."""
    _write(path, n, stream=1)


def _write(path: Path, n: int, *, stream: int) -> None:
    seeds = np.random.SeedSequence([SEED, stream]).spawn(-(-n // BLOCK))
    writer = None
    for i, seed in enumerate(seeds):
        size = min(BLOCK, n - i * BLOCK)
        rng = np.random.default_rng(seed)
        table = _categories(rng, size) if stream == 0 else _continuous(rng, size)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _categories(rng: np.random.Generator, n: int) -> pa.Table:
    codes = {name: rng.integers(0, size, n) for name, size in LEVELS.items()}
    log_hazard = np.zeros(n)
    for place, (name, size) in enumerate(LEVELS.items()):
        effects = np.linspace(0.0, 0.6, size) * (1 if place % 2 else -1)
        log_hazard += effects[codes[name]]
    labels = {
        name: np.array([f"{name}_{level}" for level in range(size)])[codes[name]]
        for name, size in LEVELS.items()
    }
    return pa.table({**_spells(rng, log_hazard), **labels})


def _continuous(rng: np.random.Generator, n: int) -> pa.Table:
    x = rng.standard_normal((n, N_CONTINUOUS))
    columns = {f"x{i:02d}": x[:, i] for i in range(N_CONTINUOUS)}
    return pa.table({**_spells(rng, x @ coefficients()), **columns})


def _spells(rng: np.random.Generator, log_hazard: Floats) -> dict[str, npt.NDArray[np.int64]]:
    n = len(log_hazard)
    lost = rng.exponential(400, n) * np.exp(-log_hazard)
    won = rng.exponential(700, n)
    watched = rng.integers(30, LAST_DAY + 1, n)
    ended = np.ceil(np.minimum(lost, won)).astype(np.int64)
    cause = np.where(ended <= watched, np.where(lost <= won, 1, 2), 0)
    return {"duration_days": np.minimum(ended, watched), "cause": cause.astype(np.int64)}
