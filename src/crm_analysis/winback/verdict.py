"""Continue, change or stop? One rule in words, the same for every arm.

The rule judges net margin per assigned customer against control, because customers who come back
are not yet money earned:

* continue: the whole interval is above 0;
* stop: the whole interval is below 0;
* change: the interval holds 0, so it is not shown to pay; a cheaper offer, fewer contacts or a
  larger test would be needed;
* not_estimable: no draw by lot, no control, arm sizes that do not fit the draw, no follow-up
  that is over, or no money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from crm_analysis.estimates import Estimate
from crm_analysis.language import Text

Word = Literal["continue", "change", "stop", "not_estimable"]

RULE = Text(
    "Continue where the interval of net margin per assigned customer lies above 0, stop where it "
    "lies below, change (cheaper, fewer contacts, or a larger test) where it holds 0.",
    "判定规则：每位分配客户净毛利之差的区间全在 0 以上则继续，全在 0 以下则停止，"
    "包含 0 则调整（降低成本、减少联系或扩大试验）。",
)

WORDS: dict[Word, Text] = {
    "continue": Text("continue", "继续"),
    "change": Text("change", "调整"),
    "stop": Text("stop", "停止"),
    "not_estimable": Text("cannot be judged", "无法判断"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The decision on one arm with the row it rests on (None where nothing could be judged)."""

    arm: str
    word: Word
    money: Estimate | None


def judge(arm: str, money: Estimate | None, *, draw_failed: bool = False) -> Verdict:
    """Apply the rule to the net-margin row of one arm."""
    return Verdict(arm=arm, word=_word(money, draw_failed=draw_failed), money=money)


def overall(verdicts: Sequence[Verdict]) -> Word:
    """Say one word for all arms: the best that any arm earned."""
    order: tuple[Word, ...] = ("continue", "change", "stop", "not_estimable")
    words = {verdict.word for verdict in verdicts} or {"not_estimable"}
    return next(word for word in order if word in words)


def _word(money: Estimate | None, *, draw_failed: bool) -> Word:
    if draw_failed or money is None or money.ci_lo is None or money.ci_hi is None:
        return "not_estimable"
    if money.ci_lo > 0:
        return "continue"
    return "stop" if money.ci_hi < 0 else "change"
