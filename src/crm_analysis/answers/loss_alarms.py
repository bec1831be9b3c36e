"""What we said, what happened: the alarms of earlier reports against how the deals ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.answers.advice_shown import count_text
from crm_analysis.answers.alarm_exhibits import (
    alarm_picture,
    alarm_table,
    correction_table,
    rule_table,
)
from crm_analysis.answers.part import Part, Told
from crm_analysis.deals.alarms.raised import OPEN_DEAL
from crm_analysis.deals.alarms.record import record_estimates, warnable_losses
from crm_analysis.deals.alarms.settlement import Settled, alarm_endings, settle
from crm_analysis.estimates import Estimate, adjust_families, claim, is_finding
from crm_analysis.language import Text, number_text, points_text, share_text
from crm_analysis.results import Finding

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known


def alarms_part(known: Known, settings: Config) -> Part:
    """Settle the alarms that earlier reports raised, and tell how good they were.

    Parameters
    ----------
    known : Known
        The as-of views and `known.alarms`; needs `leads`.

    Returns
    -------
    Part
        Its `alarms` are the settlements for the ledger. Where there is nothing to settle yet, one
        sentence says so.
    """
    book = known.alarms
    why_not = _why_not(known)
    if why_not is not None:
        return Part(does_not_show=(why_not,))
    leads = known.table("leads")
    names = book.alarms["name"].dropna().unique().tolist()
    endings = alarm_endings(leads, names)
    settled = settle(book, endings, as_of=known.as_of, kind=OPEN_DEAL)
    rounds = book.rounds[book.rounds["kind"] == OPEN_DEAL]
    losses = warnable_losses(leads, settled, rounds, as_of=known.as_of)
    estimates = adjust_families(
        record_estimates(settled, losses, min_events=settings.min_events, alpha=settings.alpha)
    )
    return Part(
        estimates=estimates,
        told=tuple(_told(estimates, settings)),
        tables=(alarm_table(estimates, settled, alpha=settings.alpha),),
        appendix=(
            *rule_table(estimates, alpha=settings.alpha),
            *correction_table(settled),
        ),
        pictures=alarm_picture(estimates),
        does_not_show=tuple(_limits(estimates, settled, settings)),
        alarms=settled.news,
    )


def _why_not(known: Known) -> Text | None:
    """Say why there is nothing to settle."""
    if not known.alarms.is_kept:
        return Text(
            "Earlier alarms are not looked up here: a run that publishes keeps them, and tells "
            "what became of them.",
            "此处不查阅以往预警：由发布报告的运行保存，并说明其结果。",
        )
    if known.alarms.rounds.empty:
        return Text(
            "First month: nothing to settle yet. What is listed is written down when this report "
            "is published; later reports say what became of it.",
            "首月：尚无可核对的预警。名单在本报告发布时记录在案，之后的报告会说明结果。",
        )
    if known.stale is not None:
        return Text(
            "Earlier alarms are not settled, because the data are not fresh.",
            "数据不够新，暂不核对以往预警。",
        )
    return None


def _row(estimates: Sequence[Estimate], quantity: str, where: str = "") -> Estimate:
    return next(row for row in estimates if (row.quantity, row.segment) == (quantity, where))


def _told(estimates: Sequence[Estimate], settings: Config) -> list[Told]:
    """Tell the record where a horizon is over, and what warning does where that stands."""
    told = []
    precision = _row(estimates, "alarm_precision")
    if precision.estimate is not None:
        told.append(
            Told(
                finding=_record_finding(estimates, precision),
                name=Text("what became of our alarms", "以往预警的结果"),
                size=None,
                strength=float(precision.n or 0),
            )
        )
    contrast = _row(estimates, "unwarned_loss_difference")
    if is_finding(contrast, settings.fdr_q):
        told.append(
            Told(
                finding=_contrast_finding(contrast),
                name=Text("what warning changes", "预警的作用"),
                size=None,
                strength=abs(contrast.estimate or 0.0),
            )
        )
    return told


def _record_finding(estimates: Sequence[Estimate], precision: Estimate) -> Finding:
    n, lost = precision.n or 0, precision.events or 0
    share = f"{share_text(precision.estimate or 0)}"
    ends = (share_text(precision.ci_lo or 0), share_text(precision.ci_hi or 0))
    sentence = Text(
        f"Of {number_text(n)} deals that we warned of and whose horizon is over, "
        f"{number_text(lost)} were lost in time: {share} ({ends[0]} to {ends[1]})",
        f"观察期已满的 {number_text(n)} 条被预警商机中，{number_text(lost)} 条在期限内丢单："
        f"{share}（{ends[0]} 至 {ends[1]}）",
    )
    sentence += _lead_text(_row(estimates, "alarm_lead_time_days"))
    sentence += Text(
        f"; {number_text(n - lost)} alarms were false.", f"；{number_text(n - lost)} 次为误报。"
    )
    return Finding(
        sentence=sentence + _missed_text(_row(estimates, "alarm_missed_share")),
        evidence=precision.evidence,
        action=Text(
            "Weigh the list of open deals by this record: it says how many deals to look at for "
            "one that would be lost.",
            "请按此记录权衡未结束商机名单：它说明每找到一条将丢单的商机需查看多少条。",
        ),
        status=precision.status,
        estimate_key=precision.key,
    )


def _lead_text(row: Estimate) -> Text:
    if row.estimate is None:
        return Text("", "")
    days = number_text(row.estimate)
    return Text(
        f", half of them {days} days or more after the first alarm",
        f"，其中半数在首次预警 {days} 天及以后丢单",
    )


def _missed_text(row: Estimate) -> Text:
    if row.estimate is None:
        return Text("", "")
    share, n = share_text(row.estimate), number_text(row.n or 0)
    return Text(
        f" Of {n} losses that could have been warned of, {number_text(row.events or 0)} came "
        f"without an alarm ({share}).",
        f"可预警的 {n} 次丢单中，{number_text(row.events or 0)} 次未发出预警（{share}）。",
    )


def _contrast_finding(row: Estimate) -> Finding:
    fewer = (row.estimate or 0.0) > 0
    points = points_text(-(row.estimate or 0.0))
    ends = f"{points_text(-(row.ci_hi or 0.0))} to {points_text(-(row.ci_lo or 0.0))}"
    words = Text("fewer losses", "丢单减少") if fewer else Text("more losses", "丢单增加")
    return Finding(
        sentence=claim(
            Text("Being warned", "预警"),
            Text(
                f"{words.en}: {points} against deals kept back by lot ({ends}, "
                f"n = {number_text(row.n or 0)})",
                f"{words.zh}：与随机保留的商机相比 {points}（{ends.replace(' to ', ' 至 ')}，"
                f"n = {number_text(row.n or 0)}）",
            ),
            evidence=row.evidence,
        )
        + Text(".", "。"),
        evidence=row.evidence,
        action=(
            Text("Go on warning; the slice may become smaller.", "继续预警；保留比例可以缩小。")
            if fewer
            else Text(
                "Change what is done upon a warning before warning of more deals.",
                "在扩大预警前，先改变收到预警后的做法。",
            )
        ),
        status=row.status,
        estimate_key=row.key,
    )


def _limits(estimates: Sequence[Estimate], settled: Settled, settings: Config) -> list[Text]:
    """Say when a share can be given first, and what is not known about warning."""
    limits = []
    if _row(estimates, "alarm_precision").estimate is None and len(settled.alarms):
        limits.append(_not_due(settled.alarms))
    n_early = int(_row(estimates, "alarm_losses_open_count").estimate or 0)
    if n_early:
        limits.append(_too_early(n_early, settings.min_cell))
    contrast = _row(estimates, "unwarned_loss_difference")
    if not settings.unwarned_share and settled.alarms["warned"].all():
        limits.append(
            Text(
                "Losses that were averted because of a warning count as false alarms: no deals are "
                "kept back to tell them (unwarned_share).",
                "因预警而避免的丢单会被计为误报：没有保留不预警的商机以作区分（unwarned_share）。",
            )
        )
    elif contrast.estimate is None:
        limits.append(
            Text(
                "Too few deals kept back by lot have come to the end of their horizon to say what "
                "warning changes.",
                "随机保留的商机中观察期已满者太少，尚不能说明预警的作用。",
            )
        )
    return limits


def _too_early(n_early: int, min_cell: int) -> Text:
    n = count_text(n_early, min_cell)
    return Text(
        f"Whether losses were missed is told once a horizon is over: {n} came in horizons that "
        "still run, and are not judged yet.",
        f"是否漏报须待观察期届满：{n} 次丢单的观察期仍在进行，暂不评判。",
    )


def _not_due(alarms: pd.DataFrame) -> Text:
    due = (alarms["raised"] + pd.to_timedelta(alarms["horizon_days"], unit="D")).min().date()
    n = number_text(len(alarms))
    if bool(alarms["is_due"].any()):
        return Text(
            f"Of {n} alarms none that can be judged has come to the end of its horizon.",
            f"{n} 次预警中，尚无可评判且观察期已满者。",
        )
    return Text(
        f"{n} alarms were raised so far; the first horizon is over on {due}: until then no share "
        "is given.",
        f"至今发出 {n} 次预警；首个观察期于 {due} 届满，此前不给占比。",
    )
