"""M06: what is stated against what is revealed."""

from __future__ import annotations

from crm_analysis.language import Text
from crm_analysis.quantities.quantity import Quantity

QUANTITIES: dict[str, Quantity] = {
    "revealed_log_hazard_ratio": Quantity(
        "log ratio",
        Text(
            "log hazard ratio of an ending per standard deviation of what can be measured of a "
            "stated reason (higher is worse), at equal values of the others",
            "与所述原因相应的可测指标（数值越高越差）每增加一个标准差，"
            "其他指标相同时该结局风险率之比的对数",
        ),
        ("cause", "landmark_days", "code"),
    ),
    "attributable_share": Quantity(
        "share",
        Text(
            "share of the losses within the horizon that would be fewer if no lead were worse off "
            "than the best quarter, were it an effect",
            "若为因果：当所有线索都不差于最好的四分之一时，期限内可减少的丢单占比",
        ),
        ("landmark_days", "horizon_days", "code"),
    ),
    "detectable_log_hazard_ratio": Quantity(
        "log ratio",
        Text(
            "the smallest log hazard ratio per standard deviation that these data would find in "
            "four cases of five",
            "这些数据有八成把握发现的最小风险率之比（每标准差，取对数）",
        ),
        ("cause", "landmark_days", "code"),
    ),
    "stated_counterpart_difference_sd": Quantity(
        "ratio",
        Text(
            "among lost leads: what is measured where the reason is stated, less where it is not, "
            "in standard deviations",
            "丢单线索中：陈述该原因者与未陈述者在相应指标上的差（以标准差计）",
        ),
        ("code",),
    ),
    "explained_share_of_side": Quantity(
        "share",
        Text(
            "share of what the measured counterparts explain of losing that falls to this side "
            "(average over all orders of entry)",
            "各可测指标对丢单的解释中归于该方面的占比（对所有进入次序取平均）",
        ),
        ("landmark_days", "side"),
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
NOTES: dict[str, Text] = {
    "time_unknown": Text(
        "when it became known is not always recorded; it may have been typed in after the ending",
        "获知时间并非都有记录，可能是结束后补录",
    ),
    "few_reasons": Text("too few stated reasons", "陈述的原因太少"),
    "said_not_seen": Text(
        "said but not seen: stated often, yet what can be measured of it does not go with losing",
        "说了却看不到：经常被陈述，但相应指标与丢单无关",
    ),
    "seen_not_said": Text(
        "seen but not said: goes with losing, yet is hardly stated",
        "看得到却没说：与丢单有关，但很少被陈述",
    ),
    "said_and_seen": Text(
        "said and seen: stated, and what can be measured of it goes with losing",
        "说了也看得到：有陈述，相应指标也与丢单有关",
    ),
    "nothing_explained": Text(
        "the measured counterparts explain nothing of losing", "各可测指标对丢单没有解释力"
    ),
}
