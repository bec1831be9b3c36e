"""The picture of the types of track: real deals, few enough to be looked at one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.answers.track_types_shown import JUDGED, type_row
from crm_analysis.deals.outcomes import ENDINGS
from crm_analysis.deals.typology.rules import TYPES
from crm_analysis.deals.typology.typology import Typology
from crm_analysis.features.relative_tracks import POINTS
from crm_analysis.language import Text, number_text, share_text
from crm_analysis.results import Picture

DRAWN = 10
"""Real tracks drawn of each type."""


def type_picture(made: Typology, losing: Sequence[str], *, least: int) -> tuple[Picture, ...]:
    """Draw real tracks of each type, the lost apart from the won, with the share lost."""
    rows = made.typed
    sizes = rows["track_type"].value_counts()
    shares = {
        kind: type_row(made.estimates, "track_type_lost_share", kind).estimate or 0.0
        for kind in TYPES
        if sizes.get(kind, 0) >= least
    }
    if not shares:
        return ()
    kinds = sorted(shares, key=lambda kind: -shares[kind])
    numbers = pd.concat([_panel(made, kind) for kind in kinds], ignore_index=True)
    what = JUDGED[made.kind]
    listed_en = "; ".join(f"{TYPES[k].label.en}: {share_text(shares[k], 0)}" for k in kinds)
    listed_zh = "；".join(f"{TYPES[k].label.zh}：{share_text(shares[k], 0)}" for k in kinds)
    picture = Picture(
        name="track_types",
        kind="tracks",
        numbers=numbers,
        title=_title(losing, shares),
        sentence=Text(
            f"Share of closed deals lost by type of track: {listed_en}.",
            f"各类轨迹的已结束商机丢单占比：{listed_zh}。",
        ),
        caption=Text(
            f"Up to {DRAWN} real deals of each type, from the typical to the unusual; thick: the "
            f"average of the type, {number_text(len(rows))} deals in all. The {what.en} over the "
            "life of each deal, from its opening (0 %) to its end (100 %).",
            f"每类至多 {DRAWN} 条真实商机，由典型到少见；粗线为该类全部商机的平均（共 "
            f"{number_text(len(rows))} 条）。横轴为商机由开启（0 %）至结束（100 %），"
            f"纵轴为{what.zh}。",
        ),
        x_label=Text("share of the deal's life passed, %", "商机历程（%）"),
        y_label=what,
        unit="share",
    )
    return (picture,)


def _title(losing: Sequence[str], shares: dict[str, float]) -> Text:
    if not losing:
        return Text("No track warns of a loss", "没有轨迹预示丢单")
    top, low = losing[0], min(shares, key=lambda kind: shares[kind])
    return Text(
        f"“{TYPES[top].label.en}” ends in a loss in {share_text(shares[top], 0)} of deals, "
        f"“{TYPES[low].label.en}” in {share_text(shares[low], 0)}",
        f"“{TYPES[top].label.zh}”的商机 {share_text(shares[top], 0)} 丢单，"
        f"“{TYPES[low].label.zh}”的 {share_text(shares[low], 0)}",
    )


def _panel(made: Typology, kind: str) -> pd.DataFrame:
    """Write some real tracks of a type, numbered, and their average as one line more."""
    rows = made.typed
    rows = rows[rows["track_type"] == kind]
    points = rows[list(POINTS)].to_numpy(dtype=np.float64)
    mean = points.mean(axis=0)
    far = ((points - mean) ** 2).sum(axis=1)
    order = np.lexsort([*points.T, far])
    chosen = order[np.unique(np.linspace(0, len(order) - 1, min(DRAWN, len(order))).astype(int))]
    share = type_row(made.estimates, "track_type_lost_share", kind)
    lost = share_text(share.estimate or 0.0, 0)
    label, n = TYPES[kind].label, number_text(share.n or 0)
    ended = rows["status"].astype(str).to_numpy()
    parts = [
        _series(str(number), points[row], ENDINGS[ended[row]], is_main=False)
        for number, row in enumerate(sorted(chosen, key=lambda row: ended[row]), start=1)
    ]
    parts.append(_series("mean", mean, Text("average", "平均"), is_main=True))
    return pd.concat(parts, ignore_index=True).assign(
        panel_en=f"{label.en}: {lost} of {n} lost", panel_zh=f"{label.zh}：{n} 条中 {lost} 丢单"
    )


def _series(
    name: str, track: npt.NDArray[np.float64], group: Text, *, is_main: bool
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "series": name,
            "x": np.linspace(0, 100, len(track)),
            "y": track,
            "group_en": group.en,
            "group_zh": group.zh,
            "is_main": is_main,
        }
    )
