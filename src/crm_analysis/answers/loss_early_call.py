"""Can a loss be told early, and how likely is each open lead lost? (M13, A-18 to A-22, A-28)"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.answers.early_call_ages import age_table, unscored_limit
from crm_analysis.answers.early_call_shown import (
    calibration_picture,
    calibration_table,
    day_table,
    told_call,
)
from crm_analysis.answers.early_call_words import calls_text, gain_text
from crm_analysis.answers.part import Part, Told
from crm_analysis.deals.early_call.call_estimates import Judging
from crm_analysis.deals.early_call.call_frames import call_frames
from crm_analysis.deals.early_call.early_call import Call, EarlyCall, early_call
from crm_analysis.deals.early_call.open_chances import (
    losses_expected,
    open_chances,
    unscored_estimates,
)
from crm_analysis.estimates import Estimate
from crm_analysis.language import Text, level_text, share_text
from crm_analysis.results import Finding

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """The call days, and what they say of the leads that are open now.

    Parameters
    ----------
    early : EarlyCall
        Call days with their worth and their models.
    chances : DataFrame
        From `open_chances`; empty without skill, or where the data are stale.
    expected : tuple of Estimate
        Losses expected among them (nothing without skill), and how many have no probability.
    open_leads : DataFrame
        The open leads that were asked about: lead_id, age_days, and features.
    """

    early: EarlyCall
    chances: pd.DataFrame
    expected: tuple[Estimate, ...]
    open_leads: pd.DataFrame


def call_early(known: Known, settings: Config) -> Called | None:
    """Judge the early calls of the source, and call its open leads.

    Parameters
    ----------
    known, settings : Known, Config
        The as-of views; needs `leads`, and `assessments` or `interactions` for something to read.

    Returns
    -------
    Called or None
        None where there is nothing to read of a lead before its end.
    """
    days = [day for day in settings.early_call_days if day > 0]
    if not {"assessments", "interactions"} & set(known.tables) or not days:
        return None
    frames = call_frames(
        known,
        days=days,
        horizon_days=settings.horizon_days,
        reversal_step=settings.tracks.reversal_step,
    )
    judging = Judging(capacity_per_month=settings.capacity_per_month, alpha=settings.alpha)
    early = early_call(
        frames.by_day, frames.clock, judging, between=frames.between, fdr_q=settings.fdr_q
    )
    now = frames.open_leads if known.stale is None else frames.open_leads.iloc[:0]
    return Called(
        early=early,
        chances=open_chances(early, now, alpha=settings.alpha),
        expected=(
            *losses_expected(early, now, alpha=settings.alpha),
            *(unscored_estimates(early, now) if known.stale is None else ()),
        ),
        open_leads=now,
    )


def early_call_part(known: Known, settings: Config, *, called: Called | None = None) -> Part:
    """Tell whether losses can be called early, by day of the lead's life.

    Parameters
    ----------
    known, settings : Known, Config
        The as-of views.
    called : Called, optional
        From `call_early`, where it was made before.

    Returns
    -------
    Part
        Worth of the calls by day, the finding where it stands, and how the probabilities hold.
    """
    made = call_early(known, settings) if called is None else called
    if made is None:
        return Part(does_not_show=(_NOTHING_TO_READ,))
    early, q, alpha = made.early, settings.fdr_q, settings.alpha
    told = told_call(early, q=q)
    return Part(
        estimates=(*early.estimates, *made.expected),
        told=() if told is None else (_told(told, early, q=q, alpha=alpha),),
        tables=day_table(early, q=q, alpha=alpha),
        appendix=(
            *age_table(early, made.open_leads, alpha=alpha),
            *calibration_table(early, alpha=alpha),
        ),
        pictures=()
        if told is None
        else calibration_picture(told, horizon_days=early.horizon_days, alpha=alpha),
        does_not_show=_limits(made),
    )


_NOTHING_TO_READ = Text(
    "No early call: the source has neither contacts nor assessments, so nothing is known of a lead "
    "between its opening and its end. With a probability, a stage or a contact now and then, each "
    "with its day, losses could be called at the configured ages.",
    "没有早期判断：数据源既无联系记录也无评估，线索开启至结束之间一无所知。"
    "若不时记录概率、阶段或联系及其日期，即可在设定的天龄提示丢单。",
)
_ON_AVERAGE = Text(
    "The probability of a loss is that of leads alike on average: advice, not a verdict on one "
    "lead.",
    "丢单概率是相似线索的平均水平：供参考，并非对某一线索的定论。",
)


def _told(call: Call, early: EarlyCall, *, q: float, alpha: float) -> Told:
    auc, gain = call.row("early_call_auc"), call.row("early_call_auc_gain")
    level = call.row("early_call_auc", role="diagnostic")
    stands = call.gains(q)
    day, horizon = call.landmark_days, early.horizon_days
    lead = (
        Text(
            f"On day {day} the whole track of a lead predicts a loss in the next {horizon} days "
            "better than its last level: ",
            f"到第 {day} 天，线索的整条轨迹预测其后 {horizon} 天内丢单优于最后水平：",
        )
        if stands
        else Text(
            f"On day {day} a loss in the next {horizon} days can be predicted, but not better than "
            "by the last level: ",
            f"到第 {day} 天，其后 {horizon} 天内的丢单可以预测，但不优于最后水平：",
        )
    )
    ends = f"{share_text(auc.ci_lo or 0, 0)}–{share_text(auc.ci_hi or 0, 0)}"
    width = level_text(alpha)
    ranks = Text(
        f"in {share_text(auc.estimate or 0, 0)} of pairs ({width} interval {ends}) the lost lead "
        f"is ranked above the other, by the last level in {share_text(level.estimate or 0, 0)}",
        f"{share_text(auc.estimate or 0, 0)} 的配对（{width} 区间 {ends}）中丢单者排在前面，"
        f"仅按最后水平为 {share_text(level.estimate or 0, 0)}",
    )
    return Told(
        finding=Finding(
            sentence=lead + ranks + gain_text(gain, alpha) + calls_text(call),
            evidence=auc.evidence,
            action=_action(call, stands=stands),
            status=auc.status,
            estimate_key=gain.key if stands else auc.key,
        ),
        name=Text("losses can be called early", "可以提前判断丢单"),
        size=None,
        strength=gain.estimate or 0.0,
    )


def _action(call: Call, *, stands: bool) -> Text:
    if not call.holds:
        return _RANKS_ONLY
    return _USE if stands else _LEVEL_WILL_DO


_RANKS_ONLY = Text(
    "Go by the order of the open leads, not by their numbers: in past months the order held, the "
    "numbers were off.",
    "请看未结束线索的排序，而非概率数值：以往月份排序成立，数值不准。",
)
_USE = Text(
    "Each week, look first at the open leads with the highest probability of a loss.",
    "每周先看丢单概率最高的未结束线索。",
)
_LEVEL_WILL_DO = Text(
    "Go by the last level: reading the whole track adds nothing that could be shown.",
    "看最后水平即可：尚未看出整条轨迹带来更多信息。",
)


def _limits(made: Called) -> tuple[Text, ...]:
    early = made.early
    if any(call.model is not None for call in early.rungs):
        return (_ON_AVERAGE, *unscored_limit(early, made.open_leads), *_unskilled(early))
    judged = [call for call in early.calls if call.row("early_call_auc").estimate is not None]
    if not judged:
        return (
            Text(
                "No early call: too few leads of known fate in past months to try it on.",
                "没有早期判断：以往月份结局已知的线索太少，无法检验。",
            ),
        )
    return (
        Text(
            "No early call: tried on past months, what is known of a lead early does not tell the "
            "losses beforehand, so that no probability of loss is shown for open leads.",
            "没有早期判断：以往月份检验表明，早期已知信息不能预示丢单，故不给出未结束线索的丢单概率。",
        ),
    )


def _unskilled(early: EarlyCall) -> tuple[Text, ...]:
    """Name the days that showed no skill: leads of these ages have no probability."""
    days = [str(call.landmark_days) for call in early.calls if call.model is None]
    if not days:
        return ()
    return (
        Text(
            f"Calls on day {', '.join(days)} have not shown that they predict: leads of that age "
            "have no probability.",
            f"第 {'、'.join(days)} 天的判断未显示预测力：该天龄的线索不给出概率。",
        ),
    )
