"""Where leads stay behind: the table of opening cohorts with their maturity, and its findings."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crm_analysis.answers.funnel_outlook import found, number
from crm_analysis.deals.funnel.cohorts import STAGES
from crm_analysis.estimates import Estimate, is_finding, read_segment
from crm_analysis.language import Text, points_text
from crm_analysis.results import Finding, ShownTable

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
                **counts,
                "won_share": share.estimate,
                "ci_lo": share.ci_lo,
                "ci_hi": share.ci_hi,
                "age_en": "too young" if young else "old enough",
                "age_zh": "未成熟" if young else "已成熟",
            }
        )
    shares = ("won_share", "ci_lo", "ci_hi")
    return ShownTable(
        name="cohorts",
        frame=pd.DataFrame(lines),
        caption=Text(
            f"Leads by the month in which they were received, and the share won by day {days}. "
            "A cohort that is too young is no decline: its leads have not had the time.",
            f"按收到月份统计的线索，以及到第 {days} 天的成交占比。"
            "未成熟批次不代表下降：时间尚未够。",
        ),
        columns={
            "cohort": Text("month", "月份"),
            **STAGE_WORDS,
            "won_share": Text(f"won by day {days}", f"第 {days} 天前成交"),
            "ci_lo": Text("from", "下限"),
            "ci_hi": Text("to", "上限"),
            "age": Text("cohort", "批次"),
        },
        units={**dict.fromkeys(STAGES, "count"), **dict.fromkeys(shares, "share")},
    )


def trend_findings(estimates: Sequence[Estimate], *, q: float) -> tuple[Finding, ...]:
    """Tell of a change at equal age, where it stands."""
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
                ),
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
    return tuple(told[:1])
