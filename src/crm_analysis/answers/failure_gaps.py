"""Tables and the picture of what is stated against what losing goes with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, isfinite

import pandas as pd

from crm_analysis.deals.revealed.against_stated import SAID_NOT_SEEN, Compared
from crm_analysis.deals.revealed.counterparts import COUNTERPARTS, SIDES
from crm_analysis.estimates import Estimate, read_segment
from crm_analysis.language import Text, level_text, number_text, share_text
from crm_analysis.quantities import NOTES
from crm_analysis.results import Picture, ShownTable

CORRECTED, AS_NOTED = Text("corrected", "校正后"), Text("as noted", "按记录")
_SHOWN_ROWS = 13


def code_name(code: str, names: Mapping[str, Text]) -> Text:
    """Name a code as the codebook does; a code that it lacks by its own word."""
    plain = code.replace("_", " ")
    return names.get(code, Text(plain, plain))


_COLUMNS = {
    "reason": Text("reason", "原因"),
    "measured": Text("what is measured of it", "对应指标"),
    "stated": Text("stated share", "所述占比"),
    "stated_lo": Text("from", "下限"),
    "stated_hi": Text("to", "上限"),
    "basis": Text("share is", "占比依据"),
    "ratio": Text("hazard ratio of loss per standard deviation", "丢单风险率之比（每标准差）"),
    "ratio_lo": Text("from", "下限"),
    "ratio_hi": Text("to", "上限"),
    "detectable": Text("would have been found", "可被发现的最小比值"),
    "attributable": Text("share of losses it is about", "涉及的丢单占比"),
    "difference": Text(
        "worse where stated (standard deviations)", "陈述者与未陈述者之差（标准差）"
    ),
    "gap": Text("gap", "差异"),
}
_UNITS = {
    **dict.fromkeys(("stated", "stated_lo", "stated_hi", "attributable"), "share"),
    **dict.fromkeys(("ratio", "ratio_lo", "ratio_hi", "detectable", "difference"), "ratio"),
}


def gap_table(found: Compared, names: Mapping[str, Text], alpha: float) -> ShownTable:
    shares = {
        read_segment(row.segment)["code"]: row.estimate
        for row in found.estimates
        if row.quantity == "attributable_share"
    }
    lines = []
    for row in found.frame.to_dict("records")[:_SHOWN_ROWS]:
        code = str(row["code"])
        label = next(one.label for one in COUNTERPARTS if one.code == code)
        name, gap = code_name(code, names), NOTES[row["flag"]] if row["flag"] else Text("", "")
        basis = (
            Text("corrected", "校正后") if row["is_corrected"] is True else Text("noted", "记录")
        )
        lines.append(
            {
                "reason_en": name.en,
                "reason_zh": name.zh,
                "measured_en": label.en,
                "measured_zh": label.zh,
                **{key: _number(row[key]) for key in ("stated", "stated_lo", "stated_hi")},
                "basis_en": basis.en if _number(row["stated"]) is not None else "",
                "basis_zh": basis.zh if _number(row["stated"]) is not None else "",
                "ratio": _exp(row["log_hazard_ratio"]),
                "ratio_lo": _exp(row["ci_lo"]),
                "ratio_hi": _exp(row["ci_hi"]),
                "detectable": _exp(row["detectable"]),
                "attributable": shares.get(code),
                "difference": _number(row["difference_sd"]),
                "gap_en": gap.en,
                "gap_zh": gap.zh,
            }
        )
    return ShownTable(
        name="stated_revealed",
        frame=pd.DataFrame(lines),
        caption=Text(
            "Stated reasons beside what can be measured of them: one model with all of them "
            f"(higher is worse), {level_text(alpha)} intervals. An effect below “would have been "
            "found” may have been missed. “Share of losses it is about” would be saved only if the "
            "relation were an effect.",
            f"所述原因与对应指标并列：所有指标同入一个模型（越高越差），{level_text(alpha)} 区间。"
            "小于“可被发现的最小比值”的效应可能漏检；“涉及的丢单占比”仅在因果成立时才可挽回。",
        ),
        columns=_COLUMNS,
        units=_UNITS,
    )


def _number(value: float | None) -> float | None:
    return None if value is None or not isfinite(value) else float(value)


def _exp(value: float | None) -> float | None:
    number = _number(value)
    return None if number is None else exp(number)


def sides_table(sides: Sequence[Estimate], alpha: float) -> tuple[ShownTable, ...]:
    rows = [row for row in sides if row.estimate is not None]
    if not rows:
        return ()
    lines = []
    for row in rows:
        label = next(
            text for side, text in SIDES.items() if side == read_segment(row.segment)["side"]
        )
        lines.append(
            {
                "side_en": label.en,
                "side_zh": label.zh,
                "share": row.estimate,
                "ci_lo": row.ci_lo,
                "ci_hi": row.ci_hi,
            }
        )
    table = ShownTable(
        name="sides",
        frame=pd.DataFrame(lines),
        caption=Text(
            "What the measured things explain of losing, by side, over "
            f"{number_text(rows[0].n or 0)} leads ({level_text(alpha)} intervals). It is about "
            "differences between these leads: what is equally bad everywhere explains nothing.",
            f"各可测指标对丢单的解释按方面划分，共 {number_text(rows[0].n or 0)} 条线索"
            f"（{level_text(alpha)} 区间）。只反映线索之间的差异：处处同样差的因素不产生解释。",
        ),
        columns={
            "side": Text("side", "方面"),
            "share": Text("share of what is explained", "解释占比"),
            "ci_lo": Text("from", "下限"),
            "ci_hi": Text("to", "上限"),
        },
        units=dict.fromkeys(("share", "ci_lo", "ci_hi"), "share"),
    )
    return (table,)


def gap_picture(
    found: Compared, names: Mapping[str, Text], landmark_days: int, alpha: float
) -> tuple[Picture, ...]:
    """Draw the hazard ratio of each counterpart beside the share in which its reason is stated."""
    shown = found.frame[found.frame["log_hazard_ratio"].notna()].head(_SHOWN_ROWS)
    if shown.empty:
        return ()
    lines = []
    for row in shown.to_dict("records"):
        name = code_name(str(row["code"]), names)
        share = share_text(row["stated"], 0) if isfinite(row["stated"]) else "0 %"
        lines.append(
            {
                "label_en": f"{name.en} (stated: {share})",
                "label_zh": f"{name.zh}（所述占 {share}）",
                "estimate": exp(row["log_hazard_ratio"]),
                "ci_lo": exp(row["ci_lo"]),
                "ci_hi": exp(row["ci_hi"]),
                "highlight": bool(row["is_finding"]),
                "warning": row["flag"] == SAID_NOT_SEEN,
            }
        )
    n_seen = int(shown["is_finding"].sum())
    said = [
        code_name(str(code), names) for code in shown.loc[shown["flag"] == SAID_NOT_SEEN, "code"]
    ]
    title = Text(
        f"{n_seen} of {len(shown)} measured reasons {_verb(n_seen)} with losing",
        f"{len(shown)} 项可测原因中有 {n_seen} 项与丢单有关",
    )
    sentence = Text(
        f"Of {len(shown)} stated reasons that can be measured, {n_seen} {_verb(n_seen)} with how "
        "fast leads are lost",
        f"{len(shown)} 项可测的所述原因中，{n_seen} 项与丢单快慢有关",
    )
    if said:
        sentence += Text(
            f"; said but not seen: {', '.join(one.en for one in said)}",
            f"；说了却看不到：{'、'.join(one.zh for one in said)}",
        )
    picture = Picture(
        name="stated_revealed",
        kind="forest",
        numbers=pd.DataFrame(lines),
        title=title,
        sentence=sentence + Text(".", "。"),
        caption=Text(
            f"Hazard ratio of loss per standard deviation after day {landmark_days}, all in one "
            f"model, {level_text(alpha)} intervals; the most stated reasons first. Hollow: said "
            "but not seen.",
            f"第 {landmark_days} 天之后丢单风险率之比（每标准差，同一模型），"
            f"{level_text(alpha)} 区间；"
            "按所述占比排列。空心：说了却看不到。",
        ),
        x_label=Text("hazard ratio of loss per standard deviation", "丢单风险率之比（每标准差）"),
        unit="ratio",
        reference=1.0,
    )
    return (picture,)


def _verb(n: int) -> str:
    return "goes" if n == 1 else "go"


def revealed_table(rows: Sequence[Estimate]) -> tuple[ShownTable, ...]:
    """Show what losing goes with where nobody says why."""
    lines = []
    for row in rows:
        pairs = read_segment(row.segment)
        wanted = row.quantity == "revealed_log_hazard_ratio" and row.role == "result"
        if not wanted or pairs["cause"] != "lost" or row.estimate is None:
            continue
        label = next(one.label for one in COUNTERPARTS if one.code == pairs["code"])
        lines.append(
            {
                "measured_en": label.en,
                "measured_zh": label.zh,
                "ratio": _exp(row.estimate),
                "ratio_lo": _exp(row.ci_lo),
                "ratio_hi": _exp(row.ci_hi),
            }
        )
    if not lines:
        return ()
    names = ("measured", "ratio", "ratio_lo", "ratio_hi")
    table = ShownTable(
        name="revealed",
        frame=pd.DataFrame(lines),
        caption=Text(
            "What losing goes with, all in one model (higher is worse).",
            "与丢单有关的可测指标（同一模型，越高越差）。",
        ),
        columns={name: _COLUMNS[name] for name in names},
        units={name: _UNITS[name] for name in names[1:]},
    )
    return (table,)
