"""Ratios, shares and sizes in words, the same wherever lost deals are told of."""

from __future__ import annotations

import math

from crm_analysis.deals.indicators.sizes import Size
from crm_analysis.estimates import Estimate
from crm_analysis.language import Text, number_text, share_text

YES_NO = {
    "yes": Text("yes", "是"),
    "no": Text("no", "否"),
    "True": Text("yes", "是"),
    "False": Text("no", "否"),
}


def ratio_text(row: Estimate) -> str:
    """Write a log ratio as a ratio with its interval."""
    ends = [math.exp(value or 0.0) for value in (row.estimate, row.ci_lo, row.ci_hi)]
    return f"{ends[0]:.2f} ({ends[1]:.2f}–{ends[2]:.2f})"


def share_with_interval(row: Estimate) -> Text:
    """Write a share with its interval, or say that it is not shown."""
    if row.estimate is None or row.ci_lo is None or row.ci_hi is None:
        return Text("not shown (too few leads)", "不予显示（线索太少）")
    value = share_text(row.estimate)
    interval = f"{share_text(row.ci_lo)}–{share_text(row.ci_hi)}"
    return Text(f"{value} ({interval})", f"{value}（{interval}）")


def size_text(size: Size, groups: tuple[Text, Text], days: Text) -> Text:
    """Write two shares and the deals between them; groups are (more, less)."""
    more, less, extra = size.rows
    if more.estimate is None or less.estimate is None or extra.estimate is None:
        return Text(
            " Too few leads are observed long enough to give shares.",
            "可观察的线索太少，不给占比。",
        )
    first, second = share_text(more.estimate), share_text(less.estimate)
    count, n = number_text(extra.estimate), number_text(extra.n or 0)
    ends = _ends(extra)
    return Text(
        f" {first} of {groups[0].en} were lost within {days.en}, {second} of {groups[1].en}: about "
        f"{count} more lost deals ({ends}) among {n}.",
        f"{days.zh}内，{groups[0].zh}有 {first} 丢单，{groups[1].zh}为 {second}："
        f"在 {n} 条中约多丢 {count} 单（{ends}）。",
    )


def closed_size_text(size: Size, groups: tuple[Text, Text]) -> Text:
    """Write two shares of closed leads and the deals between them; groups are (more, less)."""
    more, less, extra = size.rows
    if more.estimate is None or less.estimate is None or extra.estimate is None:
        return Text(" Too few leads are closed to give shares.", "已结束的线索太少，不给占比。")
    first, second = share_text(more.estimate), share_text(less.estimate)
    count, n = number_text(extra.estimate), number_text(extra.n or 0)
    ends = _ends(extra)
    return Text(
        f" {first} of the closed among {groups[0].en} were lost, {second} of those among "
        f"{groups[1].en}: about {count} more lost deals ({ends}) among {n}.",
        f"{groups[0].zh}中已结束的有 {first} 丢单，{groups[1].zh}为 {second}："
        f"在 {n} 条中约多丢 {count} 单（{ends}）。",
    )


def scaled_ends(row: Estimate, n: int) -> tuple[float, float, float]:
    """Turn a share with its interval into a number of `n`, its sign taken off."""
    value, low, high = (n * (end or 0.0) for end in (row.estimate, row.ci_lo, row.ci_hi))
    return (value, low, high) if value >= 0 else (-value, -high, -low)


def count_text(ends: tuple[float, float, float]) -> Text:
    """Write a number with its interval.

    Examples
    --------
    >>> count_text((12.2, 3.0, 21.4)).en, count_text((12.2, -3.0, 27.4)).en
    ('12 (3–21)', '12 (-3 to 27)')
    """
    value, low, high = ends
    interval = interval_text(low, high)
    return Text(
        f"{number_text(value)} ({interval})",
        f"{number_text(value)}（{interval.replace(' to ', ' 至 ')}）",
    )


def _ends(extra: Estimate) -> str:
    """Write the interval of a count."""
    return interval_text(extra.ci_lo or 0.0, extra.ci_hi or 0.0)


def interval_text(low: float, high: float) -> str:
    """Write the ends of an interval of a count; a dash would hide a minus.

    Examples
    --------
    >>> interval_text(3, 21), interval_text(-3, 21)
    ('3–21', '-3 to 21')
    """
    if low >= 0:
        return f"{number_text(low)}–{number_text(high)}"
    return f"{number_text(low)} to {number_text(high)}"
