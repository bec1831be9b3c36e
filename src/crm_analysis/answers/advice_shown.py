"""The advice on open deals in words: the table, the purpose of the list, and its limits."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crm_analysis.deals.advice.advice import ADVICE
from crm_analysis.estimates import Estimate
from crm_analysis.language import Text, number_text, share_text
from crm_analysis.results import ShownTable


def count_text(n: int, min_cell: int) -> str:
    """Write a count for leaders too: below `min_cell` only that.

    Examples
    --------
    >>> count_text(1200, 5), count_text(2, 5)
    ('1,200', '< 5')
    """
    return number_text(n) if n >= min_cell else f"< {min_cell}"


def list_purpose(n_gone: int, n_held_back: int, *, min_cell: int) -> Text:
    """Say what the list of open deals is for, and who is not on it."""
    purpose = Text(
        "Open deals on a track to a loss, or with an obstacle in their way, with advice on each: a "
        "hint, no verdict; your knowledge of the customer decides, and the column override is "
        "yours.",
        "处于丢单轨迹或有障碍的未结束商机及建议：仅为提示，非定论，以您对客户的了解为准；"
        "override 列由您填写。",
    )
    if n_gone:
        n = count_text(n_gone, min_cell)
        purpose += Text(
            f" Not listed: {n} whose customers asked for no more contact or have left.",
            f"未列入：{n} 条，其客户已要求不再联系或已离开。",
        )
    if n_held_back:
        n = count_text(n_held_back, min_cell)
        purpose += Text(
            f" Kept back by lot, to measure what warning does: {n}.",
            f"为衡量预警的作用而抽签保留：{n} 条。",
        )
    return purpose


def advice_table(estimates: Sequence[Estimate], *, currency: str) -> tuple[ShownTable, ...]:
    """Show how many deals each advice concerns and what is at stake."""
    found = {(row.quantity, row.segment): row for row in estimates}
    by_lot = any(row.quantity == "contact_value_by_lot" for row in estimates)
    worth = "contact_value_by_lot" if by_lot else "contact_value_at_most"
    most = Text("", "") if by_lot else Text(", assumed at most", "，假定最多")
    lines = []
    for advice, label in ADVICE.items():
        of = f"advice={advice}"
        at_stake = found.get(("margin_at_stake", of))
        value = found.get((worth, of))
        lines.append(
            {
                "advice_en": label.en,
                "advice_zh": label.zh,
                "meaning_en": _MEANINGS[advice].en,
                "meaning_zh": _MEANINGS[advice].zh,
                "n": found[("open_deals_advised_count", of)].estimate,
                "tracked": found[("open_deals_on_track_count", of)].estimate,
                "stake": None if at_stake is None or not at_stake.n else at_stake.estimate,
                "value": None if value is None or not value.n else value.estimate,
            }
        )
    table = ShownTable(
        name="advice",
        frame=pd.DataFrame(lines),
        caption=Text(
            "What is advised on the open deals that are on a track to a loss, or have an obstacle "
            "in their way. Money covers the deals whose probability of loss can be told.",
            "对处于丢单轨迹或有障碍的未结束商机的建议。金额仅含可给出丢单概率的商机。",
        ),
        columns={
            "advice": Text("advice", "建议"),
            "meaning": Text("why", "理由"),
            "n": Text("deals", "商机数"),
            "tracked": Text("of these on a track to a loss", "其中处于丢单轨迹"),
            "stake": Text(f"margin at stake, {currency}", f"可能损失的毛利，{currency}"),
            "value": Text(
                f"worth of one more contact each, {currency}{most.en}",
                f"各再联系一次的价值，{currency}{most.zh}",
            ),
        },
        units={"n": "count", "tracked": "count", "stake": "money", "value": "money"},
        headline=True,
    )
    return (table,)


_MEANINGS = {
    "act": Text("on a track to a loss, and not contacted lately", "处于丢单轨迹且近期未联系"),
    "remove_obstacle": Text("something is written down that stands in the way", "记录中存在障碍"),
    "wait": Text(
        "contacted in the last days, or even the cheapest contact costs more than it is assumed to "
        "bring at most",
        "近日刚联系，或成本最低的联系也高于其假定最多能带来的毛利",
    ),
    "let_go": Text(
        "the usual effort costs more than it is assumed to bring at most",
        "通常的投入高于假定最多能带来的收益",
    ),
}


def advice_limits(
    margin_is_assumed: bool, *, has_chances: bool, effect: float | None
) -> tuple[Text, ...]:
    """Say what the advice does not rest on."""
    limits = [_effect_text(effect)] if effect is not None else [_NOT_KNOWN]
    if not has_chances:
        limits.append(
            Text(
                "No probability of loss is told of single deals, so none is let go and no money is "
                "given.",
                "无法给出单个商机的丢单概率，因此不建议放弃任何商机，也不给出金额。",
            )
        )
    if margin_is_assumed:
        limits.append(
            Text(
                "Margins are not recorded: the configured share of the amount stands for them.",
                "没有毛利记录：以设定的比例代替。",
            )
        )
    return tuple(limits)


_NOT_KNOWN = Text(
    "What a further contact changes is not known: no contact on open deals was drawn by lot. Its "
    "value is assumed at most, no bound: that it turns no more deals than are lost, and no more "
    "than are won of such deals, at the better end of the interval, by the cheapest channel that "
    "serves the customer. The setting unwarned_share keeps a random slice back, and then it can be "
    "measured.",
    "再联系一次的作用未知：未结束商机的联系从未抽签。所列价值为假定最多，并非上限：假定挽回的商机"
    "不多于会丢的，也不多于此类商机中会成交的（取区间较有利的一端），并采用能联系到该客户的成本最低的"
    "渠道。设置 unwarned_share 可随机保留一部分不预警，从而加以衡量。",
)


def _effect_text(effect: float) -> Text:
    share = share_text(effect, 0)
    return Text(
        f"The value of a contact rests on what warning turned where it was drawn by lot: {share} "
        "of the losses; which contact did it is not known.",
        f"联系的价值依据抽签结果：预警挽回了 {share} 的丢单；究竟哪次联系起作用并不清楚。",
    )
