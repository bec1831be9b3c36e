"""M02: stated reasons, and how far they can be believed."""

from __future__ import annotations

from crm_analysis.language import Text
from crm_analysis.quantities.quantity import Quantity

QUANTITIES: dict[str, Quantity] = {
    "reason_share": Quantity(
        "share",
        Text(
            "share of lost deals with this main reason, as noted by sales or as heard in callbacks",
            "以此为主因的丢单占比（销售记录或回访所述）",
        ),
        ("code",),
    ),
    "reason_share_corrected": Quantity(
        "share",
        Text(
            "share of lost deals with this main reason, sellers' notes corrected by callbacks",
            "以此为主因的丢单占比（以回访校正销售记录）",
        ),
        ("code", "callback_error"),
    ),
    "reason_share_difference": Quantity(
        "points",
        Text("corrected share less the share in sellers' notes", "校正后占比减销售记录中的占比"),
        ("code",),
    ),
    "reason_share_segment_difference": Quantity(
        "points",
        Text(
            "share of sellers' notes with this main reason in a segment, less elsewhere",
            "某细分中以此为主因的销售记录占比，减其余",
        ),
        ("code", "factor", "level"),
    ),
    "reason_share_level": Quantity(
        "share",
        Text(
            "share of sellers' notes with this main reason in a small segment, drawn towards all",
            "某小细分中以此为主因的销售记录占比（已向各水平均值收缩）",
        ),
        ("code", "factor", "level"),
    ),
    "reason_share_trend": Quantity(
        "points",
        Text(
            "change of the share of prompt notes with this main reason, a quarter",
            "及时记录中以此为主因的占比每季度的变化",
        ),
        ("code",),
    ),
    "churn_reason_share": Quantity(
        "share",
        Text(
            "share of customers who left with this main reason, as noted",
            "以此为主因的流失客户占比（按记录）",
        ),
        ("code",),
    ),
    "reasons_kappa": Quantity(
        "ratio",
        Text(
            "agreement on the main reason beyond chance (kappa: 0 by chance, 1 always)",
            "主因的一致性（kappa：0 为偶然，1 为完全一致）",
        ),
        ("readers", "band", "code"),
    ),
    "reasons_kappa_difference": Quantity(
        "ratio",
        Text(
            "agreement of seller and callback where the seller typed late, less where promptly",
            "销售与回访的一致性：迟录者减及时录入者",
        ),
        ("band",),
    ),
    "question_format_distance": Quantity(
        "share",
        Text(
            "how differently reasons fall where a list of answers was offered and where not: the "
            "share that would have to change (half the sum of differences)",
            "有无选项提示时原因分布的差异：须改变的占比（各差之和的一半）",
        ),
        ("source",),
    ),
    "lost_leads_with_reason_share": Quantity(
        "share",
        Text("lost leads for which a reason was noted", "已记录原因的丢单占比"),
    ),
    "reasons_count": Quantity("count", Text("stated reasons", "陈述的原因数"), ("source", "basis")),
    "reasons_typed_late_share": Quantity(
        "share",
        Text(
            "share of reasons typed in more than this many days after the loss",
            "在丢单后超过该天数才录入的原因占比",
        ),
        ("source", "over_days"),
    ),
    "reasons_prompted_share": Quantity(
        "share",
        Text("share of reasons for which a list of answers was offered", "有选项提示的原因占比"),
        ("source",),
    ),
    "reasons_empty_share": Quantity(
        "share",
        Text("share of reasons whose words say nothing", "内容空洞的原因占比"),
        ("source",),
    ),
    "reasons_unread_share": Quantity(
        "share",
        Text("share of reasons in which no code could be read", "未能读出编码的原因占比"),
        ("source", "asked"),
    ),
    "reasons_repeated_share": Quantity(
        "share",
        Text(
            "share of reasons in words that stand there ten times or more", "重复十次以上的措辞占比"
        ),
        ("source",),
    ),
    "reasons_batch_typed_share": Quantity(
        "share",
        Text(
            "share of reasons typed in on days of clearing up old cases",
            "在集中补录日录入的原因占比",
        ),
    ),
    "reasons_completed_count": Quantity(
        "count",
        Text(
            "reasons of losses of the month, those still to be typed in included",
            "该月丢单的原因数（含尚未录入者）",
        ),
        ("code", "month"),
    ),
}

NOTES: dict[str, Text] = {
    "few_callbacks": Text("few callbacks to correct by", "可供校正的回访偏少"),
    "too_few_callbacks": Text("too few callbacks to correct by", "可供校正的回访太少"),
    "few_notes": Text("few notes", "记录偏少"),
    "too_few_notes": Text("too few notes", "记录太少"),
    "as_all_levels": Text(
        "too few notes of its own: the share of all levels is the best guess",
        "自身记录太少：以各水平的总体占比为最佳估计",
    ),
    "too_few_pairs": Text("too few were read twice", "两方都有的太少"),
    "one_code_only": Text("one reason only", "只有一种原因"),
    "as_noted": Text(
        "as noted by sales: not checked against what customers say",
        "按销售记录：未经客户核实",
    ),
    "not_all_in": Text(
        "not all typed in yet; completed by the usual delays", "尚未录全，已按通常延迟推算"
    ),
    "too_few_in": Text(
        "less than a fifth is typed in yet: too little to complete", "已录入不足五分之一，无法推算"
    ),
    "not_drawn_by_lot": Text(
        "on all coded texts, not on those drawn by lot alone: too few of them are coded",
        "基于全部已编码文本，而非仅随机抽取者：后者已编码的太少",
    ),
    "reached_only": Text("only those reached by a callback", "仅限回访到的客户"),
}
