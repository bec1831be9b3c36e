"""Random streams: one root seed, spawned into a named generator per table.

Decision: a table owns its stream, so that a change of one table's story leaves the draws of all
others as they were; no integer seed is ever used twice, and nothing is drawn globally.
"""

from __future__ import annotations

import numpy as np

from crm_analysis.errors import UsageError

# Append only: the place of a name decides its numbers.
NAMES = (
    "customers",
    "leads",
    "interactions",
    "assessments",
    "reasons",
    "order_lines",
    "engagement",
    "surveys",
    "issues",
    "winback",
    "targets",
    "actions",
    "leaving",
    "returns",
    "dirt",
    "care",
    "scenario",
)


def streams(seed: int) -> dict[str, np.random.Generator]:
    """Spawn the named generators of one world.

    Examples
    --------
    >>> first, again, other = (streams(seed)["leads"].random() for seed in (1, 1, 2))
    >>> bool(first == again), bool(first == other)
    (True, False)
    """
    if seed < 0:
        raise UsageError(f"seed {seed} is negative; give a whole number from 0")
    children = np.random.SeedSequence(seed).spawn(len(NAMES))
    return {name: np.random.default_rng(child) for name, child in zip(NAMES, children, strict=True)}
