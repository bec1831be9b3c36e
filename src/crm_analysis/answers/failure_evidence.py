"""Tables and pictures behind the answer on lost deals: contact habits, factors, families."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from crm_analysis.deals.profile.effects import LEVEL_FAMILY, standing_factors
from crm_analysis.deals.profile.factors import FactorTable
from crm_analysis.estimates import Estimate, Family, families, is_finding, read_segment
from crm_analysis.features.catalog import CATALOG
from crm_analysis.language import Text, level_text
from crm_analysis.results import Picture, ShownTable

SHOWN_ROWS = 15
SHOWN_HABITS = 7
WARNINGS = 3
CLASSIC = "n_contacts"

INTERVAL_COLUMNS = {
    "ratio": Text("ratio", "比值"),
    "ci_lo": Text("from", "下限"),
    "ci_hi": Text("to", "上限"),
    "n": Text("leads", "线索数"),
    "events": Text("endings", "结局数"),
    "p_adj": Text("adjusted p", "校正后 p"),
}
RATIO_UNITS = {"ratio": "ratio", "ci_lo": "ratio", "ci_hi": "ratio"}
_CAUSE_WORDS = {"lost": Text("loss", "丢单"), "won": Text("win", "成交")}


def ratio_columns(row: Estimate) -> dict[str, float | int | None]:
    """Write a log ratio with its interval as ratios."""
    ends = {
        name: None if value is None else math.exp(value)
        for name, value in (("ratio", row.estimate), ("ci_lo", row.ci_lo), ("ci_hi", row.ci_hi))
    }
    return {**ends, "n": row.n, "events": row.events, "p_adj": row.p_adj}


def contact_table(estimates: Sequence[Estimate], *, alpha: float) -> tuple[ShownTable, ...]:
    """Show the contact habits that differ most, whether they stand or not."""
    rows = [
        row
        for row in estimates
        if row.quantity == "log_hazard_ratio_per_sd" and row.role == "result" and row.p is not None
    ]
    if not rows:
        return ()
    clearest = sorted(rows, key=lambda row: (row.p or 0.0, row.segment))[:SHOWN_ROWS]
    frame = pd.DataFrame([_contact_line(row) for row in clearest])
    table = ShownTable(
        name="contact_habits",
        frame=frame,
        caption=Text(
            f"The {len(frame)} clearest of {len(rows)} comparisons of contact habits: hazard ratio "
            f"per standard deviation among leads still open on that day, {level_text(alpha)} "
            "interval. What stands after correction is marked by its adjusted p.",
            f"{len(rows)} 项联系习惯比较中最明显的 {len(frame)} 项：到该日仍未结束的线索中，"
            f"每标准差的风险率之比及 {level_text(alpha)} 区间；校正后 p 表明是否成立。",
        ),
        columns={
            "indicator": Text("contact habit", "联系习惯"),
            "day": Text("by day", "截至天数"),
            "ending": Text("ending", "结局"),
            **INTERVAL_COLUMNS,
        },
        units=RATIO_UNITS,
    )
    return (table,)


def _contact_line(row: Estimate) -> dict[str, object]:
    pairs = read_segment(row.segment)
    words, ending = CATALOG[pairs["indicator"]].meaning, _CAUSE_WORDS[pairs["cause"]]
    return {
        "indicator_en": words.en,
        "indicator_zh": words.zh,
        "day": int(pairs["landmark_days"]),
        "ending_en": ending.en,
        "ending_zh": ending.zh,
        **ratio_columns(row),
    }


def contact_picture(
    estimates: Sequence[Estimate], *, q: float, alpha: float
) -> tuple[Picture, ...]:
    """Draw loss hazards of the clearest habits at their landmark, naive totals as warnings."""
    lost = [
        row
        for row in estimates
        if row.quantity == "log_hazard_ratio_per_sd"
        and row.estimate is not None
        and read_segment(row.segment)["cause"] == "lost"
    ]
    right = _with_classic(_one_each([row for row in lost if row.role == "result"]))
    if not right:
        return ()
    naive = {_indicator(row): row for row in lost if row.role == "naive"}
    warned = _most_misleading(right, naive)
    lines = [_forest_line(row, is_finding(row, q), warning=False) for row in right]
    lines += [_forest_line(row, False, warning=True) for row in warned]
    n_standing = sum(is_finding(row, q) for row in right)
    n_tests = sum(row.p is not None for row in lost if row.role == "result")
    picture = Picture(
        name="contact_habits",
        kind="forest",
        numbers=pd.DataFrame(lines),
        title=(
            Text(
                f"{n_standing} contact habits go with losing", f"{n_standing} 项联系习惯与丢单有关"
            )
            if n_standing
            else Text("No contact habit goes with losing", "没有联系习惯与丢单有关")
        ),
        sentence=_forest_sentence(right, warned, (n_standing, n_tests)),
        caption=Text(
            f"Hazard ratio of loss per standard deviation, {level_text(alpha)} interval; habits up "
            "to the day named, losses after it. Diamonds are totals over the whole life of the "
            "lead: a warning, not an effect.",
            f"每标准差丢单风险率之比及 {level_text(alpha)} 区间；习惯统计到所注天数，丢单在其后。"
            "菱形为整个存续期的累计值：仅为警告，不是效果。",
        ),
        x_label=Text("hazard ratio of loss (1 = no difference)", "丢单风险率之比（1 为无差异）"),
        unit="ratio",
        reference=1.0,
    )
    return (picture,)


def _one_each(rows: Sequence[Estimate]) -> list[Estimate]:
    """Keep the clearest row of each indicator, clearest first."""
    best: dict[str, Estimate] = {}
    for row in sorted(rows, key=lambda row: (row.p if row.p is not None else 1.0, row.segment)):
        best.setdefault(_indicator(row), row)
    return list(best.values())


def _with_classic(rows: list[Estimate]) -> list[Estimate]:
    """Keep the clearest rows, and the one that everybody gets wrong: the number of contacts."""
    rest = [row for row in rows[SHOWN_HABITS:] if _indicator(row) == CLASSIC]
    return [*rows[:SHOWN_HABITS], *rest]


def _indicator(row: Estimate) -> str:
    return read_segment(row.segment)["indicator"]


def _most_misleading(right: Sequence[Estimate], naive: dict[str, Estimate]) -> list[Estimate]:
    """Choose the naive rows farthest from the right ones, the number of contacts first."""
    gaps = []
    for row in right:
        other = naive.get(_indicator(row))
        if other is not None and other.estimate is not None and row.estimate is not None:
            gap = abs(other.estimate - row.estimate)
            gaps.append((_indicator(row) != CLASSIC, -gap, other))
    return [row for _, _, row in sorted(gaps, key=lambda one: one[:2])[:WARNINGS]]


def _forest_line(row: Estimate, highlight: bool, *, warning: bool) -> dict[str, object]:
    pairs = read_segment(row.segment)
    words = CATALOG[pairs["indicator"]].meaning
    day = pairs.get("landmark_days")
    when = (
        Text("whole life: misleading", "整个存续期：有误导")
        if day is None
        else Text(f"by day {day}", f"截至第 {day} 天")
    )
    ends = ratio_columns(row)
    return {
        "label_en": f"{words.en} ({when.en})",
        "label_zh": f"{words.zh}（{when.zh}）",
        "estimate": ends["ratio"],
        "ci_lo": ends["ci_lo"],
        "ci_hi": ends["ci_hi"],
        "highlight": highlight,
        "warning": warning,
    }


def _forest_sentence(
    right: Sequence[Estimate], warned: Sequence[Estimate], counts: tuple[int, int]
) -> Text:
    n_standing, n_tests = counts
    top = right[0]
    words = CATALOG[_indicator(top)].meaning
    ratio = f"{math.exp(top.estimate or 0.0):.2f}"
    if n_standing:
        text = Text(
            f"{n_standing} of the habits shown stand after correction over {n_tests} comparisons "
            f"of loss; clearest is “{words.en}”, ratio {ratio}.",
            f"在 {n_tests} 项丢单比较的校正后，所列习惯有 {n_standing} 项成立；"
            f"最明显的是“{words.zh}”，比值 {ratio}。",
        )
    else:
        text = Text(
            f"None of {n_tests} comparisons of contact habits with loss stands after correction; "
            f"the clearest, “{words.en}”, has ratio {ratio}.",
            f"{n_tests} 项联系习惯与丢单的比较经校正后均不成立；"
            f"最明显的“{words.zh}”比值为 {ratio}。",
        )
    if not warned:
        return text
    wrong = warned[0]
    name = CATALOG[_indicator(wrong)].meaning
    value = f"{math.exp(wrong.estimate or 0.0):.2f}"
    return text + Text(
        f" Added up over the whole life, “{name.en}” would misleadingly show {value}.",
        f"若按整个存续期累计，“{name.zh}”会误显示为 {value}。",
    )


def factor_table_shown(
    estimates: Sequence[Estimate], table: FactorTable, *, q: float
) -> tuple[ShownTable, ...]:
    """Show every factor asked about, with what its test said."""
    labels = {factor.name: factor.label for factor in table.factors}
    lines = []
    for row in estimates:
        if row.quantity not in ("ending_kind_chi2_per_df", "log_loss_to_win_ratio_per_sd"):
            continue
        label = labels[read_segment(row.segment)["factor"]]
        lines.append(
            {
                "factor_en": label.en,
                "factor_zh": label.zh,
                "n": row.n,
                "p": row.p,
                "p_adj": row.p_adj,
                **_verdict(row, q),
            }
        )
    if not lines:
        return ()
    shown = ShownTable(
        name="factors",
        frame=pd.DataFrame(lines),
        caption=Text(
            "Does the factor go with how leads end, lost or won, at equal age of the lead? One "
            "factor at a time; leads with the factor known.",
            "线索时长相同时，该因素是否与结局（丢单或成交）有关？逐个因素检验，仅含该因素已知的线索。",
        ),
        columns={
            "factor": Text("factor", "因素"),
            "n": Text("leads", "线索数"),
            "p": Text("p", "p 值"),
            "p_adj": Text("adjusted p", "校正后 p"),
            "verdict": Text("reading", "解读"),
        },
    )
    return (shown,)


def _verdict(row: Estimate, q: float) -> dict[str, str]:
    if row.p is None:
        words = Text("too little data", "数据太少")
    elif is_finding(row, q):
        words = Text("stands", "成立")
    else:
        words = Text("no difference shown", "未见差异")
    if "profile_time_unknown" in row.note:
        words = words + Text("; may have been typed in later", "；可能为事后补录")
    return {"verdict_en": words.en, "verdict_zh": words.zh}


def family_table(estimates: Sequence[Estimate], *, q: float) -> tuple[ShownTable, ...]:
    """Show how many questions were asked, and what an unadjusted reader would have announced."""
    found = [
        _level_family(estimates, q=q) if one.name == LEVEL_FAMILY else one
        for one in families(estimates, q=q)
    ]
    if not found:
        return ()
    names = {
        "M03:indicators": Text("contact habits", "联系习惯"),
        "M05:profile": Text(
            "representatives, products, customers, profiles", "代表、产品、客户与画像"
        ),
        LEVEL_FAMILY: Text("single levels of the factors that stand", "成立因素的各个水平"),
        "M04:tracks": Text("signs before a loss", "丢单前征兆"),
        "M05:kinds": Text("where lost customers went", "丢单客户的去向"),
        "M05:rivals": Text("rivals' prices and whom they take", "竞品价格与被夺走的客户"),
        "M05:calendar": Text("the calendar", "日历时点"),
        "M05:interactions": Text("types of customers on tracks", "客户类型与轨迹的组合"),
        "M02:credibility": Text("what is said, and how far to believe it", "说法及其可信度"),
        "M02:reason_segments": Text(
            "what sellers note, by segment and quarter", "各细分与季度的销售记录"
        ),
        "M02:misreport": Text("what sellers note, against callbacks", "销售记录与回访的差异"),
        "M06:revealed": Text("what can be measured of stated reasons", "所述原因的可测指标"),
    }
    frame = pd.DataFrame(
        [
            {
                "family_en": names[one.name].en,
                "family_zh": names[one.name].zh,
                "m": one.m,
                "n_unadjusted": one.n_unadjusted,
                "n_bh": one.n_bh,
                "n_by": one.n_by,
            }
            for one in found
        ]
    )
    table = ShownTable(
        name="questions_asked",
        frame=frame,
        caption=Text(
            "Questions asked and what stands. About one in twenty falls below .05 by chance alone: "
            "that is why the unadjusted count is not a list of findings.",
            "提问数与成立数。纯属偶然时约二十分之一低于 0.05，故未校正的数目不是发现。",
        ),
        columns={
            "family": Text("questions about", "问题类别"),
            "m": Text("asked", "提问数"),
            "n_unadjusted": Text("below .05, unadjusted", "未校正低于 0.05"),
            "n_bh": Text("stand (Benjamini–Hochberg)", "成立（BH）"),
            "n_by": Text("stand under any dependence (BY)", "任意相关下成立（BY）"),
        },
        headline=True,
    )
    return (table,)


def _level_family(estimates: Sequence[Estimate], *, q: float) -> Family:
    """Count the levels of standing factors, each factor by itself at its stricter limit."""
    standing = standing_factors(estimates, q=q)
    rows = [row for row in estimates if row.family == LEVEL_FAMILY and row.p is not None]
    parts = [
        part
        for name in sorted(standing.factors)
        for part in families(
            [row for row in rows if read_segment(row.segment)["factor"] == name],
            q=q / standing.per_standing,
        )
    ]
    return Family(
        name=LEVEL_FAMILY,
        m=sum(part.m for part in parts),
        n_bh=sum(part.n_bh for part in parts),
        n_by=sum(part.n_by for part in parts),
        n_unadjusted=sum(part.n_unadjusted for part in parts),
    )
