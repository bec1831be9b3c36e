"""Tables and pictures of the stated reasons: shares, sources, agreement, the recent months."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

import pandas as pd

from crm_analysis.answers.failure_gaps import code_name
from crm_analysis.contract.enumerations import ENUMERATIONS
from crm_analysis.language import Text, level_text, number_text, share_text
from crm_analysis.quantities import NOTES
from crm_analysis.reasons.agreement import Agreement
from crm_analysis.results import Picture, ShownTable

MOST_DRAWN = 6
_FROM, _TO = Text("from", "下限"), Text("to", "上限")
_REASON = Text("reason", "原因")
READERS = {
    "coders": Text("two coders of one text", "同一文本的两位编码员"),
    "rep_callback": Text("sales and callback", "销售与回访"),
    "all_sources": Text("all sources of one loss", "同一丢单的各来源"),
}


def source_name(source: str) -> Text:
    """Name who said it to whom, as the contract does."""
    word = ENUMERATIONS["reasons.source"].get(source)
    return Text(source, source) if word is None else word.label


def band_name(band: str) -> Text:
    """Name a band of delay.

    Examples
    --------
    >>> band_name("181+").en, band_name("0-30").zh, band_name("").en
    ('typed after more than 180 days', '30 天内录入', 'all')
    """
    if not band:
        return Text("all", "全部")
    if band == "unknown":
        return Text("typing delay unknown", "录入延迟未知")
    if band.endswith("+"):
        days = int(band[:-1]) - 1
        return Text(f"typed after more than {days} days", f"超过 {days} 天才录入")
    first, last = band.split("-")
    if first == "0":
        return Text(f"typed within {last} days", f"{last} 天内录入")
    return Text(f"typed after {first} to {last} days", f"{first} 至 {last} 天后录入")


def shares_table(shares: pd.DataFrame, names: Mapping[str, Text], *, alpha: float) -> ShownTable:
    """Show each reason's share as noted, corrected and called back, beside each other."""
    numbers = [f"{kind}{end}" for kind in _KINDS for end in ("", "_lo", "_hi")]
    lines = []
    for row in shares.to_dict("records"):
        name = code_name(str(row["code"]), names)
        lines.append(
            {
                "reason_en": name.en,
                "reason_zh": name.zh,
                **{key: _number(row[key]) for key in (*numbers, "difference", "mentioned")},
            }
        )
    first = shares.iloc[0]
    if first["n_unread"]:
        lines.append(
            _unread_line(first["n_unread"] / (first["n_rep"] + first["n_unread"]), numbers)
        )
    return ShownTable(
        name="reason_shares",
        frame=pd.DataFrame(lines),
        caption=Text(
            f"Main reasons of lost deals: as noted by sales ({number_text(first['n_rep'])} deals), "
            f"corrected by callbacks ({number_text(first['n_both'])} deals with both), and in the "
            f"callbacks alone ({number_text(first['n_callback'])}); {level_text(alpha)} intervals. "
            "Shares are of notes that could be read. What sales noted is not what customers say.",
            f"丢单主因：销售记录（{number_text(first['n_rep'])} 条）、以回访校正"
            f"（两者皆有 {number_text(first['n_both'])} 条）、仅回访"
            f"（{number_text(first['n_callback'])} 条）；{level_text(alpha)} 区间。"
            "占比以能读出编码的记录计。销售所记并非客户所说。",
        ),
        columns={
            "reason": _REASON,
            "naive": Text("noted by sales (unchecked)", "销售记录（未核实）"),
            "corrected": Text("corrected", "校正后"),
            "corrected_lo": _FROM,
            "corrected_hi": _TO,
            "callback": Text("callbacks only", "仅回访"),
            "difference": Text("corrected less noted (pp)", "校正减记录（百分点）"),
            "mentioned": Text("named at all", "被提及"),
        },
        units={**dict.fromkeys((*numbers, "mentioned"), "share"), "difference": "points"},
    )


def _unread_line(share: float, numbers: list[str]) -> dict[str, str | float | None]:
    """Return the row of notes that could not be read: a share of all notes, in no other share."""
    return {
        "reason_en": "no reason could be read (of all notes)",
        "reason_zh": "未能读出原因（占全部记录）",
        **dict.fromkeys((*numbers, "difference", "mentioned"), None),
        "naive": share,
    }


_KINDS = {
    "naive": Text("noted by sales", "销售记录"),
    "corrected": Text("corrected", "校正后"),
    "callback": Text("callbacks only", "仅回访"),
}


def shares_picture(shares: pd.DataFrame, names: Mapping[str, Text], *, alpha: float) -> Picture:
    """Draw the leading reasons three times each: noted, corrected, callbacks only."""
    shown = shares.assign(size=shares[["naive", "corrected"]].max(axis=1))
    leading = shown.sort_values(["size", "code"], ascending=[False, True]).head(MOST_DRAWN)
    rows = []
    for row in leading.to_dict("records"):
        name = code_name(str(row["code"]), names)
        rows += [
            {
                "label_en": f"{name.en}: {kind.en}",
                "label_zh": f"{name.zh}：{kind.zh}",
                "estimate": row[key],
                "ci_lo": row[f"{key}_lo"],
                "ci_hi": row[f"{key}_hi"],
                "highlight": key == "corrected",
                "warning": key == "naive",
            }
            for key, kind in _KINDS.items()
            if isfinite(row[key])
        ]
    first = {str(key): value for key, value in leading.iloc[0].items()}
    return Picture(
        name="reason_shares",
        kind="forest",
        numbers=pd.DataFrame(rows),
        title=Text("What sales notes, and what customers say", "销售所记与客户所说"),
        sentence=_shares_sentence(first, code_name(str(first["code"]), names)),
        caption=Text(
            f"Share of lost deals with this main reason, {level_text(alpha)} intervals; "
            f"{number_text(first['n_rep'])} notes, {number_text(first['n_callback'])} callbacks. "
            "Hollow: unchecked notes.",
            f"以此为主因的丢单占比，{level_text(alpha)} 区间；"
            f"记录 {number_text(first['n_rep'])} 条，回访 {number_text(first['n_callback'])} 条。"
            "空心：未核实的记录。",
        ),
        x_label=Text("share of lost deals", "丢单占比"),
        unit="share",
    )


def _shares_sentence(row: Mapping[str, Any], name: Text) -> Text:
    noted = share_text(row["naive"])
    if not isfinite(row["corrected"]):
        return Text(
            f"Sales notes “{name.en}” for {noted} of lost deals; too few callbacks to correct it.",
            f"销售把 {noted} 的丢单记为“{name.zh}”；回访太少，无法校正。",
        )
    corrected = share_text(row["corrected"])
    ends = f"{share_text(row['corrected_lo'])}–{share_text(row['corrected_hi'])}"
    return Text(
        f"Sales notes “{name.en}” for {noted} of lost deals; corrected by callbacks it is "
        f"{corrected} ({ends}).",
        f"销售把 {noted} 的丢单记为“{name.zh}”；以回访校正后为 {corrected}（{ends}）。",
    )


def sources_table(sources: pd.DataFrame) -> tuple[ShownTable, ...]:
    """Show who the reasons come from, how late they were typed, and how much they say."""
    if sources.empty:
        return ()
    frame = pd.DataFrame(
        {
            "source_en": [source_name(one).en for one in sources["source"]],
            "source_zh": [source_name(one).zh for one in sources["source"]],
            "n": sources["n"],
            "median_delay_days": sources["median_delay_days"],
            "late": _share(sources["n_late"], sources["n_dated"]),
            "very_late": _share(sources["n_very_late"], sources["n_dated"]),
            "prompted": _share(sources["n_prompted"], sources["n_prompted"] + sources["n_open"]),
            "empty": _share(sources["n_empty"], sources["n"]),
            "repeated": _share(sources["n_repeated"], sources["n"]),
        }
    )
    table = ShownTable(
        name="reason_sources",
        frame=frame,
        caption=Text(
            "Where the reasons of lost deals come from. Late and very late: typed after the limits "
            "of late_reason_days. Repeated: the same words ten times or more.",
            "丢单原因的来源。迟与很迟：超过 late_reason_days 的界限才录入。"
            "重复：相同措辞十次以上。",
        ),
        columns={
            "source": Text("who said it", "来源"),
            "n": Text("reasons", "原因数"),
            "median_delay_days": Text("median days to typing", "录入延迟中位天数"),
            "late": Text("late", "迟录"),
            "very_late": Text("very late", "很迟"),
            "prompted": Text("from a list of answers", "有选项提示"),
            "empty": Text("says nothing", "空洞"),
            "repeated": Text("repeated words", "重复措辞"),
        },
        units={
            "n": "count",
            "median_delay_days": "days",
            **dict.fromkeys(("late", "very_late", "prompted", "empty", "repeated"), "share"),
        },
    )
    return (table,)


def _share(events: pd.Series, n: pd.Series) -> list[float | None]:
    return [int(one) / int(all_) if all_ else None for one, all_ in zip(events, n, strict=True)]


def agreement_table(
    kappas: Mapping[tuple[str, str], Agreement], *, alpha: float
) -> tuple[ShownTable, ...]:
    """Show how far the readers of a loss agree, those with too few pairs with the reason."""
    lines = []
    for (who, band), one in kappas.items():
        if not one.n:
            continue
        readers, delay = READERS[who], band_name(band)
        note = NOTES[one.note] if one.note else Text("", "")
        lines.append(
            {
                "readers_en": readers.en, "readers_zh": readers.zh,
                "delay_en": delay.en, "delay_zh": delay.zh,
                "n": one.n, "agreed": one.agreed, "kappa": one.kappa, "lo": one.lo, "hi": one.hi,
                "note_en": note.en, "note_zh": note.zh,
            }
        )  # fmt: skip
    if not lines:
        return ()
    table = ShownTable(
        name="reason_agreement",
        frame=pd.DataFrame(lines).astype(dict.fromkeys(("agreed", "kappa", "lo", "hi"), float)),
        caption=Text(
            "Do they name the same main reason? Kappa is agreement beyond chance: 0 by chance, 1 "
            f"always; {level_text(alpha)} intervals. Where one covers 0 the note carries no "
            "information.",
            "所指主因是否相同？kappa 为超出偶然的一致性：0 为偶然，1 为完全一致；"
            f"{level_text(alpha)} 区间。区间含 0 时该记录没有信息。",
        ),
        columns={
            "readers": Text("readers", "双方"),
            "delay": Text("seller's note", "销售记录"),
            "n": Text("losses", "丢单数"),
            "agreed": Text("same reason", "相同占比"),
            "kappa": Text("kappa", "kappa"),
            "lo": _FROM,
            "hi": _TO,
            "note": Text("note", "说明"),
        },
        units={"n": "count", "agreed": "share", **dict.fromkeys(("kappa", "lo", "hi"), "ratio")},
    )
    return (table,)


def _number(value: float) -> float | None:
    return float(value) if value is not None and isfinite(value) else None
