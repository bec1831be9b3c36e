"""Notebook 10: why do we lose deals?

Decision: how leads end is told first, as competing endings with open leads censored; what goes
with losing is told only as far as it stands after correction for the number of questions asked.
What is said about losses stands beside what losing goes with, never instead of it. Each line of
analysis is a part of its own; here is chosen what leads.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from crm_analysis.answers.failure_contacts import contacts_part
from crm_analysis.answers.failure_evidence import family_table
from crm_analysis.answers.failure_headline import answer_text, leading, standing_answers
from crm_analysis.answers.failure_measures import once_a_measure
from crm_analysis.answers.failure_outcomes import outcome_cards, outcome_picture, outcome_table
from crm_analysis.answers.failure_profile import profile_part
from crm_analysis.answers.failure_reasons import read_reasons, reasons_part
from crm_analysis.answers.failure_revealed import revealed_landmark, revealed_part
from crm_analysis.answers.failure_verdict import verdict_part, verdict_text
from crm_analysis.answers.part import Part, Told, unique_rows
from crm_analysis.answers.reason_coding import coding_part
from crm_analysis.deals.outcomes import HORIZONS_DAYS, leads_counts, outcome_estimates
from crm_analysis.deals.profile.factors import factor_table
from crm_analysis.deals.revealed.counterparts import counterpart_frame
from crm_analysis.estimates import Estimate
from crm_analysis.language import Text
from crm_analysis.results import NotebookResult
from crm_analysis.survival.risk_table import risk_table
from crm_analysis.survival.spells import lead_spells

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

NOTEBOOK = "10_failure_causes"
MOST_FINDINGS = 7


def answer(known: Known, config: Config | None = None) -> NotebookResult:
    """Why do we lose deals: how they end, what goes with it, and what is said about it?

    Parameters
    ----------
    known : Known
        The as-of views; needs `leads`, uses all tables that say something about leads.
    config : Config, optional
        Settings; None means those of the source.

    Returns
    -------
    NotebookResult
        Cumulative incidence of lost, won and void; contact habits at landmarks with the naive
        total beside them; endings by people, products and profile; stated reasons, corrected by
        callbacks, against what losing goes with; whether all of it together tells later losses.
        At most seven findings that stand in their family.
    """
    settings = known.config if config is None else config
    if "leads" not in known.tables:
        return _off(known)
    risk = risk_table(lead_spells(known.table("leads"), as_of=known.observed_until))
    if risk.empty:
        return _empty(known)
    days, alpha = settings.horizon_days, settings.alpha
    outcomes = outcome_estimates(risk, horizons_days=(*HORIZONS_DAYS, days), alpha=alpha)
    parts = _parts(known, settings)
    estimates = unique_rows(
        (*outcomes, *leads_counts(risk), *(row for part in parts for row in part.estimates))
    )
    of_parts = once_a_measure([part.told for part in parts], estimates, q=settings.fdr_q)
    every = [one for part in of_parts for one in part]
    brief = answer_text(estimates, every, days=days, q=settings.fdr_q)
    standing = standing_answers(estimates, q=settings.fdr_q)
    told = _chosen(of_parts, leading(every, standing))
    stale = () if known.stale is None else (known.stale,)
    return NotebookResult(
        notebook=NOTEBOOK,
        as_of=known.as_of,
        status="weak" if stale else "ok",
        headline=_headline(brief, estimates, alpha=alpha),
        brief=brief + Text(".", "。"),
        findings=tuple(one.finding for one in told),
        kpis=outcome_cards(estimates, days),
        estimates=estimates,
        tables=(
            outcome_table(estimates, alpha=alpha),
            *family_table(estimates, q=settings.fdr_q),
            *(table for part in parts for table in part.tables),
        ),
        appendix=tuple(table for part in parts for table in part.appendix),
        pictures=(
            *outcome_picture(risk, estimates, days, alpha),
            *(picture for part in parts for picture in part.pictures),
        ),
        lists=tuple(one for part in parts for one in part.lists),
        does_not_show=(
            *_LIMITS,
            *dict.fromkeys(text for part in parts for text in part.does_not_show),
            *stale,
        ),
        todo=_todo(told),
        rows=_rows_used(known),
    )


def _parts(known: Known, settings: Config) -> tuple[Part, ...]:
    """Make the lines of analysis in the order in which the page tells them."""
    contacts = contacts_part(known, settings)  # while no other frame of all leads is held
    read = read_reasons(known, settings)
    factors = factor_table(known, min_cell=settings.min_cell, codebook=read.codebook)
    profile = profile_part(known, settings, factors=factors)
    said = reasons_part(known, settings, read)
    coding = coding_part(read.coded, read.codebook, settings)
    landmark_days = revealed_landmark(settings)
    frame = counterpart_frame(known, landmark_days=landmark_days)
    revealed = revealed_part(
        frame, settings, stated=read.shares, stating=read.stating, names=read.names
    )
    verdict = verdict_part(
        known, settings, frame=frame, factors=factors, landmark_days=landmark_days
    )
    return (contacts, said, coding, revealed, profile, verdict)


def _chosen(parts: Sequence[Sequence[Told]], first: Sequence[Told]) -> list[Told]:
    """Take what the headline names, then the clearest of each part, then the second of each."""
    turns = (one for turn in zip_longest(*parts) for one in turn if one)
    picked = set([*dict.fromkeys(id(one) for one in (*first, *turns))][:MOST_FINDINGS])
    return [one for part in parts for one in part if id(one) in picked]


def _rows_used(known: Known) -> dict[str, int]:
    names = ("leads", "interactions", "assessments", "reasons", "customers", "issues")
    used = known.row_counts.set_index("table")["n_known"]
    return {name: int(used[name]) for name in (*names, "order_lines") if name in used.index}


def _todo(told: Sequence[Told]) -> tuple[Text, ...]:
    if told:
        return tuple(dict.fromkeys(one.finding.action for one in told))[:4]
    return (
        Text(
            "Change nothing because of this page; look again when about twice as many leads have "
            "ended.",
            "不要因本页作任何改变；待结束的线索约增加一倍后再看。",
        ),
    )


_LIMITS = (
    Text(
        "What goes together need not follow from one another: nothing here was tested against a "
        "control group.",
        "同时出现不等于因果：此处没有对照组检验。",
    ),
    Text(
        "The share of closed leads that were lost is not a probability: open leads are missing "
        "from it.",
        "已结束线索中的丢单占比不是概率：其中不含未结束的线索。",
    ),
)


def _off(known: Known) -> NotebookResult:
    return NotebookResult(
        notebook=NOTEBOOK,
        as_of=known.as_of,
        status="off",
        headline=Text(
            "The source has no leads, so nothing can be said about lost deals. With one row per "
            "lead (opened, closed, status) this page shows how leads end and what goes with it.",
            "数据源没有线索表，无法说明丢单情况。若每条线索有一行（开启、结束、状态），"
            "本页即可说明线索如何结束及相关因素。",
        ),
    )


def _empty(known: Known) -> NotebookResult:
    return NotebookResult(
        notebook=NOTEBOOK,
        as_of=known.as_of,
        status="not_estimable",
        headline=Text(
            "No lead has usable opening and closing days yet, so no share can be given. One "
            "hundred dated leads would be enough for a first answer.",
            "尚无线索具有可用的开启和结束日期，无法给出占比。约一百条有日期的线索即可给出初步答案。",
        ),
    )


def _headline(brief: Text, estimates: Sequence[Estimate], *, alpha: float) -> Text:
    """Say beside the answer whether losses can be foretold."""
    skill = [row for row in estimates if row.quantity == "forecast_auc"]
    verdict = verdict_text(skill[0], alpha=alpha) if skill else Text("", "")
    return brief + verdict + Text(".", "。")
