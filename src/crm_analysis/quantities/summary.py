"""M20: the summary."""

from __future__ import annotations

from crm_analysis.language import Text
from crm_analysis.quantities.quantity import Quantity

QUANTITIES: dict[str, Quantity] = {
    "findings_count": Quantity(
        "count", Text("findings that stand over all notebooks", "各报告中成立的发现数")
    ),
}
