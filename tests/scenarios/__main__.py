"""`make scenarios`: every scenario on its listed seeds; exit 1 where one misses its tolerance.

`python -m tests.scenarios s01 s08` scores these only.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product

from tests.scenarios.score import Score
from tests.scenarios.sheet import VARIANTS, failures, scenarios, sheet


def score_one(job: tuple[str, int, str]) -> list[Score]:
    """Score one scenario on one seed."""
    name, seed, variant = job
    module = next(module for module in scenarios() if module.__name__ == name)
    found: list[Score] = module.score(seed, variant)
    return found


def main(names: Sequence[str]) -> int:
    """Score all, or those that are named; print the sheet."""
    known = {module.__name__.rpartition(".")[2]: module for module in scenarios()}
    unknown = set(names) - set(known)
    if unknown:
        sys.stderr.write(f"no scenario {' '.join(sorted(unknown))}; there are {' '.join(known)}\n")
        return 2
    jobs = [
        (module.__name__, seed, variant)
        for module in (known[name] for name in names or known)
        for seed, variant in product(module.SEEDS, getattr(module, "VARIANTS", VARIANTS))
    ]
    with ProcessPoolExecutor(max_workers=2) as pool:
        scores = [score for found in pool.map(score_one, jobs) for score in found]
    sys.stdout.write(sheet(scores) + "\n")
    missed = failures(scores)
    sys.stdout.write("\n".join(["", *missed, f"{len(missed)} missed"]) + "\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
