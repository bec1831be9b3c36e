"""The words a reader of the reports meets, explained in both languages."""

from __future__ import annotations

from crm_analysis.language import Text

_TERMS: tuple[tuple[str, str, str, str], ...] = (
    (
        "as-of day",
        "截止日",
        "The last day whose facts count. Nothing that happened or was typed in later is used.",
        "纳入统计的最后一天。此后发生或录入的内容一律不用。",
    ),
    (
        "lead",
        "商机",
        "A chance to sell: a customer asked for something or was offered it.",
        "一次销售机会：客户提出了需求，或我方提出了方案。",
    ),
    ("won", "成交", "The lead ended with a purchase from us.", "商机以向我方购买结束。"),
    (
        "lost",
        "流失",
        "The customer ended the lead without buying from us. Of customers: no longer buying.",
        "商机由客户终止，未向我方购买。用于客户时：不再购买。",
    ),
    (
        "void",
        "作废",
        "We ended the lead ourselves: declined, disqualified or a duplicate. Neither won nor lost.",
        "由我方终止的商机：谢绝、不合格或重复。既不算成交也不算流失。",
    ),
    (
        "open",
        "进行中",
        "Not yet ended on the as-of day. Open leads are counted as still undecided, never as lost.",
        "到截止日尚未结束。进行中的商机按未定处理，绝不算作流失。",
    ),
    (
        "dormant",
        "沉睡",
        "An open lead without any contact for a long time (60 days unless set otherwise).",
        "进行中但很久没有任何联系的商机（默认 60 天）。",
    ),
    (
        "prospect",
        "潜在客户",
        "A customer without an order so far.",
        "到目前为止还没有订单的客户。",
    ),
    (
        "cumulative incidence",
        "累积发生率",
        "The share that has ended in one way, such as lost, by a given day, counting that other "
        "endings rule it out and that open cases are still undecided.",
        "到某一天为止以某种方式（如流失）结束的比例；已考虑其他结局会使其不再可能，也考虑了进行中者尚未定局。",
    ),
    (
        "competing outcomes",
        "竞争结局",
        "Endings of which only the first can happen: won, lost or void.",
        "只会发生其中一种的结局：成交、流失或作废。",
    ),
    (
        "censored",
        "删失",
        "Watched until the as-of day without having ended; used for as long as it was watched.",
        "观察到截止日仍未结束；在其被观察的期间内照样计入。",
    ),
    (
        "hazard",
        "风险率",
        "How likely the ending is from one day to the next, for those who have not ended yet.",
        "对尚未结束者而言，逐日发生该结局的可能性。",
    ),
    (
        "hazard ratio",
        "风险比",
        "How many times as fast an ending happens in one group as in another. 1 means no "
        "difference, 2 twice as fast, 0.5 half as fast.",
        "一组发生某结局的速度是另一组的几倍。1 表示没有差别，2 表示快一倍，0.5 表示慢一半。",
    ),
    (
        "landmark",
        "观察时点",
        "A fixed age of a lead, such as day 14. Only what was known by then is used, only leads "
        "still open then are compared, and only what followed is counted.",
        "商机的固定天龄，例如第 14 天。只用当时已知的信息，"
        "只比较当时仍进行中的商机，只统计其后的结果。",
    ),
    (
        "interval",
        "区间",
        "The range in which the true value plausibly lies (95 % unless set otherwise). A wide "
        "interval means little data.",
        "真实值可能所在的范围（默认 95 %）。区间越宽，说明数据越少。",
    ),
    (
        "percentage point",
        "百分点",
        "The difference of two shares: from 10 % to 12 % is 2 percentage points.",
        "两个比例之差：从 10 % 到 12 % 是 2 个百分点。",
    ),
    (
        "n and events",
        "样本数与事件数",
        "How many subjects a number rests on, and in how many of them the ending was seen.",
        "一个数字依据多少个对象，其中有多少出现了该结局。",
    ),
    (
        "finding",
        "发现",
        "A difference that stays convincing after counting how many questions were asked.",
        "在考虑了同时检验多少个问题之后仍然可信的差别。",
    ),
    (
        "false discovery rate",
        "错误发现率",
        "The share of findings that may be chance; kept below 5 % within each family of questions.",
        "发现中可能只是偶然的比例；在每一组问题内控制在 5 % 以下。",
    ),
    (
        "evidence grade",
        "证据等级",
        "How far a number may be trusted to say why, from described only to tested by lot.",
        "一个数字能在多大程度上说明原因，从仅为描述到经随机检验。",
    ),
    (
        "counted, not estimated",
        "逐条清点，不是估计",
        "Counted from the data; nothing is inferred.",
        "直接从数据计数，不作推断。",
    ),
    (
        "described only",
        "仅为描述",
        "What was seen in these data, without comparing like with like.",
        "只说明数据中看到的情况，未做同类比较。",
    ),
    (
        "seen together, not adjusted",
        "同时出现，未作调整",
        "Two things go together; other differences may explain it.",
        "两件事同时出现；也可能由其他差别造成。",
    ),
    (
        "seen together, adjusted for other factors",
        "同时出现，已调整其他因素",
        "Two things go together also among comparable cases; what was not recorded may still "
        "explain it.",
        "在条件相近的对象之间两件事仍同时出现；未记录的因素仍可能是原因。",
    ),
    (
        "tested against a control group",
        "经与对照组比较验证",
        "Chance decided who was treated, so nothing else explains the difference.",
        "由随机决定谁接受处理，因此差别不会另有原因。",
    ),
    (
        "holdout",
        "留出对照组",
        "Customers drawn by lot who are left alone, to see what happens without the measure.",
        "随机抽出、不采取措施的客户，用来了解不做时会怎样。",
    ),
    (
        "intention to treat",
        "意向性分析",
        "Everyone drawn for treatment is compared with everyone drawn for control, reached or "
        "not. Comparing only those reached would flatter the measure.",
        "将抽入处理组的全部客户与抽入对照组的全部客户比较，无论是否联系上。只比较联系上的人会夸大效果。",
    ),
    (
        "treated only",
        "仅看处理组",
        "The return rate of those treated, without a control group; shown as a warning, since "
        "some would have come back anyway.",
        "没有对照组、只看处理组的回流率；仅作警示，因为有些人本来就会回来。",
    ),
    (
        "uplift",
        "增量",
        "What the measure added: treated minus control.",
        "措施带来的增量：处理组减对照组。",
    ),
    (
        "smallest detectable effect",
        "最小可检测效应",
        "The smallest difference that data of this size would show four times out of five.",
        "以这样的数据量，五次中能有四次看出的最小差别。",
    ),
    (
        "purchase return",
        "购买回流",
        "The first order worth more than it gives back after the round began.",
        "轮次开始后第一笔净额为正的订单。",
    ),
    (
        "engagement return",
        "互动回流",
        "The first activity or contact from the customer's side after the round began.",
        "轮次开始后客户方的第一次参与或主动联系。",
    ),
    (
        "naive number",
        "表面数字",
        "What a simple calculation would say; shown beside the right one because it misleads.",
        "简单计算会得出的数字；因为会误导，所以与正确数字并列展示。",
    ),
    (
        "weak",
        "证据较弱",
        "Computed, but from so little data, or with such a gap in them, that care is needed.",
        "已算出，但数据太少或有缺口，需谨慎使用。",
    ),
    (
        "not estimable",
        "无法估计",
        "The data do not suffice, so no number is given.",
        "数据不足，因此不给出数字。",
    ),
    (
        "switched off",
        "已关闭",
        "The analysis needs a table or column that the source does not have.",
        "该分析需要的数据表或字段不存在。",
    ),
    (
        "stale",
        "数据过旧",
        "The export ends well before the as-of day; everybody would look silent, so states, "
        "alarms and lists are refused.",
        "导出数据远早于截止日就结束；人人看来都像沉默，因此不给出状态、预警和名单。",
    ),
    (
        "withheld",
        "不予公布",
        "So few people stand behind the number that one of them might be recognised.",
        "涉及的人数太少，可能认出个人。",
    ),
    (
        "loss track",
        "流失轨迹",
        "A course of events or judged probabilities that often came before a loss.",
        "常出现在流失之前的事件过程或成交概率走势。",
    ),
    (
        "net promoter score",
        "净推荐值",
        "Share of those who would recommend us (9-10) minus share of those who would not (0-6).",
        "愿意推荐者（9–10 分）的比例减去不愿推荐者（0–6 分）的比例。",
    ),
)

GLOSSARY: dict[Text, Text] = {
    Text(term, term_zh): Text(meaning, meaning_zh) for term, term_zh, meaning, meaning_zh in _TERMS
}


def glossary_rows() -> list[tuple[Text, Text]]:
    """Return term and explanation, in reading order.

    Examples
    --------
    >>> glossary_rows()[2][0].say("zh")
    '成交'
    """
    return list(GLOSSARY.items())
