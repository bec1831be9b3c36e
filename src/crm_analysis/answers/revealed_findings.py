"""What stands of stated against revealed, one sentence each: the two gaps, said and seen, seen.

Decision: whatever stands in the family is told, also where nobody says why or where saying and
seeing agree; else a page could hold a finding and call itself empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, isfinite
from typing import Any

import pandas as pd

from crm_analysis.answers.failure_gaps import AS_NOTED, CORRECTED, code_name
from crm_analysis.answers.failure_words import ratio_text
from crm_analysis.answers.part import Told
from crm_analysis.deals.revealed.against_stated import (
    SAID_AND_SEEN,
    SAID_NOT_SEEN,
    SEEN_NOT_SAID,
)
from crm_analysis.deals.revealed.counterparts import COUNTERPARTS
from crm_analysis.estimates import Estimate, is_finding, read_segment
from crm_analysis.language import Text, number_text, share_text
from crm_analysis.results import Finding

_ORDER = (SAID_NOT_SEEN, SEEN_NOT_SAID, SAID_AND_SEEN, "")
_NOTHING = Text("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What is said: the frame of `Compared`, how many reasons it counts, the codes' names."""

    frame: pd.DataFrame
    n_reasons: int
    names: Mapping[str, Text]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """One code: its name, its measure, its rows, and what is said of it (None: nothing is)."""

    name: Text
    label: Text
    lost: Estimate
    won: Estimate | None
    sizes: Mapping[str, Estimate]
    said: Mapping[str, Any] | None
    n_reasons: int

    @property
    def flag(self) -> str:
        return "" if self.said is None else str(self.said["flag"])

    def leads(self, day: int) -> Text:
        return Text(
            f"leads with a worse value of “{self.label.en}” by day {day}",
            f"第 {day} 天“{self.label.zh}”较差的线索",
        )


def revealed_told(
    rows: Sequence[Estimate], stated: Stated, *, landmark_days: int, q: float
) -> tuple[Told, ...]:
    """Tell the gaps first, then what is said and seen, then whatever else stands.

    Parameters
    ----------
    rows : sequence of Estimate
        From `revealed.revealed_estimates`, flags noted.
    stated : Stated
        What is said; its frame is empty where nobody says why.
    landmark_days : int
        The day by which values were known.
    q : float
        False discovery rate.
    """
    told: list[tuple[int, float, Told]] = []
    for seen in _codes(rows, stated):
        ending = "lost" if is_finding(seen.lost, q) else "won"
        row = seen.lost if ending == "lost" or seen.won is None else seen.won
        if seen.flag in (SAID_NOT_SEEN, SEEN_NOT_SAID):
            one = _gap(seen, landmark_days)
        elif is_finding(row, q):
            one = _seen(seen, row, ending, landmark_days)
        else:
            continue
        told.append((_ORDER.index(seen.flag), row.p_adj or 0.0, one))
    return tuple(one for _, _, one in sorted(told, key=lambda each: each[:2]))


def _codes(rows: Sequence[Estimate], stated: Stated) -> list[_Seen]:
    said = {
        str(row["code"]): {str(name): value for name, value in row.items()}
        for row in stated.frame.to_dict("records")
    }
    found: dict[str, dict[str, Estimate]] = {}
    for row in rows:
        pairs = read_segment(row.segment)
        if row.quantity == "revealed_log_hazard_ratio" and row.role == "result":
            found.setdefault(pairs["code"], {})[pairs["cause"]] = row
        elif row.quantity in ("attributable_share", "extra_lost_leads"):
            found.setdefault(pairs["code"], {})[row.quantity] = row
    return [
        _Seen(
            name=code_name(one.code, stated.names),
            label=one.label,
            lost=found[one.code]["lost"],
            won=found[one.code].get("won"),
            sizes=found[one.code],
            said=said.get(one.code),
            n_reasons=stated.n_reasons,
        )
        for one in COUNTERPARTS
        if one.code in found
    ]


def _said(seen: _Seen) -> Text:
    """Write the stated share; 0 where the code is known but never stated."""
    said = seen.said or {}
    share = said.get("stated", float("nan"))
    how = CORRECTED if said.get("is_corrected") is True else AS_NOTED
    words = share_text(share) if isfinite(share) else "0.0 %"
    return Text(f"{words} of losses ({how.en})", f"{words}（{how.zh}）")


def _gap(seen: _Seen, day: int) -> Told:
    """Tell one gap between saying and seeing, with the numbers of both sides."""
    name, label, leads, said = seen.name, seen.label, seen.leads(day), _said(seen)
    if seen.flag == SAID_NOT_SEEN:
        found = exp((seen.said or {})["detectable"])
        sentence = Text(
            f"“{name.en}” is given for {said.en}, yet {leads.en} were not lost faster "
            f"({ratio_text(seen.lost)} times per standard deviation; {found:.2f} would have been "
            "found).",
            f"“{name.zh}”占所述丢单原因的 {said.zh}，但{leads.zh}并未更快丢失"
            f"（每标准差 {ratio_text(seen.lost)} 倍；{found:.2f} 倍即可被发现）。",
        )
        action = Text(
            f"Do not act on “{name.en}” because it is said; call back twenty lost customers and "
            "ask what would have changed their mind.",
            f"勿因说法而就“{name.zh}”采取行动；回访二十位流失客户，询问什么能改变其决定。",
        )
        return _told(seen.lost, (sentence, _put_down(seen)), action, name)
    sentence = Text(
        f"{_capital(leads.en)} were lost faster ({ratio_text(seen.lost)} times per standard "
        f"deviation, at equal values of the others), though “{name.en}” is hardly ever said: for "
        f"{said.en}.",
        f"{leads.zh}丢失更快（其他指标相同时每标准差 {ratio_text(seen.lost)} 倍），"
        f"但“{name.zh}”很少被提到：占 {said.zh}。",
    )
    return _told(seen.lost, (sentence, _size(seen)), _improve(label), label)


def _seen(seen: _Seen, row: Estimate, ending: str, day: int) -> Told:
    """Tell what stands where there is no gap: said as well, or said by nobody."""
    leads, said = seen.leads(day), _said(seen)
    more = (row.estimate or 0.0) > 0
    done = Text("lost", "丢失") if ending == "lost" else Text("won", "成交")
    speed = Text("faster", "更快") if more else Text("more slowly", "更慢")
    what = Text(f"were {done.en} {speed.en}", f"{done.zh}{speed.zh}")
    ratio = Text(
        f"{ratio_text(row)} times per standard deviation, at equal values of the others",
        f"其他指标相同时每标准差 {ratio_text(row)} 倍",
    )
    if seen.flag == SAID_AND_SEEN:
        sentence = Text(
            f"Said and seen: “{seen.name.en}” is given for {said.en}, and {leads.en} {what.en} "
            f"({ratio.en}).",
            f"说了也看得到：“{seen.name.zh}”占所述丢单原因的 {said.zh}，且{leads.zh}{what.zh}"
            f"（{ratio.zh}）。",
        )
    else:
        sentence = Text(
            f"{_capital(leads.en)} {what.en} ({ratio.en}).", f"{leads.zh}{what.zh}（{ratio.zh}）。"
        ) + _given(seen)
    size = _size(seen) if ending == "lost" else _ONLY_WINS
    harms = more == (ending == "lost")
    action = _improve(seen.label) if harms else _LOOK
    return _told(row, (sentence, size), action, seen.label)


def _size(seen: _Seen) -> Text:
    """Write which share of the losses, and how many deals, would be fewer or more."""
    share, deals = seen.sizes.get("attributable_share"), seen.sizes.get("extra_lost_leads")
    if share is None or deals is None or share.estimate is None or deals.estimate is None:
        return Text(
            " No number of deals is given: too few leads were lost within the horizon.",
            "期限内丢单太少，不给单数。",
        )
    days = read_segment(deals.segment)["horizon_days"]
    fewer = deals.estimate > 0
    shares, counts = _ends(share), _ends(deals)
    en = f"{share_text(shares[0])} ({share_text(shares[1])} to {share_text(shares[2])})"
    zh = f"{share_text(shares[0])}（{share_text(shares[1])} 至 {share_text(shares[2])}）"
    count = number_text(counts[0])
    ends_en = f"{number_text(counts[1])} to {number_text(counts[2])}"
    ends_zh = f"{number_text(counts[1])} 至 {number_text(counts[2])}"
    n = number_text(deals.n or 0)
    return Text(
        f" Were it an effect, and no lead worse off than the best quarter is, the {n} losses of "
        f"the {days} days after it would be {en} {'fewer' if fewer else 'more'}: about {count} "
        f"lost deals ({ends_en}).",
        f"若为因果，且所有线索均不差于最好的四分之一，则其后 {days} 天的 {n} 单丢失会"
        f"{'减少' if fewer else '增加'} {zh}：约 {count} 单（{ends_zh}）。",
    )


def _ends(row: Estimate) -> tuple[float, float, float]:
    """Return the size and its interval, turned so that the size is positive."""
    value, low, high = (end or 0.0 for end in (row.estimate, row.ci_lo, row.ci_hi))
    return (value, low, high) if value > 0 else (-value, -high, -low)


def _put_down(seen: _Seen) -> Text:
    """Write how many lost deals are put down to the reason."""
    said = seen.said or {}
    low, value, high = (
        number_text(said[name] * seen.n_reasons) if isfinite(said[name]) else None
        for name in ("stated_lo", "stated", "stated_hi")
    )
    if low is None or value is None or high is None:
        return _NOTHING
    n = number_text(seen.n_reasons)
    return Text(
        f" Of {n} lost deals with a reason about {value} ({low}–{high}) are put down to it.",
        f"在 {n} 单有原因的丢单中，约 {value} 单（{low}–{high}）归于它。",
    )


def _given(seen: _Seen) -> Text:
    """Say how often it is stated, where that is known and calls for no word of its own."""
    if seen.said is None:
        return _NOTHING
    said = _said(seen)
    return Text(
        f" “{seen.name.en}” is given for {said.en}.",
        f"“{seen.name.zh}”占所述丢单原因的 {said.zh}。",
    )


def _told(row: Estimate, sentences: tuple[Text, Text], action: Text, name: Text) -> Told:
    """Tell a row by its sentence and the sentence of its size."""
    finding = Finding(
        sentence=sentences[0] + sentences[1],
        evidence="adjusted",
        action=action,
        status=row.status,
        estimate_key=row.key,
    )
    return Told(
        finding=finding,
        name=name,
        size=None,
        strength=abs(row.estimate or 0.0),
        short=sentences[0],
    )


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _improve(label: Text) -> Text:
    return Text(
        f"Improve “{label.en}” for a random half of new leads for a month and compare.",
        f"在随机一半新线索上改善“{label.zh}”一个月并比较。",
    )


_LOOK = Text(
    "Read ten of these leads before acting on it: what looks worse may mark the keener customer.",
    "先阅读十条此类线索再行动：看似较差的值可能说明客户意向更强。",
)
_ONLY_WINS = Text(
    " No number of lost deals is given: it stands for winning, not for losing.",
    "不给丢单数：该结果涉及成交而非丢单。",
)
