"""Which signs go before a loss? The five signs at weekly checks, hazards and shares (M04)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis.expr.types as ir
import pandas as pd

from crm_analysis.answers.loss_exhibits import (
    Place,
    share_picture,
    sign_findings,
    sign_picture,
    sign_table,
    told_place,
    track_picture,
)
from crm_analysis.answers.part import Part, Told
from crm_analysis.deals.signs import (
    SIGNS,
    SignLimits,
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
from crm_analysis.language import Text

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

SHOWN_DAY = 30
SHORT_HORIZONS = (14, 30, 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSigns:
    """The signs at weekly checks of all leads.

    Parameters
    ----------
    part : Part
        What is told of them.
    standing : tuple of str
        Signs after which leads are lost faster, as far as that stands, strongest first.
    place : tuple of int
        Day and horizon at which shares are told.
    """

    part: Part
    standing: tuple[str, ...]
    place: Place


def read_signs(known: Known, settings: Config) -> ReadSigns:
    """Read the signs at weekly checks, and test which of them go before a loss.

    Parameters
    ----------
    known, settings : Known, Config
        The as-of views and the settings in force; interactions or assessments are needed.
    """
    leads = known.table("leads")
    checks = checks_at(leads, days=_days(settings), as_of=known.observed_until)
    parts = sign_parts(known, checks, settings)
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
    estimates = (*hazards, *shares)
    place = told_place(estimates, _shown_day(settings), _horizons(settings))
    standing = _standing(hazards, settings.fdr_q)
    return ReadSigns(
        part=_part(known, settings, estimates, place=place, standing=standing),
        standing=standing,
        place=place,
    )


def sign_parts(known: Known, checks: ir.Table, settings: Config) -> list[ir.Table]:
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


def _part(
    known: Known,
    settings: Config,
    estimates: tuple[Estimate, ...],
    *,
    place: Place,
    standing: tuple[str, ...],
) -> Part:
    q, alpha = settings.fdr_q, settings.alpha
    tracks = (
        mean_tracks(known.table("leads"), known.table("assessments"))
        if "assessments" in known.tables
        else pd.DataFrame()
    )
    by_key = {row.key: row for row in estimates}
    told = [
        Told(
            finding=finding,
            name=SIGNS[read_segment(by_key[finding.estimate_key].segment)["sign"]].label,
            size=None,
            strength=abs(by_key[finding.estimate_key].estimate or 0.0),
        )
        for finding in sign_findings(estimates, place, q=q)
        if finding.estimate_key is not None
    ]
    return Part(
        estimates=estimates,
        told=tuple(told),
        tables=(sign_table(estimates, place, q=q, alpha=alpha),),
        pictures=(
            *sign_picture(estimates, q=q, alpha=alpha),
            *share_picture(estimates, place, standing=standing, alpha=alpha),
            *track_picture(tracks),
        ),
        does_not_show=(*_LIMITS, *_half_off(known)),
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
