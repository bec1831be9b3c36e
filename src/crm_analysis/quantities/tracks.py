"""M04: tracks."""

from __future__ import annotations

from crm_analysis.language import Text
from crm_analysis.quantities.quantity import Quantity

QUANTITIES: dict[str, Quantity] = {
    "track_log_hazard_ratio": Quantity(
        "log ratio",
        Text(
            "log hazard ratio of an ending after the landmark: leads that show the sign against "
            "those that do not",
            "观察日之后该结局风险率之比的对数：出现该征兆的线索对未出现的线索",
        ),
        ("cause", "landmark_days", "sign"),
    ),
    "open_leads_with_sign_count": Quantity(
        "count",
        Text("open leads that show the sign at the as-of day", "截至当日出现该征兆的未结束线索数"),
        ("sign",),
    ),
}
