"""M05: profile factors and outcome kinds."""

from __future__ import annotations

from crm_analysis.language import Text
from crm_analysis.quantities.quantity import Quantity

QUANTITIES: dict[str, Quantity] = {
    "outcome_probability": Quantity(
        "share",
        Text(
            "share of leads that end so within the horizon, open leads counted rightly",
            "期限内以该结局结束的线索占比（正确计入未结束的线索）",
        ),
        (
            *("cause", "landmark_days", "horizon_days", "indicator", "quarter"),
            *("sign", "shown", "factor", "level"),
        ),
    ),
    "closed_share": Quantity(
        "share",
        Text("share of this ending among closed leads", "已结束线索中该结局的占比"),
        ("cause", "factor", "level"),
    ),
    "leads_count": Quantity("count", Text("leads by state", "各状态线索数"), ("state",)),
    "extra_lost_leads": Quantity(
        "count",
        Text(
            "leads lost within the horizon beyond the number at the comparison group's share",
            "期限内比对照组占比所应有的多丢失的线索数",
        ),
        ("landmark_days", "horizon_days", "indicator", "sign", "factor", "level", "code"),
    ),
    "ending_kind_chi2_per_df": Quantity(
        "ratio",
        Text(
            "do the levels of a factor differ in how leads end (lost or won), at equal age of the "
            "lead? chi-square per degree of freedom, 1 by chance",
            "线索时长相同时，该因素各水平的结局（丢单或成交）是否不同？卡方除以自由度，"
            "偶然时约为 1",
        ),
        ("factor",),
    ),
    "ending_kind_bend_chi2_per_df": Quantity(
        "ratio",
        Text(
            "does a curve fit how leads end (lost or won) better than a straight line in this "
            "number? chi-square per degree of freedom, 1 by chance",
            "该数值与结局（丢单或成交）的关系用曲线是否优于直线？卡方除以自由度，偶然时约为 1",
        ),
        ("factor",),
    ),
    "log_loss_to_win_ratio": Quantity(
        "log ratio",
        Text(
            "log of (loss hazard ratio / win hazard ratio): this level against all others",
            "丢单风险率之比除以成交风险率之比的对数：该水平对其余",
        ),
        ("factor", "level"),
    ),
    "log_loss_to_win_ratio_per_sd": Quantity(
        "log ratio",
        Text(
            "log of (loss hazard ratio / win hazard ratio) per standard deviation of the factor",
            "该因素每增加一个标准差，丢单风险率之比除以成交风险率之比的对数",
        ),
        ("factor",),
    ),
    "log_hazard_ratio_level": Quantity(
        "log ratio",
        Text(
            "log hazard ratio of an ending: this level against all others",
            "该结局风险率之比的对数：该水平对其余",
        ),
        ("cause", "factor", "level"),
    ),
    "speed_log_rank_chi2_per_df": Quantity(
        "ratio",
        Text(
            "do the levels of a factor differ in how fast this ending comes? chi-square per degree "
            "of freedom, 1 by chance",
            "该因素各水平到达该结局的快慢是否不同？卡方除以自由度，偶然时约为 1",
        ),
        ("cause", "factor"),
    ),
    "outcome_kind_share": Quantity(
        "share",
        Text(
            "share of lost leads by where the customer went, of those where it is recorded",
            "丢单客户的去向占比（仅含记录了去向的丢单）",
        ),
        ("lost_to",),
    ),
    "outcome_kind_missing_share": Quantity(
        "share",
        Text("share of lost leads without a recorded way", "未记录去向的丢单占比"),
    ),
    "outcome_kind_chi2_per_df": Quantity(
        "ratio",
        Text(
            "does where lost customers went differ along a factor? chi-square per degree of "
            "freedom, 1 by chance",
            "丢单客户的去向是否随该因素不同？卡方除以自由度，偶然时约为 1",
        ),
        ("factor",),
    ),
    "kind_extra_leads": Quantity(
        "count",
        Text(
            "lost leads that went this way beyond the number at the share of all other levels",
            "该去向的丢单中，超出按其余水平占比应有数目的部分",
        ),
        ("lost_to", "factor", "level"),
    ),
    "log_kind_ratio": Quantity(
        "log ratio",
        Text(
            "log odds ratio of this way against the commonest: this level against all others",
            "该去向相对最常见去向的优势比对数：该水平对其余",
        ),
        ("lost_to", "factor", "level"),
    ),
    "later_purchase_probability": Quantity(
        "share",
        Text(
            "share of customers who buy within so many days after the lead was lost",
            "丢单后若干天内购买的客户占比",
        ),
        ("lost_to", "horizon_days"),
    ),
    "price_gap_to_rival": Quantity(
        "share",
        Text(
            "our price above the rival's, in pairs within a lead (0.10 = ours was 10 % higher)",
            "我方报价高于竞品的幅度，同一线索内配对（0.10 表示高 10 %）",
        ),
        ("lost_to",),
    ),
    "rival_loss_probability": Quantity(
        "share",
        Text(
            "share of leads lost to a rival within the horizon, other endings competing",
            "期限内流向竞争对手的线索占比（其他结局为竞争风险）",
        ),
        ("tier", "horizon_days"),
    ),
    "rival_loss_difference": Quantity(
        "points",
        Text(
            "share lost to rivals among the top fifth by spend less that among the others",
            "消费前五分之一客户流向竞争对手的占比减去其余客户的占比",
        ),
        ("horizon_days",),
    ),
    "calendar_log_loss_to_win_ratio": Quantity(
        "log ratio",
        Text(
            "log of (losses against wins) in this part of the calendar over the rest, at equal age "
            "of the leads",
            "线索时长相同时，该日历时段与其余时段丢单对成交之比的对数",
        ),
        ("calendar",),
    ),
    "calendar_log_hazard_ratio": Quantity(
        "log ratio",
        Text(
            "log hazard ratio of an ending in this part of the calendar against the rest, at equal "
            "age of the leads",
            "线索时长相同时，该日历时段与其余时段该结局风险率之比的对数",
        ),
        ("cause", "calendar"),
    ),
    "calendar_closed_share": Quantity(
        "share",
        Text(
            "share of this ending among leads closed in this part of the calendar",
            "在该日历时段结束的线索中该结局的占比",
        ),
        ("cause", "calendar", "part"),
    ),
    "factor_leak_auc_gap": Quantity(
        "ratio",
        Text(
            "how much better endings are told apart with a factor that has no clock than without "
            "it (difference of areas under the curve)",
            "加入没有时间记录的该因素后，区分结局的能力提高多少（曲线下面积之差）",
        ),
        ("factor",),
    ),
    "later_auc": Quantity(
        "ratio",
        Text(
            "area under the curve on later leads, of a model of all factors fitted on earlier "
            "ones; .5 is no skill",
            "用较早线索拟合的全因素模型在较晚线索上的曲线下面积，0.5 为无区分力",
        ),
    ),
    "repeated_leads_count": Quantity(
        "count",
        Text(
            "leads that equal an earlier one in every factor, month, days and ending",
            "在所有因素、月份、天数和结局上与另一条相同的线索",
        ),
    ),
    "interaction_chi2_per_df": Quantity(
        "ratio",
        Text(
            "does what a sign goes with differ between types of customers? chi-square per degree "
            "of freedom, 1 by chance",
            "征兆与丢单的关系是否因客户类型而异？卡方除以自由度，偶然时约为 1",
        ),
        ("landmark_days", "sign", "factor"),
    ),
    "medium_use_share": Quantity(
        "share",
        Text("share of leads whose customer uses the medium", "客户使用该媒体的线索占比"),
        ("medium", "factor", "level"),
    ),
}
