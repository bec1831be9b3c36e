"""Which model the customer wants, how often that changed, and whether it went up or down (A-21).

Decisions:
* The list price of a model in a month is the median of list amount per piece over its order lines
  known in that month. A window sees the latest month that was over before the month of its end, so
  that no later price counts.
* Up or down is the first model asked for against the last; the same model, or one of the same
  price, is neither. Without a price of both it is unknown.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from crm_analysis.features.assessments import told_within
from crm_analysis.features.windows import BY_WINDOW, with_sums


def model_track(windows: ir.Table, assessments: ir.Table, order_lines: ir.Table | None) -> ir.Table:
    """How many models had each customer asked for, and did they become dearer?

    Parameters
    ----------
    windows : Table
        From `features.windows`.
    assessments : Table
        The as-of view of T4.
    order_lines : Table, optional
        The as-of view of T6, for list prices.

    Returns
    -------
    Table
        One row per window: lead_id, window_days, n_models and n_model_switches (0 where none is
        recorded), model_direction (1 dearer, -1 cheaper, 0 neither; NULL where unknown).
    """
    wanted = assessments.filter(
        assessments.kind == "model_interest", assessments.value_text.notnull()
    )
    told = told_within(windows, wanted, columns=("value_text",))
    sums = _sequence(told)
    joined = with_sums(windows, sums)
    rows = joined.select(
        "lead_id",
        "window_days",
        "window_end",
        "first_model",
        "last_model",
        n_models=joined.n_models.fill_null(0),
        n_model_switches=joined.n_switches.fill_null(0),
    )
    if order_lines is not None:
        prices = list_prices(order_lines)
        for which in ("first", "last"):
            rows = _priced(rows, prices, which)
        turn = (rows.last_price - rows.first_price).sign().cast("int64")
    else:
        turn = ibis.null("int64")
    same = rows.first_model == rows.last_model
    return rows.select(
        "lead_id",
        "window_days",
        "n_models",
        "n_model_switches",
        model_direction=same.ifelse(ibis.literal(0, "int64"), turn),
    )


def list_prices(order_lines: ir.Table) -> ir.Table:
    """What did each product cost by list, and in which months is that the latest known?

    Returns
    -------
    Table
        One row per product and month with sales: product, after_month, until_month (NULL where it
        still holds), price; months are numbered from the year 0, and the price holds for windows
        ending after after_month up to until_month.
    """
    pieces = order_lines.qty.fill_null(1).cast("float64")
    lines = order_lines.filter(
        order_lines["product"].notnull(),
        order_lines.list_amount > 0,
        order_lines.known_at.notnull(),
        pieces > 0,
    )
    told = lines.select(
        "product",
        month=_month(lines.known_at),
        price=lines.list_amount.cast("float64") / lines.qty.fill_null(1).cast("float64"),
    )
    monthly = told.group_by("product", "month").aggregate(price=told.price.median())
    along = ibis.window(group_by="product", order_by=monthly.month)
    return monthly.select(
        "product",
        "price",
        after_month="month",
        until_month=monthly.month.lead().over(along),
    )


def _sequence(told: ir.Table) -> ir.Table:
    """Order the models by typing; two of one moment by the time they are about, then by name."""
    order = [told.known_at, told["at"], told.value_text]
    back = [ibis.desc(told.known_at), ibis.desc(told["at"]), ibis.desc(told.value_text)]
    one = ["lead_id", "window_days"]
    along = ibis.window(group_by=one, order_by=order)
    step = told.mutate(
        rank=ibis.row_number().over(along),
        rank_back=ibis.row_number().over(ibis.window(group_by=one, order_by=back)),
        before=told.value_text.lag().over(along),
    )
    return step.group_by(**BY_WINDOW).aggregate(
        n_models=step.value_text.nunique(),
        n_switches=step.count(where=step.value_text != step.before),
        first_model=step.value_text.max(where=step["rank"] == 0),
        last_model=step.value_text.max(where=step.rank_back == 0),
    )


def _priced(rows: ir.Table, prices: ir.Table, which: str) -> ir.Table:
    """Add the list price that was known of a model at the window's end."""
    month = _month(rows.window_end)
    told = prices.select(
        "after_month", "until_month", model="product", **{f"{which}_price": "price"}
    )
    joined = rows.left_join(
        told,
        [
            rows[f"{which}_model"] == told.model,
            told.after_month < month,
            told.until_month.isnull() | (month <= told.until_month),
        ],
    )
    return joined.select(*rows.columns, f"{which}_price")


def _month(moment: ir.Value) -> ir.IntegerValue:
    months: ir.IntegerValue = moment.year().cast("int64") * 12 + moment.month().cast("int64")
    return months
