"""The columns that link tables, and the typing time, as most tables declare them."""

from __future__ import annotations

from crm_analysis.contract.schema import Column
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
