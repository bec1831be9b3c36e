"""What each customer bought: recency, frequency, gaps and money (B-13 to B-15).

Decisions:
* An order is an `order_id`; its lines are netted. Only orders with a positive net amount count as
  purchases; returns reduce money wherever they were booked.
* Gaps are calendar days between distinct purchase days: two orders on one day are one visit.
* The last 365 days are as_of and the 364 days before it.
* A line without `essential` counts in the totals only.
"""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from crm_analysis.features.windows import end_of_day, epoch_day

LINE_MONEY, MONEY = "decimal(18, 4)", "decimal(38, 4)"
YEAR_DAYS = 365


def summary(customers: ir.Table, order_lines: ir.Table, *, as_of: date) -> ir.Table:
    """How recently, how often and for how much has each customer bought?

    Parameters
    ----------
    customers, order_lines : Table
        The as-of views of T1 and T6.
    as_of : date
        End of the last known day; lines known later are not counted.

    Returns
    -------
    Table
        One row per customer: customer_id and the features that `features.CATALOG` lists under the
        family "purchases". Without a purchase, counts and money are 0, days NULL.
    """
    orders = _orders(_known(order_lines, as_of=as_of))
    money = _money(orders, as_of=as_of)
    rhythm = _rhythm(orders)
    joined = customers.select("customer_id").left_join(money, ibis._.customer_id == money.money_key)
    joined = joined.left_join(rhythm, joined.customer_id == rhythm.rhythm_key)
    return joined.select(
        "customer_id", **_counts(joined), **_amounts(joined), **_days(joined, as_of=as_of)
    )


def by_year(order_lines: ir.Table, *, as_of: date) -> ir.Table:
    """What did each customer buy in each calendar year, essential and not?

    Returns
    -------
    Table
        One row per customer and calendar year with an order line: customer_id, year, n_orders,
        amount_total, essential_amount, non_essential_amount. The year of as_of is not complete.
    """
    orders = _orders(_known(order_lines, as_of=as_of))
    zero = ibis.literal(0).cast(MONEY)
    return orders.group_by("customer_id", "year").aggregate(
        n_orders=orders.count(where=orders.amount > 0),
        amount_total=orders.amount.sum().cast(MONEY),
        essential_amount=ibis.coalesce(orders.essential.sum().cast(MONEY), zero),
        non_essential_amount=ibis.coalesce(orders.non_essential.sum().cast(MONEY), zero),
    )


def _known(order_lines: ir.Table, *, as_of: date) -> ir.Table:
    return order_lines.filter(order_lines.known_at < end_of_day(ibis.literal(as_of)))


def _orders(lines: ir.Table) -> ir.Table:
    """Net the lines of each order; its day is that of its first line."""
    amount, margin = lines.amount.cast(LINE_MONEY), lines.margin.cast(LINE_MONEY)
    return lines.group_by("customer_id", "order_id").aggregate(
        day=epoch_day(lines["at"].min()),
        year=lines["at"].min().year().cast("int64"),
        amount=amount.sum().cast(MONEY),
        essential=amount.sum(where=lines.essential).cast(MONEY),
        non_essential=amount.sum(where=~lines.essential).cast(MONEY),
        margin=margin.sum().cast(MONEY),
        has_essential=lines.count(where=lines.essential & (lines.amount > 0)) > 0,
    )


def _money(orders: ir.Table, *, as_of: date) -> ir.Table:
    """Add up orders per customer, over all time, the last 365 days and the 365 before."""
    age = epoch_day(ibis.literal(as_of)) - orders.day
    last = age < YEAR_DAYS
    before = (age >= YEAR_DAYS) & (age < 2 * YEAR_DAYS)
    bought = orders.amount > 0
    return orders.group_by(money_key="customer_id").aggregate(
        n=orders.count(where=bought),
        n_last=orders.count(where=bought & last),
        n_before=orders.count(where=bought & before),
        n_essential=orders.count(where=bought & orders.has_essential),
        amount_all=orders.amount.sum().cast(MONEY),
        amount_last=orders.amount.sum(where=last).cast(MONEY),
        amount_before=orders.amount.sum(where=before).cast(MONEY),
        essential_all=orders.essential.sum().cast(MONEY),
        essential_last=orders.essential.sum(where=last).cast(MONEY),
        other_all=orders.non_essential.sum().cast(MONEY),
        other_last=orders.non_essential.sum(where=last).cast(MONEY),
        margin_all=orders.margin.sum().cast(MONEY),
        margin_last=orders.margin.sum(where=last).cast(MONEY),
    )


def _rhythm(orders: ir.Table) -> ir.Table:
    """Measure the gaps between the purchase days of each customer, in integers.

    A further order on the same day stands 0 days after the one before it: it makes no gap and no
    further day. So days need not be made distinct first, which would cost as much as the sort.
    """
    order = ibis.window(group_by="customer_id", order_by="day")
    bought = orders.filter(orders.amount > 0).select("customer_id", "day")
    steps = bought.mutate(gap=bought.day - bought.day.lag().over(order))
    return steps.group_by(rhythm_key="customer_id").aggregate(
        n_days=steps.count(where=steps.gap.isnull() | (steps.gap > 0)),
        first_day=steps.day.min(),
        last_day=steps.day.max(),
        sum_gap_squared=(steps.gap * steps.gap).sum(),
        longest_gap=steps.gap.max(where=steps.gap > 0),
    )


def _counts(joined: ir.Table) -> dict[str, ir.Value]:
    return {
        "n_orders": joined.n.fill_null(0),
        "n_orders_last_365_days": joined.n_last.fill_null(0),
        "n_orders_previous_365_days": joined.n_before.fill_null(0),
        "n_essential_orders": joined.n_essential.fill_null(0),
        "n_purchase_days": joined.n_days.fill_null(0),
    }


def _amounts(joined: ir.Table) -> dict[str, ir.Value]:
    zero = ibis.literal(0).cast(MONEY)
    return {
        "amount_total": ibis.coalesce(joined.amount_all, zero),
        "amount_last_365_days": ibis.coalesce(joined.amount_last, zero),
        "amount_previous_365_days": ibis.coalesce(joined.amount_before, zero),
        "essential_amount_total": ibis.coalesce(joined.essential_all, zero),
        "essential_amount_last_365_days": ibis.coalesce(joined.essential_last, zero),
        "non_essential_amount_total": ibis.coalesce(joined.other_all, zero),
        "non_essential_amount_last_365_days": ibis.coalesce(joined.other_last, zero),
        "margin_total": joined.margin_all,
        "margin_last_365_days": joined.margin_last,
    }


def _days(joined: ir.Table, *, as_of: date) -> dict[str, ir.Value]:
    """Recency and own rhythm; the spread needs two gaps."""
    n_gaps = (joined.n_days - 1).cast("float64")
    span = (joined.last_day - joined.first_day).cast("float64")  # what the gaps add up to
    mean = span / n_gaps.nullif(0.0)
    spread = joined.sum_gap_squared.cast("float64") - span * mean
    deviation = ibis.greatest(spread / (n_gaps - 1).nullif(0.0), 0.0).sqrt()
    today = epoch_day(ibis.literal(as_of))
    return {
        "days_since_first_order": today - joined.first_day,
        "days_since_last_order": today - joined.last_day,
        "mean_order_gap_days": mean,
        "order_gap_cv": (joined.n_days >= 3).ifelse(
            deviation / mean.nullif(0.0), ibis.null("float64")
        ),
        "longest_order_gap_days": joined.longest_gap,
    }
