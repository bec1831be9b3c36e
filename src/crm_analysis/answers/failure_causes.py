"""Notebook 10: why do we lose deals?

Decision: how leads end is told first, as competing endings with open leads censored; what goes
with losing is told only as far as it stands after correction for the number of questions asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.answers.failure_evidence import (
    contact_picture,
    contact_table,
    factor_table_shown,
    family_table,
)
from crm_analysis.answers.failure_findings import indicator_findings, profile_findings
from crm_analysis.answers.failure_levels import level_picture
from crm_analysis.answers.failure_outcomes import (
    outcome_cards,
    outcome_picture,
    outcome_table,
    share_pair,
)
from crm_analysis.answers.part import Told
from crm_analysis.deals.factors import FactorTable, factor_table
from crm_analysis.deals.indicators import (
    LandmarkFrames,
    indicator_estimates,
    naive_estimates,
    whole_life_frame,
)
from crm_analysis.deals.levels import POOLED, pooled_levels
from crm_analysis.deals.outcomes import (
    HORIZONS_DAYS,
    leads_counts,
    outcome_estimates,
)
from crm_analysis.deals.profile import Limits, profile_estimates
from crm_analysis.deals.sizes import level_shares
from crm_analysis.estimates import Estimate, adjust_families, is_finding, read_segment
from crm_analysis.language import Text, number_text
from crm_analysis.results import NotebookResult, Picture
from crm_analysis.survival.risk_table import risk_table
from crm_analysis.survival.spells import lead_spells

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

NOTEBOOK = "10_failure_causes"


def answer(known: Known, config: Config | None = None) -> NotebookResult:
    """Why do we lose deals: how they end, and what goes with losing?

    Parameters
    ----------
    known : Known
        The as-of views; needs `leads`, uses `interactions`, `customers` and `order_lines`.
    config : Config, optional
        Settings; None means those of the source.

    Returns
    -------
    NotebookResult
        Cumulative incidence of lost, won and void; hazards by interaction indicator at each
        landmark with the naive total beside them; endings by representative, product, customer
        and profile; findings that stand in their family.
    """
    settings = known.config if config is None else config
    if "leads" not in known.tables:
        return _off(known)
    risk = risk_table(lead_spells(known.table("leads"), as_of=known.observed_until))
    if risk.empty:
        return _empty(known)
    horizons = (*HORIZONS_DAYS, settings.horizon_days)
    outcomes = outcome_estimates(risk, horizons_days=horizons, alpha=settings.alpha)
    contacts = _contacts(known, settings, one_day=risk["time_days"].nunique() < 2)
    factors = factor_table(known, min_cell=settings.min_cell)
    profile = profile_estimates(factors, limits=_limits(settings))
    told = _told(contacts, (factors, profile), settings)
    shares = _level_shares(factors, profile, settings)
    sizes = [row for one in told if one.size is not None for row in one.size.rows]
    estimates = _unique(
        (*outcomes, *leads_counts(risk), *contacts.estimates, *profile, *sizes, *shares.rows)
    )
    n_tests = sum(row.p_adj is not None for row in estimates)
    stale = () if known.stale is None else (known.stale,)
    return NotebookResult(
        notebook=NOTEBOOK,
        as_of=known.as_of,
        status="weak" if stale else "ok",
        headline=_headline(estimates, told, n_tests=n_tests, days=settings.horizon_days),
        findings=tuple(one.finding for one in told),
        kpis=outcome_cards(estimates, settings.horizon_days),
        estimates=estimates,
        tables=(
            outcome_table(estimates, alpha=settings.alpha),
            *family_table(estimates, q=settings.fdr_q),
            *contact_table(estimates, alpha=settings.alpha),
            *factor_table_shown(estimates, factors, q=settings.fdr_q),
        ),
        pictures=(
            *outcome_picture(risk, estimates, settings.horizon_days, settings.alpha),
            *contact_picture(estimates, q=settings.fdr_q, alpha=settings.alpha),
            *shares.pictures,
        ),
        does_not_show=(*_LIMITS, *contacts.off, *factors.off, *stale),
        todo=_todo(told),
        rows=_rows_used(known),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contacts:
    """What contact habits say, the frames they were read from, or why they say nothing."""

    estimates: tuple[Estimate, ...] = ()
    frames: Mapping[int, pd.DataFrame] = field(default_factory=dict)
    off: tuple[Text, ...] = ()


def _contacts(known: Known, settings: Config, *, one_day: bool) -> _Contacts:
    if "interactions" not in known.tables:
        return _Contacts(off=(_NO_CONTACTS,))
    if one_day:
        return _Contacts(off=(_NO_DURATIONS,))
    leads, interactions = known.table("leads"), known.table("interactions")
    frames = LandmarkFrames(
        leads, interactions, days=settings.landmark_days, as_of=known.observed_until
    )
    at_landmarks = indicator_estimates(frames, min_events=settings.min_events, alpha=settings.alpha)
    naive = naive_estimates(
        whole_life_frame(leads, interactions, as_of=known.observed_until),
        min_events=settings.min_events,
        alpha=settings.alpha,
    )
    adjusted = adjust_families(at_landmarks)
    return _Contacts(estimates=(*adjusted, *naive), frames=frames)


def _limits(settings: Config) -> Limits:
    return Limits(
        min_cell=settings.min_cell,
        min_events=settings.min_events,
        fdr_q=settings.fdr_q,
        alpha=settings.alpha,
    )


def _told(
    contacts: _Contacts, profile: tuple[FactorTable, tuple[Estimate, ...]], settings: Config
) -> list[Told]:
    """Tell what stands, contact habits and profile, the clearest of each."""
    habits = indicator_findings(
        contacts.estimates,
        contacts.frames,
        q=settings.fdr_q,
        horizon_days=settings.horizon_days,
        alpha=settings.alpha,
    )
    table, rows = profile
    return habits + profile_findings(
        rows,
        table,
        q=settings.fdr_q,
        min_cell=settings.min_cell,
        horizon_days=settings.horizon_days,
        alpha=settings.alpha,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Levels:
    """Shares lost by level of the factor that is drawn."""

    rows: tuple[Estimate, ...] = ()
    pictures: tuple[Picture, ...] = ()


def _level_shares(factors: FactorTable, profile: tuple[Estimate, ...], settings: Config) -> _Levels:
    """Draw the factor with the clearest difference; a chance difference is drawn as such."""
    tested = [
        row for row in profile if row.quantity == "ending_kind_chi2_per_df" and row.p is not None
    ]
    if not tested:
        return _Levels()
    first = min(tested, key=lambda row: (row.p or 0.0, row.segment))
    name = read_segment(first.segment)["factor"]
    label = next(factor.label for factor in factors.factors if factor.name == name)
    frame = pooled_levels(factors.frame, name, min_cell=settings.min_cell)
    rows = level_shares(frame, name, days=settings.horizon_days, alpha=settings.alpha)
    standing = {
        read_segment(row.segment)["level"]
        for row in profile
        if row.quantity == "log_loss_to_win_ratio"
        and is_finding(row, settings.fdr_q)
        and read_segment(row.segment)["factor"] == name
    }
    pooled = not frame.empty and (frame["level"] == POOLED).any()
    pictures = level_picture(
        rows,
        label,
        standing=standing,
        days=settings.horizon_days,
        alpha=settings.alpha,
        n_left_out=0 if pooled or frame.empty else int(frame["n_pooled"].iloc[0]),
    )
    return _Levels(rows=tuple(rows), pictures=pictures)


def _unique(rows: Sequence[Estimate]) -> tuple[Estimate, ...]:
    """Keep the first row of each key: a share may be cited by a finding and by a picture."""
    return tuple({row.key: row for row in reversed(rows)}.values())[::-1]


def _rows_used(known: Known) -> dict[str, int]:
    names = ("leads", "interactions", "customers", "order_lines")
    used = known.row_counts.set_index("table")["n_known"]
    return {name: int(used[name]) for name in names if name in used.index}


def _todo(told: Sequence[Told]) -> tuple[Text, ...]:
    if told:
        return tuple(dict.fromkeys(one.finding.action for one in told))[:3]
    return (
        Text(
            "Change nothing because of this page; look again when about twice as many leads have "
            "ended.",
            "不要因本页作任何改变；待结束的线索约增加一倍后再看。",
        ),
    )


_NO_CONTACTS = Text(
    "Contact habits are not judged: the source has no interactions. With one row per contact "
    "(time, direction, channel) this page shows which habits go with losing.",
    "未评判联系习惯：数据源没有联系记录。若每次联系有一行（时间、方向、渠道），"
    "本页即可说明哪些习惯与丢单有关。",
)
_NO_DURATIONS = Text(
    "Contact habits are not judged: all leads have the same number of days, so nothing can be said "
    "about before and after.",
    "未评判联系习惯：所有线索天数相同，无法区分先后。",
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


def _headline(
    estimates: tuple[Estimate, ...], told: Sequence[Told], *, n_tests: int, days: int
) -> Text:
    """Say in one sentence what goes with losing, or that nothing does."""
    shares = share_pair(estimates, days)
    if not n_tests:
        return Text(f"How leads end: {shares.en}.", f"线索结局：{shares.zh}。")
    if not told:
        return Text(
            f"No regularity found: of {number_text(n_tests)} questions about what goes with losing "
            f"none stands after correction; {shares.en}.",
            f"没有发现规律：就丢单相关因素提出的 {number_text(n_tests)} 个问题经校正均不成立；"
            f"{shares.zh}。",
        )
    en = " and ".join(f"“{one.name.en}”" for one in _leading(told))
    zh = "和".join(f"“{one.name.zh}”" for one in _leading(told))
    return Text(
        f"Losing goes with {en} (seen together, not tested against a control group); {shares.en}.",
        f"丢单与{zh}同时出现（未经对照检验）；{shares.zh}。",
    )


def _leading(told: Sequence[Told]) -> list[Told]:
    """Name the clearest contact habit and the clearest profile factor."""
    habits = [one for one in told if (one.finding.estimate_key or ("",))[0] == "M03"]
    others = [one for one in told if one not in habits]
    return [*habits[:1], *others[:1]]
