"""T8 and T9: what customers answer, and what goes wrong."""

from __future__ import annotations

from crm_analysis.contract.enumerations import allowed
from crm_analysis.contract.links import CUSTOMER_ID, RECORDED_AT
from crm_analysis.contract.schema import Column, Late, Table
from crm_analysis.language import Text

SURVEYS = Table(
    name="surveys",
    number="T8",
    label=Text("Surveys", "问卷"),
    grain=Text(
        "one row per questionnaire sent; those without an answer are kept",
        "每份发出的问卷一行；未作答的也要保留",
    ),
    needed=Text("optional", "可选"),
    key=("response_id",),
    event_time=("sent_at",),
    names="survey questionnaires nps 问卷 调查 满意度调查 问卷调查",
    time_order=(("sent_at", "answered_at"),),
    late=(
        Late(
            columns=(
                "answered_at",
                "nps",
                "satisfaction",
                "expectation",
                "experience",
                "completeness",
                "problem_class",
                "issue_codes",
                "respondent_role",
                "comment",
            ),
            clock=("answered_at",),
        ),
    ),
    columns=(
        Column(
            "response_id",
            "str",
            Text("the questionnaire's id", "问卷编号"),
            "问卷编号 答卷编号 答卷号 survey_id",
            required=True,
        ),
        CUSTOMER_ID,
        Column(
            "sent_at",
            "ts",
            Text("when it was sent", "发出时间"),
            "发出时间 发送时间 发放时间 发送日期",
            required=True,
        ),
        Column(
            "answered_at",
            "ts",
            Text("when it was answered; empty = no answer", "作答时间；空 = 未作答"),
            "作答时间 回答时间 答复时间 填写时间",
        ),
        RECORDED_AT,
        Column("wave", "str", Text("the wave", "批次"), "批次 期次 调查批次"),
        Column(
            "nps",
            "int",
            Text("would recommend us, 0-10", "推荐意愿 0–10"),
            "推荐意愿 净推荐值 推荐分 nps得分 nps_score",
            unit="points",
            low=0,
            high=10,
        ),
        Column(
            "satisfaction",
            "num",
            Text("satisfaction 0-10", "满意度 0–10"),
            "满意度 满意度评分 satisfaction_score",
            unit="points",
            low=0,
            high=10,
        ),
        Column(
            "expectation",
            "num",
            Text("what was expected, 0-10", "期望 0–10"),
            "期望 期望值 期望评分",
            unit="points",
            low=0,
            high=10,
        ),
        Column(
            "experience",
            "num",
            Text("what was met with, 0-10", "体验 0–10"),
            "体验 体验评分 实际体验",
            unit="points",
            low=0,
            high=10,
        ),
        Column(
            "completeness",
            "share",
            Text("share of questions answered", "答题完整度"),
            "完整度 答题完整度 完成度",
            unit="share",
            low=0,
            high=1,
        ),
        Column(
            "problem_class",
            "str",
            Text("what the trouble is about", "问题大类"),
            "问题大类 问题类别 问题分类",
            allowed=allowed("surveys.problem_class"),
        ),
        Column(
            "issue_codes", "list", Text("codes of the troubles", "问题编码"), "问题编码 问题代码"
        ),
        Column(
            "respondent_role",
            "str",
            Text("who answered", "作答人角色"),
            "作答人角色 答题人 填写人角色",
        ),
        Column(
            "comment", "str", Text("free text", "意见（自由文本）"), "意见 评论 留言 备注 comments"
        ),
    ),
)

ISSUES = Table(
    name="issues",
    number="T9",
    label=Text("Issues", "问题"),
    grain=Text(
        "one row per complaint, question, fault, promise or dispute",
        "每项投诉、咨询、故障、承诺或纠纷一行",
    ),
    needed=Text("optional; needed for M17", "可选；M17 需要"),
    key=("issue_id",),
    event_time=("opened_at",),
    names="issue tickets complaints cases 问题 投诉 工单 投诉记录 售后",
    plan_columns=("due_at",),
    time_order=(("opened_at", "resolved_at"), ("opened_at", "assigned_at")),
    late=(
        Late(
            columns=("resolved_at",),
            clock=("resolved_at",),
            reset={"outcome": "open"},
        ),
        Late(columns=("assigned_at",), clock=("assigned_at",)),
        Late(columns=("told_at",), clock=("told_at",)),
        Late(
            columns=("handoffs", "repairs", "tone", "escalated", "counts_at"),
            clock=("counts_at", "resolved_at"),
            rule="first",
        ),
    ),
    columns=(
        Column(
            "issue_id",
            "str",
            Text("the issue's id", "问题编号"),
            "问题编号 工单编号 工单号 投诉编号 ticket_id",
            required=True,
        ),
        CUSTOMER_ID,
        Column(
            "opened_at",
            "ts",
            Text("when it was raised", "提出时间"),
            "提出时间 投诉时间 受理时间 开始时间 创建时间 created_at",
            required=True,
        ),
        RECORDED_AT,
        Column(
            "kind",
            "str",
            Text("what kind", "类型"),
            "类型 问题类型 工单类型 type",
            required=True,
            allowed=allowed("issues.kind"),
        ),
        Column(
            "class",
            "str",
            Text("product, price or service", "产品、价格或服务"),
            "大类 问题大类 分类 问题分类",
            allowed=allowed("issues.class"),
        ),
        Column("code", "str", Text("code of the trouble", "问题编码"), "编码 问题编码 问题代码"),
        Column(
            "found_by",
            "str",
            Text("who found it", "发现方"),
            "发现方 发现人 由谁发现",
            allowed=allowed("issues.found_by"),
        ),
        Column("promise", "str", Text("what was promised", "承诺内容"), "承诺 承诺内容"),
        Column(
            "due_at",
            "ts",
            Text("promised for", "承诺期限"),
            "期限 承诺期限 截止时间 到期时间 due_date",
        ),
        Column(
            "resolved_at",
            "ts",
            Text("when it was settled", "解决时间"),
            "解决时间 处理完成时间 完成时间 关闭时间 closed_at",
        ),
        Column(
            "outcome",
            "str",
            Text("how it stands", "结果"),
            "结果 处理结果 状态 status",
            required=True,
            allowed=allowed("issues.outcome"),
        ),
        Column(
            "handoffs",
            "int",
            Text("how often it was passed on", "转手次数"),
            "转手次数 转交次数 流转次数",
            unit="times",
            low=0,
        ),
        Column(
            "repairs",
            "int",
            Text("repairs needed", "维修次数"),
            "维修次数 返修次数",
            unit="times",
            low=0,
        ),
        Column(
            "tone",
            "list",
            Text("how the customer was treated", "对待客户的态度问题"),
            "态度问题 服务态度 态度",
            allowed=allowed("issues.tone"),
        ),
        Column("escalated", "bool", Text("went up the ladder", "是否升级"), "是否升级 升级"),
        Column(
            "assigned_at", "ts", Text("given to someone", "分派时间"), "分派时间 指派时间 派单时间"
        ),
        Column(
            "told_at",
            "ts",
            Text("the customer was told", "告知客户的时间"),
            "告知时间 通知客户时间 告知客户的时间",
        ),
        Column(
            "counts_at",
            "ts",
            Text("when handoffs, repairs and tone were counted", "次数统计时间"),
            "统计时间 次数统计时间",
        ),
    ),
)
