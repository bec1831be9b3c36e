"""M03: interaction indicators."""

from __future__ import annotations

from crm_analysis.language import Text
from crm_analysis.quantities.quantity import Quantity

QUANTITIES: dict[str, Quantity] = {
    "log_hazard_ratio_per_sd": Quantity(
        "log ratio",
        Text(
            "log hazard ratio of an ending per standard deviation of the indicator, among leads "
            "still open at the landmark",
            "到观察日仍未结束的线索中，指标每增加一个标准差，该结局风险率之比的对数",
        ),
        ("cause", "landmark_days", "indicator"),
    ),
}
