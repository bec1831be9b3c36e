"""Where and when sales notes other reasons than elsewhere, and what leaving customers say (M02)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from crm_analysis.answers.failure_gaps import code_name
from crm_analysis.answers.failure_words import count_text, scaled_ends
from crm_analysis.answers.part import Told
from crm_analysis.answers.reason_exhibits import source_name
from crm_analysis.estimates import Estimate, is_finding, read_segment
from crm_analysis.language import Text, level_text, number_text, points_text, share_text
from crm_analysis.reasons.rare_levels import QUANTITY
from crm_analysis.results import Finding, ShownTable

_FROM, _TO = Text("from", "下限"), Text("to", "上限")
_REASON = Text("reason", "原因")
_STANDS = {True: Text("yes", "是"), False: Text("no", "否")}
_MOST_ROWS = 40
_FACTORS = {
    "source": Text("who is quoted", "引述来源"),
    "region": Text("region", "地区"),
    "industry": Text("industry", "行业"),
    "product": Text("product", "产品"),
}
LEVELS, TREND = "reason_share_segment_difference", "reason_share_trend"
CHURN = "churn_reason_share"


def _factor(name: str) -> Text:
    own = name.removeprefix("x_")
    return _FACTORS.get(name, Text(own, own))


def _level(pairs: Mapping[str, str]) -> Text:
    """Name a level: who is quoted as the contract does, anything else as it is written."""
    level = pairs["level"]
    return source_name(level) if pairs["factor"] == "source" else Text(level, level)


def segments_table(
    estimates: Sequence[Estimate], names: Mapping[str, Text], *, q: float, alpha: float
) -> tuple[ShownTable, ...]:
    """Show the shares that differ most between a segment and all others."""
    rows = [row for row in estimates if row.quantity == LEVELS and row.estimate is not None]
    if not rows:
        return ()
    ordered = sorted(rows, key=lambda row: (row.p if row.p is not None else 1.0, row.segment))
    lines = []
    for row in ordered[:_MOST_ROWS]:
        pairs = read_segment(row.segment)
        stands = _STANDS[is_finding(row, q)]
        lines.append(
            {
                **_both("factor", _factor(pairs["factor"])),
                **_both("level", _level(pairs)),
                **_both("reason", code_name(pairs["code"], names)),
                "n": row.n,
                "share": (row.events or 0) / (row.n or 1),
                "difference": row.estimate,
                "lo": row.ci_lo,
                "hi": row.ci_hi,
                **_both("stands", stands),
            }
        )
    table = ShownTable(
        name="reason_segments",
        frame=pd.DataFrame(lines),
        caption=Text(
            "Main reasons noted by sales, in one segment against all others, not checked by "
            f"callbacks; {level_text(alpha)} intervals, the clearest {len(lines)} of "
            f"{number_text(len(rows))} comparisons. Stands: after correction for all of them. "
            "Segments with too few notes are not compared; the next table tells of them what can "
            "be told.",
            f"销售记录的主因：某一细分与其余相比，未经回访核实；{level_text(alpha)} 区间，"
            f"{number_text(len(rows))} 项比较中最明显的 {len(lines)} 项。成立：经全部比较校正后。"
            "记录太少的细分不作比较，下表列出尚可说明者。",
        ),
        columns={
            "factor": Text("segment by", "细分依据"),
            "level": Text("segment", "细分"),
            "reason": _REASON,
            "n": Text("notes", "记录数"),
            "share": Text("share", "占比"),
            "difference": Text("less elsewhere (pp)", "减其余（百分点）"),
            "lo": _FROM,
            "hi": _TO,
            "stands": Text("stands", "成立"),
        },
        units={
            "n": "count",
            "share": "share",
            **dict.fromkeys(("difference", "lo", "hi"), "points"),
        },
    )
    return (table,)


def rare_segments_table(
    estimates: Sequence[Estimate], names: Mapping[str, Text], *, alpha: float
) -> tuple[ShownTable, ...]:
    """Show the shares of segments too small to be compared, drawn towards those of all levels."""
    rows = [row for row in estimates if row.quantity == QUANTITY and row.estimate is not None]
    if not rows:
        return ()
    n_refused = sum(row.quantity == QUANTITY for row in estimates) - len(rows)
    lines = []
    for row in sorted(rows, key=lambda row: (-(row.n or 0), row.segment))[:_MOST_ROWS]:
        pairs = read_segment(row.segment)
        lines.append(
            {
                **_both("factor", _factor(pairs["factor"])),
                **_both("level", _level(pairs)),
                **_both("reason", code_name(pairs["code"], names)),
                "n": row.n,
                "noted": (row.events or 0) / (row.n or 1),
                "share": row.estimate,
                "lo": row.ci_lo,
                "hi": row.ci_hi,
            }
        )
    n, refused = number_text(len(rows)), number_text(n_refused)
    table = ShownTable(
        name="reason_rare_segments",
        frame=pd.DataFrame(lines),
        caption=Text(
            "Main reasons noted in segments too small to be compared, drawn towards the share of "
            "all levels the further the fewer notes there are: a best guess, not tested, not "
            f"checked by callbacks; {level_text(alpha)} intervals, the largest {len(lines)} of "
            f"{n} shares. {refused} more say nothing of their own and are not shown.",
            "过小而无法比较的细分中的主因，记录越少越向各水平的总体占比收缩：为最佳估计，"
            f"未经检验，亦未经回访核实；{level_text(alpha)} 区间，{n} 项中最大的 {len(lines)} 项。"
            f"另有 {refused} 项自身说明不了什么，不予显示。",
        ),
        columns={
            "factor": Text("segment by", "细分依据"),
            "level": Text("segment", "细分"),
            "reason": _REASON,
            "n": Text("customers", "客户数"),
            "noted": Text("share noted", "记录占比"),
            "share": Text("share, drawn in", "占比（已收缩）"),
            "lo": _FROM,
            "hi": _TO,
        },
        units={"n": "count", **dict.fromkeys(("noted", "share", "lo", "hi"), "share")},
    )
    return (table,)


def trend_table(
    estimates: Sequence[Estimate], names: Mapping[str, Text], *, q: float, alpha: float
) -> tuple[ShownTable, ...]:
    """Show how each reason's share changes from quarter to quarter."""
    rows = [row for row in estimates if row.quantity == TREND and row.estimate is not None]
    if not rows:
        return ()
    lines = [
        {
            **_both("reason", code_name(read_segment(row.segment)["code"], names)),
            "share": (row.events or 0) / (row.n or 1),
            "change": row.estimate,
            "lo": row.ci_lo,
            "hi": row.ci_hi,
            **_both("stands", _STANDS[is_finding(row, q)]),
        }
        for row in sorted(rows, key=lambda row: (-(row.events or 0), row.segment))
    ]
    table = ShownTable(
        name="reason_trend",
        frame=pd.DataFrame(lines),
        caption=Text(
            f"Change of each reason's share a quarter, in {number_text(rows[0].n or 0)} notes "
            "typed promptly (late ones say other things, and the newest quarters lack theirs); "
            f"{level_text(alpha)} intervals.",
            f"各原因占比每季度的变化，仅计及时录入的 {number_text(rows[0].n or 0)} 条记录"
            f"（迟录者内容不同，且最近季度尚缺）；{level_text(alpha)} 区间。",
        ),
        columns={
            "reason": _REASON,
            "share": Text("share", "占比"),
            "change": Text("a quarter (pp)", "每季度（百分点）"),
            "lo": _FROM,
            "hi": _TO,
            "stands": Text("stands", "成立"),
        },
        units={"share": "share", **dict.fromkeys(("change", "lo", "hi"), "points")},
    )
    return (table,)


def churn_table(
    estimates: Sequence[Estimate], names: Mapping[str, Text], *, alpha: float
) -> tuple[ShownTable, ...]:
    """Show why customers are said to have left, as noted."""
    rows = [row for row in estimates if row.quantity == CHURN and row.estimate is not None]
    if not rows:
        return ()
    lines = [
        {
            **_both("reason", code_name(read_segment(row.segment)["code"], names)),
            "n": row.events,
            "share": row.estimate,
            "lo": row.ci_lo,
            "hi": row.ci_hi,
        }
        for row in rows
    ]
    table = ShownTable(
        name="churn_reasons",
        frame=pd.DataFrame(lines),
        caption=Text(
            "Why customers are said to have left: main reason of "
            f"{number_text(rows[0].n or 0)} customers, as noted and not corrected; "
            f"{level_text(alpha)} intervals.",
            f"客户流失的所述原因：{number_text(rows[0].n or 0)} 位客户的主因，按记录，未经校正；"
            f"{level_text(alpha)} 区间。",
        ),
        columns={
            "reason": _REASON,
            "n": Text("customers", "客户数"),
            "share": Text("share", "占比"),
            "lo": _FROM,
            "hi": _TO,
        },
        units={"n": "count", **dict.fromkeys(("share", "lo", "hi"), "share")},
    )
    return (table,)


def segment_finding(
    estimates: Sequence[Estimate], names: Mapping[str, Text], *, q: float
) -> tuple[Told, ...]:
    """Tell the clearest difference between a segment and the others, if any stands."""
    standing = [row for row in estimates if row.quantity == LEVELS and is_finding(row, q)]
    if not standing:
        return ()
    row = min(standing, key=lambda one: (one.p_adj or 0.0, one.p or 0.0, one.segment))
    pairs, inside = read_segment(row.segment), (row.events or 0) / (row.n or 1)
    name, factor, level = code_name(pairs["code"], names), _factor(pairs["factor"]), _level(pairs)
    elsewhere = inside - (row.estimate or 0.0)
    low, high = points_text(row.ci_lo or 0.0), points_text(row.ci_hi or 0.0)
    count = count_text(scaled_ends(row, row.n or 0))
    than = Text("more", "多") if elsewhere < inside else Text("fewer", "少")
    sentence = Text(
        f"Where {factor.en} is “{level.en}”, sales notes “{name.en}” for {share_text(inside)} of "
        f"{number_text(row.n or 0)} lost deals, elsewhere for {share_text(elsewhere)} (difference "
        f"{low} to {high}), about {count.en} deals {than.en}: a difference in notes, which "
        "callbacks have not checked.",
        f"{factor.zh}为“{level.zh}”时，销售把 {number_text(row.n or 0)} 单丢单中的 "
        f"{share_text(inside)} 记为“{name.zh}”，其余为 {share_text(elsewhere)}"
        f"（差 {low} 至 {high}），约{than.zh} {count.zh} 单：此为记录之差，未经回访核实。",
    )
    action = Text(
        f"Call back twenty lost customers of “{level.en}” and twenty others, and see whether they "
        f"differ in “{name.en}” as well.",
        f"回访“{level.zh}”的二十位流失客户和其余二十位，看其在“{name.zh}”上是否同样不同。",
    )
    finding = Finding(
        sentence=sentence, evidence=row.evidence, action=action, status=row.status,
        estimate_key=row.key,
    )  # fmt: skip
    short = Text(f"{name.en}: noted otherwise in {level.en}", f"{name.zh}：{level.zh}记录不同")
    return (Told(finding=finding, name=short, size=None, strength=abs(row.estimate or 0.0)),)


def _both(name: str, text: Text) -> dict[str, str]:
    return {f"{name}_en": text.en, f"{name}_zh": text.zh}
