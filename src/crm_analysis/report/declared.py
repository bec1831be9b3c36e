"""Every number and note that is published, in words: `crm-analysis contract --estimates`."""

from __future__ import annotations

from crm_analysis.quantities import NOTES, QUANTITIES


def estimates_text() -> str:
    """List each quantity with unit, meaning and segment, then the notes, in both languages."""
    lines = ["Quantities of tables/estimates.parquet", ""]
    for name, quantity in QUANTITIES.items():
        segment = "; ".join(quantity.segment) or "none"
        lines += [
            f"{name} ({quantity.unit})",
            f"  {quantity.meaning.en}",
            f"  {quantity.meaning.zh}",
            f"  segment: {segment}",
        ]
    lines += ["", "Notes"]
    lines += [f"{code}: {text.en} · {text.zh}" for code, text in NOTES.items()]
    return "\n".join(lines) + "\n"
