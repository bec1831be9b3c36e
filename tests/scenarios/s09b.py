"""S09 with all 24 codes: the full run, with as many texts of each code as in the eight-code one."""

from __future__ import annotations

from tests.scenarios import s09
from tests.scenarios.score import Score

TITLE = "Mixed Chinese and English reason texts, all 24 codes"
SEEDS = list(range(1, 11))
QUICK_SEEDS = [1]


def score(seed: int, variant: str) -> list[Score]:
    """Score the codes of the texts that nobody has read."""
    return s09.score_world("S09b", seed, variant)
