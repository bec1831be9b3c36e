"""How often a forecast holds over many worlds of S17, and whether its probability is worth more
than what happened on average."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_analysis.world import scenario
from crm_analysis.world.scenarios.s17 import TARGET
from tests.scenarios.s17 import outlook, row, what_came


@dataclass(frozen=True)
class Held:
    """Share of worlds inside the 90 % interval, and Brier scores of P(target met)."""

    coverage: float
    brier: float
    climatology: float
    n: int


def held(seeds: range) -> Held:
    """Forecast each world and look at what came."""
    inside, chance, met = [], [], []
    for seed in seeds:
        world = scenario("S17", seed=seed)
        rows = outlook(world)
        total = row(rows, "expected_deals", "part=total", "result")
        came = what_came(world, "total")
        inside.append(total.ci_lo <= came <= total.ci_hi)
        chance.append(row(rows, "target_probability", "metric=deals").estimate)
        met.append(came >= TARGET)
    y, p = np.array(met, dtype=float), np.array(chance)
    n = len(y)
    others = (y.sum() - y) / (n - 1)  # the share of the other worlds, known before this one
    return Held(
        coverage=float(np.mean(inside)),
        brier=float(((p - y) ** 2).mean()),
        climatology=float(((others - y) ** 2).mean()),
        n=n,
    )
