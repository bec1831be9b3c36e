"""The other targets ahead: revenue and leads of the company, and whatever a team has (A-62, A-64).

Decisions:
* A team's leads are those that the source's own column `x_team` of the leads names; without it no
  target of a team is forecast. Each team learns from its own former pipelines, but what all leads
  of a month share is learned from the whole company's.
* Revenue is the sum of simulated wins, each worth its lead's amount; a lead still to come, or one
  without an amount, is worth what one of the wins of the last two years was, drawn anew in each
  future, and their mean is itself uncertain.
* Parameters, outcomes, inflow, the common monthly shock and how large such shocks are, which is
  itself uncertain, are drawn as for the company's deals.
* Visits and returns are no ends of leads, and a single representative's leads are too few.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from crm_analysis.deals.funnel.attainment import bounds, simulate
from crm_analysis.deals.funnel.book import Book
from crm_analysis.deals.funnel.chances import Chances, Window, learn
from crm_analysis.deals.funnel.days import typing_margin
from crm_analysis.deals.funnel.inflow import Inflow, inflow_at
from crm_analysis.deals.funnel.revenue import Values, draw_arrivals, simulate_revenue, values_at
from crm_analysis.deals.funnel.targets import Period, won_in
from crm_analysis.estimates import Estimate, Status, refuse, segment
from crm_analysis.survival.arrays import Floats

METRICS = ("deals", "revenue", "leads")
SCOPES = ("company", "team")
MIN_DAYS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One target ahead: whose, of what, and the period with the number wanted."""

    scope: str
    scope_id: str
    metric: str
    period: Period

    @property
    def where(self) -> str:
        """The segment of its rows."""
        named = {"scope_id": self.scope_id} if self.scope_id else {}
        return segment(scope=self.scope, **named, metric=self.metric)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What each future brings for one goal; `total` is None, with the reason, where unknown."""

    goal: Goal
    total: Floats | None
    status: Status = "ok"
    reason: str = ""
    n: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """What is known of the leads of one scope and period."""

    stages: pd.DataFrame
    pipeline: pd.DataFrame
    chances: Chances | None
    inflow: Inflow | None


def goals_ahead(targets: pd.DataFrame | None, *, day: int) -> tuple[Goal, ...]:
    """Return the targets that hold the day after `day`, of several of a kind the shortest.

    Parameters
    ----------
    targets : DataFrame or None
        From `targets.read_targets`.
    day : int
        The last known day; a target typed in later was not known then.

    Returns
    -------
    tuple of Goal
        All but the company's deals, which lead the page.
    """
    if targets is None:
        return ()
    known = targets["known"].isna() | (targets["known"] <= day)
    there = targets[known & (targets["first"] <= day + 1) & (targets["last"] >= day + 1)]
    rows = there.assign(
        length=there["last"] - there["first"], scope_id=there["scope_id"].fillna("").astype(str)
    )
    kinds = ["scope", "scope_id", "metric"]
    shortest = rows.sort_values([*kinds, "length", "first"]).drop_duplicates(kinds)
    goals = [
        Goal(
            scope=str(row["scope"]),
            scope_id="" if row["scope"] == "company" else str(row["scope_id"]),
            metric=str(row["metric"]),
            period=Period(
                first=int(row["first"]), last=int(row["last"]), target=float(row["target"])
            ),
        )
        for row in shortest.to_dict("records")
    ]
    return tuple(one for one in goals if (one.scope, one.metric) != ("company", "deals"))


def reach_goals(
    book: Book,
    goals: tuple[Goal, ...],
    *,
    teams: pd.Series | None = None,
    day: int | None = None,
    min_events: int = 10,
) -> tuple[Reached, ...]:
    """Simulate what each goal's period will bring.

    Parameters
    ----------
    book : Book
        Stages and pipelines.
    goals : tuple of Goal
        From `goals_ahead`; those of other scopes and measures are left out.
    teams : Series, optional
        The team of each lead, by lead_id.
    day : int, optional
        The last known day; None means the book's.
    min_events : int
        Ends that each column of the regression needs, and wins with an amount.
    """
    until = book.until if day is None else day
    sides: dict[tuple[str, Period], _Side] = {}

    def side_of(goal: Goal, team: str) -> _Side:
        key = (team, replace(goal.period, target=None))
        if key not in sides:
            members = None if teams is None or not team else teams.index[teams == team]
            found = _side(book, key[1], members, until=until, min_events=min_events)
            common = side_of(goal, "").chances if team else found.chances
            sides[key] = _with_shock(found, common)
        return sides[key]

    made = []
    for goal in goals:
        if goal.scope not in SCOPES or goal.metric not in METRICS:
            continue
        if goal.scope == "team" and (teams is None or not (teams == goal.scope_id).any()):
            made.append(Reached(goal=goal, total=None, reason="no_team_of_leads"))
            continue
        side = side_of(goal, goal.scope_id if goal.scope == "team" else "")
        made.append(_reach(goal, side, until=until, min_events=min_events))
    return tuple(made)


def _with_shock(side: _Side, common: Chances | None) -> _Side:
    """Give a side what all leads of a month share."""
    if side.chances is None or common is None:
        return side
    return replace(side, chances=replace(side.chances, shock=common.shock))


def _side(
    book: Book, period: Period, members: pd.Index | None, *, until: int, min_events: int
) -> _Side:
    """Learn what the open leads of the company or of one team do, and how many come."""
    stages, rows = book.stages, book.rows
    margin = typing_margin(stages, until=until)
    if members is not None:
        stages, rows = (frame[frame["lead_id"].isin(members)] for frame in (stages, rows))
    pipeline = rows[rows["day"] == until].reset_index(drop=True)
    left = period.left(until)
    chances = learn(
        rows[rows["day"] < until],
        pipeline,
        window=Window(left=left, passed=period.passed(until)),
        status="won",
        until=until,
        margin=margin,
        min_events=min_events,
    )
    inflow = inflow_at(stages, until=until, left=left, margin=margin)
    return _Side(stages=stages, pipeline=pipeline, chances=chances, inflow=inflow)


def _reach(goal: Goal, side: _Side, *, until: int, min_events: int) -> Reached:
    left, period = goal.period.left(until), goal.period
    if goal.metric == "leads":
        opened = side.stages["opened_day"].between(period.first, min(period.last, until))
        came = int((opened & (side.stages["known_day"] <= until)).sum())
        return Reached(goal=goal, total=came + draw_arrivals(side.inflow, left), n=came)
    if side.chances is None:
        return Reached(goal=goal, total=None, reason="too_few_events", n=len(side.pipeline))
    found = Reached(
        goal=goal,
        total=None,
        status="ok" if side.chances.n_days >= MIN_DAYS else "weak",
        n=len(side.pipeline),
    )
    if goal.metric == "deals":
        so_far = won_in(side.stages, first=period.first, last=until, until=until)
        drawn = simulate(
            side.pipeline, chances=side.chances, inflow=side.inflow, left=left, so_far=so_far
        )
        return replace(found, total=drawn.total)
    values = values_at(side.stages, until=until)
    if values is None or len(values.amounts) < min_events:
        return replace(found, reason="too_few_amounts")
    return replace(found, total=_revenue(side, values, period, until=until, left=left))


def _revenue(side: _Side, values: Values, period: Period, *, until: int, left: int) -> Floats:
    stages = side.stages
    won = (stages["status"] == "won") & (stages["closed_known_day"] <= until)
    here = stages.loc[won & stages["closed_day"].between(period.first, until), "amount"]
    so_far = float(here.astype(float).fillna(values.mean).sum())
    assert side.chances is not None
    return so_far + simulate_revenue(
        side.pipeline, chances=side.chances, inflow=side.inflow, left=left, values=values
    )


def goal_estimates(reached: tuple[Reached, ...]) -> tuple[Estimate, ...]:
    """What will each goal's period bring, and how likely is the target met?

    Returns
    -------
    tuple of Estimate
        `goal_expected_count`, or `goal_expected_money` for revenue, with 90 % intervals, and
        `goal_probability`, by scope, scope_id and metric.
    """
    return tuple(row for one in reached for row in _rows(one))


def _rows(one: Reached) -> tuple[Estimate, Estimate]:
    unit = "money" if one.goal.metric == "revenue" else "count"
    expected = Estimate(
        module="M01",
        quantity=f"goal_expected_{unit}",
        segment=one.goal.where,
        method="calibrated_simulation",
        n=one.n,
        status=one.status,
        note="interval_90",
    )
    chance = replace(expected, quantity="goal_probability", note="")
    if one.total is None:
        return refuse(replace(expected, note=""), one.reason), refuse(chance, one.reason)
    low, high = bounds(one.total)
    target = one.goal.period.target or 0.0
    return (
        replace(expected, estimate=float(one.total.mean()), ci_lo=low, ci_hi=high),
        replace(chance, estimate=float((one.total >= target - 1e-9).mean())),
    )
