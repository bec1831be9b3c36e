"""M10: win-back effect."""

from __future__ import annotations

from crm_analysis.language import Text
from crm_analysis.quantities.quantity import Quantity

QUANTITIES: dict[str, Quantity] = {
    "return_share": Quantity(
        "share",
        Text("assigned customers who bought again within the horizon", "期限内再次购买的客户占比"),
        ("round_id", "arm", "horizon_days"),
    ),
    "control_return_share": Quantity(
        "share",
        Text(
            "controls of the rounds in which this arm was drawn who bought again within the "
            "horizon",
            "该组所在轮次的对照组中期限内再次购买的客户占比",
        ),
        ("arm", "horizon_days"),
    ),
    "return_share_difference": Quantity(
        "points",
        Text(
            "bought again within the horizon: arm less control, all assigned",
            "期限内再次购买的占比：该组减对照组（全体分配客户）",
        ),
        ("round_id", "arm", "horizon_days"),
    ),
    "return_share_difference_reached": Quantity(
        "points",
        Text(
            "the same per customer really reached (effect on those a contact can reach)",
            "按实际联系到的客户折算的再次购买差异",
        ),
        ("arm", "horizon_days"),
    ),
    "engagement_share_difference": Quantity(
        "points",
        Text(
            "engaged or wrote to us within the horizon: arm less control, all assigned",
            "期限内互动或主动联系的占比：该组减对照组",
        ),
        ("round_id", "arm", "horizon_days"),
    ),
    "opt_out_share_difference": Quantity(
        "points",
        Text("opted out within the horizon: arm less control", "期限内退订的占比：该组减对照组"),
        ("arm", "horizon_days"),
    ),
    "net_margin_difference_per_assigned": Quantity(
        "money",
        Text(
            "margin within the horizon less cost of the round, per assigned customer: "
            "arm less control",
            "每位分配客户在期限内的毛利减去本轮成本：该组减对照组",
        ),
        ("arm", "horizon_days"),
    ),
    "winback_cost_per_assigned": Quantity(
        "money",
        Text("cost of the round per assigned customer", "每位分配客户的本轮成本"),
        ("arm", "horizon_days"),
    ),
    "reach_share": Quantity(
        "share", Text("assigned customers who were reached", "实际联系到的客户占比"), ("arm",)
    ),
    "controls_contacted_share": Quantity(
        "share",
        Text("controls who were contacted for win-back all the same", "对照组中仍被联系的占比"),
    ),
    "sample_ratio_chi2": Quantity(
        "ratio",
        Text(
            "chi-square of arm sizes against the sizes that were drawn for",
            "各组人数与抽签比例之卡方",
        ),
        ("round_id",),
    ),
    "balance_smd": Quantity(
        "ratio",
        Text(
            "standardised difference of a past covariate between arm and control",
            "分配前特征在该组与对照组间的标准化差异",
        ),
        ("arm", "covariate"),
    ),
    "immature_assigned_count": Quantity(
        "count",
        Text(
            "assigned customers whose follow-up is not over at the as-of day",
            "截至当日观察期尚未结束的分配客户数",
        ),
        ("round_id", "horizon_days"),
    ),
}

NOTES: dict[str, Text] = {
    "not_randomised": Text(
        "contacts were not drawn by lot; no effect can be given here",
        "联系对象未经抽签，无法给出效果",
    ),
    "no_control": Text("no control group", "没有对照组"),
    "immature": Text("follow-up not over at the as-of day", "观察期尚未结束"),
    "treated_only": Text(
        "treated customers only: counts those who would have come back anyway; not an effect",
        "只看被联系者：包含本来就会回来的客户，不是效果",
    ),
    "selected_group": Text(
        "reached customers differ from the others; biased", "联系到的客户与其他人不同，有偏"
    ),
    "sample_ratio_mismatch": Text(
        "arm sizes do not fit the draw; check the assignment first",
        "各组人数与抽签比例不符，请先核查分配",
    ),
    "no_assignment_share": Text(
        "no p_treat given; the draw cannot be checked", "未给出 p_treat，无法核查抽签"
    ),
    "controls_contacted": Text("controls were contacted", "对照组曾被联系"),
    "default_margin": Text(
        "margin missing in some lines; default margin rate used", "部分明细缺毛利，采用默认毛利率"
    ),
    "default_contact_cost": Text(
        "contact cost missing in some rows; cost by channel used",
        "部分联系缺成本，采用渠道默认成本",
    ),
    "no_cost": Text("no cost recorded; money is before cost", "未记录成本，金额未扣成本"),
    "no_variation": Text("no variation in the outcome", "结果没有差异"),
    "no_one_reached": Text("nobody was reached", "无人被联系到"),
    "small_cell": Text("fewer than min_cell; withheld", "少于最小单元，不予显示"),
}
