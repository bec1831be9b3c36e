"""Notebook 11: where do deals leak, and will the target be met?

Decision: the target comes first, with its probability; cohorts are compared at equal age only, and
nothing is forecast from leads whose fate is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.answers.funnel_cohorts import cohort_table, trend_findings
from crm_analysis.answers.funnel_outlook import (
    outlook_cards,
    outlook_finding,
    outlook_headline,
    outlook_picture,
    outlook_table,
)
from crm_analysis.deals.funnel.book import Book, open_book
from crm_analysis.deals.funnel.cohorts import (
    cohort_estimates,
    trend_estimates,
    window_estimates,
)
from crm_analysis.deals.funnel.forecast import forecast_at, past_forecasts
from crm_analysis.deals.funnel.outlook import (
    attained_estimates,
    outlook_estimates,
    past_estimates,
)
from crm_analysis.deals.funnel.targets import (
    Period,
    company_period,
    period_over,
    read_targets,
)
from crm_analysis.estimates import adjust_families
from crm_analysis.language import Text
from crm_analysis.results import NotebookResult

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

NOTEBOOK = "11_sales_funnel"
FIRST_DAYS = 30


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
        Stages by opening cohort, the deals of the target period with 90 % interval, the
        probability that the target is met, and how such forecasts did in past months.
    """
    settings = known.config if config is None else config
    if "leads" not in known.tables:
        return _off(known)
    book = open_book(known)
    if book.stages.empty:
        return _off(known)
    return _result(known, settings, book)


def _result(known: Known, settings: Config, book: Book) -> NotebookResult:
    targets = read_targets(known.table("targets")) if "targets" in known.tables else None
    period = company_period(targets, day=book.until, metric="deals") or Period(
        first=book.until + 1, last=book.until + settings.horizon_days
    )
    made = forecast_at(book, day=book.until, period=period, min_events=settings.min_events)
    past = past_forecasts(
        book, targets, days_ahead=settings.horizon_days, min_events=settings.min_events
    )
    horizons = sorted({FIRST_DAYS, settings.horizon_days})
    alpha = settings.alpha
    over = period_over(targets, day=book.until, metric="deals")
    estimates = adjust_families(
        (
            *window_estimates(book),
            *cohort_estimates(book, horizons_days=horizons, alpha=alpha),
            *trend_estimates(book, horizons_days=horizons, alpha=alpha),
            *outlook_estimates(made),
            *attained_estimates(book, over),
            *past_estimates(past, alpha=alpha),
        )
    )
    stale = () if known.stale is None else (known.stale,)
    return NotebookResult(
        notebook=NOTEBOOK,
        as_of=known.as_of,
        status="weak" if stale else "ok",
        headline=outlook_headline(estimates, made),
        findings=(
            *outlook_finding(estimates, made),
            *trend_findings(estimates, q=settings.fdr_q),
        ),
        kpis=outlook_cards(estimates),
        estimates=estimates,
        tables=(
            outlook_table(estimates, made),
            cohort_table(estimates, days=settings.horizon_days),
        ),
        pictures=outlook_picture(past, made, estimates),
        does_not_show=(*_LIMITS, *stale),
        todo=(
            Text(
                "Type in wins when they happen: what is typed late is missing from the count.",
                "成交后请及时录入：迟录的成交会从统计中缺失。",
            ),
        ),
        rows=_rows_used(known),
    )


_LIMITS = (
    Text(
        "A forecast supposes that the coming weeks are like the past months: a new price, product "
        "or rival is not in it.",
        "预测假定未来数周与以往数月相似：新价格、新产品或新竞品不在其中。",
    ),
)


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
