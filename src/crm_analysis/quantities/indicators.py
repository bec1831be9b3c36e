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
    "forecast_auc": Quantity(
        "ratio",
        Text(
            "how well all that is known at the landmark tells the leads lost within the horizon "
            "(AUC in later quarters, .5 is no information)",
            "观察日已知的全部信息区分期限内丢单线索的能力（在其后季度的 AUC，0.5 为无信息）",
        ),
        ("landmark_days", "horizon_days"),
    ),
}
