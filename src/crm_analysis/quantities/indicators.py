"""M03: interaction indicators."""

from __future__ import annotations

from crm_analysis.language import Text
from crm_analysis.quantities.quantity import Quantity

_PLACE = ("cause", "landmark_days", "indicator")

QUANTITIES: dict[str, Quantity] = {
    "log_hazard_ratio_per_sd": Quantity(
        "log ratio",
        Text(
            "log hazard ratio of an ending per standard deviation of the indicator, among leads "
            "still open at the landmark",
            "到观察日仍未结束的线索中，指标每增加一个标准差，该结局风险率之比的对数",
        ),
        (*_PLACE, "bound"),
    ),
    "state_log_hazard_ratio": Quantity(
        "log ratio",
        Text(
            "log hazard ratio of an ending while a state lasts, against while it does not",
            "某状态持续期间与非持续期间，该结局风险率之比的对数",
        ),
        ("cause", "state"),
    ),
    "state_extra_endings": Quantity(
        "count",
        Text(
            "endings while a state lasted, beyond the number at the pace of leads not in it",
            "状态持续期间的结局数超出非持续期间快慢所应有的数目",
        ),
        ("cause", "state"),
    ),
    "proportionality_p": Quantity(
        "p",
        Text(
            "p of the test that the hazard ratio stays the same over time",
            "风险率之比随时间不变的检验 p 值",
        ),
        _PLACE,
    ),
    "linearity_p": Quantity(
        "p",
        Text(
            "p of a bent against a straight relation (restricted cubic spline, likelihood ratio)",
            "弯曲关系对直线关系的检验 p 值（限制性三次样条，似然比）",
        ),
        _PLACE,
    ),
    "largest_influence_se": Quantity(
        "ratio",
        Text(
            "by how many of its standard errors the log hazard ratio moves, at most, if a single "
            "lead is left out",
            "剔除任一条线索时，风险率之比（取对数）最多移动多少个标准误",
        ),
        _PLACE,
    ),
    "e_value": Quantity(
        "ratio",
        Text(
            "how strongly a hidden factor would have to be tied to both sides, as a risk ratio, to "
            "explain the relation away; the lower bound is for the interval's end",
            "隐藏因素须与两端有多强的关联（风险比）才能完全解释该关系；下限对应区间端点",
        ),
        _PLACE,
    ),
    "dose_loss_share": Quantity(
        "share",
        Text(
            "share of leads lost within the horizon after the landmark, by value of the indicator",
            "观察日后期限内丢单占比（按指标取值分组）",
        ),
        ("landmark_days", "horizon_days", "indicator", "dose"),
    ),
    "group_chi2": Quantity(
        "chi-square",
        Text(
            "likelihood-ratio chi-square of a group of indicators that go together, against none",
            "一组彼此相关的指标整体的似然比卡方",
        ),
        ("cause", "landmark_days", "group"),
    ),
    "group_importance_share": Quantity(
        "share",
        Text(
            "share of the explained deviance that is lost without the group",
            "去掉该组后损失的解释偏差占比",
        ),
        ("cause", "landmark_days", "group"),
    ),
    "minimal_indicators_count": Quantity(
        "count",
        Text(
            "indicators that are needed together: one a group, each still telling beside the rest",
            "同时需要的指标数：每组至多一个，且在其余之外仍有信息",
        ),
        ("cause", "landmark_days"),
    ),
    "channel_win_share": Quantity(
        "share",
        Text(
            "share of leads won within the horizon, by channel of the first contact",
            "期限内成交占比（按首次联系渠道）",
        ),
        ("landmark_days", "horizon_days", "channel"),
    ),
    "channel_chi2_per_df": Quantity(
        "ratio",
        Text(
            "do channels of the first contact differ in the share won? chi-square per degree of "
            "freedom, 1 by chance",
            "首次联系渠道的成交占比是否不同？卡方除以自由度，偶然时约为 1",
        ),
        ("landmark_days", "horizon_days"),
    ),
    "weekday_chi2_per_df": Quantity(
        "ratio",
        Text(
            "do weekdays of the first contact differ in the share won? chi-square per degree of "
            "freedom, 1 by chance",
            "首次联系的星期与成交占比是否有关？卡方除以自由度，偶然时约为 1",
        ),
        ("landmark_days", "horizon_days"),
    ),
    "goal_met_share": Quantity(
        "share",
        Text(
            "share of judged goals that were met, by place in the sequence",
            "已评判目标的达成占比（按次序）",
        ),
        ("place",),
    ),
    "reached_share": Quantity(
        "share",
        Text("share of tries that reached the customer", "尝试中联系上客户的占比"),
        ("channel", "after_failure"),
    ),
    "other_route_gain": Quantity(
        "share",
        Text(
            "share reached on another route less share reached on the same route, after a failure",
            "未联系上后改用其他途径与沿用同一途径的联系上占比之差",
        ),
    ),
    "case_open_days": Quantity(
        "days",
        Text("median days until a customer's case is settled", "客户事项了结的中位天数"),
    ),
}

NOTES: dict[str, Text] = {
    "collinear_group": Text(
        "goes together with other indicators and cannot be told apart from them",
        "与其他指标高度相关，无法区分",
    ),
    "within_group": Text(
        "beside the other indicators of its group; not an effect of its own",
        "与同组其他指标并列估计，不是独立效果",
    ),
    "needed_beside_others": Text(
        "still tells something beside the other indicators that are needed",
        "在其他所需指标之外仍有信息",
    ),
    "all_landmarks": Text("all landmarks together", "各观察日合并"),
    "raw_ranking": Text(
        "warning: raw shares put small channels first by chance", "警告：原始占比会让小渠道偶然居首"
    ),
    "dormant_lost": Text(
        "silent leads counted as lost when they fell silent", "沉默线索按沉默之时计为丢单"
    ),
    "dormant_bound": Text(
        "the most extreme answer that silent leads could give", "沉默线索所能给出的最极端结果"
    ),
    "assessment_adjusted": Text(
        "beside the last deal probability before the landmark", "已调整观察日前最近一次成交概率"
    ),
    "by_quarter": Text("compared within quarters of opening", "按开启季度分层比较"),
    "few_representatives": Text(
        "fewer than 20 representatives: errors by representative would be too small",
        "销售代表不足 20 人：按代表聚类的误差会偏小",
    ),
    "by_representative": Text(
        "errors robust to what a representative does alike", "误差按销售代表聚类"
    ),
    "ever_state": Text(
        "warning: leads that live longer have more time to come into the state (immortal time); "
        "not an effect",
        "警告：存续越久越可能出现该状态（不死时间偏差），不是效果",
    ),
    "reverse_order": Text(
        "may run the other way: customers who are going to buy tell us more",
        "方向可能相反：将要购买的客户会告诉我们更多",
    ),
}
