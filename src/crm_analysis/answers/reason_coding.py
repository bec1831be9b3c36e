"""How were the reasons' texts coded, and how far can that be believed? (M02)"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.answers.part import Part
from crm_analysis.estimates import Estimate
from crm_analysis.language import Text, level_text, number_text
from crm_analysis.reasons.codebook import Codebook, read_codebook
from crm_analysis.reasons.coding import n_unsettled
from crm_analysis.reasons.coding_quality import METHOD, NOT_BY_LOT, coding_estimates
from crm_analysis.reasons.recoding import names_read, recoded
from crm_analysis.reasons.suggestions import suggest_codes
from crm_analysis.results import ActionList, ShownTable

if TYPE_CHECKING:
    from crm_analysis.config import Config

_BASES = {
    "human": Text("read by a coder", "人工编码"),
    "alike": Text("in words that a coder has read", "与人工编码过的措辞相同"),
    "dictionary": Text("by the codebook's words", "按编码表用语"),
    "learner": Text("learned from coded texts", "由已编码文本学得"),
    "unclassified": Text("unclassified", "未分类"),
}
_SUGGESTED = Text(
    "Wordings that many unclassified reasons share, within one language: read the named reasons "
    "and, if it is one, add a code to the codebook. Nothing is added by itself.",
    "许多未分类原因（同一语言内）共有的用语：请阅读所列原因，若确为一类，再加入编码表；"
    "系统不会自行添加。",
)

_NOT_BY_LOT = Text(
    "; on all coded texts, as too few of those drawn by lot are coded",
    "；基于全部已编码文本：随机抽取者已编码的太少",
)


def coding_part(coded: pd.DataFrame, codebook: Codebook, settings: Config) -> Part:
    """Tell how the texts were coded, how well, and what the codebook may lack.

    Parameters
    ----------
    coded : DataFrame
        One row a reason, from `reasons.coding.code_reasons`.
    codebook : Codebook
        The codes that it was read by.
    settings : Config
        The settings in force.

    Returns
    -------
    Part
        For the appendix; empty where there are no reasons.
    """
    if coded.empty:
        return Part()
    estimates = coding_estimates(coded, codebook, n_boot=settings.n_boot, alpha=settings.alpha)
    return Part(
        estimates=(*estimates, _unsettled(coded)),
        appendix=(
            _basis_table(coded, codebook),
            *_quality_table(estimates, alpha=settings.alpha),
            *_names_table(coded, codebook),
            *_recoded_table(coded, codebook),
        ),
        lists=_suggestions(coded),
    )


def _unsettled(coded: pd.DataFrame) -> Estimate:
    """Count what the machine should have learned and did not."""
    return Estimate(
        module="M02", quantity="codes_unsettled_count", segment="", method=METHOD,
        role="diagnostic", n=len(coded), estimate=float(n_unsettled(coded)),
    )  # fmt: skip


def _unsettled_text(n: int) -> Text:
    """Say that some codes are not learned; nothing where all are."""
    if not n:
        return Text("", "")
    count = number_text(n)
    return Text(
        f" Not learned, though enough texts are coded: {count} codes whose fit did not settle; of "
        "these only the codebook's words are found.",
        f"另有 {count} 个编码虽已编码文本足够，但因拟合未收敛而未学习，仅按编码表用语识别。",
    )


def _basis_table(coded: pd.DataFrame, codebook: Codebook) -> ShownTable:
    counts = coded["basis"].value_counts()
    rows = [
        {"basis_en": text.en, "basis_zh": text.zh, "n": int(counts.get(basis, 0)),
         "share": float(counts.get(basis, 0) / len(coded))}
        for basis, text in _BASES.items()
    ]  # fmt: skip
    return ShownTable(
        name="reason_coding_basis",
        frame=pd.DataFrame(rows),
        caption=Text(
            "Where the code of each stated reason comes from (codebook version "
            f"{codebook.version}).",
            f"各条原因的编码来源（编码表版本 {codebook.version}）。",
        )
        + _unsettled_text(n_unsettled(coded)),
        columns={
            "basis": Text("coded", "编码方式"),
            "n": Text("reasons", "原因数"),
            "share": Text("share", "占比"),
        },
        units={"n": "count", "share": "share"},
    )


def _quality_table(estimates: tuple[Estimate, ...], *, alpha: float) -> tuple[ShownTable, ...]:
    names = {
        "": Text(
            "the machine's codes against the coders', on texts not learned from (mean F1)",
            "机器编码与人工编码的一致程度（未参与学习的文本，F1 均值）",
        ),
        "grouping=language": Text(
            "groups of texts made without codes, against the language (mutual information)",
            "不用编码的文本分组与语言的吻合（互信息）",
        ),
        "grouping=code": Text(
            "the same groups against the reason: where it is less, such groups tell the language, "
            "not the reason",
            "同一分组与原因的吻合：若更低，则分组反映语言而非原因",
        ),
    }
    rows = [
        {"measure_en": names[row.segment].en + (_NOT_BY_LOT.en if row.note == NOT_BY_LOT else ""),
         "measure_zh": names[row.segment].zh + (_NOT_BY_LOT.zh if row.note == NOT_BY_LOT else ""),
         "n": row.n,
         "value": row.estimate, "lo": row.ci_lo, "hi": row.ci_hi}
        for row in estimates
        if row.estimate is not None
    ]  # fmt: skip
    if not rows:
        return ()
    numbers = dict.fromkeys(("value", "lo", "hi"), float)
    table = ShownTable(
        name="reason_coding_quality",
        frame=pd.DataFrame(rows).astype(numbers),
        caption=Text(
            f"How far machine coding can be believed, with the {level_text(alpha)} interval.",
            f"机器编码的可信程度，附 {level_text(alpha)} 区间。",
        ),
        columns={
            "measure": Text("measure", "指标"),
            "n": Text("texts", "文本数"),
            "value": Text("0 to 1", "0 至 1"),
            "lo": Text("from", "下限"),
            "hi": Text("to", "上限"),
        },
        units={"n": "count", **dict.fromkeys(numbers, "ratio")},
    )
    return (table,)


def _names_table(coded: pd.DataFrame, codebook: Codebook) -> tuple[ShownTable, ...]:
    """Show how codes of earlier versions were read; unknown names are counted, not repeated."""
    read = names_read(coded, codebook)
    if read.empty:
        return ()
    known = read[read["is_known"]]
    rows = [
        {"given_en": row.given, "given_zh": row.given, "read_en": row.read_as or "dropped",
         "read_zh": row.read_as or "不再使用", "n": row.n}
        for row in known.itertuples()
    ]  # fmt: skip
    n_unknown = int(read.loc[~read["is_known"], "n"].sum())
    if n_unknown:
        unknown = {"given_en": "names not in the codebook", "given_zh": "编码表中没有的名称"}
        rows.append({**unknown, "read_en": "not counted", "read_zh": "未计入", "n": n_unknown})
    table = ShownTable(
        name="reason_codes_recoded",
        frame=pd.DataFrame(rows),
        caption=Text(
            "Codes given by an earlier codebook, and what they were read as.",
            "按旧编码表给出的编码及其对应的现行编码。",
        ),
        columns={
            "given": Text("given", "原编码"),
            "read": Text("read as", "现编码"),
            "n": Text("times", "次数"),
        },
        units={"n": "count"},
    )
    return (table,)


def _recoded_table(coded: pd.DataFrame, codebook: Codebook) -> tuple[ShownTable, ...]:
    """Show which main reasons are others than by the codebook before; nothing where none is."""
    found = recoded(coded, codebook)
    if found.empty:
        return ()
    ours = read_codebook()
    before = [
        (ours if row.version == ours.version else codebook).label(str(row.before))
        for row in found.itertuples()
    ]
    after = [codebook.label(code) for code in found["after"]]
    named = [_BY_CROSSWALK[one] for one in found["by_crosswalk"]]
    frame = pd.DataFrame(
        {
            "version": found["version"],
            "before_en": [one.en for one in before], "before_zh": [one.zh for one in before],
            "after_en": [one.en for one in after], "after_zh": [one.zh for one in after],
            "n": found["n"], "share": found["share"],
            "named_en": [one.en for one in named], "named_zh": [one.zh for one in named],
        }
    )  # fmt: skip
    table = ShownTable(
        name="reason_recoding",
        frame=frame,
        caption=Text(
            "What the codebook in force changed: main reasons by the codebook before and by "
            f"version {codebook.version}, wherever they differ. All months on this page are read "
            "by the codebook in force.",
            f"现行编码表（版本 {codebook.version}）带来的变化：按此前编码表与现行编码表主因不同者。"
            "本页所有月份均按现行编码表读取。",
        ),
        columns={
            "version": Text("codebook before", "此前编码表"),
            "before": Text("main reason before", "此前主因"),
            "after": Text("main reason now", "现主因"),
            "n": Text("reasons", "原因数"),
            "share": Text("share", "占比"),
            "named": Text("named by the crosswalk", "对照表是否载明"),
        },
        units={"n": "count", "share": "share"},
    )
    return (table,)


_BY_CROSSWALK = {
    True: Text("yes", "是"),
    False: Text("no", "否"),
    None: Text("there is none", "无对照表"),
}


def _suggestions(coded: pd.DataFrame) -> tuple[ActionList, ...]:
    found = suggest_codes(coded)
    if found.empty:
        return ()
    frame = found.assign(
        wordings=found["wordings"].map("; ".join), reason_ids=found["reason_ids"].map("; ".join)
    )
    return (ActionList(name="reason_codes_suggested", frame=frame, purpose=_SUGGESTED),)
