"""Notes that several analyses of deals share."""

from __future__ import annotations

from crm_analysis.language import Text

NOTES: dict[str, Text] = {
    "too_few_events": Text("too few events", "事件太少"),
    "immortal_time": Text(
        "warning: counted over the whole life of the lead, so long-lived leads have more of it "
        "(immortal time); not an effect",
        "警告：按线索整个存续期累计，存续越久数值越大（不死时间偏差），不是效果",
    ),
    "competing_ignored": Text(
        "overstates: other endings are treated as if the lead were still open",
        "偏高：把其他结局当作仍未结束",
    ),
    "not_a_probability": Text(
        "among closed leads only; not a probability of a lead", "仅限已结束线索，不是线索的概率"
    ),
    "few_at_risk": Text("fewer than 10 leads at risk on that day", "当日仍可观察的线索不足 10 条"),
    "log_scale": Text("indicator on a log scale", "指标取对数"),
    "no_spread": Text("the indicator has no spread", "该指标没有差异"),
    "separated": Text("all events on one side", "事件全部落在一侧"),
    "rare_pooled": Text("rare levels pooled", "稀少水平已合并"),
    "shrunk": Text("shrunk towards the mean of all levels", "已向各水平均值收缩"),
    "levels_not_tested": Text(
        "levels not tested: the factor as a whole shows no difference",
        "因素整体无差异，各水平不再检验",
    ),
    "speed_only": Text(
        "about how fast leads end, not how they end", "说明结束的快慢，不说明如何结束"
    ),
    "profile_time_unknown": Text(
        "when the fact became known is not recorded; it may have been typed in after the ending",
        "该信息的获知时间未记录，可能是结束后补录",
    ),
    "no_durations": Text(
        "leads carry no durations: logistic regression among closed leads instead of hazards",
        "线索没有时长：改用已结束线索的逻辑回归，而非风险率",
    ),
    "against_commonest": Text(
        "beside all other standing factors; a level is set against the commonest one",
        "与其他成立因素一并拟合；各水平以最常见者为参照",
    ),
    "leak_suspected": Text(
        "gives the ending away: it may have been filled in by the ending itself",
        "泄露结局：可能由结局本身填入",
    ),
    "no_rows": Text("no row with all values", "没有取值完整的行"),
    "no_events": Text("no event of this kind", "没有此类事件"),
    "all_missing": Text("no value in any row", "全部缺失"),
    "duplicate_column": Text("the same as another indicator", "与另一指标完全相同"),
    "collinear": Text("a combination of the other indicators", "可由其他指标线性得出"),
    "not_converged": Text("the fit did not come to rest", "拟合未收敛"),
    "ridge": Text(
        "few events per parameter; drawn towards no effect by a ridge",
        "每个参数的事件偏少，已用岭估计向零效应收缩",
    ),
    "rows_without_value": Text("rows without a value left out", "已剔除缺少取值的行"),
    "proportionality_doubtful": Text(
        "the ratio changes over time; read it as an average", "风险比随时间变化，仅可作平均理解"
    ),
}
