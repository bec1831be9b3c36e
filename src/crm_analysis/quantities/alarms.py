"""M13: the alarm ledger, what was said and what happened."""

from __future__ import annotations

from crm_analysis.language import Text
from crm_analysis.quantities.quantity import Quantity

QUANTITIES: dict[str, Quantity] = {
    "alarm_count": Quantity(
        "count",
        Text(
            "alarms raised, and of these how many ended so, expired or are open; by month raised",
            "发出的预警数，以及其中各结局、到期与未结束的数目；按发出月份",
        ),
        ("month", "outcome"),
    ),
    "alarm_corrected_count": Quantity(
        "count",
        Text(
            "alarms of which something else is known now than was said before",
            "现知情况与先前所说不同的预警数",
        ),
        ("month",),
    ),
    "alarm_precision": Quantity(
        "share",
        Text(
            "share of the deals warned of that were lost within the horizon, of those whose "
            "horizon is over",
            "观察期已满的被预警商机中，在期限内丢单的占比",
        ),
        ("month", "rule_version"),
    ),
    "alarm_false_share": Quantity(
        "share",
        Text(
            "share of the deals warned of that were won or did not end within the horizon, of "
            "those whose horizon is over",
            "观察期已满的被预警商机中，在期限内成交或未结束的占比",
        ),
        ("month", "rule_version"),
    ),
    "alarm_lead_time_days": Quantity(
        "days",
        Text(
            "median days from the first alarm to the loss, of deals lost within the horizon",
            "在期限内丢单的商机，自首次预警至丢单的天数中位数",
        ),
        ("month", "rule_version"),
    ),
    "alarm_missed_share": Quantity(
        "share",
        Text(
            "share of the deals lost within the horizon of a day of alarms, open on that day, for "
            "which no alarm was raised; losses whose alarm was kept back by lot are left out; only "
            "of horizons that are over; by month of the loss",
            "预警日仍未结束、其后期限内丢单的商机中，未发出预警的占比；抽签保留未发者不计；"
            "仅计期限已满者；按丢单月份",
        ),
        ("month",),
    ),
    "alarm_losses_open_count": Quantity(
        "count",
        Text(
            "of the deals lost within the horizon of a day of alarms, those whose horizon is not "
            "over yet",
            "预警日之后期限内丢单的商机中，期限尚未届满者",
        ),
    ),
    "unwarned_loss_difference": Quantity(
        "points",
        Text(
            "share lost of the deals kept back by lot less that of the deals warned of",
            "随机保留不预警的商机丢单占比减去被预警商机的丢单占比",
        ),
    ),
}

NOTES: dict[str, Text] = {
    "nothing_due": Text("the horizon of no alarm is over yet", "尚无预警的观察期已满"),
    "few_kept_back": Text("too few deals were kept back", "保留不预警的商机太少"),
}
