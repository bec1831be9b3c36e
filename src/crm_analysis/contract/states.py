"""The names and wording of derived states; they are computed in `source` and `customers`."""

from __future__ import annotations

from crm_analysis.language import Text

LEAD_STATES: dict[str, Text] = {
    "open": Text("open", "进行中"),
    "dormant": Text("dormant", "沉睡"),
    "won": Text("won", "成交"),
    "lost": Text("lost", "流失"),
    "void": Text("void", "作废"),
}

CUSTOMER_STATES: dict[str, Text] = {
    "prospect": Text("prospect (no order yet)", "潜在客户（尚无订单）"),
    "has_ordered": Text("has ordered", "已下过单"),
    "active": Text("active", "活跃"),
    "slowing": Text("slowing down", "放缓"),
    "silent_engaged": Text("buys nothing but stays in touch", "未购买但仍有互动"),
    "lost": Text("lost", "流失"),
    "returned": Text("returned", "回流"),
    "unknown": Text("too new to judge", "时间太短，无法判断"),
}
