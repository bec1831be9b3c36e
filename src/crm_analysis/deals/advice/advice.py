"""What to do with an open deal: act, remove the obstacle, let go or wait (A-24). No verdict.

Decisions:
* At stake is the margin of the deal times the probability that it is lost. A further contact is
  worth the stake times the share of such losses that it turns, less its cost.
* Where warning was drawn by lot, that share is the effect found. Where it was not, it is unknown:
  the value is then the most it can be. A contact turns no more deals than are going to be lost,
  and no more than are won of such deals with all the effort that they usually get. Beside it
  stands the share that it must turn to pay (break-even).
* Let go: even if every win of such deals, counted at the better end of the interval, were owed to
  our effort, the margin would not pay for the usual contacts until the end.
* Wait, where a contact costs more than it can bring at most. Else remove the obstacle, where one
  is written down; wait, where the customer was contacted within `WAIT_DAYS`; else act. Without a
  probability or an amount nothing is let go.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import pandas as pd

from crm_analysis.deals.advice.effort import NO_CHANNEL
from crm_analysis.language import Text, number_text, share_text

WAIT_DAYS = 3
MANY = 100
"""A contact that pays for one deal in so many is told as that, and no dearer."""

ADVICE: dict[str, Text] = {
    "act": Text("act now", "立即行动"),
    "remove_obstacle": Text("remove the obstacle", "排除障碍"),
    "let_go": Text("let go", "放弃"),
    "wait": Text("wait", "等待"),
}
NOT_A_VERDICT = Text("advice, not a verdict", "仅为建议，非定论")

CHANNELS: dict[str, Text] = {
    "meet": Text("a meeting", "一次面谈"),
    "call": Text("a call", "一次电话"),
    "email": Text("an e-mail", "一封邮件"),
    "event": Text("an event", "一次活动"),
}
ANY_CHANNEL = Text("a message", "一条消息")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """The probability that a deal is lost, with its interval."""

    estimate: float
    lo: float
    hi: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """What the advice on one open deal rests on.

    Parameters
    ----------
    loss : Chance or None
        Probability of loss within the horizon; None where none can be told.
    margin : float or None
        Margin of the deal; None where its amount is unknown.
    contact_cost : float
        Cost of the next contact.
    effort_cost : float
        Cost of the usual contacts until the end.
    pattern : Text or None
        What shows that it is on a track to a loss; None where it is on none.
    obstacle : Text or None
        What stands in its way; None where nothing is written down.
    idle_days : float or None
        Days since the last contact.
    """

    loss: Chance | None
    margin: float | None
    contact_cost: float
    effort_cost: float
    channel: str = NO_CHANNEL
    pattern: Text | None = None
    obstacle: Text | None = None
    idle_days: float | None = None


def most_turned(loss: Chance) -> float:
    """Return the most of such deals that effort can turn, at the best point of the interval.

    Examples
    --------
    >>> most_turned(Chance(estimate=0.9, lo=0.8, hi=0.95))  # two in ten are won at best
    0.2
    >>> most_turned(Chance(estimate=0.1, lo=0.05, hi=0.2))  # there are no more losses to turn
    0.2
    """
    return round(max(min(loss.hi, 1 - loss.lo, 0.5), 0.0), 12)


def stake(deal: Deal) -> float | None:
    """Return the margin that is lost on average if nothing changes."""
    if deal.loss is None or deal.margin is None:
        return None
    return deal.loss.estimate * deal.margin


def contact_value(deal: Deal, effect: float | None = None) -> float | None:
    """What is a further contact worth: at most, or by an effect that was found?

    Parameters
    ----------
    deal : Deal
        The open deal.
    effect : float, optional
        Share of losses that a contact turned where it was drawn by lot; None means unknown.

    Examples
    --------
    >>> deal = Deal(
    ...     loss=Chance(estimate=0.6, lo=0.5, hi=0.7), margin=300, contact_cost=8, effort_cost=40
    ... )
    >>> contact_value(deal)  # at most 4 in 10 are won at all: .4 times 300, less 8
    112.0
    >>> contact_value(deal, effect=0.1)  # a tenth of 6 in 10
    10.0
    """
    if deal.loss is None or deal.margin is None:
        return None
    p = deal.loss.estimate
    turned = min(p, 1 - p) if effect is None else p * effect
    return round(turned * deal.margin - deal.contact_cost, 6)


def turned_share(difference: float, warned_share: float) -> float:
    """Return the share of losses that a warning turned, of what a draw by lot showed.

    Parameters
    ----------
    difference : float
        Share lost of the deals kept back less that of the deals warned of.
    warned_share : float
        Share lost of the deals warned of.

    Examples
    --------
    >>> turned_share(0.1, 0.4)  # half would have been lost, a fifth of these was turned
    0.2
    """
    base = warned_share + difference
    return round(min(max(difference / base, 0.0), 1.0), 12) if base > 0 else 0.0


def break_even(deal: Deal) -> float | None:
    """Return the share of such losses that a contact must turn to pay; None where none can.

    Examples
    --------
    >>> deal = Deal(
    ...     loss=Chance(estimate=0.5, lo=0.4, hi=0.6), margin=320, contact_cost=8, effort_cost=40
    ... )
    >>> break_even(deal)
    0.05
    """
    at_stake = stake(deal)
    if not at_stake:
        return None
    share = deal.contact_cost / at_stake
    return share if share <= 1 else None


def advise(deal: Deal) -> str:
    """Choose the advice: a key of `ADVICE`."""
    if _is_hopeless(deal):
        return "let_go"
    if not _may_pay(deal):
        return "wait"
    if deal.obstacle is not None:
        return "remove_obstacle"
    waits = deal.idle_days is not None and deal.idle_days < WAIT_DAYS
    return "wait" if waits or deal.pattern is None else "act"


def _may_pay(deal: Deal) -> bool:
    """Say whether a contact can bring more than it costs, as far as that is known."""
    value = contact_value(deal)
    return value is None or value >= 0


def _is_hopeless(deal: Deal) -> bool:
    """Say whether the usual effort costs more than it can bring at best."""
    if deal.loss is None or deal.margin is None or deal.pattern is None:
        return False
    return most_turned(deal.loss) * deal.margin < deal.effort_cost


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
        gain = number_text(most_turned(deal.loss) * deal.margin)
        cost = number_text(deal.effort_cost)
        return [
            Text(
                f"further effort can bring {currency} {gain} at best and usually costs {cost}",
                f"继续投入最多带来 {currency} {gain}，通常花费 {cost}",
            )
        ]
    share = break_even(deal)
    channel = CHANNELS.get(deal.channel, ANY_CHANNEL)
    margin = number_text(deal.margin)
    if share is None or not _may_pay(deal):
        return [
            Text(
                f"{channel.en} costs more than it can bring at most",
                f"{channel.zh}的成本高于其最多能带来的毛利",
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
