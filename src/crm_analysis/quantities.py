"""The catalogue: every quantity and note an estimate may carry, declared once.

A new number starts here: its name (units in the name), unit, meaning in both languages and the
names its segment may hold, in order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from crm_analysis.errors import UndeclaredQuantity
from crm_analysis.language import Text


@dataclass(frozen=True, slots=True)
class Quantity:
    """A kind of number: unit, meaning, and the names its segment may hold in this order."""

    unit: str
    meaning: Text
    segment: tuple[str, ...] = ()


QUANTITIES: dict[str, Quantity] = {
    # --- M00 data fitness -------------------------------------------------------------------
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
    # --- M03 interaction indicators ---------------------------------------------------------
    "log_hazard_ratio_per_sd": Quantity(
        "log ratio",
        Text(
            "log hazard ratio of an ending per standard deviation of the indicator, among leads "
            "still open at the landmark",
            "到观察日仍未结束的线索中，指标每增加一个标准差，该结局风险率之比的对数",
        ),
        ("cause", "landmark_days", "indicator"),
    ),
    # --- M05 profile factors and outcome kinds ----------------------------------------------
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
        ("landmark_days", "horizon_days", "indicator", "sign", "factor", "level"),
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
    # --- M04 tracks -------------------------------------------------------------------------
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
    # --- M10 win-back effect ----------------------------------------------------------------
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
    # --- M20 summary ------------------------------------------------------------------------
    "findings_count": Quantity(
        "count", Text("findings that stand over all notebooks", "各报告中成立的发现数")
    ),
}

NOTES: dict[str, Text] = {
    "typed_after_the_end": Text(
        "leak: uses contacts typed in after the end", "泄漏：使用了结束后才录入的联系"
    ),
    "too_few_events": Text("too few events", "事件太少"),
    # --- M03, M04, M05 deals
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
    # --- survival: why a hazard ratio is refused or weak
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
    # --- M10 win-back effect
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


_PART = re.compile(r"(?:\\.|[^;\\])+", re.DOTALL)


def segment_pairs(segment: str) -> list[tuple[str, str]]:
    r"""Split a segment into its names and values, the values unescaped.

    Examples
    --------
    >>> segment_pairs(r"factor=x;level=a\\;cause=lost")
    [('factor', 'x'), ('level', 'a\\'), ('cause', 'lost')]
    """
    pairs = (part.partition("=") for part in _PART.findall(segment))
    return [(name, re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)) for name, _, value in pairs]


def check_declared(quantity: str, segment: str, note: str) -> None:
    """Raise `UndeclaredQuantity` where a name is not in the catalogue.

    Segment names must be declared for the quantity and stand in declared order; a name may be
    left out.
    """
    declared = QUANTITIES.get(quantity)
    if declared is None:
        raise UndeclaredQuantity(f"quantity {quantity!r} is not declared in quantities.QUANTITIES")
    names = [name for name, _ in segment_pairs(segment)]
    allowed = [name for name in declared.segment if name in names]
    if names != allowed:
        raise UndeclaredQuantity(
            f"segment {segment!r} of {quantity!r}: allowed, in this order: {declared.segment}"
        )
    for code in filter(None, (part.split(":", 1)[0].strip() for part in note.split(";"))):
        if code not in NOTES:
            raise UndeclaredQuantity(f"note {code!r} is not declared in quantities.NOTES")
