"""T6 to T9: what customers buy and do, what they answer, and what goes wrong."""

from __future__ import annotations

from crm_analysis.contract.enumerations import allowed
from crm_analysis.contract.sales import CUSTOMER_ID, LEAD_ID, PRODUCT, RECORDED_AT, ROUND_ID
from crm_analysis.contract.schema import Column, Late, Table
from crm_analysis.language import Text

ORDER_LINES = Table(
    name="order_lines",
    number="T6",
    label=Text("Order lines", "订单明细"),
    grain=Text("one row per line of an order or return", "订单或退货的每一行"),
    needed=Text("needed for the customer notebooks", "客户类笔记本需要"),
    key=("line_id",),
    event_time=("at",),
    names="order_line orders order sales transactions 订单 订单明细 销售明细 销售记录 交易",
    plan_columns=("due_at",),
    late=(Late(columns=("paid_at",), clock=("paid_at",)),),
    columns=(
        Column(
            "line_id",
            "str",
            Text("the line's id", "明细编号"),
            "明细编号 行号 明细号 订单行号 order_line_id",
            required=True,
        ),
        Column(
            "order_id",
            "str",
            Text("the order", "订单"),
            "订单编号 订单号 单号 invoice invoice_no",
            required=True,
        ),
        CUSTOMER_ID,
        Column(
            "at",
            "ts",
            Text("when it was ordered", "下单时间"),
            "下单时间 订单时间 时间 日期 订单日期 购买时间 销售日期 order_date invoice_date",
            required=True,
        ),
        RECORDED_AT,
        PRODUCT,
        Column("category", "str", Text("category", "品类"), "品类 类别 产品类别 商品类别"),
        Column(
            "essential",
            "bool",
            Text("something the customer cannot do without", "是否必需品"),
            "是否必需品 必需品 刚需 是否刚需",
        ),
        Column("qty", "num", Text("quantity", "数量"), "数量 件数 quantity", unit="pieces"),
        Column(
            "list_amount",
            "money",
            Text("amount at list price", "原价金额"),
            "原价金额 标价金额 原价 标价 list_price",
            unit="currency",
        ),
        Column(
            "amount",
            "money",
            Text("net amount paid; a return is negative", "实付金额；退货为负"),
            "金额 实付金额 销售金额 成交金额 付款金额 net_amount",
            unit="currency",
            required=True,
        ),
        Column("margin", "money", Text("margin", "毛利"), "毛利 毛利额 利润", unit="currency"),
        Column(
            "promo_id", "str", Text("the promotion", "促销"), "促销编号 促销活动编号 promotion_id"
        ),
        Column("offer", "str", Text("the offer used", "优惠"), "优惠 优惠方式 优惠内容"),
        LEAD_ID,
        ROUND_ID,
        Column(
            "due_at",
            "date",
            Text("payment due", "应付日期"),
            "应付日期 应收日期 到期日 付款期限 due_date",
        ),
        Column(
            "paid_at",
            "date",
            Text("payment received", "付款日期"),
            "付款日期 到账日期 回款日期 paid_date",
        ),
    ),
)

ENGAGEMENT = Table(
    name="engagement",
    number="T7",
    label=Text("Engagement", "参与"),
    grain=Text("one row per event, or per day with a count", "每个事件一行，或每日计数一行"),
    needed=Text("optional", "可选"),
    key=("event_id",),
    event_time=("at",),
    names="engagements events forum 参与 参与记录 论坛 客户参与",
    columns=(
        Column(
            "event_id", "str", Text("the event's id", "事件编号"), "事件编号 事件号", required=True
        ),
        CUSTOMER_ID,
        Column(
            "at",
            "ts",
            Text("when it happened", "发生时间"),
            "时间 发生时间 日期 事件时间 timestamp",
            required=True,
        ),
        RECORDED_AT,
        Column(
            "kind",
            "str",
            Text("what the customer did", "行为类型"),
            "类型 行为类型 事件类型 行为 type",
            required=True,
            allowed=allowed("engagement.kind"),
        ),
        Column(
            "n",
            "int",
            Text("how often; empty = once", "次数；空 = 一次"),
            "次数 数量 count",
            unit="events",
            low=0,
        ),
        Column(
            "ref_customer_id",
            "str",
            Text("the other customer concerned", "相关的另一位客户"),
            "被推荐人 被推荐人编号 相关客户 相关客户编号",
            references="customers.customer_id",
        ),
        Column(
            "quality",
            "num",
            Text("quality 0-5", "质量 0–5"),
            "质量 质量评分 评分",
            unit="points",
            low=0,
            high=5,
        ),
        Column(
            "adopted", "bool", Text("the suggestion was adopted", "建议是否采纳"), "采纳 是否采纳"
        ),
        Column("topic_id", "str", Text("the topic", "主题"), "主题 主题编号 话题"),
    ),
)

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
