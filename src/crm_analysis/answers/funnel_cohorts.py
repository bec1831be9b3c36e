"""Where leads stay behind: the table of opening cohorts with their maturity, and its findings."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crm_analysis.answers.failure_words import count_text, scaled_ends
from crm_analysis.answers.funnel_outlook import found, number
from crm_analysis.deals.funnel.cohorts import STAGES
from crm_analysis.estimates import Estimate, is_finding, read_segment
from crm_analysis.language import Text, level_text, number_text, points_text, share_text
from crm_analysis.results import Finding, Picture, ShownTable

STAGE_WORDS: dict[str, Text] = {
    "received": Text("received", "收到"),
    "filed": Text("filed", "建档"),
    "contacted": Text("contacted", "联系"),
    "assessed": Text("assessed", "评估"),
    "won": Text("won", "成交"),
    "lost": Text("lost", "丢单"),
    "void": Text("void", "作废"),
    "open": Text("open", "未结束"),
}


def cohort_table(estimates: Sequence[Estimate], *, days: int) -> ShownTable:
    """Show the opening months: stages, and the share won by one age."""
    lines = []
    cohorts = dict.fromkeys(
        pairs["cohort"]
        for row in estimates
        if row.quantity == "funnel_leads_count" and "cohort" in (pairs := read_segment(row.segment))
    )
    for cohort in cohorts:
        share = next(
            row
            for row in estimates
            if row.quantity == "won_by_day_share"
            and row.segment == f"cohort={cohort};horizon_days={days}"
        )
        young = "too_young" in share.note
        counts = {
            stage: number(found(estimates, "funnel_leads_count", f"cohort={cohort};stage={stage}"))
            for stage in STAGES
        }
        lines.append(
            {
                "cohort": cohort,
                "age_en": "young" if young else "mature",
                "age_zh": "未成熟" if young else "已成熟",
                **counts,
                "won_share": share.estimate,
            }
        )
    return ShownTable(
        name="cohorts",
        frame=pd.DataFrame(lines),
        caption=Text(
            f"Leads by the month in which they were received, and the share won by day {days}. "
            "A young month is no decline: its leads have not had the time.",
            f"按收到月份统计的线索，以及到第 {days} 天的成交占比。"
            "未成熟批次不代表下降：时间尚未够。",
        ),
        columns={
            "cohort": Text("month", "月份"),
            "age": Text("age", "成熟度"),
            **STAGE_WORDS,
            "won_share": Text(f"won by day {days}", f"第 {days} 天前成交"),
        },
        units={**dict.fromkeys(STAGES, "count"), "won_share": "share"},
    )


def cohort_picture(
    estimates: Sequence[Estimate], *, days: int, alpha: float
) -> tuple[Picture, ...]:
    """Draw the share won by one age, cohort by cohort; the immature ones say so."""
    rows = [
        (pairs["cohort"], row)
        for row in estimates
        if row.quantity == "won_by_day_share"
        and "cohort" in (pairs := read_segment(row.segment))
        and pairs["horizon_days"] == str(days)
    ]
    shown = [(cohort, row) for cohort, row in rows if row.estimate is not None]
    old = [(cohort, row) for cohort, row in shown if row.note != "too_young"]
    if len(old) < 2:
        return ()
    numbers = pd.DataFrame(
        [
            {
                "label_en": cohort + (" (young)" if row.note == "too_young" else ""),
                "label_zh": cohort + ("（未成熟）" if row.note == "too_young" else ""),
                "value": row.estimate,
                "lo": row.ci_lo,
                "hi": row.ci_hi,
                "highlight": row.note != "too_young",
            }
            for cohort, row in shown
        ]
    )
    last, first = old[-1], min(old, key=lambda pair: number(pair[1]))
    best = max(old, key=lambda pair: number(pair[1]))
    low, high = (share_text(number(pair[1]), 0) for pair in (first, best))
    newest = share_text(number(last[1]), 0)
    n_young = len(rows) - len(old)
    return (
        Picture(
            name="cohorts",
            kind="bars",
            numbers=numbers,
            title=Text(
                f"By day {days} between {low} and {high} of a month's leads are won",
                f"到第 {days} 天，各月线索成交 {low} 至 {high}",
            ),
            sentence=Text(
                f"Of the leads of {last[0]}, the newest month that is old enough, {newest} were "
                f"won by day {days}; over the months it was {low} to {high}. {n_young} months are "
                "too young to be judged.",
                f"最近一个已成熟月份 {last[0]} 的线索，到第 {days} 天成交 {newest}；"
                f"各月为 {low} 至 {high}。另有 {n_young} 个月份尚未成熟，不作判断。",
            ),
            caption=Text(
                f"Share won by day {days}, endings competing, open leads counted rightly; "
                f"{level_text(alpha)} interval. Months without a bar are too young altogether.",
                f"到第 {days} 天的成交占比（结局相互竞争，正确计入未结束线索）及 "
                f"{level_text(alpha)} 区间。未列出的月份尚未成熟。",
            ),
            x_label=Text("share won", "成交占比"),
            unit="share",
        ),
    )


def _deals_text(estimates: Sequence[Estimate], where: str) -> Text:
    """Write how many deals of the newest cohorts a change is about."""
    row = found(estimates, "won_by_day_extra_deals", where, "diagnostic")
    if row is None:
        return Text("", "")
    fewer = number(row) < 0
    count, n = count_text(scaled_ends(row, 1)), number_text(row.n or 0)
    return Text(
        f" Of their {n} leads that is about {count.en} {'fewer' if fewer else 'more'} deals.",
        f"在其 {n} 条线索中约{'少' if fewer else '多'} {count.zh} 单。",
    )


def trend_findings(estimates: Sequence[Estimate], *, q: float) -> tuple[Finding, ...]:
    """Tell of a change at equal age, where it stands, at the highest age."""
    told = []
    for row in estimates:
        if row.quantity != "won_by_day_share_change" or not is_finding(row, q):
            continue
        days = read_segment(row.segment)["horizon_days"]
        size = points_text(number(row))
        low, high = points_text(row.ci_lo or 0.0), points_text(row.ci_hi or 0.0)
        fell = number(row) < 0
        told.append(
            Finding(
                sentence=Text(
                    f"At equal age ({days} days) the newest cohorts win {size} ({low} to {high}) "
                    "against the year before.",
                    f"同龄（{days} 天）比较，最近批次的成交占比较此前一年变化 {size}"
                    f"（{low} 至 {high}）。",
                )
                + _deals_text(estimates, row.segment),
                evidence=row.evidence,
                action=Text(
                    "Ask what changed three months ago: product, price, team, source of leads."
                    if fell
                    else "Find out what changed three months ago, and keep it.",
                    "请查明三个月前发生了什么变化：产品、价格、团队或线索来源。"
                    if fell
                    else "请查明三个月前的变化并保持下去。",
                ),
                status=row.status,
                estimate_key=row.key,
            )
        )
    return tuple(told[-1:])
