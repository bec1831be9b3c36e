"""What is known of each lead's contacts at each landmark, from all tables that say something of it.

Decisions:
* One frame per landmark, made once and held, because several analyses read each. Only the one read
  last is held as it is; the others are held compressed, a tenth of their size.
* A table or column that the source does not have leaves its indicators out; it is never a column of
  zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather

from crm_analysis.deals.indicators.habits import landmark_frame
from crm_analysis.features import acquaintance, assessments, cases, goals, routes
from crm_analysis.features.profile import FIELDS
from crm_analysis.source.frames import collect
from crm_analysis.survival.spells import lead_spells

if TYPE_CHECKING:
    from crm_analysis.source.known import Known


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactTables:
    """The as-of views that say something about contacts; None where the source lacks them.

    Parameters
    ----------
    leads, interactions : Table
        T2 and T3.
    customers, issues, assessments : Table or None
        T1, T9 and T4.
    profile_fields : tuple of str
        The profile columns that the source really has.
    has_goals, has_reached : bool
        Whether the source keeps goals, and whether the customer was reached.
    profile_clock : bool
        Whether the source says when a profile was typed.
    """

    leads: ir.Table
    interactions: ir.Table
    customers: ir.Table | None = None
    issues: ir.Table | None = None
    assessments: ir.Table | None = None
    profile_fields: tuple[str, ...] = ()
    has_goals: bool = False
    has_reached: bool = False
    profile_clock: bool = False

    @classmethod
    def of(cls, known: Known) -> ContactTables:
        """Take them from what was known; needs `leads` and `interactions`."""
        return cls(
            leads=known.table("leads"),
            interactions=known.table("interactions"),
            customers=known.tables.get("customers"),
            issues=known.tables.get("issues"),
            assessments=known.tables.get("assessments"),
            profile_fields=tuple(name for name in FIELDS if known.has("customers", name)),
            has_goals=known.has("interactions", "goal"),
            has_reached=known.has("interactions", "reached"),
            profile_clock=known.has("customers", "profile_recorded_at"),
        )


def contact_frame(tables: ContactTables, *, landmark_days: int, as_of: date) -> pd.DataFrame:
    """Give each lead still open at the landmark all that is known of its contacts.

    Returns
    -------
    DataFrame
        Columns of `indicators.landmark_frame`, then rep_id, opened (date), and the indicators of
        goals, routes, acquaintance and cases; by lead_id.
    """
    frame = landmark_frame(
        tables.leads, tables.interactions, landmark_days=landmark_days, as_of=as_of
    )
    for part in _parts(tables, landmark_days=landmark_days, as_of=as_of):
        rows = collect(part).set_index("lead_id").reindex(frame["lead_id"])
        for name in rows:
            frame[name] = rows[name].to_numpy()
    return frame


def _parts(tables: ContactTables, *, landmark_days: int, as_of: date) -> list[ir.Table]:
    """List the expressions whose columns stand beside the contacts' own."""
    leads = tables.leads
    spells = lead_spells(leads, as_of=as_of, landmark_days=landmark_days)
    parts = [spells.select("lead_id", "rep_id", "opened")]

    def at_landmark(feature: Callable[..., ir.Table], table: ir.Table) -> ir.Table:
        return feature(leads, table, landmark_days=landmark_days, as_of=as_of)

    if tables.has_goals:
        parts.append(at_landmark(goals.at_landmark, tables.interactions))
    if tables.has_reached:
        parts.append(at_landmark(routes.at_landmark, tables.interactions))
    if tables.customers is not None and tables.profile_fields:
        acquainted = partial(acquaintance.at_landmark, fields=tables.profile_fields)
        parts.append(at_landmark(acquainted, tables.customers))
    if tables.issues is not None:
        parts.append(at_landmark(cases.at_landmark, tables.issues))
    return parts


def with_last_probability(
    frame: pd.DataFrame, tables: ContactTables, *, landmark_days: int, as_of: date
) -> pd.DataFrame:
    """Add the last deal probability noted by the landmark, where the source keeps them.

    Not part of the frame itself: only the few habits that are told are read beside it.
    """
    if tables.assessments is None:
        return frame
    judged = assessments.at_landmark(
        tables.leads, tables.assessments, landmark_days=landmark_days, as_of=as_of
    )
    rows = collect(judged.select("lead_id", "last_value")).set_index("lead_id")["last_value"]
    beside = frame.copy(deep=False)
    beside["last_probability"] = rows.reindex(frame["lead_id"]).to_numpy()
    return beside


class ContactFrames(Mapping[int, pd.DataFrame]):
    """The frames of all landmarks, each made when it is first asked for."""

    def __init__(self, tables: ContactTables, *, days: Sequence[int], as_of: date) -> None:
        self._tables, self._days, self._as_of = tables, tuple(sorted(set(days))), as_of
        self._packed: dict[int, pa.Buffer] = {}
        self._last: tuple[int, pd.DataFrame] | None = None

    def __getitem__(self, landmark_days: int) -> pd.DataFrame:
        """Return the frame of one landmark."""
        if landmark_days not in self._days:
            raise KeyError(landmark_days)
        if self._last is None or self._last[0] != landmark_days:
            self._last = None  # let go of it before the next one is there
            self._last = (landmark_days, self._frame(landmark_days))
        return self._last[1]

    def _frame(self, landmark_days: int) -> pd.DataFrame:
        """Unpack the frame of a landmark; make and pack it when it is first asked for."""
        if landmark_days in self._packed:
            packed = pa.BufferReader(self._packed[landmark_days])
            # column by column: the frame is not held twice on the way
            frame: pd.DataFrame = feather.read_feather(
                packed, split_blocks=True, self_destruct=True
            )
            return frame
        made = contact_frame(self._tables, landmark_days=landmark_days, as_of=self._as_of)
        packed = pa.BufferOutputStream()
        feather.write_feather(made, packed, compression="lz4")
        self._packed[landmark_days] = packed.getvalue()
        return made

    def __iter__(self) -> Iterator[int]:
        """Return the landmarks, rising."""
        return iter(self._days)

    def __len__(self) -> int:
        """Return the number of landmarks."""
        return len(self._days)

    @property
    def middle(self) -> int:
        """The landmark in the middle, at which groups are found and joint models are fitted."""
        return self._days[len(self._days) // 2]
