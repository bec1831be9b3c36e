"""The state of each customer, defined once: until M07 splits it, prospect or has_ordered."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from crm_analysis.features.windows import end_of_day


def customer_states(customers: ir.Table, order_lines: ir.Table, *, as_of: date) -> ir.Table:
    """Has each customer ever ordered?

    Parameters
    ----------
    customers, order_lines : Table
        The as-of views of T1 and T6.
    as_of : date
        End of the last known day.

    Returns
    -------
    Table
        One row per customer: customer_id, state ("prospect": no order; "has_ordered": at least
        one line with a positive amount, returned or not).

    Notes
    -----
    Says nothing about who is lost: a customer silent for years has still ordered.
    """
    bought = order_lines.filter(
        order_lines.amount > 0, order_lines.known_at < end_of_day(ibis.literal(as_of))
    )
    buyers = bought.select(buyer="customer_id").distinct()
    joined = customers.select("customer_id").left_join(buyers, ibis._.customer_id == buyers.buyer)
    return joined.select(
        "customer_id", state=joined.buyer.notnull().ifelse("has_ordered", "prospect")
    )
