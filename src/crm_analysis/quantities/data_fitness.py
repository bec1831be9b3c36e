"""M00: what is counted of the data."""

from __future__ import annotations

from crm_analysis.language import Text
from crm_analysis.quantities.quantity import Quantity

QUANTITIES: dict[str, Quantity] = {
    "rows_known_count": Quantity(
        "count", Text("rows known at the as-of day", "截至当日已知的行数"), ("table",)
    ),
    "filled_share": Quantity(
        "share", Text("share of cells that hold something", "有内容的单元格占比"), ("table",)
    ),
    "lost_leads_with_data_share": Quantity(
        "share",
        Text("share of lost leads that hold this kind of data", "有此类数据的丢单占比"),
        ("item",),
    ),
    "typed_late_share": Quantity(
        "share",
        Text(
            "share of rows typed in more than this many days after the event",
            "在事件发生后超过该天数才录入的行占比",
        ),
        ("table", "over_days"),
    ),
    "typing_delay_median_days": Quantity(
        "days", Text("median days from event to typing", "事件到录入的中位天数"), ("table",)
    ),
    "batch_typed_share": Quantity(
        "share",
        Text(
            "share of rows typed in on the heaviest 1 % of days",
            "在录入最密集的 1% 日子里录入的行占比",
        ),
        ("table",),
    ),
    "newest_row_age_days": Quantity(
        "days",
        Text("days from the newest known row to as_of", "最新已知记录距截止日的天数"),
        ("table",),
    ),
    "lead_state_count": Quantity("count", Text("leads by state", "各状态商机数"), ("state",)),
    "contacts_auc": Quantity(
        "ratio",
        Text(
            "how well the numbers of contacts tell lost from won leads (AUC, .5 is chance)",
            "联系次数区分丢单与成交的能力（AUC，0.5 为随机）",
        ),
        ("window", "rep_id"),
    ),
    "leak_auc_gap": Quantity(
        "ratio",
        Text(
            "what contacts typed in afterwards add to that AUC: above .10 is a red flag",
            "事后补录的联系使该 AUC 增加多少：超过 0.10 为红色警示",
        ),
        ("window", "rep_id"),
    ),
    "typed_after_end_share": Quantity(
        "share",
        Text(
            "share of contacts on closed leads dated before the end but typed in after it",
            "已结束商机的联系中，日期在结束前而录入在结束后的占比",
        ),
        ("rep_id",),
    ),
}

NOTES: dict[str, Text] = {
    "typed_after_the_end": Text(
        "leak: uses contacts typed in after the end", "泄漏：使用了结束后才录入的联系"
    ),
}
