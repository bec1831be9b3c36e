"""Which tracks do closed deals take, and which of them end in losses? (M04, A-19 to A-23)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.answers.part import Part, Told
from crm_analysis.answers.track_types_drawn import type_picture
from crm_analysis.answers.track_types_shown import (
    JUDGED,
    agreement_text,
    cluster_table,
    type_row,
    type_table,
)
from crm_analysis.deals.typology.rules import TYPES, track_types
from crm_analysis.deals.typology.type_shares import loss_types
from crm_analysis.deals.typology.typology import Typology, typology
from crm_analysis.estimates import Estimate, claim
from crm_analysis.features.tracks import PROBABILITY, probability_track
from crm_analysis.features.windows import open_windows
from crm_analysis.language import Text, number_text, share_text
from crm_analysis.results import Finding
from crm_analysis.source.frames import collect

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known


def read_typology(known: Known, settings: Config) -> Typology | None:
    """Name the tracks of the closed deals; None where the source keeps no history of them."""
    if not {"leads", "assessments"} <= set(known.tables):
        return None
    return typology(
        known,
        settings.tracks,
        min_events=settings.min_events,
        n_boot=settings.n_boot,
        alpha=settings.alpha,
    )


def typology_part(known: Known, settings: Config, *, read: Typology | None = None) -> Part:
    """Tell the types of track, the share lost on each, and how far clusters agree.

    Parameters
    ----------
    known, settings : Known, Config
        The as-of views and the settings in force.
    read : Typology, optional
        From `read_typology`, where it was made before.

    Returns
    -------
    Part
        Shares by type, findings for the types that go with losses, table, picture; a limit that
        says what is missing where there is no history of probabilities or stages.
    """
    made = read_typology(known, settings) if read is None else read
    if made is None:
        return Part(does_not_show=(_NO_HISTORY,))
    q, alpha = settings.fdr_q, settings.alpha
    losing = loss_types(made.estimates, q=q)
    return Part(
        estimates=made.estimates,
        told=tuple(_told(kind, made.estimates) for kind in losing),
        tables=(type_table(made, settings.tracks, q=q, alpha=alpha),),
        appendix=cluster_table(made),
        pictures=type_picture(made, losing, least=settings.min_cell),
        does_not_show=_limits(made),
    )


def open_types(known: Known, settings: Config, read: Typology | None) -> pd.DataFrame:
    """On which track is each open deal, and does that track go with losses?

    Parameters
    ----------
    known, settings : Known, Config
        The as-of views and the settings in force.
    read : Typology or None
        From `read_typology`.

    Returns
    -------
    DataFrame
        lead_id, track_type, type_en, type_zh, is_loss; no rows where nothing is read.
    """
    columns = ["lead_id", "track_type", "type_en", "type_zh", "is_loss"]
    if read is None:
        return pd.DataFrame(columns=columns)
    limits = settings.tracks
    rows = probability_track(
        open_windows(known.table("leads"), as_of=known.as_of),
        known.table("assessments"),
        kind=read.kind,
        reversal_step=limits.reversal_step,
    )
    frame = collect(rows).sort_values("lead_id", ignore_index=True)
    kinds = track_types(frame, limits)
    losing = loss_types(read.estimates, q=settings.fdr_q)
    return pd.DataFrame(
        {
            "lead_id": frame["lead_id"],
            "track_type": kinds,
            "type_en": kinds.map(lambda kind: TYPES[kind].label.en),
            "type_zh": kinds.map(lambda kind: TYPES[kind].label.zh),
            "is_loss": kinds.isin(losing),
        },
        columns=columns,
    )


def _told(kind: str, estimates: Sequence[Estimate]) -> Told:
    """Tell a type that goes with more losses than the others."""
    share = type_row(estimates, "track_type_lost_share", kind)
    gap = type_row(estimates, "track_type_lost_difference", kind)
    label = TYPES[kind].label
    low, high = share_text(share.ci_lo or 0, 0), share_text(share.ci_hi or 0, 0)
    more = number_text(100 * (gap.estimate or 0.0))
    seen = claim(
        Text(f"The track “{label.en}”", f"“{label.zh}”的轨迹"),
        Text("losing", "丢单"),
        evidence=gap.evidence,
    )
    sizes = Text(
        f": {share_text(share.estimate or 0, 0)} of {number_text(share.n or 0)} closed deals on it "
        f"were lost ({low} to {high}), {more} points more than of deals on other tracks that were "
        "as old and as often assessed.",
        f"：{number_text(share.n or 0)} 条此类已结束商机中 {share_text(share.estimate or 0, 0)} "
        f"丢单（{low} 至 {high}），比时长和评估次数相近的其他轨迹高 {more} 个百分点。",
    )
    return Told(
        finding=Finding(
            sentence=seen + sizes,
            evidence=gap.evidence,
            action=TYPES[kind].action,
            status=gap.status,
            estimate_key=gap.key,
        ),
        name=Text(f"track: {label.en}", f"轨迹：{label.zh}"),
        size=None,
        strength=gap.estimate or 0.0,
    )


_NO_HISTORY = Text(
    "Tracks of deals are not told: the source keeps no history of deal probabilities or stages. "
    "With one row per change (the deal, the day, the probability or stage) this page would name "
    "the tracks that end in losses and the open deals that are on one.",
    "未说明商机轨迹：数据源没有成交概率或阶段的历史记录。若每次变动有一行（商机、日期、概率或阶段），"
    "本页即可指出以丢单告终的轨迹以及目前处于其上的未结束商机。",
)


def _limits(made: Typology) -> tuple[Text, ...]:
    what = JUDGED[made.kind]
    closed_only = Text(
        "Shares by track are of closed deals, read back from their end: they describe the past "
        "and are no probability of an open deal.",
        "各轨迹的占比仅就已结束商机、由结局回看：只描述过去，并非未结束商机的概率。",
    )
    instead = Text(
        f"There are too few deal probabilities: tracks are those of the {what.en}.",
        f"成交概率太少：轨迹为{what.zh}的轨迹。",
    )
    return (closed_only, agreement_text(made), *(() if made.kind == PROBABILITY else (instead,)))
