"""What changed since the last published report: numbers and findings, told in words.

Decisions: only `result` rows with the same key in both reports are compared; a change is told
where it shows at the digits a reader sees and leaves the former interval (where there was none,
every visible change). Test statistics and log ratios are told as findings only. A finding is new
or gone by the rule of families alone. Rows on fewer than `min_cell` subjects are never told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Literal

from crm_analysis.estimates import Estimate, is_finding, is_small_cell, read_segment
from crm_analysis.language import Text, number_text, points_text, share_text
from crm_analysis.quantities import QUANTITIES

Kind = Literal["new finding", "finding gone", "up", "down"]
Key = tuple[str, str, str, str, str]

KINDS: dict[Kind, Text] = {
    "new finding": Text("new finding", "新发现"),
    "finding gone": Text("no longer a finding", "不再成立"),
    "up": Text("up", "上升"),
    "down": Text("down", "下降"),
}

SPOKEN = ("share", "points", "money", "count", "days")
"""Units that a leader reads."""

NAMES: dict[str, Text] = {
    "arm": Text("arm", "组别"),
    "horizon_days": Text("within days", "期限（天）"),
    "landmark_days": Text("at age in days", "观察日（天）"),
    "cause": Text("ending", "结局"),
    "indicator": Text("indicator", "指标"),
    "factor": Text("factor", "因素"),
    "level": Text("level", "水平"),
    "sign": Text("sign", "征兆"),
    "shown": Text("shown", "出现"),
    "state": Text("state", "状态"),
    "table": Text("table", "数据表"),
    "item": Text("item", "项目"),
    "over_days": Text("over days", "超过天数"),
    "rep_id": Text("rep", "销售代表"),
    "round_id": Text("round", "轮次"),
    "quarter": Text("quarter", "四分位"),
    "window": Text("window", "窗口"),
    "covariate": Text("covariate", "特征"),
}

VALUES: dict[str, Text] = {
    "lost": Text("lost", "丢单"),
    "won": Text("won", "成交"),
    "void": Text("void", "作废"),
    "open": Text("open", "未结束"),
    "dormant": Text("dormant", "沉睡"),
    "control": Text("control", "对照组"),
    "any": Text("all contacted", "全部联系组"),
    "treat": Text("contacted", "联系组"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One number or finding that differs from the last report."""

    kind: Kind
    what: Text
    before: float | None
    now: float | None
    unit: str
    key: Key
    weight: float


def changes(
    now: Sequence[Estimate],
    before: Sequence[Estimate],
    *,
    fdr_q: float,
    min_cell: int,
    first: Set[Key] = frozenset(),
) -> list[Change]:
    """Compare two reports row by row; findings first, then cards, then the largest moves.

    Parameters
    ----------
    now, before : sequence of Estimate
        The rows of this and of the last published report.
    fdr_q : float
        False discovery rate that makes a finding.
    min_cell : int
        Rows on fewer subjects are left out.
    first : set of keys
        What a reader saw on cards and in findings; its moves come before others.
    """
    current, former = _told(now, min_cell), _told(before, min_cell)
    found = []
    for key in sorted(current.keys() | former.keys()):
        one, other = current.get(key), former.get(key)
        was = other is not None and is_finding(other, fdr_q)
        stands = one is not None and is_finding(one, fdr_q)
        if stands and one is not None and not was:
            found.append(_change("new finding", one, other))
        elif was and other is not None and not stands:
            found.append(_change("finding gone", one, other))
        elif one is not None and other is not None and _moved(one, other):
            found.append(_change(_direction(one, other), one, other))
    order = {"new finding": 0, "finding gone": 1}
    return sorted(
        found,
        key=lambda one: (order.get(one.kind, 2), one.key not in first, -one.weight, one.key),
    )


def row_text(row: Estimate) -> Text:
    """Name a row for readers: the quantity and where it holds."""
    meaning = QUANTITIES[row.quantity].meaning
    parts = [_pair(name, value) for name, value in read_segment(row.segment).items()]
    if not parts:
        return meaning
    where = Text(", ".join(part.en for part in parts), "，".join(part.zh for part in parts))
    return Text(f"{meaning.en} ({where.en})", f"{meaning.zh}（{where.zh}）")


def value_words(value: float | None, unit: str) -> str:
    """Write a value by its unit, a missing one as a dash; the same in each language."""
    if value is None:
        return "–"
    if unit == "share":
        return share_text(value)
    if unit == "points":
        return points_text(value)
    if unit == "count":
        return number_text(value)
    if unit == "days":
        return number_text(value, 1)
    return number_text(value, 2)


def _told(rows: Sequence[Estimate], min_cell: int) -> Mapping[Key, Estimate]:
    return {
        row.key: row
        for row in rows
        if row.role == "result"
        and row.module != "M20"
        and row.status in ("ok", "weak")
        and row.estimate is not None
        and not is_small_cell(row, min_cell)
    }


def _moved(one: Estimate, other: Estimate) -> bool:
    unit = QUANTITIES[one.quantity].unit
    if unit not in SPOKEN:
        return False
    if value_words(one.estimate, unit) == value_words(other.estimate, unit):
        return False
    if other.ci_lo is None or other.ci_hi is None or one.estimate is None:
        return True
    return not other.ci_lo <= one.estimate <= other.ci_hi


def _direction(one: Estimate, other: Estimate) -> Kind:
    return "up" if (one.estimate or 0.0) > (other.estimate or 0.0) else "down"


def _change(kind: Kind, one: Estimate | None, other: Estimate | None) -> Change:
    row = one or other
    if row is None:
        raise ValueError("a change needs a row")
    now = None if one is None else one.estimate
    before = None if other is None else other.estimate
    size = abs((now or 0.0) - (before or 0.0))
    scale = max(abs(now or 0.0), abs(before or 0.0))
    return Change(
        kind=kind,
        what=row_text(row),
        before=before,
        now=now,
        unit=QUANTITIES[row.quantity].unit,
        key=row.key,
        weight=size / scale if scale else 0.0,
    )


def _pair(name: str, value: str) -> Text:
    label = NAMES.get(name, Text(name, name))
    word = VALUES.get(value, Text(value, value))
    return Text(f"{label.en}: {word.en}", f"{label.zh}：{word.zh}")
