"""Which strategy goes with which pattern, and what did it bring? (A-48)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis.expr.types as ir
import pandas as pd

from crm_analysis.answers.part import Part, Told
from crm_analysis.deals.lost_leads import lost_leads
from crm_analysis.deals.patterns.drawn_patterns import NO_PATTERN, drawn_estimates, last_patterns
from crm_analysis.deals.patterns.margins import margin_rate
from crm_analysis.deals.patterns.playbook import Limits, cell_estimates
from crm_analysis.deals.patterns.worked import (
    ALONE,
    STRATEGIES,
    WEEK,
    first_shown,
    with_strategy,
    worked,
)
from crm_analysis.deals.signs import SIGNS
from crm_analysis.estimates import (
    GRADES,
    Estimate,
    adjust_families,
    claim,
    is_finding,
    read_segment,
    segment,
)
from crm_analysis.language import Text, level_text, number_text, points_text
from crm_analysis.results import Finding, ShownTable
from crm_analysis.source.frames import collect
from crm_analysis.winback.assigned import KEY, assigned

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

STRATEGY_NAMES: dict[str, Text] = {
    "act": Text("contacted within a week", "一周内联系"),
    "remove_obstacle": Text("open question or matter settled within a week", "一周内解决遗留问题"),
    ALONE: Text("left alone for a week", "一周内未处理"),
}
_NO_CONTACTS = Text(
    "There is no playbook: it needs contacts, to tell what was done after a pattern showed.",
    "没有应对手册：需要联系记录才能知道出现轨迹后做了什么。",
)
_CHOSEN = Text(
    "In the playbook sellers chose whom they contacted: like deals are compared (age, last noted "
    "probability), but only a draw by lot would show what a contact changes.",
    "应对手册中联系谁由销售人员自选：虽与情况相近（时长、最近概率）的商机比较，但只有抽签才能说明联系的作用。",
)


def playbook_part(
    known: Known, settings: Config, *, parts: Sequence[ir.Table], standing: Sequence[str]
) -> Part:
    """Tell what followed each strategy on each sign that stands.

    Parameters
    ----------
    known, settings : Known, Config
        The as-of views and the settings in force.
    parts : sequence of Table
        Signs at weekly checks, from `loss_signs.read_signs`.
    standing : sequence of str
        The signs after which deals are lost faster, strongest first.

    Returns
    -------
    Part
        The table pattern by strategy; a finding where a strategy stands.
    """
    if "interactions" not in known.tables:
        return Part(does_not_show=(_NO_CONTACTS,))
    if not standing:
        return Part()
    limits = Limits(
        horizon_days=settings.horizon_days,
        margin_rate=margin_rate(
            known.tables.get("order_lines"), default=settings.default_margin_rate
        ).share,
        alpha=settings.alpha,
        min_events=settings.min_events,
    )
    shown = first_shown(parts, standing)
    cells = cell_estimates(_weeks(known, settings, shown, parts), limits=limits)
    lot = _by_lot(known, settings, shown, standing, limits)
    estimates = adjust_families((*cells, *lot))
    return Part(
        estimates=estimates,
        told=_told(estimates, q=settings.fdr_q),
        tables=_table(estimates, standing, q=settings.fdr_q, alpha=settings.alpha),
        appendix=_lot_table(estimates, alpha=settings.alpha),
        does_not_show=(_CHOSEN,),
    )


def _weeks(
    known: Known, settings: Config, shown: ir.Table, parts: Sequence[ir.Table]
) -> pd.DataFrame:
    """Return the deals on a pattern with what was done and what followed."""
    rows = collect(
        worked(
            known.table("leads"),
            shown,
            known.table("interactions"),
            contact_cost=settings.contact_cost,
            as_of=known.observed_until,
        )
    ).sort_values(["pattern", "lead_id"], ignore_index=True)
    return with_strategy(
        rows,
        _last_values(shown, parts),
        horizon_days=settings.horizon_days,
        until=known.observed_until,
    )


def _last_values(shown: ir.Table, parts: Sequence[ir.Table]) -> pd.Series:
    """Return the last noted probability at each day on which a pattern first showed."""
    for part in parts:
        if "last_value" in part.columns:
            days = shown.select(link="lead_id", at_day="day").distinct()
            told = part.join(
                days, (part.lead_id == days.link) & (part.check_days == days.at_day)
            ).select("lead_id", "check_days", "last_value")
            values: pd.Series = collect(told).set_index(["lead_id", "check_days"])["last_value"]
            return values
    nothing = pd.MultiIndex.from_tuples([], names=["lead_id", "check_days"])
    return pd.Series(index=nothing, dtype=float)


def _by_lot(
    known: Known, settings: Config, shown: ir.Table, standing: Sequence[str], limits: Limits
) -> list[Estimate]:
    """Return what win-back rounds drawn by lot brought, by the pattern of the lost deal."""
    if not {"winback", "order_lines"} <= set(known.tables):
        return []
    expression = assigned(
        known.tables, horizons=(limits.horizon_days,), contact_cost=settings.contact_cost
    )
    frame = collect(expression).sort_values(list(KEY), ignore_index=True)
    patterns = last_patterns(
        frame, lost_leads(known), collect(shown.select("lead_id", "pattern")), standing
    )
    return drawn_estimates(frame, patterns, limits=limits, until=known.observed_until)


def pattern_name(pattern: str) -> Text:
    """Return the words for a pattern of the playbook."""
    if pattern == NO_PATTERN:
        return Text("no sign before the loss", "丢单前无征兆")
    return SIGNS[pattern].label


def _told(estimates: Sequence[Estimate], *, q: float) -> tuple[Told, ...]:
    """Tell the strategies that stand, the largest first."""
    rows = [
        row
        for row in estimates
        if row.quantity in ("pattern_loss_share_difference", "pattern_return_share_difference")
        and is_finding(row, q)
    ]
    return tuple(
        _finding(row, estimates) for row in sorted(rows, key=lambda row: -abs(row.estimate or 0.0))
    )


def _finding(row: Estimate, estimates: Sequence[Estimate]) -> Told:
    place = read_segment(row.segment)
    pattern = pattern_name(place["pattern"])
    lo, hi = points_text(row.ci_lo or 0.0), points_text(row.ci_hi or 0.0)
    size = points_text(row.estimate or 0.0)
    days = place["horizon_days"]
    if "arm" in place:
        what = Text(
            f"“{place['arm']}” to customers whose last lost deal showed “{pattern.en}”",
            f"对最近丢单曾出现“{pattern.zh}”的客户采取“{place['arm']}”",
        )
        effect = Text(
            f"{size} ({lo} to {hi}) bought again within {days} days",
            f"{days} 天内再购 {size}（{lo} 至 {hi}）",
        )
        action = Text(
            f"Use “{place['arm']}” first where it brought more back.",
            f"优先在有效处采用“{place['arm']}”。",
        )
    else:
        strategy = STRATEGY_NAMES[place["strategy"]]
        what = Text(f"“{pattern.en}” and {strategy.en}", f"“{pattern.zh}”且{strategy.zh}")
        effect = Text(
            f"{size} ({lo} to {hi}) lost within {days} days, against deals left alone",
            f"与未处理者相比 {days} 天内丢单 {size}（{lo} 至 {hi}）",
        )
        n = _needed(place["pattern"], estimates)
        action = Text(
            f"Draw by lot whom to contact when this pattern shows next: {n} deals an arm would "
            "tell.",
            f"下次出现此轨迹时抽签决定联系谁：每组 {n} 单即可判明。",
        )
    sentence = claim(what, effect, evidence=row.evidence) + Text(".", "。")
    finding = Finding(
        sentence=sentence,
        evidence=row.evidence,
        action=action,
        status=row.status,
        estimate_key=row.key,
    )
    return Told(finding=finding, name=pattern, size=None, strength=abs(row.estimate or 0.0))


def _needed(pattern: str, estimates: Sequence[Estimate]) -> str:
    told = [
        row.estimate
        for row in estimates
        if row.quantity == "pattern_needed_per_arm_count"
        and read_segment(row.segment)["pattern"] == pattern
    ]
    return number_text(told[0]) if told and told[0] is not None else "–"


def _table(
    estimates: Sequence[Estimate], standing: Sequence[str], *, q: float, alpha: float
) -> tuple[ShownTable, ...]:
    """Show pattern by strategy: share lost, difference, value, and what a test would take."""
    found = {(row.quantity, row.segment): row for row in estimates}
    days = {
        read_segment(row.segment)["horizon_days"] for row in estimates if "pattern" in row.segment
    }
    lines = [
        _line(found, pattern, strategy, day=day, q=q)
        for pattern in standing
        for strategy in (ALONE, *STRATEGIES)
        for day in sorted(days)
        if ("pattern_loss_share", _place(pattern, strategy, day)) in found
    ]
    if not lines:
        return ()
    [day] = sorted(days)
    table = ShownTable(
        name="playbook",
        frame=pd.DataFrame(lines),
        caption=Text(
            f"What was done in the {WEEK} days after a sign first showed, and the share lost in "
            f"the {day} days that followed. Differences are against deals left alone, of the same "
            f"age and last noted probability; {level_text(alpha)} interval; "
            f"{GRADES['adjusted'].en}.",
            f"首次出现征兆后 {WEEK} 天内的应对，及其后 {day} 天内丢单占比。差异为与未处理、"
            f"时长和最近概率相近者相比；{level_text(alpha)} 区间；{GRADES['adjusted'].zh}。",
        ),
        columns={
            "pattern": Text("sign", "征兆"),
            "strategy": Text("what was done", "应对"),
            "n": Text("deals", "商机数"),
            "lost": Text("lost", "丢单"),
            "difference": Text("difference", "差异"),
            "ci_lo": Text("from", "下限"),
            "ci_hi": Text("to", "上限"),
            "value": Text("value a deal", "每单价值"),
            "reading": Text("reading", "解读"),
        },
        units={
            "lost": "share",
            "difference": "points",
            "ci_lo": "points",
            "ci_hi": "points",
            "value": "money",
        },
    )
    return (table,)


def _place(pattern: str, strategy: str, day: str) -> str:
    return segment(pattern=pattern, strategy=strategy, horizon_days=day)


def _line(
    found: dict[tuple[str, str], Estimate], pattern: str, strategy: str, *, day: str, q: float
) -> dict[str, object]:
    at = _place(pattern, strategy, day)
    share = found["pattern_loss_share", at]
    difference = found.get(("pattern_loss_share_difference", at))
    value = found.get(("pattern_value_per_deal", at))
    needed = found.get(("pattern_needed_per_arm_count", segment(pattern=pattern, horizon_days=day)))
    name, done = pattern_name(pattern), STRATEGY_NAMES[strategy]
    reading = _reading(difference, needed, q=q)
    told = difference is not None and difference.estimate is not None
    return {
        "pattern_en": name.en,
        "pattern_zh": name.zh,
        "strategy_en": done.en,
        "strategy_zh": done.zh,
        "n": share.n,
        "lost": share.estimate,
        "difference": difference.estimate if told and difference else None,
        "ci_lo": difference.ci_lo if told and difference else None,
        "ci_hi": difference.ci_hi if told and difference else None,
        "value": None if value is None else value.estimate,
        "reading_en": reading.en,
        "reading_zh": reading.zh,
    }


def _reading(difference: Estimate | None, needed: Estimate | None, *, q: float) -> Text:
    """Say whether the cell stands, and what would settle it."""
    if difference is None:
        return Text("compared with", "比较基准")
    if is_finding(difference, q):
        word = Text("stands, not tested by lot", "成立，未经抽签")
    elif difference.estimate is None:
        word = Text("too little data", "数据太少")
    else:
        word = Text("no difference shown", "未见差异")
    if needed is None or needed.estimate is None:
        return word
    n = number_text(needed.estimate)
    return word + Text(
        f"; {n} deals an arm, drawn by lot, would show one loss less in ten",
        f"；抽签每组 {n} 单可看出每十单少丢一单",
    )


def _lot_table(estimates: Sequence[Estimate], *, alpha: float) -> tuple[ShownTable, ...]:
    """Show what win-back drawn by lot brought, by the pattern of the deal lost before."""
    rows = [row for row in estimates if row.quantity == "pattern_return_share_difference"]
    if not rows:
        return ()
    lines = []
    for row in rows:
        place = read_segment(row.segment)
        name = pattern_name(place["pattern"])
        refused = row.estimate is None
        lines.append(
            {
                "pattern_en": name.en,
                "pattern_zh": name.zh,
                "arm": place["arm"],
                "n": row.n,
                "events": row.events,
                "difference": row.estimate,
                "ci_lo": row.ci_lo,
                "ci_hi": row.ci_hi,
                "status_en": "too few came back" if refused else row.status,
                "status_zh": "再购太少" if refused else row.status,
            }
        )
    table = ShownTable(
        name="playbook_by_lot",
        frame=pd.DataFrame(lines),
        caption=Text(
            "Win-back drawn by lot, by the sign that the customer's last lost deal had shown: "
            f"share that bought again, arm less control; {level_text(alpha)} interval; "
            f"{GRADES['randomised'].en}.",
            f"抽签挽回，按客户最近丢单曾出现的征兆：再购占比，试验组减对照组；"
            f"{level_text(alpha)} 区间；{GRADES['randomised'].zh}。",
        ),
        columns={
            "pattern": Text("sign", "征兆"),
            "arm": Text("arm", "组别"),
            "n": Text("customers", "客户数"),
            "events": Text("bought again", "再购"),
            "difference": Text("difference", "差异"),
            "ci_lo": Text("from", "下限"),
            "ci_hi": Text("to", "上限"),
            "status": Text("reading", "解读"),
        },
        units={"difference": "points", "ci_lo": "points", "ci_hi": "points"},
    )
    return (table,)
