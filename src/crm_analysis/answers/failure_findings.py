"""What stands about lost deals, one sentence each: numbers, size in deals, and one thing to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from crm_analysis.answers.failure_words import ratio_text, size_text
from crm_analysis.answers.part import Told
from crm_analysis.deals.factors import FactorTable
from crm_analysis.deals.levels import pooled_levels
from crm_analysis.deals.sizes import Size, level_size, quarter_size
from crm_analysis.estimates import Estimate, claim, is_finding, read_segment
from crm_analysis.features.catalog import CATALOG
from crm_analysis.language import Text, number_text
from crm_analysis.results import Finding

MOST_INDICATORS = 4
MOST_FACTORS = 3

_TRY = Text(
    "Try it on a random half of new leads for a month before changing it for all.",
    "先在随机一半的新线索上试行一个月，再决定是否全面推行。",
)
ACTIONS: dict[str, Text] = {
    "first_response_hours": Text(
        "Answer every new lead the same day; test a two-hour rule on a random half for a month.",
        "当天回应每条新线索；在随机一半线索上试行两小时内回应一个月。",
    ),
    "n_unanswered": Text(
        "List open customer questions each morning and answer them first.",
        "每天早晨列出未答复的客户提问并优先处理。",
    ),
    "oldest_unanswered_days": Text(
        "List open customer questions each morning and answer the oldest first.",
        "每天早晨列出未答复的客户提问，先答复最久的。",
    ),
    "n_open_issues": Text(
        "Close the issue left by the last contact before the next offer.",
        "在下次报价前解决上次联系遗留的问题。",
    ),
}
_SIGN = Text(
    "Take it as a sign, not as a lever: ask customers who have gone quiet what stands in the way.",
    "这是征兆而非手段：询问不再回应的客户障碍何在。",
)
ACTIONS |= dict.fromkeys(("outbound_share", "last_by_customer", "days_since_last_contact"), _SIGN)
_LEVEL_WORDS = {
    "yes": Text("yes", "是"),
    "no": Text("no", "否"),
    "True": Text("yes", "是"),
    "False": Text("no", "否"),
}


def indicator_findings(
    estimates: Sequence[Estimate],
    frames: Mapping[int, pd.DataFrame],
    *,
    q: float,
    horizon_days: int,
    alpha: float,
) -> list[Told]:
    """Tell each indicator that stands once, at the landmark where it stands clearest."""
    best: dict[str, Estimate] = {}
    for row in _standing(estimates, "log_hazard_ratio_per_sd", q):
        best.setdefault(read_segment(row.segment)["indicator"], row)
    told = []
    for name, row in list(best.items())[:MOST_INDICATORS]:
        landmark_days = int(read_segment(row.segment)["landmark_days"])
        size = quarter_size(
            frames[landmark_days],
            name,
            landmark_days=landmark_days,
            horizon_days=horizon_days,
            alpha=alpha,
        )
        told.append(_indicator_told(row, name, landmark_days, size, horizon_days))
    return told


def profile_findings(
    estimates: Sequence[Estimate],
    table: FactorTable,
    *,
    q: float,
    min_cell: int,
    horizon_days: int,
    alpha: float,
) -> list[Told]:
    """Tell each level that stands, each number that stands, and factors without such a level."""
    labels = {factor.name: factor.label for factor in table.factors}
    told: list[Told] = []
    named: set[str] = set()
    for row in _standing(estimates, "log_loss_to_win_ratio", q):
        pairs = read_segment(row.segment)
        factor, level = pairs["factor"], pairs["level"]
        named.add(factor)
        frame = pooled_levels(table.frame, factor, min_cell=min_cell)
        size = level_size(frame, factor, level, days=horizon_days, alpha=alpha)
        told.append(_level_told(row, labels[factor], level, size, horizon_days))
    for row in _standing(estimates, "log_loss_to_win_ratio_per_sd", q):
        told.append(_number_told(row, labels[read_segment(row.segment)["factor"]]))
    for row in _standing(estimates, "ending_kind_chi2_per_df", q):
        factor = read_segment(row.segment)["factor"]
        if factor not in named:
            told.append(_factor_told(row, labels[factor]))
    return sorted(told, key=lambda one: -one.strength)[:MOST_FACTORS]


def _standing(estimates: Sequence[Estimate], quantity: str, q: float) -> list[Estimate]:
    """Return the findings of one quantity, the clearest first."""
    rows = [row for row in estimates if row.quantity == quantity and is_finding(row, q)]
    return sorted(rows, key=lambda row: (row.p_adj or 0.0, row.p or 0.0, row.segment))


def indicator_text(name: str) -> Text:
    """Name an indicator in words."""
    return CATALOG[name].meaning


def _indicator_told(
    row: Estimate, name: str, landmark_days: int, size: Size, horizon_days: int
) -> Told:
    pairs = read_segment(row.segment)
    faster = (row.estimate or 0.0) > 0
    ending = {"lost": Text("loss", "丢单"), "won": Text("winning", "成交")}[pairs["cause"]]
    speed = Text("faster", "更快") if faster else Text("slower", "更慢")
    words = indicator_text(name)
    sentence = claim(
        Text(
            f"A higher value of “{words.en}” by day {landmark_days}",
            f"第 {landmark_days} 天时“{words.zh}”较高",
        ),
        Text(
            f"{speed.en} {ending.en} afterwards ({ratio_text(row)} times as fast per standard "
            "deviation)",
            f"此后{ending.zh}{speed.zh}（每标准差速度为 {ratio_text(row)} 倍）",
        ),
        evidence=row.evidence,
    ) + Text(".", "。")
    quarter = read_segment(size.more.segment)["quarter"]
    high = Text("the leads with the highest values", "数值最高的线索")
    low = Text("the leads with the lowest values", "数值最低的线索")
    groups = (high, low) if quarter == "highest" else (low, high)
    days = Text(f"the next {horizon_days} days", f"其后 {horizon_days} 天")
    return Told(
        finding=Finding(
            sentence=sentence + size_text(size, groups, days),
            evidence=row.evidence,
            action=ACTIONS.get(name, _TRY),
            status=row.status,
            estimate_key=row.key,
        ),
        name=words,
        size=size,
        strength=abs(row.estimate or 0.0),
    )


def _level_told(row: Estimate, label: Text, level: str, size: Size, horizon_days: int) -> Told:
    rather = (row.estimate or 0.0) > 0
    ratio = ratio_text(row)
    level_name = _LEVEL_WORDS.get(level, Text(level, level))
    who = Text(f"{label.en}: {level_name.en}", f"{label.zh}：{level_name.zh}")
    sentence = claim(
        Text(f"{who.en[0].upper()}{who.en[1:]}", who.zh),
        Text(
            f"{'more' if rather else 'fewer'} losses against wins, at equal age of the lead "
            f"(ratio to all others {ratio})",
            f"线索时长相同时{'丢单相对成交更多' if rather else '丢单相对成交更少'}"
            f"（与其余之比 {ratio}）",
        ),
        evidence=row.evidence,
    ) + Text(".", "。")
    is_more = read_segment(size.more.segment)["level"] == level
    own = Text(f"the leads with {who.en}", f"{who.zh} 的线索")
    others = Text("all others", "其余线索")
    groups = (own, others) if is_more else (others, own)
    days = Text(f"{horizon_days} days", f"{horizon_days} 天")
    return Told(
        finding=Finding(
            sentence=sentence + size_text(size, groups, days),
            evidence=row.evidence,
            action=Text(
                f"Go through ten recent leads ({who.en}) with those concerned: the mix of leads "
                "may explain it.",
                f"与相关人员逐条复盘最近十条线索（{who.zh}）：也可能是线索构成不同。",
            ),
            status=row.status,
            estimate_key=row.key,
        ),
        name=who,
        size=size,
        strength=abs(row.estimate or 0.0),
    )


def _number_told(row: Estimate, label: Text) -> Told:
    rather = (row.estimate or 0.0) > 0
    sentence = claim(
        Text(f"A higher value of “{label.en}”", f"“{label.zh}”较高"),
        Text(
            f"{'more' if rather else 'fewer'} losses against wins, at equal age of the lead "
            f"(ratio {ratio_text(row)} per standard deviation, {number_text(row.n or 0)} leads)",
            f"线索时长相同时{'丢单相对成交更多' if rather else '丢单相对成交更少'}"
            f"（每标准差之比 {ratio_text(row)}，{number_text(row.n or 0)} 条线索）",
        ),
        evidence=row.evidence,
    ) + Text(".", "。")
    return _plain_told(row, label, sentence)


def _factor_told(row: Estimate, label: Text) -> Told:
    chi2 = number_text(row.estimate or 0.0, 1)
    sentence = claim(
        Text(f"The factor “{label.en}”", f"因素“{label.zh}”"),
        Text(
            f"differences in how leads end, lost or won ({chi2} times the variation of chance, "
            f"{number_text(row.n or 0)} closed leads); no single level stands out",
            f"线索结局（丢单或成交）的差异（为偶然波动的 {chi2} 倍，"
            f"{number_text(row.n or 0)} 条已结束线索，没有突出的单个水平）",
        ),
        evidence=row.evidence,
    ) + Text(".", "。")
    return _plain_told(row, label, sentence)


def _plain_told(row: Estimate, label: Text, sentence: Text) -> Told:
    return Told(
        finding=Finding(
            sentence=sentence,
            evidence=row.evidence,
            action=Text(
                f"Compare ten won and ten lost leads by “{label.en}” before acting on it.",
                f"按“{label.zh}”对比十条成交与十条丢单线索，再决定是否行动。",
            ),
            status=row.status,
            estimate_key=row.key,
        ),
        name=label,
        size=None,
        strength=abs(row.estimate or 0.0) if row.ci_lo is not None else 0.0,
    )
