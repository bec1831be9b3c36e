"""What stands about profile and people, one sentence each: numbers, size, and one thing to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crm_analysis.answers.failure_words import YES_NO, closed_size_text, ratio_text, size_text
from crm_analysis.answers.part import Told
from crm_analysis.deals.comparison.factor import Factor, FactorTable
from crm_analysis.deals.comparison.levels import pooled_levels
from crm_analysis.deals.comparison.limits import Limits
from crm_analysis.deals.indicators.sizes import (
    HIGHEST,
    Size,
    closed_level_size,
    level_size,
    number_size,
)
from crm_analysis.estimates import Estimate, claim, is_finding, read_segment
from crm_analysis.language import Text, number_text
from crm_analysis.results import Finding

_LATE = Text(
    " When it was typed in is not recorded: it may have been after the ending.",
    "录入时间未记录，可能是结束之后补录。",
)
_UNSIZED = Text(
    " No number of deals is given: the answer is about all its values, not about two groups.",
    "不给单数：该结果涉及其全部取值，而非两组之差。",
)
_LOGISTIC = Text(
    " Leads carry no durations: logistic regression of closed leads.",
    "线索没有时长：采用已结束线索的逻辑回归。",
)


def profile_told(
    estimates: Sequence[Estimate], table: FactorTable, *, limits: Limits, days: int
) -> tuple[Told, ...]:
    """Tell each factor that stands by its clearest level, and each number and bend that stands.

    Parameters
    ----------
    estimates : sequence of Estimate
        From `profile.profile_estimates`.
    table : FactorTable
        The leads and factors behind them.
    limits : Limits
        Cell and error limits.
    days : int
        Shares lost are read so many days after the opening.
    """
    told: list[Told] = []
    named: set[str] = set()
    for row in standing_rows(estimates, "log_loss_to_win_ratio", limits.fdr_q):
        pairs = read_segment(row.segment)
        factor = table.factor(pairs["factor"])
        if factor.name in named:
            continue  # its clearest level is told; the table of levels has the others
        named.add(factor.name)
        frame = pooled_levels(table.frame, factor.name, min_cell=limits.min_cell)
        if "no_durations" in row.note:
            size = closed_level_size(frame, factor.name, pairs["level"], alpha=limits.alpha)
        else:
            size = level_size(frame, factor.name, pairs["level"], days=days, alpha=limits.alpha)
        told.append(_level(row, factor, pairs["level"], size, days))
    for row in standing_rows(estimates, "log_loss_to_win_ratio_per_sd", limits.fdr_q):
        factor = table.factor(read_segment(row.segment)["factor"])
        dated = "no_durations" not in row.note
        sized = (
            number_size(table.frame, factor.name, days=days, alpha=limits.alpha) if dated else None
        )
        told.append(_number(row, factor, sized, days))
    for quantity, sentence in (
        ("ending_kind_chi2_per_df", _whole),
        ("ending_kind_bend_chi2_per_df", _bend),
    ):
        for row in standing_rows(estimates, quantity, limits.fdr_q):
            factor = table.factor(read_segment(row.segment)["factor"])
            if factor.name not in named:
                short = sentence(row, factor)
                told.append(replace(_plain(row, factor, short + _UNSIZED), short=short))
    return tuple(sorted(told, key=lambda one: -one.strength))


def standing_rows(estimates: Sequence[Estimate], quantity: str, q: float) -> list[Estimate]:
    """Return the findings of one quantity, the clearest first."""
    rows = [row for row in estimates if row.quantity == quantity and is_finding(row, q)]
    return sorted(rows, key=lambda row: (row.p_adj or 0.0, row.p or 0.0, row.segment))


def _level(row: Estimate, factor: Factor, level: str, size: Size, days: int) -> Told:
    rather = (row.estimate or 0.0) > 0
    level_name = YES_NO.get(level, Text(level, level))
    who = Text(f"{factor.label.en}: {level_name.en}", f"{factor.label.zh}：{level_name.zh}")
    logistic = "no_durations" in row.note
    at = Text("", "") if logistic else Text(", at equal age of the lead", "线索时长相同时")
    sentence = claim(
        Text(f"{who.en[0].upper()}{who.en[1:]}", who.zh),
        Text(
            f"{'more' if rather else 'fewer'} losses against wins{at.en} (ratio to all others "
            f"{ratio_text(row)})",
            f"{at.zh}{'丢单相对成交更多' if rather else '丢单相对成交更少'}"
            f"（与其余之比 {ratio_text(row)}）",
        ),
        evidence=row.evidence,
    ) + Text(".", "。")
    own = Text(f"the leads with {who.en}", f"{who.zh} 的线索")
    others = Text("all others", "其余线索")
    is_more = read_segment(size.more.segment)["level"] == level
    groups = (own, others) if is_more else (others, own)
    within = Text(f"{days} days", f"{days} 天")
    sized = closed_size_text(size, groups) if logistic else size_text(size, groups, within)
    return Told(
        finding=Finding(
            sentence=sentence + sized + _why_weak(row),
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
        short=sentence,
    )


def _number(row: Estimate, factor: Factor, size: Size | None, days: int) -> Told:
    rather = (row.estimate or 0.0) > 0
    at = (
        Text("", "")
        if "no_durations" in row.note
        else Text(", at equal age of the lead", "线索时长相同时")
    )
    sentence = claim(
        Text(f"A higher value of “{factor.label.en}”", f"“{factor.label.zh}”较高"),
        Text(
            f"{'more' if rather else 'fewer'} losses against wins{at.en} (ratio {ratio_text(row)} "
            f"per standard deviation, {number_text(row.n or 0)} leads)",
            f"{at.zh}{'丢单相对成交更多' if rather else '丢单相对成交更少'}"
            f"（每标准差之比 {ratio_text(row)}，{number_text(row.n or 0)} 条线索）",
        ),
        evidence=row.evidence,
    ) + Text(".", "。")
    if size is None:
        return replace(_plain(row, factor, sentence + _UNSIZED), short=sentence)
    high = Text("the leads with the highest values", "数值最高的线索")
    low = Text("the leads with the lowest values", "数值最低的线索")
    is_high = read_segment(size.more.segment)["level"] == HIGHEST
    within = Text(f"{days} days", f"{days} 天")
    words = size_text(size, (high, low) if is_high else (low, high), within)
    return replace(_plain(row, factor, sentence + words), size=size, short=sentence)


def _whole(row: Estimate, factor: Factor) -> Text:
    chi2 = number_text(row.estimate or 0.0, 1)
    return claim(
        Text(f"The factor “{factor.label.en}”", f"因素“{factor.label.zh}”"),
        Text(
            f"differences in how leads end, lost or won ({chi2} times the variation of chance, "
            f"{number_text(row.n or 0)} closed leads); no single level stands out",
            f"线索结局（丢单或成交）的差异（为偶然波动的 {chi2} 倍，"
            f"{number_text(row.n or 0)} 条已结束线索，没有突出的单个水平）",
        ),
        evidence=row.evidence,
    ) + Text(".", "。")


def _bend(row: Estimate, factor: Factor) -> Text:
    chi2 = number_text(row.estimate or 0.0, 1)
    return claim(
        Text(f"“{factor.label.en}”", f"“{factor.label.zh}”"),
        Text(
            f"how leads end along a curve, not a line ({chi2} times the variation of chance, "
            f"{number_text(row.n or 0)} leads)",
            f"线索结局呈曲线而非直线关系（为偶然波动的 {chi2} 倍，"
            f"{number_text(row.n or 0)} 条线索）",
        ),
        evidence=row.evidence,
    ) + Text(".", "。")


def _why_weak(row: Estimate) -> Text:
    """Say beside the number why it is weak, and by which method it was found."""
    late = _LATE if "profile_time_unknown" in row.note else Text("", "")
    return late + (_LOGISTIC if "no_durations" in row.note else Text("", ""))


def _plain(row: Estimate, factor: Factor, sentence: Text) -> Told:
    return Told(
        finding=Finding(
            sentence=sentence + _why_weak(row),
            evidence=row.evidence,
            action=Text(
                f"Compare ten won and ten lost leads by “{factor.label.en}” before acting on it.",
                f"按“{factor.label.zh}”对比十条成交与十条丢单线索，再决定是否行动。",
            ),
            status=row.status,
            estimate_key=row.key,
        ),
        name=factor.label,
        size=None,
        strength=abs(row.estimate or 0.0) if row.ci_lo is not None else 0.0,
    )
