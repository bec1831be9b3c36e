"""Tables of the types of track, and the clusters beside them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crm_analysis.config import Tracks
from crm_analysis.deals.typology.rules import TOO_FEW, TYPES, rule_text
from crm_analysis.deals.typology.type_shares import usual_type
from crm_analysis.deals.typology.typology import LAG_DAYS, Typology
from crm_analysis.estimates import Estimate, is_finding, read_segment
from crm_analysis.features.tracks import PROBABILITY
from crm_analysis.language import Text, level_text, share_text
from crm_analysis.results import ShownTable

JUDGED = {
    PROBABILITY: Text("deal probability", "成交概率"),
    "stage": Text("stage level", "阶段进度"),
}


def type_row(
    estimates: Sequence[Estimate], quantity: str, kind: str, *, role: str = "result"
) -> Estimate:
    """Return a type's row of a quantity."""
    return next(
        row
        for row in estimates
        if row.quantity == quantity
        and row.role == role
        and read_segment(row.segment)["type"] == kind
    )


def type_table(made: Typology, limits: Tracks, *, q: float, alpha: float) -> ShownTable:
    """Show each type with the sentence that explains it, its size and its share lost."""
    lines = [_line(made, kind, limits, q=q) for kind in TYPES]
    return ShownTable(
        name="track_types",
        frame=pd.DataFrame(lines),
        caption=Text(
            "Types of track among lost and won deals, by rules asked in this order; share lost "
            f"with {level_text(alpha)} interval, and its difference to all other types, in all "
            f"and without what became known in the last {LAG_DAYS} days before the end.",
            f"丢单与成交商机的轨迹类型，按所列顺序逐条判断；丢单占比及 {level_text(alpha)} 区间，"
            f"以及与其他各类之差（全部，以及不含结束前 {LAG_DAYS} 天内才得知的内容）。",
        ),
        columns={
            "type": Text("type of track", "轨迹类型"),
            "rule": Text("rule", "规则"),
            "n": Text("closed deals", "已结束商机"),
            "lost": Text("share lost", "丢单占比"),
            "ci_lo": Text("from", "下限"),
            "ci_hi": Text("to", "上限"),
            "gap": Text("against other types", "与其他类之差"),
            "late": Text(f"{LAG_DAYS} days before the end", f"结束前 {LAG_DAYS} 天"),
            "p_adj": Text("adjusted p", "校正后 p"),
            "verdict": Text("reading", "解读"),
        },
        units={
            **dict.fromkeys(("lost", "ci_lo", "ci_hi"), "share"),
            **dict.fromkeys(("gap", "late"), "points"),
        },
    )


def _line(made: Typology, kind: str, limits: Tracks, *, q: float) -> dict[str, object]:
    label, rule = TYPES[kind].label, rule_text(kind, limits, what=JUDGED[made.kind])
    words = {
        "type_en": label.en,
        "type_zh": label.zh,
        "rule_en": rule.en,
        "rule_zh": rule.zh,
        "n": type_row(made.estimates, "track_type_share", kind).events,
    }
    if kind == TOO_FEW:
        verdict = Text("not named", "不归类")
        blank = dict.fromkeys(("lost", "ci_lo", "ci_hi", "gap", "late", "p_adj"))
        return {**words, **blank, "verdict_en": verdict.en, "verdict_zh": verdict.zh}
    share = type_row(made.estimates, "track_type_lost_share", kind)
    gap = type_row(made.estimates, "track_type_lost_difference", kind)
    late = type_row(made.estimates, "track_type_lost_difference", kind, role="sensitivity")
    verdict = _USUAL if usual_type(made.estimates) == kind else _verdict(gap, late, q)
    return {
        **words,
        "lost": share.estimate,
        "ci_lo": share.ci_lo,
        "ci_hi": share.ci_hi,
        "gap": gap.estimate,
        "late": late.estimate,
        "p_adj": gap.p_adj,
        "verdict_en": verdict.en,
        "verdict_zh": verdict.zh,
    }


_USUAL = Text("the usual track", "多数商机的轨迹")


def _verdict(gap: Estimate, late: Estimate, q: float) -> Text:
    if gap.p is None:
        return Text("too little data", "数据太少")
    if not is_finding(gap, q):
        return Text("no difference shown", "未见差异")
    more = (gap.estimate or 0) > 0
    words = Text("more losses", "丢单更多") if more else Text("fewer losses", "丢单更少")
    nearer = late.ci_lo if more else late.ci_hi
    holds = nearer is not None and (nearer > 0 if more else nearer < 0)
    return words if holds else words + _FADES


_FADES = Text(f", but not shown {LAG_DAYS} days earlier", f"，但提前 {LAG_DAYS} 天未见")


def agreement_text(made: Typology) -> Text:
    """Say how far clusters found in the tracks agree with the rules, or why there are none."""
    row = next(row for row in made.estimates if row.quantity == "track_type_agreement")
    if row.estimate is None or made.clusters is None or made.clusters.k is None:
        return Text(
            "The borders between types are set by rule: no stable clusters were found in the "
            "tracks to check them by.",
            "类型之间的界线由规则设定：轨迹中没有找到可供核对的稳定聚类。",
        )
    value, ends = f"{row.estimate:.2f}", f"{row.ci_lo or 0:.2f}–{row.ci_hi or 0:.2f}"
    return Text(
        f"The borders between types are set by rule; the {made.clusters.k} clusters found in the "
        f"tracks agree with them to {value} ({ends}; 1 is the same, 0 is chance).",
        f"类型之间的界线由规则设定；轨迹中找到的 {made.clusters.k} 个聚类与其一致程度为 "
        f"{value}（{ends}；1 为完全一致，0 为随机）。",
    )


def cluster_table(made: Typology) -> tuple[ShownTable, ...]:
    """Cross the types with the clusters: how many deals are in both."""
    if made.clusters is None or made.clusters.labels is None:
        return ()
    rows = made.typed
    counts = pd.crosstab(rows["track_type"].to_numpy(), made.clusters.labels)
    names = [kind for kind in TYPES if kind in counts.index]
    drawn = [int(k) for k in counts.columns]
    frame = pd.DataFrame(
        {
            "type_en": [TYPES[kind].label.en for kind in names],
            "type_zh": [TYPES[kind].label.zh for kind in names],
            **{f"cluster_{k + 1}": counts.loc[names, k].to_numpy() for k in drawn},
        }
    )
    centres = made.clusters.centres
    assert centres is not None
    headers = {
        f"cluster_{k + 1}": Text(
            f"cluster {k + 1} ({share_text(track[0], 0)} → {share_text(track[-1], 0)})",
            f"聚类 {k + 1}（{share_text(track[0], 0)} → {share_text(track[-1], 0)}）",
        )
        for k, track in enumerate(centres)
        if k in drawn
    }
    table = ShownTable(
        name="track_clusters",
        frame=frame,
        caption=Text(
            "Closed deals by type and by cluster of like tracks (first and last level of the "
            "cluster's mean). " + agreement_text(made).en,
            "已结束商机按类型与相似轨迹聚类的交叉（括号内为聚类均值的首末水平）。"
            + agreement_text(made).zh,
        ),
        columns={"type": Text("type of track", "轨迹类型"), **headers},
    )
    return (table,)
