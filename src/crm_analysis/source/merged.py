"""Customers that were merged: the rows of the old id count for the one it was merged into."""

from __future__ import annotations

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from crm_analysis.contract import Table
from crm_analysis.errors import DataError
from crm_analysis.source.keeping import keep

_REFERENCE = "customers.customer_id"
_MAX_ROUNDS = 40


def resolve_merges(connection: Backend, customers: ir.Table) -> ir.Table | None:
    """Return old id → last id (columns `old`, `new`), None where nothing was merged.

    A chain A → B → C ends at C; each round doubles the step. A target that was not yet a customer
    at as_of leaves the old id as it is.
    """
    known = customers.select(target=customers.customer_id)
    links = customers.filter(customers.merged_into.notnull()).select(
        old=customers.customer_id, new=customers.merged_into
    )
    links = links.semi_join(known, links.new == known.target)
    links = keep(connection, "merges_0", links)
    if not int(links.count().to_pyarrow().as_py()):
        return None
    for turn in range(1, _MAX_ROUNDS):
        onward = links.view()
        joined = links.left_join(onward, links.new == onward.old)
        further = int(joined.filter(onward.old.notnull()).count().to_pyarrow().as_py())
        if not further:
            return links
        step = joined.select(old=links.old, new=onward.new.coalesce(links.new))
        links = keep(connection, f"merges_{turn}", step)
    row = links.order_by("old").limit(1).to_pyarrow().to_pylist()[0]
    raise DataError(
        f"customers: merged_into goes round in a circle, for one at customer {row['old']!r}; "
        "allowed is a chain that ends at a customer who was not merged"
    )


def follow_merges(rows: ir.Table, table: Table, merges: ir.Table) -> ir.Table:
    """Return a table whose customer ids are those that count; merged customers leave T1."""
    if table.name == "customers":
        rows = rows.anti_join(merges, rows.customer_id == merges.old)
    for column in table.columns:
        if column.references == _REFERENCE and column.name != "merged_into":
            link = merges.view()
            joined = rows.left_join(link, rows[column.name] == link.old)
            value = link.new.coalesce(rows[column.name])
            rows = joined.select(
                **{name: value if name == column.name else rows[name] for name in rows.columns}
            )
    return rows
