"""The strategies that stand, each with the deals or customers that it is about (A-48)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crm_analysis.answers.part import Told
from crm_analysis.deals.advice.drawn_interaction import INTERACTION, SHRUNK
from crm_analysis.deals.advice.drawn_patterns import NET
from crm_analysis.deals.advice.first_shown import shown_text
from crm_analysis.estimates import Estimate, claim, is_finding, read_segment, segment
from crm_analysis.language import Text, number_text, points_text

_DOING = {
    "act": Text("a contact within a week", "一周内联系"),
    "remove_obstacle": Text(
        "settling an open question or matter within a week", "一周内解决遗留问题"
    ),
}
_BY_AGE = Text("age", "时长")
LOST, BACK = "pattern_loss_share_difference", "pattern_return_share_difference"


def playbook_findings(
    estimates: Sequence[Estimate], *, q: float, like: Text = _BY_AGE
) -> tuple[Told, ...]:
    """Tell the strategies that stand: what was drawn by lot first, then the largest.

    Parameters
    ----------
    estimates : sequence of Estimate
        From `playbook.cell_estimates` and `drawn_patterns.drawn_estimates`, adjusted.
    q : float
        False discoveries tolerated.
    like : Text
        In what the deals compared are alike: all that was adjusted for.
    """
    found = {(row.quantity, row.segment): row for row in estimates}
    rows = [
        row
        for row in estimates
        if (row.quantity == LOST and is_finding(row, q)) or stands_by_lot(row, found, q=q)
    ]
    ordered = sorted(rows, key=lambda row: (row.quantity != BACK, -abs(row.estimate or 0.0)))
    return tuple(
        _by_lot(row) if row.quantity == BACK else _seen(row, found, like) for row in ordered
    )


def stands_by_lot(row: Estimate, found: Mapping[tuple[str, str], Estimate], *, q: float) -> bool:
    """Say whether a pattern's own effect may be told, and acted upon.

    The cell stands; the arm does more after some patterns than after others; the cell drawn
    towards the arm's mean still leaves 0 out; and what brings customers back does not cost money.
    """
    if row.quantity != BACK or not is_finding(row, q):
        return False
    place = read_segment(row.segment)
    of_arm = segment(arm=place["arm"], horizon_days=place["horizon_days"])
    differs, shrunk = found.get((INTERACTION, of_arm)), found.get((SHRUNK, row.segment))
    if differs is None or not is_finding(differs, q) or shrunk is None:
        return False
    low, high = shrunk.ci_lo or 0.0, shrunk.ci_hi or 0.0
    if (row.estimate or 0.0) < 0:
        return high < 0
    net = found.get((NET, row.segment))
    return low > 0 and net is not None and net.estimate is not None and net.estimate >= 0


def _seen(row: Estimate, found: Mapping[tuple[str, str], Estimate], like: Text) -> Told:
    """Tell what followed what sellers chose to do."""
    place = read_segment(row.segment)
    pattern, doing = shown_text(place["pattern"]), _DOING[place["strategy"]]
    days = place["horizon_days"]
    points = _points(row)
    share = found["pattern_loss_share", row.segment]
    needed = found.get(
        (
            "pattern_needed_per_arm_count",
            segment(pattern=place["pattern"], horizon_days=days),
        )
    )
    sentence = claim(
        Text(f"After “{pattern.en}”, {doing.en}", f"出现“{pattern.zh}”后{doing.zh}"),
        Text(
            f"{points.en} lost within {days} days, against deals left alone of the same {like.en}",
            f"{days} 天内丢单 {points.zh}（与{like.zh}相近的未处理者相比）",
        ),
        evidence=row.evidence,
    )
    size = _size(row, share.n or 0, words=_DEALS)
    n = "–" if needed is None or needed.estimate is None else number_text(needed.estimate)
    action = Text(
        f"Draw by lot whom to contact when this shows next: {n} deals an arm would tell whether "
        "it helps.",
        f"下次出现时抽签决定联系谁：每组 {n} 单即可判明是否有效。",
    )
    return Told.of(row, name=pattern, sentence=sentence + Text(".", "。") + size, action=action)


def _by_lot(row: Estimate) -> Told:
    """Tell what a contact drawn by lot brought."""
    place = read_segment(row.segment)
    pattern, arm, days = shown_text(place["pattern"]), place["arm"], place["horizon_days"]
    points = _points(row)
    sentence = claim(
        Text(
            f"“{arm}” to customers whose last lost deal showed “{pattern.en}”",
            f"对最近丢单曾出现“{pattern.zh}”的客户采取“{arm}”",
        ),
        Text(
            f"{points.en} buying again within {days} days, against the control group",
            f"{days} 天内再购 {points.zh}（与对照组相比）",
        ),
        evidence=row.evidence,
    )
    helps = (row.estimate or 0.0) > 0
    action = (
        Text(f"Use “{arm}” for these customers first.", f"优先对这些客户采用“{arm}”。")
        if helps
        else Text(f"Stop “{arm}” for these customers.", f"对这些客户停止“{arm}”。")
    )
    size = _size(row, 100, words=_CUSTOMERS)
    return Told.of(row, name=pattern, sentence=sentence + Text(".", "。") + size, action=action)


_DEALS = {
    True: Text(
        " That is about {size} more lost deals ({low} to {high}) among {n} treated so.",
        "即在 {n} 个如此应对的商机中约多丢 {size} 单（{low} 至 {high}）。",
    ),
    False: Text(
        " That is about {size} fewer lost deals ({low} to {high}) among {n} treated so.",
        "即在 {n} 个如此应对的商机中约少丢 {size} 单（{low} 至 {high}）。",
    ),
}
_CUSTOMERS = {
    True: Text(
        " That is about {size} more buyers ({low} to {high}) of {n} such customers.",
        "即每 {n} 位此类客户约多 {size} 位再购（{low} 至 {high}）。",
    ),
    False: Text(
        " That is about {size} fewer buyers ({low} to {high}) of {n} such customers.",
        "即每 {n} 位此类客户约少 {size} 位再购（{low} 至 {high}）。",
    ),
}


def _size(row: Estimate, n: int, *, words: Mapping[bool, Text]) -> Text:
    """Say how many it is about, with its interval."""
    value, low, high = (number * n for number in _three(row))
    if value < 0:
        value, low, high = -value, -high, -low
    told = {
        "size": number_text(value),
        "low": number_text(low),
        "high": number_text(high),
        "n": number_text(n),
    }
    template = words[(row.estimate or 0.0) > 0]
    return Text(template.en.format(**told), template.zh.format(**told))


def _three(row: Estimate) -> tuple[float, float, float]:
    return row.estimate or 0.0, row.ci_lo or 0.0, row.ci_hi or 0.0


def _points(row: Estimate) -> Text:
    value, low, high = (points_text(number) for number in _three(row))
    return Text(f"{value} ({low} to {high})", f"{value}（{low} 至 {high}）")
