"""Which follow-ups are overdue: silent open leads, contacts planned and not made, postponed buyers.

A-53, A-59. A postponed buyer is due on the day that was named for the next purchase, as long as no
newer lead of the customer has been opened, for a year.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import pandas as pd

from crm_analysis.deals.funnel.book import Book
from crm_analysis.deals.funnel.chances import QUIET_DAYS
from crm_analysis.deals.funnel.days import day_of
from crm_analysis.estimates import Estimate, segment
from crm_analysis.features.windows import end_of_day, epoch_day
from crm_analysis.language import Text
from crm_analysis.source.frames import collect

if TYPE_CHECKING:
    from crm_analysis.source.known import Known

KINDS: dict[str, Text] = {
    "silent": Text(
        f"open lead without contact for more than {QUIET_DAYS} days",
        f"未结束线索超过 {QUIET_DAYS} 天无联系",
    ),
    "planned": Text("contact planned and not made", "计划的联系未执行"),
    "postponed": Text("postponed purchase is due", "推迟的购买已到期"),
}
YEAR_DAYS = 365
COLUMNS = ("kind", "lead_id", "customer_id", "rep_id", "due", "days_overdue")


def overdue(known: Known, book: Book) -> pd.DataFrame:
    """List what is overdue at the last known day, longest first.

    Returns
    -------
    DataFrame
        The columns of `COLUMNS`.
    """
    parts = [_postponed(book)]
    if "interactions" in known.tables:
        parts = [_silent(book), *parts, _planned(known.table("interactions"), book)]
    joined = pd.concat(parts, ignore_index=True)
    joined["days_overdue"] = (book.until - joined["due_day"]).astype("int64")
    joined["due"] = [day_of(int(day)).isoformat() for day in joined["due_day"]]
    ordered = joined.sort_values(
        ["days_overdue", "kind", "lead_id", "customer_id"],
        ascending=[False, True, True, True],
        ignore_index=True,
    )
    return ordered.reindex(columns=list(COLUMNS))


def overdue_estimates(frame: pd.DataFrame) -> tuple[Estimate, ...]:
    """How many follow-ups of each kind are overdue?"""
    return tuple(
        Estimate(
            module="M01",
            quantity="follow_ups_overdue_count",
            segment=segment(kind=kind),
            method="count",
            estimate=float((frame["kind"] == kind).sum()),
            evidence="exact",
        )
        for kind in KINDS
    )


def _silent(book: Book) -> pd.DataFrame:
    """Open leads whose last contact, or opening, is too long ago."""
    pipeline = book.pipeline()
    idle = pipeline["idle_days"].astype(float)
    silent_days = idle.fillna(pipeline["age_days"]).astype("int64")
    late = pipeline[silent_days > QUIET_DAYS]
    due = book.until - silent_days[silent_days > QUIET_DAYS] + QUIET_DAYS
    return late[["lead_id", "customer_id", "rep_id"]].assign(kind="silent", due_day=due)


def _postponed(book: Book) -> pd.DataFrame:
    """Lost leads whose customer named a day for the next purchase, which has come."""
    stages = book.stages
    newest = stages.groupby("customer_id")["opened_day"].transform("max")
    came = (
        (stages["lost_to"] == "postponed")
        & stages["next_buy_day"].between(book.until - YEAR_DAYS, book.until)
        & (newest <= stages["closed_day"])
    )
    late = stages[came]
    return late[["lead_id", "customer_id", "rep_id"]].assign(
        kind="postponed", due_day=late["next_buy_day"].astype("int64")
    )


def _planned(interactions: ir.Table, book: Book) -> pd.DataFrame:
    """Contacts whose planned day is over and which were not made."""
    end = end_of_day(ibis.literal(day_of(book.until)))
    late = interactions.filter(
        interactions["at"].isnull(),
        interactions.planned_at.notnull(),
        interactions.planned_at < end - ibis.interval(days=1),
    )
    frame = collect(
        late.select("lead_id", "customer_id", "rep_id", due_day=epoch_day(late.planned_at))
    )
    return frame.assign(kind="planned")
