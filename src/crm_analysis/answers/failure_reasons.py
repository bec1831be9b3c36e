"""What is said about lost deals, and how far can it be believed? (M02)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.answers.part import Part
from crm_analysis.answers.reason_appendix import (
    code_agreement_table,
    months_picture,
    months_table,
    sensitivity_table,
    stay_table,
    unread_table,
)
from crm_analysis.answers.reason_exhibits import (
    agreement_table,
    shares_picture,
    shares_table,
    sources_table,
)
from crm_analysis.answers.reason_findings import limits, reason_findings
from crm_analysis.answers.reason_segments import (
    churn_table,
    rare_segments_table,
    segment_finding,
    segments_table,
    trend_table,
)
from crm_analysis.estimates import Estimate, adjust_families
from crm_analysis.language import Text
from crm_analysis.reasons import credibility
from crm_analysis.reasons.agreement import (
    Agreement,
    by_band,
    cohen,
    fleiss,
    late_difference,
    per_code,
)
from crm_analysis.reasons.codebook import Codebook, codebook_of
from crm_analysis.reasons.coding import code_reasons
from crm_analysis.reasons.correction import CALLBACK_ERRORS, paired_shares
from crm_analysis.reasons.double_sampling import weighted_sample
from crm_analysis.reasons.frame import reasons_frame
from crm_analysis.reasons.nowcast import nowcast
from crm_analysis.reasons.provenance import batch_days, by_source, unread_counts
from crm_analysis.reasons.question_format import format_effects
from crm_analysis.reasons.rare_levels import rare_level_estimates
from crm_analysis.reasons.readers import coder_pairs, source_counts
from crm_analysis.reasons.reports import REP_SOURCES, band_names, readable, reports
from crm_analysis.reasons.segments import (
    churn_estimates,
    segment_estimates,
    segment_frame,
    trend_estimates,
)
from crm_analysis.reasons.to_code import lost_reasons_to_code
from crm_analysis.results import ActionList
from crm_analysis.source.frames import collect

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

_TO_CODE = Text(
    "Reasons to read and code, the most informative first: fill in code_a (and code_b), then "
    "`crm-analysis codes import`.",
    "待阅读并编码的原因，信息量大的在前：填写 code_a（及 code_b），然后运行 "
    "`crm-analysis codes import`。",
)
_NO_REASONS = Text(
    "What is said about lost deals is not shown: the source has no stated reasons of lost deals. "
    "With one row per reason (who said it, when it was typed, the text) this page shows them.",
    "未显示丢单的陈述原因：数据源没有丢单原因。若每条原因有一行（来源、录入时间、原文），"
    "本页即可显示。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReasons:
    """The stated reasons of lost deals with their codes.

    Parameters
    ----------
    coded : DataFrame
        One row a reason, as `reasons.coding.code_reasons` hands it over.
    pairs : DataFrame
        One row a lost deal: the seller's note beside the callback.
    shares : DataFrame
        Shares by code, from `reasons.correction.paired_shares`.
    stating : DataFrame
        lead_id and code, one row per reason stated of a lost lead.
    names : mapping of str to Text
        The codebook's label of each code.
    """

    coded: pd.DataFrame
    pairs: pd.DataFrame
    shares: pd.DataFrame
    stating: pd.DataFrame
    codebook: Codebook
    names: Mapping[str, Text] = field(default_factory=dict)


def read_reasons(
    known: Known, settings: Config, *, codebook: Codebook | None = None, seed: int = 0
) -> ReadReasons:
    """Code the stated reasons and count their shares.

    Parameters
    ----------
    known, settings : Known, Config
        The as-of views and the settings in force.
    codebook : Codebook, optional
        The codes; None means those that the settings name.
    seed : int
        Of the bootstrap.
    """
    book = codebook or codebook_of(settings)
    coded = code_reasons(reasons_frame(known), book)
    pairs = reports(coded, late_days=settings.late_reason_days)
    lost = coded[(coded["about"] == "lead_loss") & coded["lead_id"].notna()]
    stating = lost[["lead_id", "codes"]].explode("codes").rename(columns={"codes": "code"})
    shares = paired_shares(
        pairs,
        min_events=settings.min_events,
        n_boot=settings.n_boot,
        alpha=settings.alpha,
        seed=seed,
    )
    return ReadReasons(
        coded=coded,
        pairs=pairs,
        shares=shares,
        stating=stating.dropna().drop_duplicates(ignore_index=True),
        codebook=book,
        names={code: book.label(code) for code in (*book.codes, "unclassified")},
    )


def reasons_part(
    known: Known, settings: Config, read: ReadReasons | None = None, *, seed: int = 0
) -> Part:
    """Tell what is said about lost deals, corrected where callbacks allow it.

    Parameters
    ----------
    known, settings : Known, Config
        The as-of views and the settings in force.
    read : ReadReasons, optional
        From `read_reasons`; None reads them.
    seed : int
        Of bootstrap and permutations.

    Returns
    -------
    Part
        Shares as noted, corrected and called back; agreement; where the reasons come from; the
        recent months completed; the list of reasons to code.
    """
    given = read or read_reasons(known, settings, seed=seed)
    if given.shares.empty:
        left = churn_estimates(given.coded, alpha=settings.alpha)
        return Part(
            estimates=left,
            appendix=churn_table(left, given.names, alpha=settings.alpha),
            does_not_show=(_NO_REASONS,),
            lists=_lists(known, given),
        )
    losses = given.coded[given.coded["about"] == "lead_loss"]
    measured = _measured(known, given, losses, settings, seed=seed)
    names, q, alpha = given.names, settings.fdr_q, settings.alpha
    months = _months(known, given.pairs, alpha=alpha, seed=seed)
    estimates = adjust_families((*measured.rows, *credibility.nowcast_estimates(months)))
    batches = batch_days(
        losses[losses["source"].isin(REP_SOURCES)], late_days=settings.late_reason_days
    )
    return Part(
        estimates=estimates,
        told=(
            *reason_findings(estimates, given.shares, names, q=q),
            *segment_finding(estimates, names, q=q),
        ),
        tables=(
            shares_table(given.shares, names, alpha=alpha),
            *sources_table(measured.sources),
            *agreement_table(measured.kappas, alpha=alpha),
        ),
        appendix=(
            *code_agreement_table(measured.codes, names, alpha=alpha),
            *sensitivity_table(given.shares, measured.errors, names),
            *months_table(months),
            *unread_table(unread_counts(losses)),
            *segments_table(estimates, names, q=q, alpha=alpha),
            *rare_segments_table(estimates, names, alpha=alpha),
            *trend_table(estimates, names, q=q, alpha=alpha),
            *churn_table(estimates, names, alpha=alpha),
            *stay_table(given.coded, names),
        ),
        pictures=(
            shares_picture(given.shares, names, alpha=alpha),
            *months_picture(months, alpha=alpha),
        ),
        lists=_lists(known, given),
        does_not_show=limits(given.shares, measured.kappas, batches),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """All that is measured of the stated reasons but the recent months."""

    rows: tuple[Estimate, ...]
    sources: pd.DataFrame
    kappas: Mapping[tuple[str, str], Agreement]
    codes: pd.DataFrame
    errors: Mapping[float, pd.DataFrame]


def _measured(
    known: Known, given: ReadReasons, losses: pd.DataFrame, settings: Config, *, seed: int
) -> _Measured:
    alpha, late_days = settings.alpha, settings.late_reason_days
    bands = band_names(late_days)
    kappas = _kappas(given, losses, bands, alpha=alpha)
    of_bands = {band: one for (who, band), one in kappas.items() if who == "rep_callback" and band}
    read = readable(given.pairs)
    both = read[read["rep"].notna() & read["callback"].notna()]
    codes = per_code(list(both["rep"]), list(both["callback"]), alpha=alpha)
    sources = by_source(losses, late_days=late_days)
    sample = weighted_sample(given.pairs)
    errors = {
        error: paired_shares(
            given.pairs, min_events=settings.min_events, n_boot=settings.n_boot, alpha=alpha,
            callback_error=error, seed=seed, sample=sample,
        )
        for error in CALLBACK_ERRORS
    }  # fmt: skip
    rows = (
        *credibility.share_estimates(given.shares, alpha=alpha),
        *(
            row
            for error, shares in errors.items()
            for row in credibility.sensitivity_estimates(shares, error=error)
        ),
        *credibility.kappa_estimates(kappas),
        *credibility.late_estimate(late_difference(of_bands, bands), alpha=alpha),
        *credibility.format_estimates(format_effects(losses, seed=seed)),
        *credibility.source_estimates(sources, late_days=late_days),
        *credibility.unread_estimates(unread_counts(losses)),
        *_of_segments(known, given, settings),
        *_coverage(known, given.pairs),
    )  # fmt: skip
    return _Measured(rows=rows, sources=sources, kappas=kappas, codes=codes, errors=errors)


def _of_segments(known: Known, given: ReadReasons, settings: Config) -> tuple[Estimate, ...]:
    """Compare the notes of segments and quarters, and count why customers left."""
    frame, alpha = segment_frame(known, given.coded), settings.alpha
    return (
        *segment_estimates(frame, min_events=settings.min_events, alpha=alpha),
        *rare_level_estimates(
            frame, min_events=settings.min_events, min_cell=settings.min_cell, alpha=alpha
        ),
        *trend_estimates(
            frame, as_of=known.as_of, prompt_days=settings.late_reason_days[0],
            min_events=settings.min_events, alpha=alpha,
        ),
        *churn_estimates(given.coded, alpha=alpha),
    )  # fmt: skip


def _kappas(
    given: ReadReasons, losses: pd.DataFrame, bands: Sequence[str], *, alpha: float
) -> dict[tuple[str, str], Agreement]:
    """Return agreement by readers and band of delay ("" for all)."""
    first, second = coder_pairs(given.coded, given.codebook)
    read = readable(given.pairs)
    both = read[read["rep"].notna() & read["callback"].notna()]
    return {
        ("coders", ""): cohen(first, second, alpha=alpha),
        ("rep_callback", ""): cohen(list(both["rep"]), list(both["callback"]), alpha=alpha),
        **{("rep_callback", band): one for band, one in by_band(read, bands, alpha=alpha).items()},
        ("all_sources", ""): fleiss(source_counts(losses), alpha=alpha),
    }


def _coverage(known: Known, pairs: pd.DataFrame) -> tuple[Estimate, ...]:
    """Count the lost leads for which sales noted a reason."""
    if "leads" not in known.tables:
        return ()
    leads = known.table("leads")
    lost = set(collect(leads.filter(leads.status == "lost").select("lead_id"))["lead_id"])
    n_noted = int(pairs["subject"][pairs["rep"].notna()].isin(lost).sum())
    return (credibility.counted_share("lost_leads_with_reason_share", n_noted, len(lost)),)


def _months(known: Known, pairs: pd.DataFrame, *, alpha: float, seed: int) -> pd.DataFrame:
    """Complete the sellers' reasons of the last months, at most one a lost lead."""
    losses = None
    if "leads" in known.tables:
        leads = known.table("leads")
        lost = leads.filter(leads.status == "lost")
        closed = lost.select(year=lost.closed_at.year(), month=lost.closed_at.month())
        counts = collect(closed.group_by("year", "month").agg(n=closed.count()))
        losses = {
            f"{row['year']}-{row['month']:02d}": int(row["n"]) for row in counts.to_dict("records")
        }
    return nowcast(pairs, as_of=known.as_of, losses=losses, alpha=alpha, seed=seed)


def _lists(known: Known, given: ReadReasons) -> tuple[ActionList, ...]:
    """List the reasons to code, unless the data are stale."""
    if known.stale is not None or given.coded.empty:
        return ()
    frame = lost_reasons_to_code(given.coded, as_of=known.as_of)
    if frame.empty:
        return ()
    return (ActionList(name="lost_reasons_to_code", frame=frame, purpose=_TO_CODE),)
