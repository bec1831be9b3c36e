"""Tables and the picture of the early call: its worth by day, and whether its numbers hold."""

from __future__ import annotations

import pandas as pd

from crm_analysis.deals.early_call.calibration import reliability
from crm_analysis.deals.early_call.calibration_rows import FITS
from crm_analysis.deals.early_call.early_call import Call, EarlyCall
from crm_analysis.estimates import Estimate
from crm_analysis.language import Text, level_text, number_text, share_text
from crm_analysis.results import Picture, ShownTable
from crm_analysis.survival.normal import critical

_FIT_NAMES = {
    "open_taken_as_kept": Text("open leads taken for kept (naive)", "未结束视为未丢（朴素）"),
    "censoring_weighted": Text("open leads not known yet", "未结束视为未知"),
    "recalibrated": Text("and moved where recent months call for it", "并在近月显示必要时校准"),
}


def told_call(early: EarlyCall, *, q: float) -> Call | None:
    """Choose the day that is told: the first that beats the last level, else the first skilled."""
    gaining = [call for call in early.skilled if call.gains(q)]
    return next(iter([*gaining, *early.skilled]), None)


def verdict(call: Call, q: float) -> Text:
    """Say in words what a call day is worth."""
    if call.row("early_call_auc").estimate is None:
        return Text("too little data", "数据太少")
    if call.model is None:
        return Text("does not predict", "不能预测")
    found = (
        Text("predicts better than the last level", "预测优于仅看最后水平")
        if call.gains(q)
        else Text("predicts, not better than the last level", "能预测，但不优于仅看最后水平")
    )
    return found if call.holds else found + _OFF


_OFF = Text("; its probabilities were off", "；但概率不准")


def day_table(early: EarlyCall, *, q: float, alpha: float) -> tuple[ShownTable, ...]:
    """Show what the calls of each day were worth."""
    lines = [_day_line(call, q) for call in early.calls]
    if not lines:
        return ()
    table = ShownTable(
        name="early_call",
        frame=pd.DataFrame(lines),
        caption=Text(
            f"What a call on that day was worth for a loss within {early.horizon_days} days, on "
            f"leads of months that it had not seen; {level_text(alpha)} interval. The share of "
            "pairs is the AUC: .5 is chance. Called are as many as can be contacted, but at most "
            "the likelier half of a period's leads.",
            f"在未参与学习的月份上，该日判断对其后 {early.horizon_days} 天内丢单的价值；"
            f"{level_text(alpha)} 区间。配对占比即 AUC，0.5 为偶然。"
            "被提示者以可联系数为限，且至多为当期可能性较高的一半。",
        ),
        columns={
            "day": Text("day of the call", "判断日"),
            "n": Text("leads", "线索数"),
            "lost": Text("of these lost", "其中丢单"),
            "auc": Text("pairs ranked rightly", "正确排序的配对"),
            "auc_lo": Text("from", "下限"),
            "auc_hi": Text("to", "上限"),
            "level": Text("by the last level", "仅按最后水平"),
            "later": Text("losses after a week only", "仅计一周后的丢单"),
            "gain_lo": Text("gain from", "增益下限"),
            "gain_hi": Text("gain to", "增益上限"),
            "precision": Text("lost of those called", "被提示者丢单占比"),
            "base": Text("lost of all", "全部丢单占比"),
            "lead_days": Text("days before the loss (median)", "提前天数（中位）"),
            "verdict": Text("reading", "解读"),
        },
        units={
            **dict.fromkeys(("auc", "auc_lo", "auc_hi", "level", "later"), "ratio"),
            **dict.fromkeys(("gain_lo", "gain_hi"), "ratio"),
            **dict.fromkeys(("precision", "base"), "share"),
            "lead_days": "days",
        },
    )
    return (table,)


def _day_line(call: Call, q: float) -> dict[str, object]:
    auc, gain = call.row("early_call_auc"), call.row("early_call_auc_gain")
    words = verdict(call, q)
    return {
        "day": call.landmark_days,
        "n": auc.n,
        "lost": auc.events,
        "auc": auc.estimate,
        "auc_lo": auc.ci_lo,
        "auc_hi": auc.ci_hi,
        "level": call.row("early_call_auc", role="diagnostic").estimate,
        "later": call.row("early_call_auc", role="sensitivity").estimate,
        "gain_lo": gain.ci_lo,
        "gain_hi": gain.ci_hi,
        "precision": call.row("early_call_precision").estimate,
        "base": call.row("early_call_base_share").estimate,
        "lead_days": call.row("early_call_lead_time_days").estimate,
        "verdict_en": words.en,
        "verdict_zh": words.zh,
    }


def calibration_table(early: EarlyCall, *, alpha: float) -> tuple[ShownTable, ...]:
    """Show slope and intercept of the naive fit, of ours, and after recalibration."""
    lines = [
        _fit_line(call, method)
        for call in early.calls
        if call.row("early_call_auc").estimate is not None
        for _, method, _ in FITS
    ]
    if not lines:
        return ()
    table = ShownTable(
        name="early_call_calibration",
        frame=pd.DataFrame(lines),
        caption=Text(
            "Do the probabilities mean what they say? On leads of later months; slope 1 and "
            f"intercept 0 are right; {level_text(alpha)} interval. Saved: log loss a lead against "
            "the row above, below 0 a cost. The level is moved only where the last closed months "
            "reject it, so that nothing is saved where none did. Where the interval of the last "
            "slope excludes 1, go by the order of the leads, not by the numbers.",
            f"概率是否名副其实？以其后月份的线索检验；斜率 1、截距 0 为恰当；"
            f"{level_text(alpha)} 区间。“节省”为每条线索的对数损失较上一行的减少，"
            "小于 0 为代价；仅在最近已结案月份否定其水平时才校准，否则无节省。"
            "最后一行斜率区间不含 1 时，请看线索的排序，而非数值。",
        ),
        columns={
            "day": Text("day of the call", "判断日"),
            "fit": Text("fit", "拟合方式"),
            "slope": Text("slope", "斜率"),
            "slope_lo": Text("from", "下限"),
            "slope_hi": Text("to", "上限"),
            "intercept": Text("intercept", "截距"),
            "intercept_lo": Text("from", "下限"),
            "intercept_hi": Text("to", "上限"),
            "saved": Text("log loss saved", "对数损失节省"),
            "saved_lo": Text("from", "下限"),
            "saved_hi": Text("to", "上限"),
        },
        units=dict.fromkeys(
            (f"{name}{end}" for name in _FIT_NUMBERS for end in ("", "_lo", "_hi")), "ratio"
        ),
    )
    return (table,)


def _fit_line(call: Call, method: str) -> dict[str, object]:
    line: dict[str, object] = {
        "day": call.landmark_days,
        "fit_en": _FIT_NAMES[method].en,
        "fit_zh": _FIT_NAMES[method].zh,
    }
    for name, quantity in _FIT_NUMBERS.items():
        rows = [row for row in call.estimates if (row.quantity, row.method) == (quantity, method)]
        for row in rows:
            line |= {name: row.estimate, f"{name}_lo": row.ci_lo, f"{name}_hi": row.ci_hi}
    return line


_FIT_NUMBERS = {
    "slope": "early_call_calibration_slope",
    "intercept": "early_call_calibration_intercept",
    "saved": "early_call_log_loss_gain",
}


def calibration_picture(
    call: Call, *, horizon_days: int, alpha: float = 0.05
) -> tuple[Picture, ...]:
    """Draw what came of leads of like probabilities, least likely first."""
    judged = call.judged
    groups = reliability(
        judged["p"].to_numpy(),
        judged["lost"].to_numpy(dtype=bool),
        judged["weight"].to_numpy(),
    )
    if len(groups) < 2:
        return ()
    said = [share_text(value, 0) for value in groups["forecast"]]
    half = critical(alpha) * groups["se"]
    numbers = pd.DataFrame(
        {
            "label_en": [f"said {text}" for text in said],
            "label_zh": [f"预测 {text}" for text in said],
            "value": groups["lost_share"],
            "lo": (groups["lost_share"] - half).clip(lower=0),
            "hi": (groups["lost_share"] + half).clip(upper=1),
        }
    )
    came = [share_text(value, 0) for value in groups["lost_share"]]
    slope = _slope_text(call.row("early_call_calibration_slope"))
    picture = Picture(
        name="early_call_calibration",
        kind="bars",
        numbers=numbers,
        title=Text(
            f"Of leads called at {said[-1]}, {came[-1]} were lost",
            f"预测丢单 {said[-1]} 的线索，实际 {came[-1]} 丢单",
        ),
        sentence=Text(
            f"Called on day {call.landmark_days}: of the fifth of leads said most likely to be "
            f"lost ({said[-1]}) {came[-1]} were lost, of the fifth said least likely ({said[0]}) "
            f"{came[0]}{slope.en}.",
            f"第 {call.landmark_days} 天判断：预测最可能丢单的五分之一（{said[-1]}）实际 "
            f"{came[-1]} 丢单，最不可能的五分之一（{said[0]}）为 {came[0]}{slope.zh}。",
        ),
        caption=Text(
            f"Share lost within {horizon_days} days, in fifths of {number_text(len(judged))} leads "
            f"by the probability said beforehand, on months not learned from; {level_text(alpha)} "
            "interval.",
            f"{horizon_days} 天内丢单占比，{number_text(len(judged))} 条线索按事前概率分为五组，"
            f"均为未参与学习的月份；{level_text(alpha)} 区间。",
        ),
        x_label=Text("share of leads lost", "丢单占比"),
        unit="share",
    )
    return (picture,)


def _slope_text(row: Estimate) -> Text:
    if row.estimate is None:
        return Text("", "")
    return Text(
        f"; calibration slope {row.estimate:.2f} (1 is right)",
        f"；校准斜率 {row.estimate:.2f}（1 为恰当）",
    )
