"""What to do with an open deal: act, remove the obstacle, let go or wait (A-24). No verdict.

Decisions:
* At stake is the margin of the deal times the probability that it is lost. A further contact is
  worth the stake times the share of such losses that it turns, less its cost.
* Where warning was drawn by lot, that share is the effect found. Where it was not, it is unknown,
  and the value is what is assumed at most: a contact turns no more deals than are going to be
  lost, and no more than are won of such deals with all the effort that they usually get. Both are
  counted at the better end of the interval. That is an assumption, no bound, and is told as one.
  Beside it stands the share that a contact must turn to pay (break-even).
* What the customer is owed (an answer, a case settled) comes before everything: no cost and no poor
  chance lets it wait.
* Let go: even if every win of such deals, counted at the same end, were owed to our effort, the
  margin would not pay for the usual contacts until the end.
* A contact is judged by the cheapest channel that serves the customer. Wait, where even that costs
  more than is assumed at most. Else remove the obstacle, where one is written down; wait, where the
  customer was contacted within `WAIT_DAYS`; else act. Without a probability or an amount nothing is
  let go.
"""

from __future__ import annotations

from dataclasses import dataclass

from crm_analysis.deals.advice.effort import NO_CHANNEL
from crm_analysis.language import Text

WAIT_DAYS = 3

ADVICE: dict[str, Text] = {
    "act": Text("act now", "立即行动"),
    "remove_obstacle": Text("remove the obstacle", "排除障碍"),
    "let_go": Text("let go", "放弃"),
    "wait": Text("wait", "等待"),
}
NOT_A_VERDICT = Text("advice, not a verdict", "仅为建议，非定论")


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
        Cost of the next contact by `channel`, the cheapest that serves the customer.
    effort_cost : float
        Cost of the usual contacts until the end.
    pattern : Text or None
        What shows that it is on a track to a loss; None where it is on none.
    obstacle : Text or None
        What stands in its way; None where nothing is written down.
    is_owed : bool
        Whether that is a question or a case of the customer, which is ours to answer.
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
    is_owed: bool = False
    idle_days: float | None = None


def most_turned(loss: Chance) -> float:
    """Return what share of such deals effort is assumed to turn at most, at the better end.

    Examples
    --------
    >>> most_turned(Chance(estimate=0.9, lo=0.8, hi=0.95))  # two in ten are won at best
    0.2
    >>> most_turned(Chance(estimate=0.1, lo=0.05, hi=0.2))  # there are no more losses to turn
    0.2
    """
    return round(max(min(loss.hi, 1 - loss.lo, 0.5), 0.0), 12)


def most_won(loss: Chance) -> float:
    """Return what share of such deals is won at the better end, were it all owed to effort.

    Examples
    --------
    >>> most_won(Chance(estimate=0.9, lo=0.8, hi=0.95))
    0.2
    >>> most_won(Chance(estimate=0.1, lo=0.05, hi=0.2))  # so a safe deal is not let go
    0.95
    """
    return round(max(1 - loss.lo, 0.0), 12)


def stake(deal: Deal) -> float | None:
    """Return the margin that is lost on average if nothing changes."""
    if deal.loss is None or deal.margin is None:
        return None
    return deal.loss.estimate * deal.margin


def contact_value(deal: Deal, effect: float | None = None) -> float | None:
    """What is a further contact worth: assumed at most, or by an effect that was found?

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
    >>> contact_value(deal)  # up to 5 in 10 are won at all: .5 times 300, less 8
    142.0
    >>> contact_value(deal, effect=0.1)  # a tenth of 6 in 10
    10.0
    """
    if deal.loss is None or deal.margin is None:
        return None
    turned = most_turned(deal.loss) if effect is None else deal.loss.estimate * effect
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
    if deal.is_owed:
        return "remove_obstacle"
    if _is_hopeless(deal):
        return "let_go"
    if not may_pay(deal):
        return "wait"
    if deal.obstacle is not None:
        return "remove_obstacle"
    waits = deal.idle_days is not None and deal.idle_days < WAIT_DAYS
    return "wait" if waits or deal.pattern is None else "act"


def may_pay(deal: Deal) -> bool:
    """Say whether a contact is assumed to bring what it costs at most, as far as that is known."""
    value = contact_value(deal)
    return value is None or value >= 0


def _is_hopeless(deal: Deal) -> bool:
    """Say whether the usual effort costs more than it can bring at best."""
    if deal.loss is None or deal.margin is None or deal.pattern is None:
        return False
    return most_won(deal.loss) * deal.margin < deal.effort_cost
