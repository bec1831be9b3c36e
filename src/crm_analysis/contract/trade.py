"""T6 and T7: what customers buy and do."""

from __future__ import annotations

from crm_analysis.contract.enumerations import allowed
from crm_analysis.contract.links import CUSTOMER_ID, LEAD_ID, PRODUCT, RECORDED_AT, ROUND_ID
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
