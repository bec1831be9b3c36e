"""Landmarks: judge a lead only by what was known on a day on which it was still open.

Edges, decided here:

* Only leads open at the end of the landmark day take part (`spells.lead_spells`); time still runs
  from the opening, entry is the landmark.
* A lead without features keeps its row with missing values; it is never given a 0 here.
* With a horizon, a lead still open `horizon_days` after its landmark is censored there; an ending
  exactly on the horizon's last day counts.

Source: Anderson, Cain and Gelber (1983); stacking as "supermodel": van Houwelingen (2007).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd


def landmark_frame(
    spells: pd.DataFrame,
    features: pd.DataFrame,
    *,
    cause: int,
    landmark_days: int,
    horizon_days: int | None = None,
) -> pd.DataFrame:
    """Join spells with what was known at the landmark, and mark the ending of interest.

    Parameters
    ----------
    spells : DataFrame
        lead_id, duration_days, cause (any landmark; those that ended by it are dropped).
    features : DataFrame
        One row per lead_id, made from rows known by the landmark.
    cause : int
        The ending that is the event; all others are censored.
    landmark_days, horizon_days : int
        Where follow-up begins, and how long it lasts (to the end without a horizon).

    Returns
    -------
    DataFrame
        Spells and features with landmark_days, entry_days, duration_days and event, sorted by
        lead; ready for `cox_efron(…, entry="entry_days")`.
    """
    if features["lead_id"].duplicated().any():
        raise ValueError("features must have one row per lead_id")
    still_open = spells[spells["duration_days"] > landmark_days].drop(
        columns=["entry_days"], errors="ignore"
    )
    new = [name for name in features if name == "lead_id" or name not in still_open]
    frame = still_open.merge(features[new], on="lead_id", how="left")
    last = np.inf if horizon_days is None else landmark_days + horizon_days
    return frame.assign(
        landmark_days=landmark_days,
        entry_days=landmark_days,
        event=(frame["cause"] == cause) & (frame["duration_days"] <= last),
        duration_days=frame["duration_days"].clip(upper=last),
    ).sort_values("lead_id", ignore_index=True)


def stack_landmarks(frames: Mapping[int, pd.DataFrame]) -> pd.DataFrame:
    """Stack the frames of several landmarks into one for a common coefficient.

    A lead stands in it once per landmark that it reached, so fit with
    `strata=["landmark_days"], cluster="lead_id"`; model-based standard errors would be too small.
    """
    if not frames:
        raise ValueError("no frames: give at least one landmark")
    ordered = [frames[days].assign(landmark_days=days) for days in sorted(frames)]
    return pd.concat(ordered, ignore_index=True)
