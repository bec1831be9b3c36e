"""The picture of shares lost by level of one factor: both ends of the range are always drawn."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crm_analysis.deals.comparison.levels import POOLED
from crm_analysis.estimates import Estimate, read_segment
from crm_analysis.language import Text, level_text, number_text
from crm_analysis.results import Picture

SHOWN_LEVELS = 12
_EACH_END = SHOWN_LEVELS // 2


def level_picture(
    shares: Sequence[Estimate],
    label: Text,
    *,
    standing: set[str],
    days: int,
    alpha: float,
    n_left_out: int = 0,
) -> tuple[Picture, ...]:
    """Draw the share lost by level of one factor, by share.

    Of more than `SHOWN_LEVELS` levels the highest, the lowest, and the largest of those between
    that stand out are drawn; the numbers keep every level, those not drawn marked as such.
    `n_left_out` levels were too small to be given even when pooled.
    """
    ordered = sorted(
        (row for row in shares if row.estimate is not None),
        key=lambda row: (-(row.estimate or 0.0), row.segment),
    )
    if len(ordered) < 2:
        return ()
    names = [_level(row) for row in ordered]
    between = _between(ordered, standing)
    drawn = _ends(ordered) | between
    numbers = pd.DataFrame(
        {
            "label_en": names,
            "label_zh": names,
            "value": [row.estimate for row in ordered],
            "lo": [row.ci_lo for row in ordered],
            "hi": [row.ci_hi for row in ordered],
            "highlight": [name in standing for name in names],
            "drawn": [name in drawn for name in names],
        }
    )
    top, low = ordered[0], ordered[-1]
    sentence = Text(
        f"Lost within {days} days by {label.en}: from {100 * (low.estimate or 0):.1f} % "
        f"({names[-1]}) to {100 * (top.estimate or 0):.1f} % ({names[0]}). ",
        f"按{label.zh}看 {days} 天内丢单：{100 * (low.estimate or 0):.1f} %（{names[-1]}）至 "
        f"{100 * (top.estimate or 0):.1f} %（{names[0]}）。",
    )
    marked = _marked(names, standing, drawn)
    title, verdict = _said(label, marked, n=sum(name in standing for name in names))
    scope = _scope(shares, names, n_between=len(between), n_drawn=len(drawn))
    if n_left_out:
        scope = scope + Text(
            f"; {number_text(n_left_out)} too small even together left out",
            f"；{number_text(n_left_out)} 个合并后仍太小，未列",
        )
    picture = Picture(
        name="levels",
        kind="bars",
        numbers=numbers,
        title=title,
        sentence=sentence + verdict,
        caption=Text(
            f"Share of leads lost within {days} days of opening, {level_text(alpha)} interval; "
            f"{scope.en}; not adjusted for the mix.",
            f"开启后 {days} 天内丢单占比及 {level_text(alpha)} 区间；{scope.zh}；未按构成调整。",
        ),
        x_label=Text("share of leads lost", "丢单占比"),
        unit="share",
    )
    return (picture,)


def _level(row: Estimate) -> str:
    return read_segment(row.segment)["level"]


def _ends(ordered: Sequence[Estimate]) -> set[str]:
    """Name all levels where they are few, else those at both ends."""
    if len(ordered) <= SHOWN_LEVELS:
        return {_level(row) for row in ordered}
    return {_level(row) for row in (*ordered[:_EACH_END], *ordered[-_EACH_END:])}


def _between(ordered: Sequence[Estimate], standing: set[str]) -> set[str]:
    """Name the largest of the levels that stand out, yet lie at neither end."""
    ends = _ends(ordered)
    rest = [row for row in ordered if _level(row) in standing - ends]
    return {_level(row) for row in sorted(rest, key=lambda row: -(row.n or 0))[:_EACH_END]}


def _marked(names: Sequence[str], standing: set[str], drawn: set[str]) -> Text | None:
    """List the levels that stand out, those not drawn by their number."""
    listed = ", ".join(name for name in names if name in standing & drawn)
    n_more = sum(name in standing - drawn for name in names)
    if not listed:
        return None
    if not n_more:
        return Text(listed, listed)
    return Text(
        f"{listed} and {number_text(n_more)} more", f"{listed} 及另外 {number_text(n_more)} 个"
    )


def _said(label: Text, marked: Text | None, *, n: int) -> tuple[Text, Text]:
    """Give title and verdict."""
    if marked is None:
        return (
            Text(
                f"Losses by {label.en}: no difference beyond chance",
                f"按{label.zh}看丢单：未超出偶然差异",
            ),
            Text("The differences are within chance.", "差异在偶然范围内。"),
        )
    verb = "stands out" if n == 1 else "stand out"
    return (
        Text(
            f"Losses by {label.en}: {marked.en} {verb}",
            f"按{label.zh}看丢单：{marked.zh} 突出",
        ),
        Text(f"{marked.en} {verb} after correction.", f"校正后 {marked.zh} 突出。"),
    )


def _scope(
    shares: Sequence[Estimate], names: Sequence[str], *, n_between: int, n_drawn: int
) -> Text:
    """Say how many levels there are, which are drawn, and where the others stand."""
    n_all, each = number_text(len(names)), number_text(_EACH_END)
    text = Text(f"{n_all} levels", f"{n_all} 个水平")
    if n_drawn < len(names):
        inner = number_text(n_between)
        also = (
            Text(
                f", the {each} lowest and {inner} between that stand out",
                f"及居中突出的 {inner} 个",
            )
            if n_between
            else Text(f" and the {each} lowest", "")
        )
        text = Text(
            f"{number_text(n_drawn)} of {n_all} levels drawn: the {each} highest{also.en}; "
            "the CSV has all",
            f"绘出 {n_all} 个水平中的 {number_text(n_drawn)} 个：最高 {each} 个、最低 {each} 个"
            f"{also.zh}；CSV 含全部",
        )
    if POOLED in names:
        text = text + Text(f", small ones pooled as {POOLED}", f"，小水平合并为 {POOLED}")
    n_without = len(shares) - len(names)
    if n_without:
        count = number_text(n_without)
        text = text + Text(
            f"; {count} more observed too briefly for a share",
            f"；另有 {count} 个观察太短，不给占比",
        )
    return text
