"""M01: the funnel, the pipeline and the target."""

from __future__ import annotations

from crm_analysis.language import Text
from crm_analysis.quantities.quantity import Quantity

QUANTITIES: dict[str, Quantity] = {
    "funnel_leads_count": Quantity(
        "count",
        Text("leads that reached this stage", "到达该阶段的线索数"),
        ("window", "cohort", "stage"),
    ),
    "filing_delay_median_days": Quantity(
        "days", Text("median days from receiving a lead to filing it", "从收到到建档的天数中位数")
    ),
    "won_by_day_share": Quantity(
        "share",
        Text(
            "share of leads won by this age, open leads counted rightly",
            "到该天龄已成交的线索占比（正确计入未结束的线索）",
        ),
        ("source", "cohort", "horizon_days"),
    ),
    "won_by_day_share_change": Quantity(
        "points",
        Text(
            "share won by this age: the newest cohorts that are old enough less the year before",
            "到该天龄的成交占比：最近已成熟批次减去此前一年",
        ),
        ("horizon_days",),
    ),
    "won_by_day_extra_deals": Quantity(
        "count",
        Text(
            "deals of the newest cohorts that are old enough, beyond the number at the share of "
            "the year before, at this age",
            "最近已成熟批次在该天龄的成交数，超出按此前一年占比应有数目的部分",
        ),
        ("horizon_days",),
    ),
    "won_by_day_share_difference": Quantity(
        "points",
        Text(
            "share won by this age: leads of this source less all other leads",
            "到该天龄的成交占比：该来源线索减去其余线索",
        ),
        ("source", "horizon_days"),
    ),
    "source_share": Quantity(
        "share",
        Text("share of new customers from this source", "新客户来自该来源的占比"),
        ("source",),
    ),
    "value_per_customer": Quantity(
        "money",
        Text(
            "net sales per customer of this source in the last 365 days",
            "该来源每位客户近 365 天的净销售额",
        ),
        ("source",),
    ),
    "leads_per_day": Quantity(
        "ratio", Text("leads received per day", "每日收到线索数"), ("window",)
    ),
    "deals_per_day": Quantity(
        "ratio", Text("deals won per day", "每日成交数"), ("window", "weekday")
    ),
    "deals_rate_ratio": Quantity(
        "ratio",
        Text(
            "deals per day of the last 90 days over those of the 90 days before",
            "近 90 天每日成交数与此前 90 天之比",
        ),
    ),
    "weekday_chi2_per_df": Quantity(
        "ratio",
        Text(
            "do deals fall on some weekdays more than on others? chi-square per degree of freedom, "
            "1 by chance",
            "成交是否集中在某些星期几？卡方除以自由度，偶然时约为 1",
        ),
    ),
    "target_deals": Quantity("count", Text("deals wanted", "目标成交数"), ("window",)),
    "deals_count": Quantity(
        "count", Text("deals won, as typed in so far", "已成交数（按目前录入）"), ("window",)
    ),
    "untyped_deals_count": Quantity(
        "count",
        Text("deals won and not typed in yet, expected", "预计已成交但尚未录入数"),
        ("window",),
    ),
    "gap_deals": Quantity(
        "count",
        Text(
            "deals missing to the target through this leak, against the year before",
            "与此前一年相比，因该漏损而少于目标的成交数",
        ),
        ("leak",),
    ),
    "expected_deals": Quantity(
        "count",
        Text("deals expected in the target period", "目标期内预计成交数"),
        ("part",),
    ),
    "expected_wins": Quantity(
        "count",
        Text("open leads expected to be won within the horizon", "期限内预计成交的未结束线索数"),
        ("horizon_days",),
    ),
    "expected_losses": Quantity(
        "count",
        Text("open leads expected to be lost within the horizon", "期限内预计丢失的未结束线索数"),
        ("horizon_days",),
    ),
    "target_probability": Quantity(
        "share", Text("probability that the target is met", "达成目标的概率"), ("metric",)
    ),
    "goal_expected_count": Quantity(
        "count",
        Text("deals or leads expected in the period of a target", "某目标期内预计的成交或线索数"),
        ("scope", "scope_id", "metric"),
    ),
    "goal_expected_money": Quantity(
        "money",
        Text("revenue expected in the period of a target", "某目标期内预计的销售额"),
        ("scope", "scope_id", "metric"),
    ),
    "goal_probability": Quantity(
        "share",
        Text(
            "probability that a target of revenue, leads or a team is met",
            "达成销售额、线索或团队目标的概率",
        ),
        ("scope", "scope_id", "metric"),
    ),
    "expected_shortfall": Quantity(
        "count", Text("deals that will be missing on average", "平均将短缺的成交数")
    ),
    "leads_needed_count": Quantity(
        "count",
        Text(
            "leads needed beyond the usual inflow to meet the target so surely",
            "为以该把握达成目标，除通常新增外还需的线索数",
        ),
        ("sure",),
    ),
    "weighted_pipeline": Quantity(
        "money",
        Text(
            "open leads' amounts weighted by their chance to be won", "按成交概率加权的在手线索金额"
        ),
    ),
    "optimism": Quantity(
        "points",
        Text(
            "representatives' last probability less the share that was won",
            "代表最后给出的概率减去实际成交占比",
        ),
        ("rep_id",),
    ),
    "calibration_slope": Quantity(
        "ratio",
        Text(
            "how much the odds of winning move with the representative's odds: 1 where "
            "probabilities mean what they say, 0 where they mean nothing",
            "成交几率随代表所给几率变化的幅度：概率名副其实时为 1，毫无意义时为 0",
        ),
    ),
    "calibration_intercept": Quantity(
        "log ratio",
        Text(
            "log odds of winning where the representative says one half",
            "代表评估为一半时实际成交几率的对数",
        ),
    ),
    "brier_gain": Quantity(
        "share",
        Text(
            "squared error of the base rate less that of our probability, tried on past months",
            "以往月份回测：基准占比的平方误差减去本模型概率的平方误差",
        ),
    ),
    "forecast_coverage": Quantity(
        "share",
        Text(
            "share of past months whose deals lay in the 90 % interval forecast before them",
            "以往月份的成交数落入事前 90 % 预测区间的占比",
        ),
    ),
    "month_shock": Quantity(
        "ratio",
        Text(
            "what all leads of a month share beyond chance, standard deviation in log odds",
            "同月线索共同的超出偶然的波动（对数几率标准差）",
        ),
    ),
    "follow_ups_overdue_count": Quantity(
        "count", Text("follow-ups overdue at the as-of day", "截至当日逾期未跟进数"), ("kind",)
    ),
}

NOTES: dict[str, Text] = {
    "interval_90": Text("interval of 90 %", "区间为 90 %"),
    "reps_own_sum": Text(
        "sum of the representatives' own probabilities: not calibrated, no date",
        "代表自报概率之和：未经校准，也没有期限",
    ),
    "too_young": Text(
        "leads of this cohort are not old enough; not a decline",
        "该批次线索尚未到该天龄，不代表下降",
    ),
    "typed_late": Text(
        "the last days' wins are not all typed in yet", "最近几天的成交尚未全部录入"
    ),
    "no_skill": Text("does not beat the base rate on past months", "在以往月份中未优于基准占比"),
    "no_team_of_leads": Text(
        "which leads are the team's is not given (x_team)", "未给出哪些线索属于该团队（x_team）"
    ),
    "too_few_amounts": Text("too few wins with an amount", "有金额的成交太少"),
    "no_targets": Text("no targets are given", "未给出目标"),
    "no_assessments": Text("no deal probabilities are given", "未给出成交概率评估"),
    "fewer_columns": Text(
        "too few endings for all that is known of a lead; the first columns only",
        "结局太少，仅用部分已知信息",
    ),
}
