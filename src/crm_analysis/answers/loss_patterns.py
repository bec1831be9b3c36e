"""Notebook 20: which tracks lead to loss, and which open deals are on one?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis.expr.types as ir
import pandas as pd

from crm_analysis.answers.loss_exhibits import (
    share_picture,
    sign_findings,
    sign_picture,
    sign_table,
    told_place,
    track_picture,
)
from crm_analysis.deals.open_deals import (
    ANY_SIGN,
    customers_gone,
    open_deals_list,
    open_leads,
    open_signs,
    sign_counts_now,
)
from crm_analysis.deals.signs import (
    SIGNS,
    SignLimits,
    check_now,
    checks_at,
    contact_signs,
    probability_signs,
)
from crm_analysis.deals.tracks import (
    WEEKLY,
    mean_tracks,
    share_estimates,
    sign_counts,
    sign_estimates,
)
from crm_analysis.estimates import Estimate, adjust_families, is_finding, read_segment
from crm_analysis.language import Text, number_text
from crm_analysis.results import ActionList, Kpi, NotebookResult

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

NOTEBOOK = "20_loss_patterns"
SHOWN_DAY = 30
SHORT_HORIZONS = (14, 30, 60)


def answer(known: Known, config: Config | None = None) -> NotebookResult:
    """Which signs go before a loss, and which open leads show them now?

    Parameters
    ----------
    known : Known
        The as-of views; needs `leads` and `interactions` or `assessments`.
    config : Config, optional
        Settings; None means those of the source.

    Returns
    -------
    NotebookResult
        Hazards of loss and win after each sign, shares lost with and without it, and the list
        `open_deals` of open leads that show a sign which stands.
    """
    settings = known.config if config is None else config
    why_off = _why_off(known)
    if why_off is not None:
        return NotebookResult(notebook=NOTEBOOK, as_of=known.as_of, status="off", headline=why_off)
    leads = known.table("leads")
    checks = checks_at(leads, days=_days(settings), as_of=known.observed_until)
    parts = _parts(known, checks, settings)
    counts = sign_counts(leads, checks, parts, as_of=known.observed_until)
    hazards = adjust_families(
        sign_estimates(counts, min_events=settings.min_events, alpha=settings.alpha)
    )
    shares = [
        row
        for day, horizon in _places(settings)
        for row in share_estimates(
            counts, landmark_days=day, horizon_days=horizon, alpha=settings.alpha
        )
    ]
    now = _open_now(known, settings, _standing(hazards, settings.fdr_q))
    return _result(known, settings, (*hazards, *shares, *now.estimates), now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OpenNow:
    """Open leads that show a sign now: counts and list, or nothing where the data are stale."""

    estimates: tuple[Estimate, ...] = ()
    lists: tuple[ActionList, ...] = ()
    standing: tuple[str, ...] = ()


def _result(
    known: Known, settings: Config, estimates: tuple[Estimate, ...], now: _OpenNow
) -> NotebookResult:
    q, alpha = settings.fdr_q, settings.alpha
    place = told_place(estimates, _shown_day(settings), _horizons(settings))
    tracks = (
        mean_tracks(known.table("leads"), known.table("assessments"))
        if "assessments" in known.tables
        else pd.DataFrame()
    )
    findings = sign_findings(estimates, place, q=q)
    stale = (known.stale,) if known.stale is not None else ()
    return NotebookResult(
        notebook=NOTEBOOK,
        as_of=known.as_of,
        status="weak" if stale else "ok",
        headline=_headline(estimates, now, q=q),
        findings=findings,
        kpis=_cards(estimates, now, place),
        estimates=estimates,
        tables=(sign_table(estimates, place, q=q, alpha=alpha),),
        pictures=(
            *sign_picture(estimates, q=q, alpha=alpha),
            *share_picture(estimates, place, standing=now.standing, alpha=alpha),
            *track_picture(tracks),
        ),
        lists=now.lists,
        does_not_show=(*_LIMITS, *_half_off(known), *stale),
        todo=_todo(now),
        rows=_rows_used(known),
    )


_LIMITS = (
    Text(
        "A sign tells where a loss may come; it does not say that acting on it changes the ending.",
        "征兆提示可能丢单之处，并不说明采取行动就能改变结局。",
    ),
    Text(
        "Representatives may lower a probability because they already know: the same sign read a "
        "week late stands beside.",
        "代表可能因已知结果而下调概率：表中另列迟一周读取的同一征兆。",
    ),
)


def _why_off(known: Known) -> Text | None:
    if "leads" not in known.tables:
        return Text(
            "The source has no leads, so nothing can be said about what precedes a loss. With "
            "leads, contacts and assessments this page lists the open deals that show a sign.",
            "数据源没有线索表，无法说明丢单前的征兆。有了线索、联系和评估，本页可列出出现征兆的未结束线索。",
        )
    if not {"interactions", "assessments"} & set(known.tables):
        return Text(
            "The source has neither contacts nor assessments of leads, so no sign of a coming loss "
            "can be read. With one row per contact, or one per estimate of the deal probability, "
            "this page shows what precedes a loss and which open deals show it.",
            "数据源既无联系记录也无线索评估，无法读取丢单前的征兆。若每次联系或每次成交概率评估有一行，"
            "本页即可说明丢单前的征兆以及哪些未结束线索出现了它。",
        )
    return None


def _half_off(known: Known) -> tuple[Text, ...]:
    lacking = []
    if "interactions" not in known.tables:
        lacking.append(
            Text("Silence is not judged: no contacts are given.", "未评判沉默：没有联系记录。")
        )
    if "assessments" not in known.tables:
        lacking.append(
            Text(
                "Falling probabilities are not judged: no assessments are given.",
                "未评判概率下跌：没有评估记录。",
            )
        )
    return tuple(lacking)


def _days(settings: Config) -> list[int]:
    return sorted({*WEEKLY, *(day for day in settings.early_call_days if day > 0)})


def _places(settings: Config) -> list[tuple[int, int]]:
    """List (day, horizon): early days with the full horizon, the shown day with shorter ones."""
    full = {(day, settings.horizon_days) for day in settings.early_call_days}
    return sorted(full | {(_shown_day(settings), horizon) for horizon in _horizons(settings)})


def _horizons(settings: Config) -> tuple[int, ...]:
    return (*SHORT_HORIZONS, settings.horizon_days)


def _shown_day(settings: Config) -> int:
    """Choose the day at which shares are told: 30 where it is looked at, else the middle one."""
    days = sorted(settings.early_call_days)
    return SHOWN_DAY if SHOWN_DAY in days else days[len(days) // 2]


def _parts(known: Known, checks: ir.Table, settings: Config) -> list[ir.Table]:
    """Read the signs that the source allows at these checks."""
    parts = []
    if "interactions" in known.tables:
        reached = known.has("interactions", "reached")
        parts.append(contact_signs(checks, known.table("interactions"), reached_known=reached))
    if "assessments" in known.tables:
        tracks = settings.tracks
        limits = SignLimits(
            drawdown=tracks.drawdown,
            sudden_drop=tracks.sudden_drop,
            reversal_step=tracks.reversal_step,
            n_reversals=tracks.n_reversals,
        )
        parts.append(probability_signs(checks, known.table("assessments"), limits=limits))
    return parts


def _standing(hazards: Sequence[Estimate], q: float) -> tuple[str, ...]:
    """Name the signs after which leads are lost faster, as far as that stands, strongest first."""
    rows = [
        row
        for row in hazards
        if is_finding(row, q)
        and (row.estimate or 0.0) > 0
        and read_segment(row.segment)["cause"] == "lost"
    ]
    ordered = sorted(rows, key=lambda row: -(row.estimate or 0.0))
    return tuple(read_segment(row.segment)["sign"] for row in ordered)


def _open_now(known: Known, settings: Config, standing: tuple[str, ...]) -> _OpenNow:
    if known.stale is not None:
        return _OpenNow(standing=standing)
    leads = open_leads(known.table("leads"))
    parts = _parts(known, check_now(leads, as_of=known.as_of), settings)
    frame = open_signs(leads, parts, as_of=known.as_of)
    purpose = Text(
        "Open leads that show a sign which went before losses in the past: look at each; the list "
        "is a hint, your knowledge of the customer decides.",
        "出现过往丢单前征兆的未结束线索：请逐条查看；名单仅为提示，以您对客户的了解为准。",
    )
    rows = open_deals_list(frame, standing)
    spared = rows["customer_id"].isin(_not_to_contact(known))
    if spared.any():
        n = number_text(int(spared.sum()))
        purpose = purpose + Text(
            f" Not listed: {n} that show a sign, of customers who asked for no more contact or "
            "have left.",
            f"未列入：{n} 条出现征兆，但客户已要求不再联系或已离开。",
        )
    kept = rows[~spared].reset_index(drop=True)
    return _OpenNow(
        estimates=sign_counts_now(frame, standing or ()),
        lists=(ActionList(name="open_deals", frame=kept, purpose=purpose),),
        standing=standing,
    )


def _not_to_contact(known: Known) -> frozenset[str]:
    """Name the customers who asked for no more contact, or who left, by the end of as_of."""
    columns = [name for name in ("opted_out_at", "left_at") if known.has("customers", name)]
    if not columns:
        return frozenset()
    return customers_gone(known.table("customers"), columns=columns, as_of=known.as_of)


def _headline(estimates: Sequence[Estimate], now: _OpenNow, *, q: float) -> Text:
    tested = [row for row in estimates if row.p_adj is not None]
    if not any(is_finding(row, q) for row in tested):
        return Text(
            f"No regularity found: none of {number_text(len(tested))} questions about silence and "
            "falling probabilities stands after correction, so no open lead is listed.",
            f"没有发现规律：关于沉默与概率下跌的 {number_text(len(tested))} 个问题经校正均不成立，"
            "因此不列出任何未结束线索。",
        )
    if not now.standing:
        return Text(
            "Some signs go with how leads end, none with faster loss, so no open lead is listed.",
            "有征兆与线索结局有关，但没有一项与更快丢单有关，因此不列出任何未结束线索。",
        )
    words = SIGNS[now.standing[0]].label
    lead = Text(
        f"Losses are preceded most clearly by “{words.en}”",
        f"丢单前最明显的征兆是“{words.zh}”",
    )
    n_any = _count(now, ANY_SIGN)
    if n_any is None:
        return lead + Text("; no list, because the data are not fresh.", "；数据不够新，不列名单。")
    return lead + Text(
        f"; {number_text(n_any.estimate or 0)} of {number_text(n_any.n or 0)} open leads show a "
        "sign now.",
        f"；目前 {number_text(n_any.n or 0)} 条未结束线索中有 "
        f"{number_text(n_any.estimate or 0)} 条出现征兆。",
    )


def _count(now: _OpenNow, sign: str) -> Estimate | None:
    return next((row for row in now.estimates if row.segment == f"sign={sign}"), None)


def _cards(estimates: Sequence[Estimate], now: _OpenNow, place: tuple[int, int]) -> tuple[Kpi, ...]:
    cards = []
    for sign in (ANY_SIGN, *now.standing[:1]):
        row = _count(now, sign)
        if row is None:
            continue
        label = (
            Text("open leads that show a sign", "出现征兆的未结束线索")
            if sign == ANY_SIGN
            else Text(f"of these: {SIGNS[sign].label.en}", f"其中：{SIGNS[sign].label.zh}")
        )
        cards.append(
            Kpi(
                name=f"open_leads_{sign}_count",
                label=label,
                value=row.estimate,
                unit="count",
                good="down",
                estimate_key=row.key,
            )
        )
    return (*cards, *_share_cards(estimates, now, place))


def _share_cards(
    estimates: Sequence[Estimate], now: _OpenNow, place: tuple[int, int]
) -> tuple[Kpi, ...]:
    """Show the share lost with and without the clearest sign."""
    day, horizon = place
    cards = []
    for shown, words in (("yes", Text("with", "有")), ("no", Text("without", "无"))):
        for sign in now.standing[:1]:
            wanted = f"cause=lost;landmark_days={day};horizon_days={horizon};sign={sign}"
            row = next((row for row in estimates if row.segment == f"{wanted};shown={shown}"), None)
            if row is None:
                continue
            label = SIGNS[sign].label
            cards.append(
                Kpi(
                    name=f"lost_{shown}_{sign}_share",
                    label=Text(
                        f"lost in {horizon} days {words.en} “{label.en}” on day {day}",
                        f"第 {day} 天{words.zh}“{label.zh}”者 {horizon} 天内丢单",
                    ),
                    value=row.estimate,
                    unit="share",
                    estimate_key=row.key,
                )
            )
    return tuple(cards)


def _todo(now: _OpenNow) -> tuple[Text, ...]:
    if not now.standing:
        return (
            Text(
                "Go on recording contacts and probabilities when they happen; look again next "
                "month.",
                "继续及时记录联系与概率，下月再看。",
            ),
        )
    if not now.lists:
        return (
            Text(
                "Export again up to the as-of day: then open deals that show a sign are listed.",
                "请重新导出至截止日的数据：届时会列出出现征兆的未结束线索。",
            ),
        )
    return (
        Text(
            "Go through the list of open deals this week, those with most signs first.",
            "本周逐条查看未结束线索名单，征兆多者优先。",
        ),
        *(SIGNS[name].action for name in now.standing[:2]),
    )


def _rows_used(known: Known) -> dict[str, int]:
    used = known.row_counts.set_index("table")["n_known"]
    names = ("leads", "interactions", "assessments")
    return {name: int(used[name]) for name in names if name in used.index}
