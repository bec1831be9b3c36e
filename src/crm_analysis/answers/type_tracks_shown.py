"""Types of customers on tracks: the table of shares lost, and what differs between types (A-27)."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

import pandas as pd

from crm_analysis.answers.failure_words import YES_NO, count_text
from crm_analysis.answers.part import Told
from crm_analysis.answers.profile_findings import standing_rows
from crm_analysis.deals.comparison.factor import FactorTable
from crm_analysis.deals.profile.type_tracks import differing
from crm_analysis.deals.signs import SIGNS
from crm_analysis.estimates import Estimate, claim, read_segment
from crm_analysis.language import Text, level_text, number_text
from crm_analysis.results import Finding, ShownTable

SHOWN_PAIRS = 6


def type_track_table(
    estimates: Sequence[Estimate], table: FactorTable, *, alpha: float
) -> tuple[ShownTable, ...]:
    """Show the share lost by type and sign for the pairs whose types differ most."""
    pairs = [_pair(row) for row in differing(estimates)][:SHOWN_PAIRS]
    lines = [
        _line(row, table)
        for pair in pairs
        for row in estimates
        if row.quantity == "outcome_probability" and row.role == "diagnostic" and _pair(row) == pair
    ]
    if not lines:
        return ()
    shown = ShownTable(
        name="types_on_tracks",
        frame=pd.DataFrame(lines),
        caption=Text(
            f"Share of open leads lost by type of customer and sign, {level_text(alpha)} interval; "
            f"the {len(pairs)} pairs whose types differ most, by chance or not. Not shown where "
            "fewer than 10 leads are still at risk.",
            f"按客户类型与征兆的丢单占比及 {level_text(alpha)} 区间；所列为类型间差异最大的 "
            f"{len(pairs)} 组（可能出于偶然）。可观察线索不足 10 条时不予显示。",
        ),
        columns={
            "factor": Text("type", "类型"),
            "level": Text("level", "水平"),
            "sign": Text("sign", "征兆"),
            "shown": Text("shows", "出现"),
            "share": Text("share lost", "丢单占比"),
            "ci_lo": Text("from", "下限"),
            "ci_hi": Text("to", "上限"),
            "n": Text("leads", "线索数"),
        },
        units={"share": "share", "ci_lo": "share", "ci_hi": "share"},
    )
    return (shown,)


def type_track_told(
    estimates: Sequence[Estimate], table: FactorTable, *, q: float
) -> tuple[Told, ...]:
    """Tell which signs do not mean the same for all types of customers."""
    return tuple(
        _told(row, table, _size(row, estimates))
        for row in standing_rows(estimates, "interaction_chi2_per_df", q)
    )


def _size(row: Estimate, estimates: Sequence[Estimate]) -> Text:
    """Write the type among which leads with the sign lose most beyond those without it."""
    found: dict[str, dict[str, Estimate]] = {}
    for one in estimates:
        shown = one.quantity == "outcome_probability" and one.estimate is not None
        if shown and _pair(one) == _pair(row):
            pairs = read_segment(one.segment)
            found.setdefault(pairs["level"], {})[pairs["shown"]] = one
    sized = [
        (_deals(parts["yes"], parts["no"]), level, parts["yes"])
        for level, parts in found.items()
        if len(parts) == 2
    ]
    if not sized:
        return Text(
            " No number of deals is given: too few leads are observed long enough.",
            "可观察的线索太少，不给单数。",
        )
    deals, name, shown_row = max(sized, key=lambda one: (abs(one[0][0]), one[1]))
    level = YES_NO.get(name, Text(name, name))
    more = deals[0] > 0
    count = count_text(deals if more else (-deals[0], -deals[2], -deals[1]))
    n = number_text(shown_row.n or 0)
    return Text(
        f" It is about most deals for “{level.en}”: of {n} such leads with the sign about "
        f"{count.en} {'more' if more else 'fewer'} were lost than at the share without it.",
        f"对“{level.zh}”影响最大：{n} 条出现该征兆的此类线索中，比无征兆者的占比约"
        f"{'多' if more else '少'}丢 {count.zh} 单。",
    )


def _deals(shown: Estimate, other: Estimate) -> tuple[float, float, float]:
    """Return the leads lost with the sign beyond the share without it, with their interval."""
    n, gap = shown.n or 0, (shown.estimate or 0.0) - (other.estimate or 0.0)
    halves = [((one.ci_hi or 0.0) - (one.ci_lo or 0.0)) / 2 for one in (shown, other)]
    half = hypot(*halves)
    return n * gap, n * (gap - half), n * (gap + half)


def _pair(row: Estimate) -> tuple[str, str]:
    pairs = read_segment(row.segment)
    return pairs.get("factor", ""), pairs.get("sign", "")


def _line(row: Estimate, table: FactorTable) -> dict[str, object]:
    pairs = read_segment(row.segment)
    label, sign = table.factor(pairs["factor"]).label, SIGNS[pairs["sign"]].label
    level = YES_NO.get(pairs["level"], Text(pairs["level"], pairs["level"]))
    shown = YES_NO[pairs["shown"]]
    return {
        "factor_en": label.en,
        "factor_zh": label.zh,
        "level_en": level.en,
        "level_zh": level.zh,
        "sign_en": sign.en,
        "sign_zh": sign.zh,
        "shown_en": shown.en,
        "shown_zh": shown.zh,
        "share": row.estimate,
        "ci_lo": row.ci_lo,
        "ci_hi": row.ci_hi,
        "n": row.n,
    }


def _told(row: Estimate, table: FactorTable, size: Text) -> Told:
    factor, sign = _pair(row)
    label, words = table.factor(factor).label, SIGNS[sign].label
    chi2 = number_text(row.estimate or 0.0, 1)
    sentence = claim(
        Text(f"“{words.en}” by “{label.en}”", f"按“{label.zh}”看“{words.zh}”"),
        Text(
            f"losing to a different degree ({chi2} times the variation of chance, "
            f"{number_text(row.n or 0)} leads): the sign does not mean the same for all",
            f"丢单程度不同（为偶然波动的 {chi2} 倍，{number_text(row.n or 0)} 条线索）："
            "该征兆对各类客户含义不同",
        ),
        evidence=row.evidence,
    ) + Text(".", "。")
    return Told(
        finding=Finding(
            sentence=sentence + size,
            evidence=row.evidence,
            action=Text(
                f"Read the sign by “{label.en}”: act first where it goes with most losses.",
                f"按“{label.zh}”分别解读该征兆：先在丢单最多处行动。",
            ),
            status=row.status,
            estimate_key=row.key,
        ),
        name=Text(f"{words.en}, by {label.en}", f"按{label.zh}看{words.zh}"),
        size=None,
        strength=abs(row.estimate or 0.0),
    )
