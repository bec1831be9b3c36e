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
    "track_type_share": Quantity(
        "share",
        Text("share of closed leads on this type of track", "该类轨迹在已结束线索中的占比"),
        ("type",),
    ),
    "track_type_lost_share": Quantity(
        "share",
        Text(
            "share lost of the lost and won leads on this type of track",
            "该类轨迹的丢单与成交线索中丢单的占比",
        ),
        ("type",),
    ),
    "track_type_lost_difference": Quantity(
        "points",
        Text(
            "share lost on this type of track less that on all other types",
            "该类轨迹的丢单占比减去其他各类",
        ),
        ("type",),
    ),
    "track_type_agreement": Quantity(
        "ratio",
        Text(
            "agreement of the rules with clusters found in the tracks (adjusted Rand index: 1 the "
            "same, 0 as by chance)",
            "规则分类与轨迹聚类的一致程度（调整兰德指数：1 为完全一致，0 为随机水平）",
        ),
    ),
    "track_cluster_stability": Quantity(
        "share",
        Text(
            "overlap that the least stable of so many clusters keeps when the leads are drawn "
            "again (mean Jaccard)",
            "重抽样时最不稳定的聚类保持的重合度（Jaccard 均值）",
        ),
        ("k",),
    ),
    "pattern_log_hazard_ratio": Quantity(
        "log ratio",
        Text(
            "log ratio of an ending in the week after a check: leads that show the pattern against "
            "those that do not, at the same age",
            "观察后一周内出现该结局之比的对数：出现该组合的线索对未出现的同龄线索",
        ),
        ("cause", "pattern"),
    ),
    "pattern_over_part_log_hazard_ratio": Quantity(
        "log ratio",
        Text(
            "log ratio of an ending in the week after a check: leads that show the pattern against "
            "those that show but its best part, at the same age",
            "观察后一周内出现该结局之比的对数：出现该组合的线索对仅出现其最强部分的同龄线索",
        ),
        ("cause", "pattern", "part"),
    ),
    "pattern_week_share": Quantity(
        "share",
        Text(
            "share of weekly checks that were followed by this ending within a week",
            "每周观察后一周内出现该结局的占比",
        ),
        ("cause", "pattern", "shown"),
    ),
    "pattern_questions_count": Quantity(
        "count",
        Text(
            "questions about patterns (pattern times ending) that came to this step of the search",
            "进入搜索此步骤的组合问题数（组合 × 结局）",
        ),
        ("step",),
    ),
    "open_leads_with_pattern_count": Quantity(
        "count",
        Text("open leads that show the pattern now", "目前出现该组合的未结束线索数"),
        ("pattern",),
    ),
    "early_call_auc": Quantity(
        "ratio",
        Text(
            "how well what is known of a lead at this age tells those lost within the horizon (AUC "
            "on leads of later months, .5 is no information)",
            "该天龄已知的信息区分期限内丢单线索的能力（在其后月份线索上的 AUC，0.5 为无信息）",
        ),
        ("landmark_days",),
    ),
    "early_call_auc_gain": Quantity(
        "ratio",
        Text(
            "AUC of the whole track less that of the last level only, on leads of later months",
            "整条轨迹的 AUC 减去仅用最后水平的 AUC（在其后月份的线索上）",
        ),
        ("landmark_days",),
    ),
    "early_call_precision": Quantity(
        "share",
        Text(
            "share of the leads called that were lost within the horizon, as many called a month "
            "as can be contacted, and at most half of the leads judged",
            "被提示的线索在期限内丢单的占比（每月提示数以可联系数为限，且不超过所评判线索的一半）",
        ),
        ("landmark_days",),
    ),
    "early_call_base_share": Quantity(
        "share",
        Text(
            "share of all leads open at this age that were lost within the horizon, in the same "
            "months",
            "同期该天龄未结束的全部线索在期限内丢单的占比",
        ),
        ("landmark_days",),
    ),
    "early_call_lead_time_days": Quantity(
        "days",
        Text(
            "median days from the call to the loss, of leads called that were lost within the "
            "horizon",
            "被提示且在期限内丢单的线索，自提示至丢单的天数中位数",
        ),
        ("landmark_days",),
    ),
    "early_call_calibration_slope": Quantity(
        "ratio",
        Text(
            "how much the odds of a loss move with the odds forecast, on leads of later months: 1 "
            "is right, less is too bold",
            "其后月份线索的丢单几率随预测几率变化的幅度：1 为恰当，偏小为过于极端",
        ),
        ("landmark_days",),
    ),
    "early_call_calibration_intercept": Quantity(
        "log ratio",
        Text(
            "log odds of a loss beyond those forecast, on leads of later months: 0 is right, "
            "above 0 too few losses were forecast",
            "其后月份线索的丢单几率对数超出预测的部分：0 为恰当，大于 0 为预测偏少",
        ),
        ("landmark_days",),
    ),
    "early_call_log_loss_gain": Quantity(
        "log ratio",
        Text(
            "log loss a lead that a step of the fit saved against the step before, on leads of "
            "later months: below 0 it cost",
            "该步拟合较上一步每条线索节省的对数损失（其后月份的线索）：小于 0 为代价",
        ),
        ("landmark_days",),
    ),
    "early_call_brier_gain": Quantity(
        "share",
        Text(
            "squared error of the share lost so far less that of the early call, on leads of later "
            "months",
            "其后月份线索上：以往丢单占比的平方误差减去早期判断的平方误差",
        ),
        ("landmark_days",),
    ),
    "open_leads_lost_expected": Quantity(
        "count",
        Text(
            "open leads with a probability that will be lost within the horizon, expected",
            "有概率的未结束线索中预计期限内丢单数",
        ),
    ),
    "open_leads_unscored_count": Quantity(
        "count",
        Text(
            "open leads without a probability of a loss, for this reason",
            "因此原因没有丢单概率的未结束线索数",
        ),
        ("reason",),
    ),
    "open_deals_on_track_count": Quantity(
        "count",
        Text("open deals on a track to a loss", "处于丢单轨迹的未结束商机数"),
        ("advice",),
    ),
    "open_deals_advised_count": Quantity(
        "count",
        Text(
            "open deals on a track to a loss, or with an obstacle, for which this is advised",
            "处于丢单轨迹或有障碍且作此建议的未结束商机数",
        ),
        ("advice",),
    ),
    "open_deals_with_obstacle_count": Quantity(
        "count",
        Text("open deals in whose way this stands", "存在该障碍的未结束商机数"),
        ("obstacle",),
    ),
    "margin_at_stake": Quantity(
        "money",
        Text(
            "sum over listed open deals (on a track to a loss, or with an obstacle) of the "
            "probability of loss times the margin, where both are known",
            "名单所列未结束商机（处于丢单轨迹或有障碍）的丢单概率乘毛利之和，仅含两者已知者",
        ),
        ("advice",),
    ),
    "margin_at_stake_on_track": Quantity(
        "money",
        Text(
            "sum over open deals on a track to a loss of the probability of loss times the margin, "
            "where both are known",
            "处于丢单轨迹的未结束商机的丢单概率乘毛利之和，仅含两者已知者",
        ),
        ("advice",),
    ),
    "contact_value_at_most": Quantity(
        "money",
        Text(
            "what one further contact of each of these deals is assumed to be worth at most, its "
            "cost taken off",
            "对这些商机各再联系一次扣除成本后假定最多的价值",
        ),
        ("advice",),
    ),
    "contact_value_by_lot": Quantity(
        "money",
        Text(
            "what one further contact of each of these deals is worth by the effect of warning "
            "that was drawn by lot, its cost taken off",
            "按抽签得出的预警作用，对这些商机各再联系一次扣除成本后的价值",
        ),
        ("advice",),
    ),
    "contact_break_even_share": Quantity(
        "share",
        Text(
            "share of the losses ahead that one further contact of each deal must turn to pay",
            "各再联系一次须挽回多少比例的丢单才合算",
        ),
        ("advice",),
    ),
    "pattern_loss_share": Quantity(
        "share",
        Text(
            "deals lost within the horizon after the week in which a pattern was answered so",
            "出现轨迹后一周内如此应对的商机在观察期内丢单的占比",
        ),
        ("pattern", "strategy", "horizon_days"),
    ),
    "pattern_loss_share_difference": Quantity(
        "points",
        Text(
            "share lost after this strategy less that of deals on the same pattern left alone",
            "采取该策略后的丢单占比减去同轨迹未处理商机的丢单占比",
        ),
        ("pattern", "strategy", "horizon_days"),
    ),
    "pattern_value_per_deal": Quantity(
        "money",
        Text(
            "margin of the losses that go with the strategy less often, less the cost of contacts",
            "该策略下少丢商机的毛利减去联系成本（每单）",
        ),
        ("pattern", "strategy", "horizon_days"),
    ),
    "pattern_needed_per_arm_count": Quantity(
        "count",
        Text(
            "deals an arm that a test by lot needs to show one loss less in ten",
            "抽签试验每组需多少商机才能看出每十单少丢一单",
        ),
        ("pattern", "horizon_days"),
    ),
    "pattern_return_share_difference": Quantity(
        "points",
        Text(
            "share that bought again, arm less control, by the pattern of the deal lost before",
            "按此前所丢商机的轨迹：试验组减对照组的再购占比",
        ),
        ("pattern", "arm", "horizon_days"),
    ),
    "pattern_return_share_difference_shrunk": Quantity(
        "points",
        Text(
            "the same difference drawn towards the mean of the arm over all patterns",
            "同一差异向该组全部轨迹的均值收缩后",
        ),
        ("pattern", "arm", "horizon_days"),
    ),
    "pattern_return_difference_chi2_per_df": Quantity(
        "ratio",
        Text(
            "does the arm do more after some patterns? Cochran's Q per degree of freedom, 1 by "
            "chance",
            "该组的效果是否因轨迹而异？Cochran Q 除以自由度，偶然时约为 1",
        ),
        ("arm", "horizon_days"),
    ),
    "pattern_return_share": Quantity(
        "share",
        Text(
            "share that bought again, of the arm or its control, by the pattern of the deal lost "
            "before",
            "按此前所丢商机的轨迹：试验组或对照组的再购占比",
        ),
        ("pattern", "arm", "side", "horizon_days"),
    ),
    "pattern_net_margin_difference_per_assigned": Quantity(
        "money",
        Text(
            "margin less cost per assigned customer, arm less control, by the pattern of the deal "
            "lost before",
            "按此前所丢商机的轨迹：每位分配客户的毛利减成本，试验组减对照组",
        ),
        ("pattern", "arm", "horizon_days"),
    ),
    "lost_deals_to_reapproach_count": Quantity(
        "count",
        Text(
            "lost deals of customers with a strong wish who have not come back",
            "意愿强烈且尚未回来的丢单客户商机数",
        ),
        ("lost_to",),
    ),
    "lost_deals_due_count": Quantity(
        "count",
        Text(
            "of these, deals whose day to call again has come (day: named by the customer, or "
            "assumed half a year after the loss)",
            "其中已到再联系日的商机数（日期：客户所说，或推定为丢单后半年）",
        ),
        ("day",),
    ),
    "lost_deals_not_to_disturb_count": Quantity(
        "count",
        Text(
            "of these customers, those who asked for no more contact or left",
            "其中已要求不再联系或已离开的客户数",
        ),
    ),
}

NOTES: dict[str, Text] = {
    "unstable_clusters": Text(
        "no number of clusters comes out alike when the leads are drawn again",
        "重抽样时没有一种聚类数能得到相近结果",
    ),
    "few_tracks": Text("too few leads with a track", "有轨迹的线索太少"),
    "days_before_end_left_out": Text(
        "without what became known in the last days before the end",
        "不含结束前最后几日才得知的内容",
    ),
}
