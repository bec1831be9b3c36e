"""What is switched off or weakened where the source lacks a table or a column."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from crm_analysis.contract.tables import TABLES
from crm_analysis.language import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One row of the table of gaps.

    Parameters
    ----------
    missing : str
        A table, or table.column.
    off : tuple of str
        Modules (M03) or rows of the inventory (A-50) that are not answered.
    says : Text
        What is off and what is weakened, for readers.
    by_values : bool
        It also counts as missing where the values say nothing (all durations equal, nobody
        randomised); only an analysis can tell, `switched_off` cannot.
    """

    missing: str
    off: tuple[str, ...]
    says: Text
    by_values: bool = False


SWITCHED_OFF: tuple[Switch, ...] = (
    Switch(
        missing="leads",
        off=("M01", "M03", "M04", "M05"),
        says=Text(
            "No leads: the funnel, contact habits, tracks and profile factors of leads are off.",
            "没有商机数据：漏斗、联系习惯、轨迹与客户特征分析均关闭。",
        ),
    ),
    Switch(
        missing="interactions",
        off=("M03", "M17"),
        says=Text(
            "No interactions: contact habits, service, the stage 'contacted' and dormancy are "
            "off; who is lost is judged by purchases and engagement.",
            "没有互动数据：联系习惯、服务分析、“已联系”阶段与沉睡状态均关闭；客户是否流失改由购买和参与判断。",
        ),
    ),
    Switch(
        missing="leads.closed_at",
        off=("M03", "M04"),
        says=Text(
            "No dates or durations of leads: hazards, tracks and survival are off; profile "
            "factors and reasons use a stratified logistic regression and say so.",
            "没有商机的日期或时长：风险率、轨迹与生存分析均关闭；客户特征与原因改用分层逻辑回归并注明。",
        ),
        by_values=True,
    ),
    Switch(
        missing="order_lines",
        off=("M07", "M08", "M10", "M11", "M12", "M15", "M18"),
        says=Text(
            "No orders: customer states, value, win-back effect on purchases, early warning and "
            "partner classes are off.",
            "没有订单数据：客户状态、价值、挽回对购买的效果、早期预警与伙伴分级均关闭。",
        ),
    ),
    Switch(
        missing="assessments",
        off=("M04",),
        says=Text(
            "No assessments: tracks of deal probability and the calibration of reps are off; the "
            "pipeline forecast uses history only.",
            "没有评估数据：成交概率轨迹与销售判断的校准关闭；预测只用历史数据。",
        ),
    ),
    Switch(
        missing="reasons",
        off=("M02",),
        says=Text(
            "No stated reasons: what people say is off, also as strata of win-back; only what "
            "their behaviour shows is told.",
            "没有陈述的原因：口头原因分析及其在挽回中的分层关闭；只说明行为所显示的原因。",
        ),
    ),
    Switch(
        missing="engagement",
        off=("B-17", "B-18", "B-19", "B-20", "B-22"),
        says=Text(
            "No engagement: value dimensions 2-5 and 7 are off; who is lost is judged by "
            "purchases and contacts, and 'silent is not lost' cannot be checked.",
            "没有参与数据：价值维度 2–5 与 7 关闭；客户是否流失由购买和联系判断，"
            "无法核实“沉默不等于流失”。",
        ),
    ),
    Switch(
        missing="surveys",
        off=("M14", "B-21"),
        says=Text(
            "No surveys: satisfaction and value dimension 6 are off; loyalty of class B partners "
            "uses the repeat rate and says so.",
            "没有问卷数据：满意度与价值维度 6 关闭；B 类伙伴的忠诚度改用复购率并注明。",
        ),
    ),
    Switch(
        missing="issues",
        off=("M17",),
        says=Text(
            "No issues: promises, complaints and do-not-sell by issue are off.",
            "没有问题数据：承诺、投诉与因问题暂停推销均关闭。",
        ),
    ),
    Switch(
        missing="winback",
        off=("M10",),
        says=Text(
            "No randomised win-back round: its causal effect is off; only adjusted associations "
            "are shown.",
            "没有随机分组的挽回轮次：因果效果关闭；只给出调整后的相关。",
        ),
        by_values=True,
    ),
    Switch(
        missing="targets",
        off=("A-62",),
        says=Text("No targets: attainment is off.", "没有目标数据：达成率关闭。"),
    ),
    Switch(
        missing="actions",
        off=("M16",),
        says=Text(
            "No dated actions: promotions, before-after dating and the adjustment for shocks are "
            "off.",
            "没有带日期的行动：促销分析、前后对比定时与冲击调整关闭。",
        ),
    ),
    *(
        Switch(
            missing=f"{table.name}.recorded_at",
            off=("A-07",) if table.name == "leads" else (),
            says=Text(
                f"{table.name} without typing time: the leak check is limited to event time, and "
                "every prediction from it carries a warning.",
                f"{table.name} 没有录入时间：泄漏检查仅限事件时间，由此得出的预测均带警示。",
            ),
        )
        for table in TABLES.values()
        if table.recorded
    ),
    Switch(
        missing="leads.lost_to",
        off=("A-50", "A-51", "A-52", "A-53"),
        says=Text("Where lost customers went is unknown.", "不知道流失客户的去向。"),
    ),
    Switch(
        missing="leads.rival_price",
        off=("A-51", "A-54"),
        says=Text("Price gaps to rivals are off.", "与竞品的价差分析关闭。"),
    ),
    Switch(
        missing="customers.wallet_annual",
        off=("D-20", "D-21", "D-22"),
        says=Text("Classes by share of wallet are off.", "按钱包份额的分类关闭。"),
    ),
    Switch(
        missing="customers.lat",
        off=("E-17",),
        says=Text("Visiting routes are off.", "拜访路线关闭。"),
    ),
    Switch(
        missing="customers.lon",
        off=("E-17",),
        says=Text("Visiting routes are off.", "拜访路线关闭。"),
    ),
    Switch(
        missing="order_lines.essential",
        off=("B-13",),
        says=Text(
            "Essential and other purchases cannot be told apart.", "无法区分必需与非必需的购买。"
        ),
    ),
    Switch(
        missing="order_lines.margin",
        off=(),
        says=Text(
            "No margin: results in money use default_margin_rate and say so.",
            "没有毛利数据：金额结果按 default_margin_rate 计算并注明。",
        ),
    ),
    Switch(
        missing="order_lines.list_amount",
        off=("B-43", "B-46"),
        says=Text("What discounts cost is off.", "折扣代价分析关闭。"),
    ),
)


def switched_off(given: Mapping[str, Collection[str]]) -> tuple[Switch, ...]:
    """Say what is off or weakened for a source with these tables and columns.

    A column counts as missing only where its table is there: a missing table says enough.

    Examples
    --------
    >>> rows = switched_off({"customers": {"customer_id"}, "leads": {"lead_id", "closed_at"}})
    >>> [row.missing for row in rows][:3]
    ['interactions', 'order_lines', 'assessments']
    """
    return tuple(row for row in SWITCHED_OFF if _is_missing(row.missing, given))


def _is_missing(name: str, given: Mapping[str, Collection[str]]) -> bool:
    table, _, column = name.partition(".")
    if not column:
        return table not in given
    return table in given and column not in given[table]
