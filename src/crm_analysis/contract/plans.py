"""T10 to T12: what the firm did and planned: win-back rounds, targets, dated actions."""

from __future__ import annotations

from crm_analysis.contract.enumerations import allowed
from crm_analysis.contract.links import CUSTOMER_ID, RECORDED_AT, ROUND_HEADERS
from crm_analysis.contract.schema import Column, Late, Plan, Table
from crm_analysis.language import Text

WINBACK = Table(
    name="winback",
    number="T10",
    label=Text("Win-back rounds", "挽回轮次"),
    grain=Text("one row per round and customer", "每轮每位客户一行"),
    needed=Text("optional; needed for M10", "可选；M10 需要"),
    key=("round_id", "customer_id"),
    event_time=("assigned_at",),
    names="winbacks win_back campaign campaigns 挽回 挽回名单 挽回轮次 赢回",
    columns=(
        Column("round_id", "str", Text("the round", "轮次"), ROUND_HEADERS, required=True),
        CUSTOMER_ID,
        Column(
            "assigned_at",
            "ts",
            Text("when the arm was drawn: time zero", "分组时间（时间零点）"),
            "分组时间 分配时间 分组日期",
            required=True,
        ),
        RECORDED_AT,
        Column(
            "arm",
            "str",
            Text("control, treat or the arm's name", "对照、处理或分组名称"),
            "分组 组别 实验组 对照组 group segment",
            required=True,
        ),
        Column(
            "randomised",
            "bool",
            Text("the arm was drawn by lot", "是否随机分组"),
            "是否随机 随机 随机分组 是否随机分组 randomized",
            required=True,
        ),
        Column(
            "p_treat",
            "share",
            Text("probability of any treatment, on every row", "任一处理的概率（每行都要）"),
            "处理概率 接受处理的概率",
            unit="share",
            low=0,
            high=1,
        ),
        Column(
            "p_arm",
            "share",
            Text("probability of the arm that was drawn", "所抽分组的概率"),
            "分组概率 所抽分组的概率",
            unit="share",
            low=0,
            high=1,
        ),
        Column("stratum", "str", Text("stratum of the draw", "分层"), "分层 层 层别"),
        Column("tier", "str", Text("value tier", "价值等级"), "等级 价值等级 客户等级"),
        Column(
            "reason_code",
            "str",
            Text("why the customer was lost", "流失原因编码"),
            "原因编码 流失原因",
        ),
        Column("strategy", "str", Text("strategy", "策略"), "策略 挽回策略"),
        Column("offer", "str", Text("offer", "优惠"), "优惠 优惠内容 优惠方式"),
        Column(
            "offer_value",
            "money",
            Text("what the offer costs when used", "优惠价值"),
            "优惠价值 优惠金额 优惠成本",
            unit="currency",
            low=0,
        ),
        Column(
            "promised",
            "str",
            Text("category or strategy expected to be bought", "预期购买的品类或策略"),
            "预期购买 预期品类",
        ),
        Column(
            "stop_after",
            "int",
            Text("cap on contacts, drawn by lot", "联系次数上限（随机）"),
            "次数上限 联系上限 联系次数上限",
            unit="contacts",
            low=0,
        ),
        Column(
            "cost", "money", Text("cost of the row", "成本"), "成本 费用", unit="currency", low=0
        ),
    ),
)

TARGETS = Table(
    name="targets",
    number="T11",
    label=Text("Targets", "目标"),
    grain=Text("one row per scope, period and metric", "每个范围、期间和指标一行"),
    needed=Text("optional", "可选"),
    key=("scope", "scope_id", "period_start", "metric"),
    names="target quotas quota goals 目标 指标 销售目标",
    plan=Plan(fallback=("period_start",)),
    plan_columns=("period_start", "period_end"),
    time_order=(("period_start", "period_end"),),
    columns=(
        Column(
            "scope",
            "str",
            Text("whose target", "范围"),
            "范围 层级 目标范围",
            required=True,
            allowed=allowed("targets.scope"),
        ),
        Column(
            "scope_id", "str", Text("which team or rep", "团队或销售代表"), "对象 范围编号 对象编号"
        ),
        Column(
            "period_start",
            "date",
            Text("first day", "期间开始"),
            "开始日期 期间开始 起始日期 start_date",
            required=True,
        ),
        Column(
            "period_end",
            "date",
            Text("last day", "期间结束"),
            "结束日期 期间结束 截止日期 end_date",
            required=True,
        ),
        Column(
            "metric",
            "str",
            Text("what is counted", "指标"),
            "指标 指标名称",
            required=True,
            allowed=allowed("targets.metric"),
        ),
        Column(
            "target",
            "num",
            Text("the target", "目标值"),
            "目标 目标值 目标数",
            required=True,
            unit="counts or currency, by metric",
        ),
        RECORDED_AT,
    ),
)

ACTIONS = Table(
    name="actions",
    number="T12",
    label=Text("Actions", "行动与事件"),
    grain=Text(
        "one row per dated thing the firm did or suffered", "公司每项有日期的行动或遭遇一行"
    ),
    needed=Text("optional; needed for M16", "可选；M16 需要"),
    key=("action_id",),
    names="action promotions 行动 事件 促销计划 大事记 行动与事件",
    plan=Plan(fallback=("start_at",)),
    plan_columns=("start_at", "end_at", "due_at"),
    time_order=(("start_at", "end_at"),),
    late=(Late(columns=("done_at", "outcome", "complied"), clock=("done_at",)),),
    columns=(
        Column(
            "action_id",
            "str",
            Text("the action's id", "行动编号"),
            "行动编号 事件编号 活动编号",
            required=True,
        ),
        Column(
            "kind",
            "str",
            Text("what kind", "类型"),
            "类型 行动类型 事件类型 type",
            required=True,
            allowed=allowed("actions.kind"),
        ),
        Column(
            "start_at",
            "date",
            Text("first day", "开始日期"),
            "开始日期 开始时间 起始日期 start_date",
            required=True,
        ),
        Column("end_at", "date", Text("last day", "结束日期"), "结束日期 结束时间 end_date"),
        Column(
            "scope_region", "str", Text("only this region", "适用地区"), "适用地区 地区 范围地区"
        ),
        Column(
            "scope_product", "str", Text("only this product", "适用产品"), "适用产品 产品 范围产品"
        ),
        Column(
            "customer_id",
            "str",
            Text("only this customer", "适用客户"),
            "适用客户 客户编号 客户号",
            references="customers.customer_id",
        ),
        Column("cause_code", "str", Text("reason code it answers", "针对的原因编码"), "原因编码"),
        Column("complied", "bool", Text("it was done as ordered", "是否照办"), "是否照办 是否执行"),
        Column(
            "baseline_sales",
            "money",
            Text("plan: sales without the promotion", "计划：无促销时的销售额"),
            "基准销售额 基线销售额",
            unit="currency",
            low=0,
        ),
        Column(
            "expected_sales",
            "money",
            Text("plan: sales with the promotion", "计划：促销时的销售额"),
            "预期销售额 预计销售额",
            unit="currency",
            low=0,
        ),
        Column(
            "gross_margin_rate",
            "share",
            Text("plan: gross margin of sales", "计划：毛利率"),
            "毛利率",
            unit="share",
            low=-1,
            high=1,
        ),
        Column(
            "discount_rate",
            "share",
            Text("plan: discount off the price", "计划：折扣率"),
            "折扣率 让利比例",
            unit="share",
            low=0,
            high=1,
        ),
        Column(
            "material_cost",
            "money",
            Text("plan: cost of material", "计划：物料费"),
            "物料费 物料成本",
            unit="currency",
            low=0,
        ),
        Column(
            "publicity_cost",
            "money",
            Text("plan: cost of publicity", "计划：宣传费"),
            "宣传费 宣传成本",
            unit="currency",
            low=0,
        ),
        Column(
            "staff_cost",
            "money",
            Text("plan: cost of staff", "计划：人员费"),
            "人员费 人工费 人工成本",
            unit="currency",
            low=0,
        ),
        Column(
            "budget", "money", Text("plan: budget", "计划：预算"), "预算", unit="currency", low=0
        ),
        Column("owner", "str", Text("who is in charge", "负责人"), "负责人 责任人"),
        Column("due_at", "date", Text("due", "期限"), "期限 截止日期 到期日 due_date"),
        Column("done_at", "date", Text("done", "完成日期"), "完成日期 完成时间"),
        Column("outcome", "str", Text("what came of it", "结果"), "结果 效果 执行结果"),
        RECORDED_AT,
    ),
)
