"""T2: the leads."""

from __future__ import annotations

from crm_analysis.contract.enumerations import allowed
from crm_analysis.contract.links import CUSTOMER_ID, LEAD_HEADERS, PRODUCT, RECORDED_AT, REP_ID
from crm_analysis.contract.schema import Column, Late, Table
from crm_analysis.language import Text

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
        Late(columns=("quoted_price", "quoted_at"), clock=("quoted_at",), undated="kept"),
        Late(columns=("rival_price", "rival_price_at"), clock=("rival_price_at",), undated="kept"),
        Late(columns=("budget", "budget_at"), clock=("budget_at",), undated="kept"),
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
