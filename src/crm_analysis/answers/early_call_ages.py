"""Which ages of open leads have a probability of a loss, and why others have none."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import pandas as pd

from crm_analysis.deals.early_call.early_call import Call, EarlyCall
from crm_analysis.deals.early_call.open_chances import no_probability, standing, unscored
from crm_analysis.language import Text, level_text, number_text
from crm_analysis.results import ShownTable

_READING = {
    "": Text("has a probability", "给出概率"),
    "no_skill": Text("none: does not predict at this age", "不给出：该天龄不能预测"),
    "off": Text(
        "has a probability; in past months such were off (slope not 1)",
        "给出概率；以往月份的概率不准（斜率不为 1）",
    ),
    "too_few_events": Text(
        "none: too few leads of known fate at this age", "不给出：该天龄结局已知的线索太少"
    ),
}
_WHY = {
    "no_skill": Text(
        "{n} of an age at which calls have not shown that they predict",
        "{n} 个所处天龄的判断未显示预测力",
    ),
    "too_few_events": Text(
        "{n} of an age to which too few leads of known fate came",
        "{n} 个所处天龄结局已知的线索太少",
    ),
    "not_asked": Text("{n} of an age that was not tried", "{n} 个所处天龄未经检验"),
}


def age_table(
    early: EarlyCall, open_leads: pd.DataFrame, *, alpha: float
) -> tuple[ShownTable, ...]:
    """Show by age how many open leads stand there, and whether they have a probability.

    Neighbouring ages of the same reading are put together; of their AUC and slopes the lowest and
    the highest are shown.
    """
    counts = standing(early, open_leads)["call_day"].value_counts()
    asked = [call for call in early.rungs if counts.get(call.landmark_days, 0)]
    groups = [list(group) for _, group in groupby(asked, key=_reading)]
    if not groups:
        return ()
    table = ShownTable(
        name="early_call_ages",
        frame=pd.DataFrame([_line(group, counts) for group in groups]),
        caption=Text(
            "Which open leads have a probability of a loss, by age: each is judged by the age "
            "tried that it reached last, less than 15 % of that age ago. Tried on leads "
            f"of later months; the lowest and the highest over these ages. {level_text(alpha)} "
            "intervals of each age are in the table of estimates.",
            "各天龄的未结束线索是否给出丢单概率：以最近到达的受检天龄判断，相距不到该天龄的 15 %"
            f"。以其后月份的线索检验，列出这些天龄中的最低与最高；各天龄的 "
            f"{level_text(alpha)} 区间见估计表。",
        ),
        columns={
            "first": Text("from day", "起始天龄"),
            "last": Text("to day", "截止天龄"),
            "n_open": Text("open leads", "未结束线索"),
            "auc_lo": Text("pairs ranked rightly, lowest", "正确排序的配对（最低）"),
            "auc_hi": Text("highest", "（最高）"),
            "slope_lo": Text("calibration slope, lowest", "校准斜率（最低）"),
            "slope_hi": Text("highest slope", "校准斜率（最高）"),
            "verdict": Text("reading", "解读"),
        },
        units=dict.fromkeys(("auc_lo", "auc_hi", "slope_lo", "slope_hi"), "ratio"),
    )
    return (table,)


def _line(group: Sequence[Call], counts: pd.Series) -> dict[str, object]:
    words = _READING[_reading(group[0])]
    auc = [_value(call, "early_call_auc") for call in group]
    slope = [_value(call, "early_call_calibration_slope") for call in group]
    return {
        "first": group[0].landmark_days,
        "last": group[-1].landmark_days,
        "n_open": int(sum(counts[call.landmark_days] for call in group)),
        "auc_lo": min((one for one in auc if one is not None), default=None),
        "auc_hi": max((one for one in auc if one is not None), default=None),
        "slope_lo": min((one for one in slope if one is not None), default=None),
        "slope_hi": max((one for one in slope if one is not None), default=None),
        "verdict_en": words.en,
        "verdict_zh": words.zh,
    }


def _reading(call: Call) -> str:
    """Say why an age gives no probability, or whether those that it gave were off."""
    return no_probability(call) or ("" if call.holds else "off")


def _value(call: Call, quantity: str) -> float | None:
    return call.row(quantity).estimate


def unscored_limit(early: EarlyCall, open_leads: pd.DataFrame) -> tuple[Text, ...]:
    """Say how many open leads have no probability, and why; nothing where all have one."""
    counts = unscored(early, open_leads)["reason"].value_counts()
    if counts.empty:
        return ()
    told = [(_WHY[reason], number_text(int(counts[reason]))) for reason in _WHY if reason in counts]
    en = ", ".join(why.en.format(n=n) for why, n in told)
    zh = "，".join(why.zh.format(n=n) for why, n in told)
    none, of = number_text(int(counts.sum())), number_text(len(open_leads))
    return (
        Text(
            f"{none} of {of} open leads have no probability of a loss: {en}. Sums over "
            "probabilities leave them out.",
            f"{of} 个未结束线索中有 {none} 个没有丢单概率：{zh}。概率的合计不含这些线索。",
        ),
    )
