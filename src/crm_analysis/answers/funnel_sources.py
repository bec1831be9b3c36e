"""Where customers come from and what becomes of them; leads and deals a day; what is overdue."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crm_analysis.answers.failure_words import count_text, scaled_ends
from crm_analysis.answers.funnel_outlook import found, number
from crm_analysis.answers.funnel_pipeline import spared_text
from crm_analysis.deals.funnel.activity import WEEKDAYS
from crm_analysis.deals.funnel.follow_ups import KINDS
from crm_analysis.deals.funnel.sources import REFERRED
from crm_analysis.estimates import Estimate, is_finding, read_segment
from crm_analysis.language import Text, level_text, number_text, points_text
from crm_analysis.results import ActionList, Finding, ShownTable

SOURCES: dict[str, Text] = {
    "friend": Text("friends", "朋友介绍"),
    "advert": Text("adverts", "广告"),
    "event": Text("activities", "活动"),
    "nearby": Text("near home", "住在附近"),
    "passing": Text("passing by", "路过"),
    "other": Text("other", "其他"),
    REFERRED: Text("a customer is named who referred them", "有具名的推荐人"),
}
WINDOW_WORDS = {
    "today": Text("today", "今日"),
    "7_days": Text("last 7 days", "近 7 天"),
    "30_days": Text("last 30 days", "近 30 天"),
    "all": Text("all", "全部"),
}
STAGE_COLUMNS = {
    "received": Text("received", "收到"),
    "filed": Text("of these filed", "其中已建档"),
    "not_filed": Text("of these not filed", "其中未建档"),
    "contacted": Text("leads contacted", "有联系的线索"),
}


def source_table(
    estimates: Sequence[Estimate], *, days: int, alpha: float
) -> tuple[ShownTable, ...]:
    """Show the sources: share of new customers, share of leads won, sales per customer."""
    names = [
        read_segment(row.segment)["source"] for row in estimates if row.quantity == "source_share"
    ]
    if not names:
        return ()
    lines = []
    for name in names:
        label = SOURCES.get(name, Text(name, name))
        won = found(estimates, "won_by_day_share", f"source={name};horizon_days={days}")
        share = found(estimates, "source_share", f"source={name}")
        value = found(estimates, "value_per_customer", f"source={name}")
        lines.append(
            {
                "source_en": label.en,
                "source_zh": label.zh,
                "share": None if share is None else share.estimate,
                "won": None if won is None else won.estimate,
                "ci_lo": None if won is None else won.ci_lo,
                "ci_hi": None if won is None else won.ci_hi,
                "n": None if won is None or won.n is None else float(won.n),
                "value": None if value is None else value.estimate,
            }
        )
    return (
        ShownTable(
            name="sources",
            frame=pd.DataFrame(lines),
            caption=Text(
                f"Where new customers of the last 365 days came from, and the share of leads won "
                f"by day {days} at equal age, {level_text(alpha)} interval.",
                f"近 365 天新客户的来源，以及同龄比较下到第 {days} 天的成交占比及 "
                f"{level_text(alpha)} 区间。",
            ),
            columns={
                "source": Text("source", "来源"),
                "share": Text("of new customers", "占新客户"),
                "won": Text(f"leads won by day {days}", f"第 {days} 天前成交"),
                "ci_lo": Text("from", "下限"),
                "ci_hi": Text("to", "上限"),
                "n": Text("leads", "线索数"),
                "value": Text("sales per customer, 365 days", "每客户近 365 天销售额"),
            },
            units={
                **dict.fromkeys(("share", "won", "ci_lo", "ci_hi"), "share"),
                "n": "count",
                "value": "money",
            },
        ),
    )


def source_findings(estimates: Sequence[Estimate], *, q: float) -> tuple[Finding, ...]:
    """Tell of the source whose leads are won more or less often, where it stands."""
    rows = [
        row
        for row in estimates
        if row.quantity == "won_by_day_share_difference" and is_finding(row, q)
    ]
    told = []
    for row in sorted(rows, key=lambda one: one.p or 0.0)[:1]:
        pairs = read_segment(row.segment)
        label = SOURCES.get(pairs["source"], Text(pairs["source"], pairs["source"]))
        low, high = points_text(row.ci_lo or 0.0), points_text(row.ci_hi or 0.0)
        size, days = points_text(number(row)), pairs["horizon_days"]
        more = number(row) > 0
        count, n = count_text(scaled_ends(row, row.n or 0)), number_text(row.n or 0)
        deals = Text(
            f" Of their {n} leads that is about {count.en} {'more' if more else 'fewer'} deals.",
            f"在其 {n} 条线索中约{'多' if more else '少'} {count.zh} 单。",
        )
        told.append(
            Finding(
                sentence=Text(
                    f"Leads from “{label.en}” are won by day {days} {size} ({low} to {high}) "
                    "against all others, at equal age.",
                    f"来源为“{label.zh}”的线索，到第 {days} 天的成交占比与其余同龄线索相差 {size}"
                    f"（{low} 至 {high}）。",
                )
                + deals,
                evidence=row.evidence,
                action=Text(
                    "Try to win more leads of this source, and see whether they hold."
                    if more
                    else "Ask these customers what they expected before spending more there.",
                    "尝试争取更多该来源的线索，并观察是否保持。"
                    if more
                    else "追加投入前，先问这些客户原本的期待。",
                ),
                status=row.status,
                estimate_key=row.key,
            )
        )
    return tuple(told)


def activity_table(estimates: Sequence[Estimate]) -> ShownTable:
    """Show what was received, filed and contacted today and lately."""
    lines = []
    for window, label in WINDOW_WORDS.items():
        line: dict[str, object] = {"window_en": label.en, "window_zh": label.zh}
        for stage in STAGE_COLUMNS:
            segment = f"window={window};stage={stage}"
            line[stage] = number(found(estimates, "funnel_leads_count", segment))
        lines.append(line)
    return ShownTable(
        name="activity",
        frame=pd.DataFrame(lines),
        caption=Text(
            "Leads received, filed and contacted up to the as-of day.",
            "截至当日收到、建档与联系的线索。",
        ),
        columns={"window": Text("when", "时间"), **STAGE_COLUMNS},
        units=dict.fromkeys(STAGE_COLUMNS, "count"),
    )


def weekday_table(estimates: Sequence[Estimate], *, alpha: float) -> tuple[ShownTable, ...]:
    """Show deals a day: lately, and by weekday."""
    entries = [("window=90_days", Text("last 90 days", "近 90 天"))]
    zh = dict(zip(WEEKDAYS, "一二三四五六日", strict=True))
    entries += [
        (f"window=52_weeks;weekday={day}", Text(f"{day}, 52 weeks", f"周{zh[day]}（52 周）"))
        for day in WEEKDAYS
    ]
    lines = [
        {
            "when_en": label.en,
            "when_zh": label.zh,
            "rate": row.estimate,
            "ci_lo": row.ci_lo,
            "ci_hi": row.ci_hi,
            "n": float(row.n or 0),
        }
        for segment, label in entries
        if (row := found(estimates, "deals_per_day", segment)) is not None
    ]
    if not lines:
        return ()
    return (
        ShownTable(
            name="deals_per_day",
            frame=pd.DataFrame(lines),
            caption=Text(
                f"Deals a day with exact {level_text(alpha)} interval. On which weekday a win is "
                "dated is a habit, nothing to act on.",
                f"每日成交数及精确 {level_text(alpha)} 区间。成交记在星期几只是习惯，无需处理。",
            ),
            columns={
                "when": Text("when", "时间"),
                "rate": Text("deals a day", "每日成交"),
                "ci_lo": Text("from", "下限"),
                "ci_hi": Text("to", "上限"),
                "n": Text("deals", "成交数"),
            },
            units={**dict.fromkeys(("rate", "ci_lo", "ci_hi"), "ratio"), "n": "count"},
        ),
    )


def overdue_list(frame: pd.DataFrame, *, spared: int) -> ActionList:
    """Hand over what is overdue, longest first, with the reason in words."""
    rows = frame.copy()
    rows["reason_en"] = [KINDS[kind].en for kind in rows["kind"]]
    rows["reason_zh"] = [KINDS[kind].zh for kind in rows["kind"]]
    purpose = Text(
        "Follow-ups that are overdue, longest first: silent open leads, contacts planned and not "
        "made, postponed purchases whose day has come.",
        "逾期未跟进（久者在前）：沉默的在手线索、未执行的计划联系、已到期的推迟购买。",
    )
    told = purpose + spared_text(spared)
    return ActionList(name="follow_ups_overdue", frame=rows, purpose=told)
