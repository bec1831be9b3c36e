"""The tracks of closed leads, named by rules, with the clusters that are found in them (M04).

Decisions:
* A representative may mark down what is lost already. Beside stands the same without what became
  known in the last `LAG_DAYS` days before the end.
* Clusters of the same tracks stand beside the rules: how far they agree is told, and where no
  number of clusters is stable there is none.
* Where there are too few probabilities, the history of stages is read by the same rules.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.config import Tracks
from crm_analysis.deals.typology.clusters import Clusters, stable_clusters
from crm_analysis.deals.typology.partitions import agreement
from crm_analysis.deals.typology.rules import TOO_FEW, TYPES, track_types
from crm_analysis.deals.typology.type_shares import type_estimates
from crm_analysis.estimates import Estimate, adjust_families, refuse, segment
from crm_analysis.features.relative_tracks import POINTS, relative_tracks
from crm_analysis.features.tracks import PROBABILITY
from crm_analysis.source.frames import collect

if TYPE_CHECKING:
    from crm_analysis.source.known import Known

LAG_DAYS = 7
MIN_TRACKS = 50
SEED = 20
KINDS = (PROBABILITY, "stage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Typology:
    """The closed leads with their types, and the clusters beside.

    Parameters
    ----------
    kind : str
        What was read: deal_probability, or stage where there are too few probabilities.
    closed : DataFrame
        One row per lost or won lead: `features.relative_tracks` and track_type.
    clusters : Clusters or None
        Of the typed leads, in their order; None where they are too few.
    estimates : tuple of Estimate
        Shares, differences, agreement and stability.
    """

    kind: str
    closed: pd.DataFrame
    clusters: Clusters | None
    estimates: tuple[Estimate, ...]

    @property
    def typed(self) -> pd.DataFrame:
        """The leads that have a type."""
        return typed(self.closed)


def typed(closed: pd.DataFrame) -> pd.DataFrame:
    """Leave out the leads of too few assessments."""
    return closed[closed["track_type"] != TOO_FEW]


def typology(
    known: Known, limits: Tracks, *, min_events: int, n_boot: int, alpha: float
) -> Typology | None:
    """On which tracks were the closed leads, and which of them went with a loss?

    Parameters
    ----------
    known : Known
        The as-of views; needs `leads` and `assessments`.
    limits : Tracks
        The thresholds of the rules.
    min_events, n_boot, alpha : int, int, float
        Of the settings.

    Returns
    -------
    Typology or None
        None where no closed lead has a track, of probabilities or of stages.
    """
    found = {kind: closed_tracks(known, limits, kind=kind) for kind in KINDS[:1]}
    if len(typed(found[PROBABILITY])) < MIN_TRACKS:
        found["stage"] = closed_tracks(known, limits, kind="stage")
    kind = max(found, key=lambda name: len(typed(found[name])))
    closed = found[kind]
    if typed(closed).empty:
        return None
    late = closed_tracks(known, limits, kind=kind, lag_days=LAG_DAYS)
    clusters = clusters_of(closed, least=limits.cluster_stability)
    estimates = (
        *type_estimates(closed, min_events=min_events, alpha=alpha),
        *_late_rows(late, min_events=min_events, alpha=alpha),
        *cluster_estimates(closed, clusters, n_boot=n_boot, alpha=alpha),
    )
    return Typology(
        kind=kind, closed=closed, clusters=clusters, estimates=adjust_families(estimates)
    )


def closed_tracks(known: Known, limits: Tracks, *, kind: str, lag_days: int = 0) -> pd.DataFrame:
    """Collect the closed leads with their tracks and types, in the order of their ids."""
    rows = relative_tracks(
        known.table("leads"),
        known.table("assessments"),
        as_of=known.as_of,
        kind=kind,
        lag_days=lag_days,
        reversal_step=limits.reversal_step,
    )
    frame = collect(rows).sort_values("lead_id", ignore_index=True)
    return frame.assign(track_type=track_types(frame, limits))


def clusters_of(closed: pd.DataFrame, *, least: float) -> Clusters | None:
    """Cluster the tracks of the typed leads; None where they are too few."""
    rows = typed(closed)
    if len(rows) < MIN_TRACKS:
        return None
    points = rows[list(POINTS)].to_numpy(dtype=np.float64)
    return stable_clusters(points, least=least, seed=SEED)


def _late_rows(late: pd.DataFrame, *, min_events: int, alpha: float) -> list[Estimate]:
    """Give the differences again without the last days before the end, as a sensitivity."""
    rows = type_estimates(late, min_events=min_events, alpha=alpha)
    return [
        replace(
            row,
            role="sensitivity",
            family=None,
            method=f"mantel_haenszel_{LAG_DAYS}_days_before_end",
            note=f"{row.note};days_before_end_left_out",
        )
        for row in rows
        if row.quantity == "track_type_lost_difference"
    ]


def cluster_estimates(
    closed: pd.DataFrame, clusters: Clusters | None, *, n_boot: int, alpha: float
) -> tuple[Estimate, ...]:
    """Tell how stable the clusters are, and how far they agree with the rules.

    Returns
    -------
    tuple of Estimate
        `track_cluster_stability` by number of clusters, and `track_type_agreement` with a
        bootstrap interval; refused where there are too few leads or no stable clusters.
    """
    rows = typed(closed)
    blank = Estimate(
        module="M04",
        quantity="track_type_agreement",
        segment="",
        method="k_means_12_points",
        role="diagnostic",
        n=len(rows),
    )
    if clusters is None:
        return (refuse(blank, "few_tracks"),)
    kept = tuple(
        replace(
            blank,
            quantity="track_cluster_stability",
            segment=segment(k=k),
            method="bootstrap_jaccard",
            estimate=value,
        )
        for k, value in clusters.stability
    )
    if clusters.labels is None:
        return (*kept, refuse(blank, "unstable_clusters"))
    codes = pd.Categorical(rows["track_type"], categories=list(TYPES)).codes.astype(np.int64)
    found = agreement(
        codes,
        clusters.labels,
        n_boot=n_boot,
        alpha=alpha,
        rng=np.random.default_rng(SEED),
    )
    told = replace(blank, estimate=found.estimate, ci_lo=found.lo, ci_hi=found.hi)
    return (*kept, told)
