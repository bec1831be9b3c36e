"""How well do we know each customer? Completeness of the profile (A-67).

Decision: a profile typed after as_of counts as empty. A profile without `profile_recorded_at`
counts as known, because nothing says otherwise; its clock is told as `profile_clock_known`, and
what rests on it is `weak`: well-known customers have filled fields *because* they bought.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from crm_analysis.features.windows import end_of_day

BLOCKS: dict[str, tuple[str, ...]] = {
    "work": ("occupation", "industry", "position", "income_annual"),
    "life": ("gender", "birth_year", "education", "region"),
    "family": ("marital", "n_children", "children"),
    "leisure": ("media", "contact_routes"),
    "mind": ("personality", "motive", "concerns"),
    "brands": ("usage_months", "brands_used", "brand_current", "brands_interest"),
}
FIELDS: tuple[str, ...] = tuple(name for block in BLOCKS.values() for name in block)


def completeness(customers: ir.Table, *, as_of: date, fields: Sequence[str] = FIELDS) -> ir.Table:
    """Which share of the profile is filled in for each customer, in all and by block?

    Parameters
    ----------
    customers : Table
        The as-of view of T1.
    as_of : date
        End of the last known day.
    fields : sequence of str
        The profile columns the source really has (a subset of `FIELDS`); a column that is never
        kept says nothing about a customer.

    Returns
    -------
    Table
        One row per customer: customer_id, profile_share (0-1; NULL where `fields` is empty),
        one `<block>_profile_share` per block, n_profile_fields, profile_clock_known.
    """
    blocks = {name: [f for f in block if f in fields] for name, block in BLOCKS.items()}
    known = customers.profile_recorded_at.isnull() | (
        customers.profile_recorded_at < end_of_day(ibis.literal(as_of))
    )
    counts = {name: _filled(customers, block, known) for name, block in blocks.items()}
    chosen = [field for block in blocks.values() for field in block]
    total = _filled(customers, chosen, known)
    return customers.select(
        "customer_id",
        profile_share=_share(total, len(chosen)),
        n_profile_fields=total,
        profile_clock_known=customers.profile_recorded_at.notnull(),
        **{f"{name}_profile_share": _share(counts[name], len(blocks[name])) for name in blocks},
    )


def _filled(customers: ir.Table, fields: Sequence[str], known: ir.Value) -> ir.Value:
    """Count the filled fields; an empty text is not filled."""
    total = ibis.literal(0, type="int64")
    for field in fields:
        value = customers[field]
        filled = known & value.notnull() & (value.cast("string").length() > 0)
        total = total + filled.ifelse(1, 0)
    return total


def _share(count: ir.Value, of: int) -> ir.Value:
    return ibis.null("float64") if of == 0 else count.cast("float64") / float(of)
