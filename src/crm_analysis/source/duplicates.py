"""Rows that come twice: identical ones are dropped and listed, conflicting keys are fatal."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from crm_analysis.source.frames import count_rows
from crm_analysis.source.typed import TypedTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """What came twice in one table.

    Parameters
    ----------
    n_identical : int
        Rows that repeat another row in every column and are dropped.
    n_conflicting : int
        Rows whose key is also another row's while some value differs.
    identical, conflicting : Ibis table or None
        Those rows, with `_file`, `_line`; None where there are none.
    """

    n_identical: int = 0
    n_conflicting: int = 0
    identical: ir.Table | None = None
    conflicting: ir.Table | None = None


def find_duplicates(typed: TypedTable) -> Duplicates:
    """Find rows with the same key, or for a table without key the same values."""
    by = list(typed.table.key) or list(typed.values)
    if not set(by) <= set(typed.given) | set(typed.own):
        return Duplicates()
    rows = typed.rows
    if typed.table.key:
        required = [name for name in by if typed.table.column(name).required]
        rows = rows.filter(*[rows[name].notnull() for name in required])
    doubled = rows.group_by(by).having(rows.count() > 1).agg(_n=rows.count())
    if not count_rows(doubled):
        return Duplicates()
    same = ibis.window(group_by=list(typed.values), order_by=["_file", "_line"])
    alike = [rows[name].identical_to(doubled[name]) for name in by]
    repeated = rows.semi_join(doubled, alike).mutate(_repeat=ibis.row_number().over(same))
    identical = repeated.filter(repeated["_repeat"] > 0)
    first = repeated.filter(repeated["_repeat"] == 0)
    clashing = first.group_by(by).having(first.count() > 1).agg(_n=first.count())
    alike = [first[name].identical_to(clashing[name]) for name in by]
    conflicting = first.semi_join(clashing, alike)
    return Duplicates(
        n_identical=count_rows(identical),
        n_conflicting=count_rows(conflicting),
        identical=identical,
        conflicting=conflicting,
    )
