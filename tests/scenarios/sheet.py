"""Find the scenarios, score them, and print the sheet: planted, found, tolerance, pass."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType

from tests.scenarios.score import Score

VARIANTS = ("planted", "null")


def scenarios() -> list[ModuleType]:
    """Return every module tests/scenarios/sNN.py, in order."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("s[0-9][0-9]*.py"))
    return [importlib.import_module(f"tests.scenarios.{name}") for name in names]


def failures(scores: Iterable[Score]) -> list[str]:
    """Say which checks missed the share of seeds that must pass.

    With fewer seeds than the scenario lists, a rate of 17/20 allows the same number of misses as
    the share gives, rounded down, but at least one where the rate is below 1.
    """
    groups: dict[tuple[str, str, str], list[Score]] = defaultdict(list)
    for score in scores:
        groups[score.scenario, score.variant, score.quantity].append(score)
    missed = []
    for (scenario, variant, quantity), group in sorted(groups.items()):
        share = group[0].min_pass_share
        n_allowed = 0 if share == 1 else max(1, int((1 - share) * len(group) + 1e-9))
        wrong = [score for score in group if not score.passed]
        if len(wrong) > n_allowed:
            seen = ", ".join(f"seed {score.seed}: {score.found:.4g}" for score in wrong[:5])
            missed.append(
                f"{scenario} {variant} {quantity}: {len(wrong)} of {len(group)} outside "
                f"{group[0].tolerance} (planted {group[0].planted}); {seen}"
            )
    return missed


def sheet(scores: Sequence[Score]) -> str:
    """Return the score sheet as text, a line per check over all its seeds."""
    groups: dict[tuple[str, str, str], list[Score]] = defaultdict(list)
    for score in scores:
        groups[score.scenario, score.variant, score.quantity].append(score)
    lines = [
        f"{'scenario':8} {'variant':8} {'quantity':52} {'planted':>12} {'found (mean)':>13} "
        f"{'min':>9} {'max':>9}  {'tolerance':24} pass"
    ]
    for (scenario, variant, quantity), group in sorted(groups.items()):
        found = [score.found for score in group]
        n_passed = sum(score.passed for score in group)
        lines.append(
            f"{scenario:8} {variant:8} {quantity[:52]:52} {group[0].planted:>12} "
            f"{sum(found) / len(found):13.4f} {min(found):9.4f} {max(found):9.4f}  "
            f"{group[0].tolerance:24} {n_passed}/{len(group)}"
        )
    return "\n".join(lines)
