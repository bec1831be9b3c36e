"""The leaks of the gap to the last target, each with its interval, as a table and as a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from crm_analysis.answers.failure_words import YES_NO
from crm_analysis.answers.funnel_leaks import leak_ends, leaks_of, over_text
from crm_analysis.answers.funnel_outlook import found, number
from crm_analysis.deals.funnel.leaks import LEAKS
from crm_analysis.deals.funnel.targets import Period
from crm_analysis.estimates import Estimate
from crm_analysis.language import Text, level_text, number_text
from crm_analysis.results import Picture, ShownTable

_GAP = Text("gap to the target", "与目标的差距")


def leak_table(
    estimates: Sequence[Estimate], over: Period | None, *, alpha: float
) -> tuple[ShownTable, ...]:
    """Show each leak with its interval, and the gap that they sum to."""
    total = found(estimates, "gap_deals", "leak=total")
    leaks = leaks_of(estimates)
    if total is None or over is None or not leaks:
        return ()
    lines = [_line(LEAKS[name], size, leak_ends(estimates, name)) for name, size in leaks.items()]
    lines.append(_line(_GAP, number(total), (math.nan, math.nan)))
    level = level_text(alpha)
    return (
        ShownTable(
            name="leaks",
            frame=pd.DataFrame(lines),
            caption=Text(
                f"{over_text(over)}: deals missing through each place, against the shares of the "
                f"year before. They sum to the gap; their intervals hold together ({level}) and do "
                "not sum. Below zero more came through than usual. Leads are taken as independent: "
                "what a whole month shares comes on top.",
                f"{over_text(over)}：与此前一年的占比相比，各环节少成交的单数，合计等于差距；"
                f"区间同时成立（{level}），不可相加。负数表示比平常多。"
                "线索视为相互独立：整月共有的波动未计入。",
            ),
            columns={
                "leak": Text("leak", "漏损"),
                "deals": Text("deals missing", "少成交数"),
                "ci_lo": Text("from", "下限"),
                "ci_hi": Text("to", "上限"),
                "chance": Text("may be chance", "可能出于偶然"),
            },
        ),
    )


def _line(label: Text, size: float, ends: tuple[float, float]) -> dict[str, object]:
    """Write one line; what has no interval leaves open whether it may be chance."""
    shown = all(math.isfinite(end) for end in ends)
    low, high = ends
    chance = (YES_NO["yes"] if low <= 0 <= high else YES_NO["no"]) if shown else Text("", "")
    return {
        "leak_en": label.en,
        "leak_zh": label.zh,
        "deals": round(size, 1),
        "ci_lo": round(low, 1) if shown else None,
        "ci_hi": round(high, 1) if shown else None,
        "chance_en": chance.en,
        "chance_zh": chance.zh,
    }


def leak_picture(estimates: Sequence[Estimate], over: Period | None) -> tuple[Picture, ...]:
    """Draw the leaks; they sum exactly to the gap."""
    leaks = leaks_of(estimates)
    total = found(estimates, "gap_deals", "leak=total")
    if not leaks or total is None or over is None:
        return ()
    top = max(leaks, key=lambda name: leaks[name])
    entries = [("total", _GAP, number(total))]
    entries += [(name, LEAKS[name], leaks[name]) for name in LEAKS if name in leaks]
    numbers = pd.DataFrame(
        [
            {
                "label_en": label.en,
                "label_zh": label.zh,
                "value": value,
                "highlight": name == "total",
            }
            for name, label, value in entries
        ]
    )
    size, gap = number_text(leaks[top], 1), number_text(number(total), 1)
    title = Text(
        f"Largest leak: {LEAKS[top].en} ({size} deals)",
        f"最大漏损：{LEAKS[top].zh}（{size} 单）",
    )
    largest = Text(
        f"the largest is “{LEAKS[top].en}” with {size} deals.",
        f"最大一项为“{LEAKS[top].zh}”，{size} 单。",
    )
    if leaks[top] <= 0:
        title = Text("Nothing is missing at any place", "各环节均未少成交")
        largest = Text("none of them is missing deals.", "没有任何一项少成交。")
    return (
        Picture(
            name="leaks",
            kind="bars",
            numbers=numbers,
            title=title,
            sentence=Text(
                f"The gap of {gap} deals to the last target is the sum of its leaks; {largest.en}",
                f"与上期目标的差距 {gap} 单等于各项漏损之和；{largest.zh}",
            ),
            caption=Text(
                f"{over_text(over)}: deals missing through each place, against the shares of the "
                "year before; below zero more came through than usual. What of them may be chance "
                "stands in the table.",
                f"{over_text(over)}：与此前一年的占比相比，各环节少成交的单数；负数表示比平常多。"
                "哪些可能出于偶然见表。",
            ),
            x_label=Text("deals missing", "少成交数"),
            unit="count",
        ),
    )
