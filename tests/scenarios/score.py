"""The score sheet's row: what was planted, what was found, and whether it is in tolerance."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One check of one scenario on one seed.

    `min_pass_share` is the share of seeds that must pass (1 where each seed must; 17/20 where the
    scenario gives a rate).
    """

    scenario: str
    seed: int
    variant: str  # "planted" or "null"
    quantity: str
    planted: str
    found: float
    tolerance: str
    passed: bool
    min_pass_share: float = 1.0


def scored(
    scenario: str,
    seed: int,
    quantity: str,
    numbers: tuple[str, float, str],
    *,
    passed: bool,
    variant: str = "planted",
    min_pass_share: float = 1.0,
) -> Score:
    """Write a score; `numbers` is planted, found, tolerance."""
    planted, found, tolerance = numbers
    return Score(
        scenario=scenario,
        seed=seed,
        variant=variant,
        quantity=quantity,
        planted=planted,
        found=float(found),
        tolerance=tolerance,
        passed=bool(passed),
        min_pass_share=min_pass_share,
    )
