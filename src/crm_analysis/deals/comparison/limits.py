"""The thresholds that the analyses of profile and outcome kinds share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Thresholds of the analysis, from the configuration."""

    min_cell: int = 5
    min_events: int = 10
    fdr_q: float = 0.05
    alpha: float = 0.05
