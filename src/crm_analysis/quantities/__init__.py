"""The catalogue: every quantity and note an estimate may carry, declared once.

A new number starts here: its name (units in the name), unit, meaning in both languages and the
names its segment may hold, in order.
"""

from __future__ import annotations

from crm_analysis.errors import UndeclaredQuantity
from crm_analysis.language import Text
from crm_analysis.quantities import (
    alarms,
    coding,
    data_fitness,
    funnel,
    hazards,
    indicators,
    profile,
    reasons,
    revealed,
    summary,
    tracks,
    winback,
)
from crm_analysis.quantities.quantity import Quantity, segment_pairs

__all__ = ["NOTES", "QUANTITIES", "Quantity", "check_declared", "segment_pairs"]

QUANTITIES: dict[str, Quantity] = {
    **alarms.QUANTITIES,
    **coding.QUANTITIES,
    **data_fitness.QUANTITIES,
    **funnel.QUANTITIES,
    **indicators.QUANTITIES,
    **profile.QUANTITIES,
    **reasons.QUANTITIES,
    **revealed.QUANTITIES,
    **tracks.QUANTITIES,
    **winback.QUANTITIES,
    **summary.QUANTITIES,
}

NOTES: dict[str, Text] = {
    **alarms.NOTES,
    **coding.NOTES,
    **data_fitness.NOTES,
    **funnel.NOTES,
    **hazards.NOTES,
    **indicators.NOTES,
    **reasons.NOTES,
    **revealed.NOTES,
    **tracks.NOTES,
    **winback.NOTES,
}


def check_declared(quantity: str, segment: str, note: str) -> None:
    """Raise `UndeclaredQuantity` where a name is not in the catalogue.

    Segment names must be declared for the quantity and stand in declared order; a name may be
    left out.
    """
    declared = QUANTITIES.get(quantity)
    if declared is None:
        raise UndeclaredQuantity(f"quantity {quantity!r} is not declared in quantities.QUANTITIES")
    names = [name for name, _ in segment_pairs(segment)]
    allowed = [name for name in declared.segment if name in names]
    if names != allowed:
        raise UndeclaredQuantity(
            f"segment {segment!r} of {quantity!r}: allowed, in this order: {declared.segment}"
        )
    for code in filter(None, (part.split(":", 1)[0].strip() for part in note.split(";"))):
        if code not in NOTES:
            raise UndeclaredQuantity(f"note {code!r} is not declared in quantities.NOTES")
