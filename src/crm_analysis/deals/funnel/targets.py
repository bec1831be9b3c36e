"""Which target lies ahead, and what was reached of those that are over (A-62, A-64)."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir
import pandas as pd

from crm_analysis.deals.funnel.days import day_of, number_of
from crm_analysis.features.windows import epoch_day
from crm_analysis.source.frames import collect


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days from first to last, both included, and the deals that are wanted in them."""

    first: int
    last: int
    target: float | None = None

    def left(self, day: int) -> int:
        """Count the days of the period after the end of `day`."""
        return self.last - max(day, self.first - 1)

    def passed(self, day: int) -> int:
        """Count the days of the period that are over at the end of `day`."""
        return max(0, min(day, self.last) - self.first + 1)


def read_targets(targets: ir.Table) -> pd.DataFrame:
    """Return the targets as they are known, with their days as numbers.

    Returns
    -------
    DataFrame
        scope, scope_id, metric, target, first, last, sorted.
    """
    rows = targets.select(
        "scope",
        "scope_id",
        "metric",
        target=targets.target.cast("float64"),
        first=epoch_day(targets.period_start),
        last=epoch_day(targets.period_end),
        known=epoch_day(targets.recorded_at),
    )
    frame = collect(rows)
    ordered: pd.DataFrame = frame.sort_values(
        ["scope", "scope_id", "metric", "first", "last"], ignore_index=True
    )
    return ordered


def lead_teams(leads: ir.Table) -> pd.Series | None:
    """Return the team of each lead by lead_id, from the source's own column `x_team`, if any."""
    if "x_team" not in leads.columns:
        return None
    rows = collect(leads.select("lead_id", team=leads.x_team.cast("string")))
    found: pd.Series = rows.dropna().set_index("lead_id")["team"]
    return found


def company_period(targets: pd.DataFrame | None, *, day: int, metric: str) -> Period | None:
    """Return the company's period that holds the day after `day`; of several the shortest.

    A target typed in after `day` was not known then.
    """
    if targets is None:
        return None
    known = targets["known"].isna() | (targets["known"] <= day)
    there = targets[
        (targets["scope"] == "company")
        & (targets["metric"] == metric)
        & (targets["first"] <= day + 1)
        & (targets["last"] >= day + 1)
        & known
    ]
    if there.empty:
        return None
    best = there.assign(length=there["last"] - there["first"]).sort_values("length").iloc[0]
    return Period(first=int(best["first"]), last=int(best["last"]), target=float(best["target"]))


def coming_month(day: int) -> Period:
    """Return the month that begins on the day after `day`, for want of a target.

    Examples
    --------
    >>> coming_month(30)  # the first of February to the last, 1970
    Period(first=31, last=58, target=None)
    """
    start = pd.Timestamp(day_of(day + 1))
    last = start + pd.DateOffset(months=1) - pd.Timedelta(days=1)
    return Period(first=day + 1, last=number_of(last.date()))


def period_over(targets: pd.DataFrame | None, *, day: int, metric: str) -> Period | None:
    """Return the company's last period that was over at the end of `day`."""
    if targets is None:
        return None
    there = targets[
        (targets["scope"] == "company") & (targets["metric"] == metric) & (targets["last"] <= day)
    ]
    if there.empty:
        return None
    ordered = there.assign(length=there["last"] - there["first"])
    best = ordered.sort_values(["last", "length"], ascending=[False, True]).iloc[0]
    return Period(first=int(best["first"]), last=int(best["last"]), target=float(best["target"]))


def won_in(stages: pd.DataFrame, *, first: int, last: int, until: int) -> int:
    """Count the leads won from first to last, as typed in by the end of `until`."""
    won = (stages["status"] == "won") & stages["closed_day"].between(first, last)
    return int((won & (stages["closed_known_day"] <= until)).sum())
