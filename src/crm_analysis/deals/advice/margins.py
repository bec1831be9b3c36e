"""Which share of a deal's amount is margin? Of the orders where they say so, else as configured."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from crm_analysis.source.frames import collect_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginRate:
    """Margin as a share of the amount, and whether it is the configured one."""

    share: float
    is_assumed: bool


def margin_rate(order_lines: ir.Table | None, *, default: float) -> MarginRate:
    """Return margin by amount of all lines that tell their margin.

    Parameters
    ----------
    order_lines : Table or None
        The as-of view of T6.
    default : float
        The configured share, used where no line tells its margin or their sum is not positive.
    """
    if order_lines is None:
        return MarginRate(share=default, is_assumed=True)
    told = order_lines.filter(order_lines.margin.notnull())
    [sums] = collect_rows(told.aggregate(margin=told.margin.sum(), amount=told.amount.sum()))
    margin, amount = (float(sums[name] or 0) for name in ("margin", "amount"))
    if margin <= 0 or amount <= 0:
        return MarginRate(share=default, is_assumed=True)
    return MarginRate(share=min(margin / amount, 1.0), is_assumed=False)
