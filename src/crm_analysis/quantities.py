"""The catalogue: every quantity and note an estimate may carry, declared once.

A new number starts here: its name (units in the name), unit, meaning in both languages and the
names its segment may hold, in order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from crm_analysis.errors import UndeclaredQuantity
from crm_analysis.language import Text


@dataclass(frozen=True, slots=True)
class Quantity:
    """A kind of number: unit, meaning, and the names its segment may hold in this order."""

    unit: str
    meaning: Text
    segment: tuple[str, ...] = ()


QUANTITIES: dict[str, Quantity] = {
    # --- M00 data fitness -------------------------------------------------------------------
    # --- M03 interaction indicators ---------------------------------------------------------
    # --- M05 profile factors and outcome kinds ----------------------------------------------
    # --- M04 tracks -------------------------------------------------------------------------
    # --- M10 win-back effect ----------------------------------------------------------------
    # --- M20 summary ------------------------------------------------------------------------
}

NOTES: dict[str, Text] = {
    "too_few_events": Text("too few events", "事件太少"),
}


def check_declared(quantity: str, segment: str, note: str) -> None:
    """Raise `UndeclaredQuantity` where a name is not in the catalogue.

    Segment names must be declared for the quantity and stand in declared order; a name may be
    left out.
    """
    declared = QUANTITIES.get(quantity)
    if declared is None:
        raise UndeclaredQuantity(f"quantity {quantity!r} is not declared in quantities.QUANTITIES")
    names = [part.split("=", 1)[0] for part in re.split(r"(?<!\\);", segment) if part]
    allowed = [name for name in declared.segment if name in names]
    if names != allowed:
        raise UndeclaredQuantity(
            f"segment {segment!r} of {quantity!r}: allowed, in this order: {declared.segment}"
        )
    for code in filter(None, (part.split(":", 1)[0].strip() for part in note.split(";"))):
        if code not in NOTES:
            raise UndeclaredQuantity(f"note {code!r} is not declared in quantities.NOTES")
