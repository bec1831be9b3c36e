"""The advice on open deals in words: one sentence of reasons each, and the columns of the list."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping

import pandas as pd

from crm_analysis.deals.advice.advice import (
    ADVICE,
    NOT_A_VERDICT,
    WAIT_DAYS,
    Deal,
    advise,
    break_even,
    contact_value,
    may_pay,
    most_won,
)
from crm_analysis.language import Text, number_text, share_text

MANY = 100
"""A contact that pays for one deal in so many is told as that, and no dearer."""

CHANNELS: dict[str, Text] = {
    "meet": Text("a meeting", "一次面谈"),
    "call": Text("a call", "一次电话"),
    "sms": Text("a text message", "一条短信"),
    "qq": Text("a message by QQ", "一条 QQ 消息"),
    "wechat": Text("a message by WeChat", "一条微信"),
    "im": Text("a message by chat", "一条即时消息"),
    "email": Text("an e-mail", "一封邮件"),
    "sns": Text("a message by social network", "一条社交网络消息"),
    "event": Text("an event", "一次活动"),
}
ANY_CHANNEL = Text("a message", "一条消息")


def reason_text(deal: Deal, advice: str, *, currency: str) -> Text:
    """Give the reason of the advice in one sentence."""
    seen = [text for text in (deal.pattern, deal.obstacle) if text is not None]
    parts = [*seen, _loss_text(deal), *_money_text(deal, advice, currency)]
    if advice == "wait":
        parts.append(_wait_text(deal))
    told = [text for text in parts if text is not None]
    en = "; ".join(text.en for text in told)
    return Text(f"{en[:1].upper()}{en[1:]}.", "；".join(text.zh for text in told) + "。")


def _loss_text(deal: Deal) -> Text | None:
    if deal.loss is None:
        return None
    p, lo, hi = (share_text(x, 0) for x in (deal.loss.estimate, deal.loss.lo, deal.loss.hi))
    return Text(f"lost with a probability of {p} ({lo} to {hi})", f"丢单概率 {p}（{lo} 至 {hi}）")


def _money_text(deal: Deal, advice: str, currency: str) -> list[Text]:
    if deal.loss is None or deal.margin is None:
        why = Text("its amount is not known", "金额未知")
        return [why] if deal.margin is None else []
    if advice == "let_go":
        gain = number_text(most_won(deal.loss) * deal.margin)
        cost = number_text(deal.effort_cost)
        return [
            Text(
                f"further effort brings {currency} {gain} (assumed at most), and usually costs "
                f"{cost}",
                f"继续投入假定最多带来 {currency} {gain}，通常花费 {cost}",
            )
        ]
    if not may_pay(deal):
        return _too_dear_text(deal, currency)
    share = break_even(deal)
    channel = CHANNELS.get(deal.channel, ANY_CHANNEL)
    margin = number_text(deal.margin)
    if share is None:
        return [
            Text(
                f"{currency} {margin} margin, so {channel.en} pays only at the better end of the "
                "interval",
                f"毛利 {currency} {margin}，{channel.zh}仅在该区间较有利的一端才合算",
            )
        ]
    one_in = number_text(math.floor(1 / share) if share * MANY > 1 else MANY)
    need = (
        Text(f"one such loss in {one_in}", f"每 {one_in} 单此类丢单挽回一单即合算")
        if 2 * share <= 1
        else Text("each such loss", "每单此类丢单都须挽回才合算")
    )
    return [
        Text(
            f"{currency} {margin} margin, so {channel.en} pays if it turns {need.en}",
            f"毛利 {currency} {margin}，{channel.zh}{need.zh}",
        )
    ]


def _too_dear_text(deal: Deal, currency: str) -> list[Text]:
    """Say what the cheapest contact costs and is assumed to bring; what is owed comes first."""
    channel = CHANNELS.get(deal.channel, ANY_CHANNEL)
    cost = f"{deal.contact_cost:,.2f}"
    gain = f"{(contact_value(deal) or 0.0) + deal.contact_cost:,.2f}"
    told = Text(
        f"{channel.en}, the cheapest contact, costs {currency} {cost}, more than it brings "
        f"({gain}, assumed at most)",
        f"成本最低的联系方式（{channel.zh}）花费 {currency} {cost}，高于其带来的毛利"
        f"（假定最多 {gain}）",
    )
    owed = Text("but the customer is owed an answer", "但仍须答复客户")
    return [told, owed] if deal.is_owed else [told]


def _wait_text(deal: Deal) -> Text | None:
    if deal.idle_days is None or deal.idle_days >= WAIT_DAYS:
        return None
    days = int(deal.idle_days)
    named = (Text("today", "今天"), Text("yesterday", "昨天"))
    when = named[days] if days < len(named) else Text(f"{days} days ago", f"{days} 天前")
    return Text(
        f"contacted {when.en}, so give the customer time to answer",
        f"{when.zh}刚联系过，请给客户答复时间",
    )


def advice_columns(
    deals: Mapping[str, Deal], *, currency: str, effect: float | None = None
) -> pd.DataFrame:
    """Advise on each deal: one row a lead.

    Parameters
    ----------
    deals : mapping of str to Deal
        By lead.
    currency : str
        The unit of money, for the sentences.
    effect : float, optional
        Share of losses that a contact turned where it was drawn by lot; None means unknown.

    Returns
    -------
    DataFrame
        lead_id, contact_value_at_most, contact_value_by_lot (missing where no effect is known),
        break_even_share, advice, advice_en, advice_zh, reason_en, reason_zh, override (empty: for
        whoever knows better).
    """
    rows: list[dict[Hashable, object]] = []
    for lead, deal in deals.items():
        advice = advise(deal)
        reason = reason_text(deal, advice, currency=currency)
        label = ADVICE[advice]
        rows.append(
            {
                "lead_id": lead,
                "contact_value_at_most": contact_value(deal),
                "contact_value_by_lot": None if effect is None else contact_value(deal, effect),
                "break_even_share": break_even(deal),
                "advice": advice,
                "advice_en": f"{label.en} ({NOT_A_VERDICT.en})",
                "advice_zh": f"{label.zh}（{NOT_A_VERDICT.zh}）",
                "reason_en": reason.en,
                "reason_zh": reason.zh,
                "override": "",
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


COLUMNS = (
    *("lead_id", "contact_value_at_most", "contact_value_by_lot", "break_even_share"),
    *("advice", "advice_en", "advice_zh", "reason_en", "reason_zh", "override"),
)
