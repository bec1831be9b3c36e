"""Stories (first cut)."""

from __future__ import annotations

from typing import Any

from crm_analysis.world.clock import AS_OF


def truth(seed: int) -> dict[str, Any]:
    """Return what was planted."""
    return {"as_of": AS_OF.isoformat(), "seed": seed, "stories": []}
