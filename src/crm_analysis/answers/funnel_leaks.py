"""Where the missing deals stayed: the finding on the leaks that sum to the gap.

Decision: something is to be done about a leak only where the whole gap is more than chance takes
and the leak's interval lies above 0; of such leaks, about the largest. Deals still to be typed in
are no lack of decided leads.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from crm_analysis.answers.funnel_outlook import found, number
from crm_analysis.deals.funnel.days import day_of
from crm_analysis.deals.funnel.leaks import LEAKS
from crm_analysis.deals.funnel.targets import Period
from crm_analysis.estimates import Estimate
from crm_analysis.language import Text, number_text
from crm_analysis.results import Finding
from crm_analysis.survival.normal import critical

ACTIONS: dict[str, Text] = {
    "volume": Text(
        "Bring more leads to a decision: ask of each old open lead what is missing.",
        "推动更多线索得出结果：逐条询问老线索还缺什么。",
    ),
    "not_filed": Text("File every lead on its first day.", "线索当天建档。"),
    "not_contacted": Text("Contact every filed lead.", "已建档的线索都要联系。"),
    "not_assessed": Text("Note a probability after each contact.", "每次联系后记录成交概率。"),
    "lost": Text(
        "Read the page on why deals fail; it is there that more than usual was lost.",
        "请阅读丢单原因报告：比平常多丢的单在那里。",
    ),
    "void": Text(
        "Look at the leads that we ended ourselves: which of them could have gone on?",
        "查看我方终止的线索：其中哪些本可继续？",
    ),
}

_CHANCE = Text(
    "Nothing has to be mended because of it: chance alone brings a gap of this size.",
    "无需因此整改：这样大小的差距可由偶然造成。",
)
_SPREAD = Text(
    "Mend no single place because of it: more is missing than chance takes, but none of the leaks "
    "can be told apart from chance.",
    "勿因此整改单个环节：差距大于偶然，但没有一项漏损能与偶然区分。",
)


def leaks_of(estimates: Sequence[Estimate]) -> dict[str, float]:
    """Return the leaks that were counted, by name; empty where there are none."""
    rows = {name: found(estimates, "gap_deals", f"leak={name}") for name in LEAKS}
    return {name: number(row) for name, row in rows.items() if row is not None}


def real_leaks(estimates: Sequence[Estimate], *, untyped: float) -> list[str]:
    """Name the leaks whose intervals lie above 0, the largest first.

    Parameters
    ----------
    estimates : sequence of Estimate
        All rows of the page.
    untyped : float
        Deals expected to be typed in later: so many fewer are missing for want of decided leads.
    """
    leaks = leaks_of(estimates)
    ends = {name: leak_ends(estimates, name) for name in leaks}
    least = {"volume": max(untyped, 0.0)}
    above = [name for name, (low, _) in ends.items() if low > least.get(name, 0.0)]
    return sorted(above, key=lambda name: -leaks[name])


def leak_ends(estimates: Sequence[Estimate], name: str) -> tuple[float, float]:
    """Return the interval of a leak; without one it may be any number."""
    row = found(estimates, "gap_deals", f"leak={name}")
    if row is None or row.ci_lo is None or row.ci_hi is None:
        return (-math.inf, math.inf)
    return (row.ci_lo, row.ci_hi)


def over_text(over: Period) -> str:
    """Name the days of the period that is over."""
    return f"{day_of(over.first)} – {day_of(over.last)}"


def leak_finding(estimates: Sequence[Estimate], over: Period | None) -> tuple[Finding, ...]:
    """Tell of the last target and the largest leak."""
    total = found(estimates, "gap_deals", "leak=total")
    leaks = leaks_of(estimates)
    if total is None or over is None or not leaks:
        return ()
    won = number(found(estimates, "deals_count", "window=last_period"))
    goal = number(found(estimates, "target_deals", "window=last_period"))
    more = number(found(estimates, "untyped_deals_count", "window=last_period"))
    order = sorted(leaks, key=lambda name: -leaks[name])
    top, best = order[0], order[-1]
    told = _reached(over_text(over), won, more, goal)
    if leaks[top] <= 0:
        none = Text(
            " Against the year before nothing is missing at any place.",
            "与此前一年相比，各环节均未少成交。",
        )
        return (
            Finding(
                sentence=told + none,
                evidence="exact",
                action=Text("Nothing has to be mended here.", "此处无需整改。"),
                estimate_key=total.key,
            ),
        )
    most, least = (_size(estimates, name) for name in (top, best))
    where = Text(
        f" Against the year before most is missing at “{LEAKS[top].en}” "
        f"({most.en}) and least at “{LEAKS[best].en}” ({least.en}).",
        f"与此前一年相比，少得最多的环节是“{LEAKS[top].zh}”（{most.zh}），"
        f"最少的是“{LEAKS[best].zh}”（{least.zh}）。",
    )
    real = real_leaks(estimates, untyped=more)
    return (
        Finding(
            sentence=told + where,
            evidence="exact",
            action=_CHANCE
            if goal - won - more <= chance_deals(goal)
            else ACTIONS[real[0]]
            if real
            else _SPREAD,
            estimate_key=total.key,
        ),
    )


def _size(estimates: Sequence[Estimate], name: str) -> Text:
    """Write a leak in deals with its interval."""
    size = number_text(leaks_of(estimates)[name], 1)
    low, high = leak_ends(estimates, name)
    if not math.isfinite(low):
        return Text(f"{size} deals", f"{size} 单")
    ends = [number_text(end, 1) for end in (low, high)]
    return Text(f"{size} deals, {ends[0]} to {ends[1]}", f"{size} 单，{ends[0]} 至 {ends[1]}")


def chance_deals(goal: float) -> float:
    """Return how many deals chance alone may take from a goal: 95 % of counts lose no more.

    Examples
    --------
    >>> round(chance_deals(100), 1)
    16.4
    """
    return critical(0.1) * math.sqrt(goal)


def _reached(when: str, won: float, more: float, goal: float) -> Text:
    """Say what was reached of the last target, with what is still to be typed in."""
    counted, late, wanted = number_text(won), number_text(more, 1), number_text(goal, 1)
    met = won >= goal
    likely = not met and won + more >= goal
    verdict = (
        Text("it is met", "目标已达成")
        if met
        else Text("it is likely met once all is typed in", "录入完毕后很可能达成")
        if likely
        else Text(
            f"{number_text(goal - won - more, 1)} will be missing",
            f"仍将短缺 {number_text(goal - won - more, 1)} 单",
        )
    )
    return Text(
        f"{when}: {counted} of {wanted} deals wanted are typed in, about {late} more are to come; "
        f"{verdict.en}.",
        f"{when}：目标 {wanted} 单，已录入 {counted} 单，预计还有约 {late} 单待录入；"
        f"{verdict.zh}。",
    )
