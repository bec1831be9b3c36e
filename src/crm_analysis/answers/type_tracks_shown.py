"""Types of customers on tracks: the table of shares lost, and what differs between types (A-27)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crm_analysis.answers.failure_words import YES_NO
from crm_analysis.answers.part import Told
from crm_analysis.answers.profile_findings import standing_rows
from crm_analysis.deals.factor import FactorTable
from crm_analysis.deals.signs import SIGNS
from crm_analysis.deals.type_tracks import differing
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
        _told(row, table) for row in standing_rows(estimates, "interaction_chi2_per_df", q)
    )


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


def _told(row: Estimate, table: FactorTable) -> Told:
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
            sentence=sentence,
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
