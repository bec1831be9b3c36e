"""Notebook 11: where do deals leak, and will the target be met?

Decision: the target comes first, with its probability; cohorts are compared at equal age only, and
nothing is forecast from leads whose fate is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.answers.funnel_cohorts import cohort_picture, cohort_table, trend_findings
from crm_analysis.answers.funnel_goals import goal_limits, goal_tables
from crm_analysis.answers.funnel_leaks import leak_finding
from crm_analysis.answers.funnel_leaks_shown import leak_picture, leak_table
from crm_analysis.answers.funnel_limits import funnel_limits
from crm_analysis.answers.funnel_outlook import (
    is_foreseen,
    outlook_cards,
    outlook_finding,
    outlook_headline,
    outlook_picture,
    outlook_table,
)
from crm_analysis.answers.funnel_pipeline import (
    optimism_finding,
    pipeline_cards,
    pipeline_list,
    pipeline_tables,
    said_picture,
)
from crm_analysis.answers.funnel_sources import (
    activity_table,
    overdue_list,
    source_findings,
    source_table,
    weekday_table,
)
from crm_analysis.deals.funnel.activity import activity_estimates
from crm_analysis.deals.funnel.book import Book, open_book
from crm_analysis.deals.funnel.cohorts import (
    cohort_estimates,
    trend_estimates,
    window_estimates,
)
from crm_analysis.deals.funnel.follow_ups import overdue, overdue_estimates
from crm_analysis.deals.funnel.forecast import Forecast, forecast_at, past_forecasts
from crm_analysis.deals.funnel.goals import (
    Goal,
    Reached,
    goal_estimates,
    goals_ahead,
    reach_goals,
)
from crm_analysis.deals.funnel.honesty import (
    optimism_estimates,
    said_and_won,
    settled_days,
    told_and_settled,
)
from crm_analysis.deals.funnel.leaks import gap_estimates
from crm_analysis.deals.funnel.outlook import (
    attained_estimates,
    outlook_estimates,
    past_estimates,
)
from crm_analysis.deals.funnel.sources import (
    conversion_estimates,
    lead_sources,
    mix_estimates,
    source_counts,
)
from crm_analysis.deals.funnel.targets import (
    Period,
    coming_month,
    company_period,
    lead_teams,
    period_over,
    read_targets,
)
from crm_analysis.deals.funnel.weighted import (
    Prospects,
    lead_chances,
    prospect_estimates,
    prospects,
)
from crm_analysis.deals.open_deals import customers_gone
from crm_analysis.estimates import Estimate, adjust_families
from crm_analysis.language import Text
from crm_analysis.results import ActionList, NotebookResult

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

NOTEBOOK = "11_sales_funnel"
FIRST_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class _Findings:
    """All that was computed, before it is put into words."""

    made: Forecast
    goals: tuple[Goal, ...]
    reached: tuple[Reached, ...]
    past: pd.DataFrame
    over: Period | None
    told: pd.DataFrame
    now: Prospects
    overdue: pd.DataFrame
    estimates: tuple[Estimate, ...]


def answer(known: Known, config: Config | None = None) -> NotebookResult:
    """Where do deals leak, and will the target be met?

    Parameters
    ----------
    known : Known
        The as-of views; needs `leads`, uses `interactions`, `assessments`, `targets`,
        `customers` and `order_lines`.
    config : Config, optional
        Settings; None means those of the source.

    Returns
    -------
    NotebookResult
        The deals of the target period with 90 % interval and the probability that the target is
        met, how such forecasts did in past months, leaks that sum to the gap of the last target,
        stages by opening cohort, what representatives' probabilities are worth, sources, and the
        lists `open_pipeline` and `follow_ups_overdue`.
    """
    settings = known.config if config is None else config
    if "leads" not in known.tables:
        return _off(known)
    book = open_book(known)
    if book.stages.empty:
        return _off(known)
    return _result(known, settings, _computed(known, settings, book))


def _computed(known: Known, settings: Config, book: Book) -> _Findings:
    """Compute everything; families are adjusted over all rows at once."""
    targets = read_targets(known.table("targets")) if "targets" in known.tables else None
    ahead = company_period(targets, day=book.until, metric="deals") or coming_month(book.until)
    over = period_over(targets, day=book.until, metric="deals")
    few, alpha = settings.min_events, settings.alpha
    horizons = sorted({FIRST_DAYS, settings.horizon_days})
    made = forecast_at(book, day=book.until, period=ahead, min_events=few)
    goals = goals_ahead(targets, day=book.until)
    reached = reach_goals(book, goals, teams=lead_teams(known.table("leads")), min_events=few)
    past = past_forecasts(book, targets, min_events=few)
    settled = settled_days(book)
    told = told_and_settled(book, settings.horizon_days if settled is None else settled)
    now = prospects(book, horizon_days=settings.horizon_days, settled_days=settled, min_events=few)
    late = overdue(known, book)
    rows = (
        *window_estimates(book),
        *cohort_estimates(book, horizons_days=horizons, alpha=alpha),
        *trend_estimates(book, horizons_days=horizons, alpha=alpha),
        *outlook_estimates(made),
        *goal_estimates(reached),
        *attained_estimates(book, over),
        *past_estimates(past, alpha=alpha),
        *gap_estimates(book, over, alpha=alpha),
        *optimism_estimates(told, alpha=alpha, min_events=few),
        *prospect_estimates(now),
        *activity_estimates(book, alpha=alpha),
        *_sources(known, settings, book),
        *(overdue_estimates(late) if known.stale is None else ()),
    )
    return _Findings(
        made=made,
        goals=goals,
        reached=reached,
        past=past,
        over=over,
        told=told,
        now=now,
        overdue=late,
        estimates=adjust_families(rows),
    )


def _sources(known: Known, settings: Config, book: Book) -> tuple[Estimate, ...]:
    if not known.has("customers", "source"):
        return ()
    customers = known.table("customers")
    counts = source_counts(customers, known.tables.get("order_lines"), as_of=known.as_of)
    sources = lead_sources(known.table("leads"), customers)
    return (
        *mix_estimates(counts, alpha=settings.alpha),
        *conversion_estimates(
            book, sources, horizon_days=settings.horizon_days, alpha=settings.alpha
        ),
    )


def _result(known: Known, settings: Config, computed: _Findings) -> NotebookResult:
    rows, made, q = computed.estimates, computed.made, settings.fdr_q
    days, alpha = settings.horizon_days, settings.alpha
    stale = () if known.stale is None else (known.stale,)
    headline = outlook_headline(rows, made)
    return NotebookResult(
        notebook=NOTEBOOK,
        as_of=known.as_of,
        status="weak" if stale else "ok",
        headline=headline,
        findings=(
            *outlook_finding(rows, made),
            *optimism_finding(rows, computed.told, q=q),
            *trend_findings(rows, q=q),
            *source_findings(rows, q=q),
            *leak_finding(rows, computed.over),
        ),
        kpis=(*outlook_cards(rows), *pipeline_cards(rows, days)),
        estimates=rows,
        tables=(
            outlook_table(rows, made),
            *goal_tables(rows, computed.reached, currency=str(settings.currency)),
            *pipeline_tables(rows, computed.now),
            activity_table(rows),
            *leak_table(rows, computed.over, alpha=alpha),
            cohort_table(rows, days=days),
            *source_table(rows, days=days, alpha=alpha),
            *weekday_table(rows, alpha=alpha),
        ),
        pictures=(
            *outlook_picture(computed.past, made, rows),
            *leak_picture(rows, computed.over),
            *cohort_picture(rows, days=days, alpha=alpha),
            *said_picture(said_and_won(computed.told, alpha=alpha), alpha=alpha),
        ),
        lists=_lists(known, settings, computed),
        does_not_show=(
            *funnel_limits(known, rows),
            *goal_limits(computed.goals, computed.reached),
            *stale,
        ),
        todo=(
            Text(
                "Type in wins when they happen: what is typed late is missing from the count.",
                "成交后请及时录入：迟录的成交会从统计中缺失。",
            ),
        ),
        rows=_rows_used(known),
    )


def _lists(known: Known, settings: Config, computed: _Findings) -> tuple[ActionList, ...]:
    """Hand over open leads and overdue follow-ups, but nobody who asked for no more contact."""
    if known.stale is not None:
        return ()
    columns = [name for name in ("opted_out_at", "left_at") if known.has("customers", name)]
    gone = (
        customers_gone(known.table("customers"), columns=columns, as_of=known.as_of)
        if columns
        else frozenset()
    )
    frame = lead_chances(computed.now, computed.made.chances, alpha=settings.alpha)
    n_open, n_late = (int(one["customer_id"].isin(gone).sum()) for one in (frame, computed.overdue))
    return (
        pipeline_list(
            _without(frame, gone), spared=n_open, foreseen=is_foreseen(computed.estimates)
        ),
        overdue_list(_without(computed.overdue, gone), spared=n_late),
    )


def _without(frame: pd.DataFrame, gone: frozenset[str]) -> pd.DataFrame:
    return frame[~frame["customer_id"].isin(gone)].reset_index(drop=True)


def _off(known: Known) -> NotebookResult:
    return NotebookResult(
        notebook=NOTEBOOK,
        as_of=known.as_of,
        status="off",
        headline=Text(
            "The source has no leads, so nothing can be said about where deals leak. With one row "
            "per lead and its end this page shows the funnel and whether the target will be met.",
            "数据源没有线索，无法说明成交在哪里流失。若每条线索及其结局有一行，本页即可展示漏斗以及"
            "目标能否达成。",
        ),
    )


def _rows_used(known: Known) -> dict[str, int]:
    used = known.row_counts.set_index("table")["n_known"]
    names = ("leads", "interactions", "assessments", "targets", "customers", "order_lines")
    return {name: int(used[name]) for name in names if name in used.index}
