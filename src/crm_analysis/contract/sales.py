"""T2 to T5: leads and what happened on them: interactions, assessments, stated reasons."""

from __future__ import annotations

from crm_analysis.contract.enumerations import allowed
from crm_analysis.contract.schema import Column, Late, Plan, Table
from crm_analysis.language import Text

CUSTOMER_HEADERS = "客户编号 客户号 客户id 客户代码 顾客编号 client_id cust_id"
LEAD_HEADERS = "商机编号 线索编号 商机号 线索号 机会编号 opportunity_id deal_id"
ROUND_HEADERS = "轮次编号 轮次 挽回轮次 活动轮次 campaign_id"
REP_HEADERS = "销售代表 业务员 销售员 销售人员 销售编号 业务员编号 sales_rep salesman agent_id"

CUSTOMER_ID = Column(
    "customer_id",
    "str",
    Text("the customer", "客户"),
    CUSTOMER_HEADERS,
    required=True,
    references="customers.customer_id",
)
LEAD_ID = Column(
    "lead_id", "str", Text("the lead", "商机"), LEAD_HEADERS, references="leads.lead_id"
)
ROUND_ID = Column("round_id", "str", Text("the win-back round", "挽回轮次"), ROUND_HEADERS)
REP_ID = Column("rep_id", "str", Text("the sales rep", "销售代表"), REP_HEADERS)
PRODUCT = Column(
    "product", "str", Text("product", "产品"), "产品 产品名称 商品 商品名称 型号 product_name sku"
)
RECORDED_AT = Column(
    "recorded_at",
    "ts",
    Text("when it was typed in", "录入时间"),
    "录入时间 登记时间 记录时间 录入日期 typed_at entered_at",
)

LEADS = Table(
    name="leads",
    number="T2",
    label=Text("Leads", "商机"),
    grain=Text("one row per lead", "每个商机一行"),
    needed=Text(
        "required for the lead notebooks; at least one of leads, order_lines, winback",
        "商机类笔记本必需；leads、order_lines、winback 至少要有一个",
    ),
    key=("lead_id",),
    event_time=("opened_at",),
    names="lead deals deal opportunities opportunity pipeline sales_pipeline 商机 线索 销售机会",
    own_columns=True,
    plan_columns=("next_buy_at",),
    time_order=(("opened_at", "closed_at"), ("opened_at", "filed_at")),
    late=(
        Late(
            columns=("closed_at", "closed_recorded_at", "lost_to", "rival", "next_buy_at"),
            clock=("closed_at", "closed_recorded_at"),
            reset={"status": "open"},
        ),
        Late(columns=("filed_at",), clock=("filed_at",)),
        Late(columns=("quoted_price", "quoted_at"), clock=("quoted_at",)),
        Late(columns=("rival_price", "rival_price_at"), clock=("rival_price_at",)),
        Late(columns=("budget", "budget_at"), clock=("budget_at",)),
    ),
    columns=(
        Column("lead_id", "str", Text("the lead's id", "商机编号"), LEAD_HEADERS, required=True),
        CUSTOMER_ID,
        Column(
            "opened_at",
            "ts",
            Text("received", "收到时间"),
            "开始时间 收到时间 接收时间 开启时间 开始日期 接待时间 创建时间 created_at engage_date",
            required=True,
        ),
        Column(
            "filed_at",
            "ts",
            Text("filed in the CRM; empty = never filed", "建档时间；空 = 从未建档"),
            "建档时间 归档时间 立案时间",
        ),
        REP_ID,
        Column(
            "visited_store",
            "bool",
            Text("visited the shop", "是否到店"),
            "是否到店 到店 到过店 store_visit",
        ),
        PRODUCT,
        Column(
            "amount",
            "money",
            Text("amount of the deal", "金额"),
            "金额 成交金额 商机金额 预计金额 deal_amount close_value value",
            unit="currency",
            low=0,
        ),
        Column(
            "quoted_price",
            "money",
            Text("price we quoted", "我方报价"),
            "报价 我方报价 quote quoted",
            unit="currency",
            low=0,
            known_by="quoted_at",
        ),
        Column(
            "rival_price",
            "money",
            Text("price of the rival's offer", "竞品报价"),
            "竞品报价 竞争对手报价 对手报价 竞品价格 competitor_price",
            unit="currency",
            low=0,
            known_by="rival_price_at",
        ),
        Column(
            "budget",
            "money",
            Text("the customer's budget", "客户预算"),
            "预算 客户预算",
            unit="currency",
            low=0,
            known_by="budget_at",
        ),
        Column(
            "quoted_at", "ts", Text("when we quoted", "报价时间"), "报价时间 报价日期 quote_date"
        ),
        Column(
            "rival_price_at",
            "ts",
            Text("when the rival's price was learned", "得知竞品报价的时间"),
            "竞品报价时间 对手报价时间 得知竞品报价的时间",
        ),
        Column(
            "budget_at",
            "ts",
            Text("when the budget was learned", "得知预算的时间"),
            "预算时间 得知预算的时间",
        ),
        Column(
            "status",
            "str",
            Text("how it stands; void = ended by us", "状态；作废 = 由我方终止"),
            "状态 商机状态 阶段 线索状态 结果 deal_stage stage",
            required=True,
            allowed=allowed("leads.status"),
        ),
        Column(
            "closed_at",
            "ts",
            Text("when it ended; empty while open", "结束时间；进行中为空"),
            "关闭时间 结束时间 结案时间 成交时间 结束日期 关闭日期 close_date closed_date",
            required_unless="status=open",
        ),
        Column(
            "closed_recorded_at",
            "ts",
            Text("when the end was typed in", "结束的录入时间"),
            "关闭录入时间 结束录入时间 结案录入时间",
        ),
        Column(
            "lost_to",
            "str",
            Text("where the customer went", "流失去向"),
            "流失去向 去向 流向 丢单去向",
            allowed=allowed("leads.lost_to"),
        ),
        Column(
            "rival",
            "str",
            Text("the rival's name", "竞争对手"),
            "竞争对手 竞品 对手 竞品品牌 competitor",
        ),
        Column(
            "next_buy_at",
            "date",
            Text("when they mean to buy next", "预计下次购买日期"),
            "下次购买日期 预计下次购买日期 预计购买日期",
        ),
        RECORDED_AT,
    ),
)

INTERACTIONS = Table(
    name="interactions",
    number="T3",
    label=Text("Interactions", "互动"),
    grain=Text("one row per contact, done or planned", "每次已发生或计划中的接触一行"),
    needed=Text(
        "optional; needed for M03, M17 and the stage 'contacted'",
        "可选；M03、M17 与“已联系”阶段需要",
    ),
    key=("interaction_id",),
    event_time=("at",),
    names="interaction contacts contact activities 互动 联系记录 跟进记录 拜访记录 沟通记录",
    plan=Plan(when="planned_at", fallback=("planned_at", "at")),
    plan_columns=("planned_at",),
    time_order=(("asked_at", "answered_at"), ("at", "issue_closed_at")),
    late=(
        Late(
            columns=(
                "at",
                "goal_met",
                "reached",
                "issue_left",
                "minutes",
                "cost",
                "qa_passed",
                "discount_asked",
            ),
            clock=("at",),
        ),
        Late(columns=("answered_at",), clock=("answered_at",)),
        Late(columns=("issue_closed_at",), clock=("issue_closed_at",)),
    ),
    columns=(
        Column(
            "interaction_id",
            "str",
            Text("the contact's id", "互动编号"),
            "互动编号 联系编号 跟进编号 记录编号 activity_id contact_id",
            required=True,
        ),
        CUSTOMER_ID,
        LEAD_ID,
        Column(
            "at",
            "ts",
            Text("when it happened; empty while planned", "发生时间；未发生的计划为空"),
            "时间 联系时间 发生时间 互动时间 跟进时间 日期 拜访时间 timestamp contact_time",
            required=True,
            required_unless="planned_at",
        ),
        Column(
            "planned_at",
            "ts",
            Text("when it is planned for", "计划时间"),
            "计划时间 预约时间 计划日期 scheduled_at",
        ),
        RECORDED_AT,
        Column(
            "direction",
            "str",
            Text("who began it", "方向"),
            "方向 联系方向 呼叫方向",
            required=True,
            allowed=allowed("interactions.direction"),
        ),
        Column(
            "channel",
            "str",
            Text("by which means", "渠道"),
            "渠道 联系渠道 方式 联系方式 沟通方式 互动方式 medium",
            required=True,
            allowed=allowed("interactions.channel"),
        ),
        REP_ID,
        Column(
            "purpose",
            "str",
            Text("what for", "目的"),
            "目的 联系目的 沟通目的",
            allowed=allowed("interactions.purpose"),
        ),
        Column("goal", "str", Text("the goal set, free text", "目标（自由文本）"), "目标 沟通目标"),
        Column(
            "goal_met",
            "bool",
            Text("the goal was reached", "目标是否达成"),
            "目标达成 是否达成 目标是否达成 达成目标",
        ),
        Column(
            "issue_left",
            "str",
            Text("a question left open", "遗留问题"),
            "遗留问题 未决问题 待解决问题",
        ),
        Column(
            "issue_closed_at",
            "ts",
            Text("when that question was settled", "遗留问题解决时间"),
            "问题解决时间 遗留问题解决时间",
        ),
        Column(
            "asked_at",
            "ts",
            Text("an inbound question came", "客户提问时间"),
            "提问时间 客户提问时间",
        ),
        Column(
            "answered_at", "ts", Text("and was answered", "答复时间"), "答复时间 回复时间 回答时间"
        ),
        Column(
            "reached",
            "bool",
            Text("the customer was reached", "是否联系上"),
            "是否联系上 接通 是否接通 联系上 connected",
        ),
        Column(
            "attempt_no",
            "int",
            Text("number of the attempt in the round", "本轮第几次尝试"),
            "尝试次数 第几次 第几次尝试 attempt",
            low=1,
        ),
        ROUND_ID,
        Column(
            "is_scripted",
            "bool",
            Text("said from a script", "是否照话术"),
            "是否话术 照话术 是否照话术 scripted",
        ),
        Column(
            "minutes",
            "num",
            Text("how long it took", "时长"),
            "分钟 时长 通话时长 时长分钟 duration_minutes",
            unit="minutes",
            low=0,
            high=1440,
        ),
        Column(
            "cost",
            "money",
            Text("cost of the contact", "成本"),
            "成本 费用 联系成本",
            unit="currency",
            low=0,
        ),
        Column(
            "issue_id",
            "str",
            Text("the issue it is about", "相关问题"),
            "问题编号 工单编号 工单号 ticket_id",
            references="issues.issue_id",
        ),
        Column(
            "qa_passed",
            "bool",
            Text("passed the quality check", "质检是否通过"),
            "质检通过 是否质检通过 质检是否通过",
        ),
        Column(
            "discount_asked",
            "bool",
            Text("the customer asked for a discount", "客户是否要求折扣"),
            "要求折扣 是否要求折扣 客户是否要求折扣",
        ),
    ),
)

ASSESSMENTS = Table(
    name="assessments",
    number="T4",
    label=Text("Assessments", "评估"),
    grain=Text("one row per opinion given on a lead or customer", "对商机或客户的每次评估一行"),
    needed=Text("optional; needed for M04", "可选；M04 需要"),
    key=(),
    event_time=("at",),
    names="assessment ratings 评估 评估记录 成交评估",
    columns=(
        CUSTOMER_ID,
        LEAD_ID,
        Column(
            "at",
            "ts",
            Text("when it was judged", "评估时间"),
            "评估时间 时间 日期 评估日期 timestamp",
            required=True,
        ),
        RECORDED_AT,
        Column(
            "kind",
            "str",
            Text("what was judged", "评估类型"),
            "评估类型 类型 评估项目 type",
            required=True,
            allowed=allowed("assessments.kind"),
        ),
        Column(
            "value_num",
            "num",
            Text(
                "probability 0-1, price, or the stage's place 0-1",
                "概率 0–1、价格或阶段位置 0–1",
            ),
            "数值 评估值 概率 成交概率 score",
            unit="share or currency, by kind",
        ),
        Column(
            "value_text",
            "str",
            Text("the model wanted, or the stage's name", "意向型号或阶段名称"),
            "文本值 评估内容 型号 内容",
        ),
        Column(
            "by",
            "str",
            Text("who judged", "评估人"),
            "评估人 评估来源 评估者 assessor",
            allowed=allowed("assessments.by"),
        ),
    ),
)

REASONS = Table(
    name="reasons",
    number="T5",
    label=Text("Stated reasons", "陈述的原因"),
    grain=Text("one row per reason given", "每条陈述的原因一行"),
    needed=Text("optional; needed for M02, M06, M09", "可选；M02、M06、M09 需要"),
    key=("reason_id",),
    event_time=("said_at", "event_at"),
    names="reason loss_reasons 原因 流失原因 丢单原因 原因表",
    columns=(
        Column(
            "reason_id",
            "str",
            Text("the reason's id", "原因编号"),
            "原因编号 原因号",
            required=True,
        ),
        CUSTOMER_ID,
        LEAD_ID,
        ROUND_ID,
        Column(
            "about",
            "str",
            Text("what it explains", "解释什么"),
            "关于 原因类型 类型 事件类型",
            required=True,
            allowed=allowed("reasons.about"),
        ),
        Column(
            "event_at",
            "ts",
            Text("when the explained event happened", "事件时间"),
            "事件时间 发生时间 事件日期",
        ),
        Column("said_at", "ts", Text("when it was said", "陈述时间"), "陈述时间 说明时间 反馈时间"),
        Column(
            "recorded_at",
            "ts",
            Text("when it was typed in", "录入时间"),
            RECORDED_AT.headers,
            required=True,
        ),
        Column(
            "source",
            "str",
            Text("who said it to whom", "来源"),
            "来源 原因来源 信息来源",
            required=True,
            allowed=allowed("reasons.source"),
        ),
        Column(
            "prompted",
            "bool",
            Text("a list was offered", "是否有提示选项"),
            "是否提示 有提示 是否有提示选项",
        ),
        Column(
            "text",
            "str",
            Text("the reason in the speaker's words", "原因原文"),
            "原因 原因描述 内容 原文 原因原文 描述 reason",
            required=True,
        ),
        Column("lang", "str", Text("language of the text", "语言"), "语言 语种 language"),
        Column(
            "code_a",
            "list",
            Text("codes by the first coder", "编码员甲的编码"),
            "编码a 编码甲 编码员甲的编码",
        ),
        Column(
            "code_b",
            "list",
            Text("codes by the second coder", "编码员乙的编码"),
            "编码b 编码乙 编码员乙的编码",
        ),
    ),
)
