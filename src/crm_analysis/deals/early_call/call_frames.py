"""One row per lead and call day: its track by then, and its fate; and the open leads as they stand.

Decisions:
* A lead's end is dated by `closed_at` and known from the later of it and its typing time.
* The margin is the number of days within which 95 % of ended leads were typed in.
* Many ages are read at once: most of a small query's time goes into writing it. What leaves the
  engine at once is at most `MOST_TIMES` rows a lead, fewer than it has events.
* Of more than `MOST_LEADS` leads every k-th by opening day teaches and judges; every open lead is
  called.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from crm_analysis.deals.early_call.ages import rungs_asked
from crm_analysis.deals.early_call.columns import as_numbers
from crm_analysis.deals.early_call.rolling import Clock
from crm_analysis.deals.funnel.days import MARGIN_SHARE, number_of
from crm_analysis.features.tracks import tracks_within
from crm_analysis.features.windows import epoch_day, ladder_windows, open_windows
from crm_analysis.source.frames import collect
from crm_analysis.survival.spells import CAUSES

if TYPE_CHECKING:
    from crm_analysis.source.known import Known


MOST_LEADS, MOST_TIMES = 30_000, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFrames:
    """What early calls are made from.

    Parameters
    ----------
    by_day : mapping of int to DataFrame
        By call day: lead_id, landmark_day, closed_day (missing while open), closed_known_day,
        cause, and the track features by then.
    between : mapping of int to DataFrame
        The same at the other ages by which open leads are judged.
    open_leads : DataFrame
        lead_id, age_days, and the track features now.
    clock : Clock
        Horizon, last known day, and how long typing takes.
    """

    by_day: dict[int, pd.DataFrame]
    between: dict[int, pd.DataFrame]
    open_leads: pd.DataFrame
    clock: Clock


def call_frames(
    known: Known, *, days: Sequence[int], horizon_days: int, reversal_step: float = 0.2
) -> CallFrames:
    """Read the tracks of the leads by each call day, and of the open leads now.

    Parameters
    ----------
    known : Known
        The as-of views; needs `leads`, uses `assessments`, `interactions` and `order_lines`.
    days : sequence of int
        Ages of a lead in days.
    horizon_days : int
        How far a loss is looked ahead.
    reversal_step : float
        A turn of the probability counts from this size on.
    """
    fates = lead_fates(known.table("leads"))
    last_day = number_of(known.observed_until)
    clock = Clock(horizon_days=horizon_days, last_day=last_day, margin_days=typing_margin(fates))
    opened = fates.loc[fates["closed_day"].isna(), "opened_day"]
    asked = () if known.stale is not None else rungs_asked(last_day - opened, call_days=days)
    every = max(1, -(-len(fates) // MOST_LEADS))
    rows = _tracks(known, _batches({*days, *asked}, fates, last_day), reversal_step, every=every)
    rows = rows.merge(fates, on="lead_id", how="inner")
    rows = as_numbers(rows, [name for name in rows.columns if name not in _BESIDE])
    is_open = rows["closed_day"].isna() & (rows["opened_day"] + rows["window_days"] == last_day)
    now = rows[is_open].rename(columns={"window_days": "age_days"}).drop(columns=list(_FATE))
    rows["landmark_day"] = rows.pop("opened_day") + rows["window_days"]
    by_age = {
        age: part.drop(columns="window_days").reset_index(drop=True)
        for age, part in rows.groupby("window_days")
    }
    none = rows.iloc[:0].drop(columns="window_days")
    return CallFrames(
        by_day={day: by_age.get(day, none) for day in sorted(set(days))},
        between={age: by_age.get(age, none) for age in asked if age not in days},
        open_leads=now.reset_index(drop=True),
        clock=clock,
    )


def lead_fates(leads: ir.Table) -> pd.DataFrame:
    """Return when each lead was opened and ended, when the end was known, and how it ended.

    Returns
    -------
    DataFrame
        One row per lead, by lead_id: opened_day, closed_day, closed_known_day (epoch days,
        missing while open), cause (0 while open).
    """
    typed = ibis.coalesce(leads.closed_recorded_at, leads.closed_at)
    coded = ibis.cases(*((leads.status == name, code) for code, name in CAUSES.items()), else_=0)
    rows = leads.select(
        "lead_id",
        opened_day=epoch_day(leads.opened_at),
        closed_day=epoch_day(leads.closed_at),
        closed_known_day=epoch_day(ibis.greatest(leads.closed_at, typed)),
        cause=coded,
    )
    ordered: pd.DataFrame = collect(rows).sort_values("lead_id", ignore_index=True)
    return ordered.astype({"closed_day": float, "closed_known_day": float, "cause": "int64"})


def typing_margin(fates: pd.DataFrame) -> int:
    """Say within how many days 95 % of ended leads were typed in; 0 where none ended.

    Examples
    --------
    >>> typing_margin(pd.DataFrame({"closed_day": [1.0, 2.0], "closed_known_day": [1.0, 5.0]}))
    3
    """
    delays = (fates["closed_known_day"] - fates["closed_day"]).dropna()
    return int(np.quantile(delays, MARGIN_SHARE, method="higher")) if len(delays) else 0


_FATE = ("opened_day", "closed_day", "closed_known_day", "cause")
_BESIDE = ("lead_id", "window_days", *_FATE)


def _batches(ages: Collection[int], fates: pd.DataFrame, last_day: int) -> list[list[int]]:
    """Part the ages so that each batch has at most `MOST_TIMES` rows a lead, the oldest last."""
    end = fates["closed_day"].fillna(np.inf).clip(upper=last_day + 1)
    lived = (end - fates["opened_day"]).to_numpy()
    batches: list[list[int]] = [[]]
    n_rows = 0
    for age in sorted(ages):
        n_open = int((lived > age).sum())
        if batches[-1] and n_rows + n_open > MOST_TIMES * len(fates):
            batches.append([])
            n_rows = 0
        batches[-1].append(age)
        n_rows += n_open
    return batches


def _tracks(
    known: Known, batches: Sequence[Sequence[int]], reversal_step: float, *, every: int
) -> pd.DataFrame:
    """Read the track of every k-th lead at these ages, and with the last of each open lead now."""
    leads, as_of = known.table("leads"), known.observed_until
    taught, now = _every(leads, every), open_windows(leads, as_of=as_of)
    windows = [ladder_windows(taught, days=ages, as_of=as_of) for ages in batches]
    windows[-1] = windows[-1].union(now, distinct=True)
    tables = {
        name: known.tables.get(name) for name in ("assessments", "interactions", "order_lines")
    }
    frames = [
        collect(tracks_within(part, leads, **tables, reversal_step=reversal_step))
        for part in windows
    ]
    key = ["lead_id", "window_days"]
    rows = pd.concat([frame for frame in frames if len(frame)] or frames[:1])
    return rows.drop_duplicates(key).sort_values(key, ignore_index=True)


def _every(leads: ir.Table, k: int) -> ir.Table:
    """Keep every k-th lead by opening day."""
    if k == 1:
        return leads
    placed = leads.mutate(
        place=ibis.row_number().over(ibis.window(order_by=[leads.opened_at, leads.lead_id]))
    )
    return placed.filter(placed.place % k == 0).drop("place")
