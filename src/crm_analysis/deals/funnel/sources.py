"""Where customers come from, and how leads of each source end (A-47, A-83)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from crm_analysis.deals.funnel.book import Book
from crm_analysis.deals.funnel.cohorts import won_by
from crm_analysis.deals.funnel.inflow import WON, incidence, spells_at
from crm_analysis.estimates import Estimate, refuse, segment
from crm_analysis.features.windows import end_of_day
from crm_analysis.proportions import wilson
from crm_analysis.source.frames import collect
from crm_analysis.survival.competing import contrast

FAMILY = "M01:source"
YEAR_DAYS = 365
REFERRED = "referred"


def lead_sources(leads: ir.Table, customers: ir.Table) -> pd.DataFrame:
    """Return the source of each lead's customer: lead_id, source."""
    people = customers.filter(customers.source.notnull()).select("source", link="customer_id")
    joined = leads.join(people, leads.customer_id == people.link)
    frame = collect(joined.select("lead_id", "source"))
    ordered: pd.DataFrame = frame.sort_values("lead_id", ignore_index=True)
    return ordered


def source_counts(customers: ir.Table, orders: ir.Table | None, *, as_of: date) -> pd.DataFrame:
    """Count customers and sales by source, in the engine.

    Returns
    -------
    DataFrame
        source, n (customers), n_new and n_referred (first known in the last 365 days), sales (net,
        last 365 days; missing without orders).
    """
    end = end_of_day(ibis.literal(as_of))
    start = end - ibis.interval(days=YEAR_DAYS)
    new = customers.created_at.cast("timestamp") >= start
    people = customers.select(
        "customer_id",
        source=customers.source,
        is_new=new.ifelse(1, 0),
        is_referred=(new & customers.referrer_id.notnull()).ifelse(1, 0),
    )
    if orders is None:
        joined = people.mutate(sales=ibis.null().cast("decimal(38, 4)"))
    else:
        lately = orders.filter(orders["at"] >= start, orders["at"] < end)
        sums = lately.group_by(link="customer_id").aggregate(sales=lately.amount.sum())
        joined = people.left_join(sums, people.customer_id == sums.link)
    counted = joined.group_by("source").aggregate(
        n=joined.count(),
        n_new=joined.is_new.sum(),
        n_referred=joined.is_referred.sum(),
        sales=joined.sales.sum(),
    )
    frame = collect(counted).sort_values("source", ignore_index=True, na_position="last")
    frame["sales"] = pd.to_numeric(frame["sales"]).astype(float)
    renamed: pd.DataFrame = frame
    return renamed


def mix_estimates(counts: pd.DataFrame, *, alpha: float = 0.05) -> tuple[Estimate, ...]:
    """From which sources do new customers come, and what are customers of each worth?

    Returns
    -------
    tuple of Estimate
        `source_share` by source and of referred customers (source=referred), and
        `value_per_customer`.
    """
    known = counts[counts["source"].notna()]
    total = int(known["n_new"].sum())
    rows = []
    pairs = [(str(name), int(n)) for name, n in zip(known["source"], known["n_new"], strict=True)]
    referred = (REFERRED, int(counts["n_referred"].sum()))
    for (name, n), of in [
        *((pair, total) for pair in pairs),
        (referred, int(counts["n_new"].sum())),
    ]:
        share = wilson(n, of, alpha=alpha)
        row = Estimate(
            module="M01",
            quantity="source_share",
            segment=segment(source=name),
            method="wilson",
            n=of,
            events=n,
        )
        rows.append(
            refuse(row, "no_rows")
            if share is None
            else replace(row, estimate=share.estimate, ci_lo=share.lo, ci_hi=share.hi)
        )
    for record in known.to_dict("records"):
        if record["n"] and np.isfinite(record["sales"]):
            rows.append(
                Estimate(
                    module="M01",
                    quantity="value_per_customer",
                    segment=segment(source=record["source"]),
                    method="mean",
                    estimate=float(record["sales"]) / int(record["n"]),
                    n=int(record["n"]),
                )
            )
    return tuple(rows)


def conversion_estimates(
    book: Book, sources: pd.DataFrame, *, horizon_days: int, alpha: float = 0.05
) -> tuple[Estimate, ...]:
    """Are leads of some sources won more often, at equal age of the lead?

    Returns
    -------
    tuple of Estimate
        `won_by_day_share` by source, and `won_by_day_share_difference` against all other leads
        (family M01:source).
    """
    spells = spells_at(book.stages, until=book.until - book.margin, typed_until=book.until)
    spells = spells.merge(sources, on="lead_id")
    rows: list[Estimate] = []
    for source in sorted(spells["source"].unique()):
        here = spells["source"] == source
        where = {"source": source, "horizon_days": horizon_days}
        rows.append(won_by(spells[here], where, horizon_days, None, alpha))
        rows.append(_difference(spells[here], spells[~here], where, horizon_days, alpha))
    return tuple(rows)


def _difference(
    here: pd.DataFrame, others: pd.DataFrame, where: dict[str, object], days: int, alpha: float
) -> Estimate:
    row = Estimate(
        module="M01",
        quantity="won_by_day_share_difference",
        segment=segment(**where),
        method="aalen_johansen_difference",
        family=FAMILY,
        evidence="associational",
        n=len(here),
    )
    pair = [incidence(part, alpha=alpha) for part in (here, others)]
    if pair[0] is None or pair[1] is None:
        return refuse(row, "few_at_risk")
    gap = contrast(pair[0], pair[1], day=days, cause=WON)
    row = replace(row, events=pair[0].at(days, WON).events)
    if not gap.shown or gap.p is None:
        return refuse(row, "few_at_risk")
    return replace(row, estimate=gap.difference, ci_lo=gap.ci_lo, ci_hi=gap.ci_hi, p=gap.p)
