"""The book of leads: their stages, and the pipeline of today and of the same day of past months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.deals.funnel.days import months_before, number_of, typing_margin
from crm_analysis.features.pipeline import lead_stages, pipelines
from crm_analysis.source.frames import collect

if TYPE_CHECKING:
    from crm_analysis.source.known import Known

N_MONTHS = 30
FATES = ("status", "closed_day", "closed_known_day", "amount", "rep_id", "customer_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All that the funnel is made from, one row a lead, or a lead and month.

    Parameters
    ----------
    stages : DataFrame
        One row per lead, from `features.pipeline.lead_stages`.
    rows : DataFrame
        One row per lead and day on which it stood open: lead_id, day, age_days, is_filed,
        rep_thousandths, idle_days, and the lead's fate (`FATES`) as it is known now.
    until : int
        The last known day.
    margin : int
        Days after which 95 % of the won leads are typed in.
    """

    stages: pd.DataFrame
    rows: pd.DataFrame
    until: int
    margin: int

    def pipeline(self, day: int | None = None) -> pd.DataFrame:
        """Return the leads that stood open at the end of a day; None means the last one."""
        chosen = self.until if day is None else day
        found: pd.DataFrame = self.rows[self.rows["day"] == chosen].reset_index(drop=True)
        return found

    @property
    def former_days(self) -> list[int]:
        """Days of the former pipelines, oldest first."""
        return sorted(int(day) for day in self.rows["day"].unique() if day < self.until)


def open_book(known: Known, *, n_months: int = N_MONTHS) -> Book:
    """Read the stages of all leads and the pipelines of the last months.

    Parameters
    ----------
    known : Known
        The as-of views; needs `leads`, uses `interactions` and `assessments`.
    n_months : int
        How many months are looked back; days before the first lead have no pipeline.
    """
    leads = known.table("leads")
    beside = {name: known.tables.get(name) for name in ("interactions", "assessments")}
    until = known.observed_until
    stages = collect(lead_stages(leads, as_of=until, **beside))
    stages = stages.sort_values("lead_id", ignore_index=True)
    first = int(stages["opened_day"].min()) if len(stages) else number_of(until)
    days = [day for day in months_before(until, n_months) if number_of(day) >= first]
    rows = collect(pipelines(leads, days=[until, *days], **beside))
    return Book(
        stages=stages,
        rows=_with_fates(rows, stages),
        until=number_of(until),
        margin=typing_margin(stages, until=number_of(until)),
    )


def _with_fates(rows: pd.DataFrame, stages: pd.DataFrame) -> pd.DataFrame:
    """Number the days and put each lead's fate beside it."""
    rows = rows.assign(day=[_number(day) for day in rows["day"]])
    joined = rows.merge(stages[["lead_id", *FATES]], on="lead_id", how="left")
    ordered: pd.DataFrame = joined.sort_values(["day", "lead_id"], ignore_index=True)
    return ordered


def _number(day: pd.Timestamp | date) -> int:
    return number_of(pd.Timestamp(day).date())
