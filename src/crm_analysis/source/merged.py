"""Customers that were merged: the rows of the old id count for the one it was merged into.

Decisions: an opt-out of any merged id holds for the one that counts, because a person who asked
not to be called is still that person. A leaving does not: an old id that was given up by merging
is no customer who left, so only the `left_at` of the id that counts is read. A customer whose ids
were drawn twice in one win-back round counts once where the arms agree, else not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
from ibis.backends import BaseBackend

from crm_analysis.contract import TABLES, Table
from crm_analysis.errors import DataError
from crm_analysis.source.engine import engine_of, keep
from crm_analysis.source.frames import collect_rows, count_rows

_REFERENCE = "customers.customer_id"
_MAX_ROUNDS = 40


def resolve_merges(connection: BaseBackend, customers: ir.Table) -> ir.Table | None:
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
    if not count_rows(links):
        return None
    if not engine_of(connection).KEEPS:
        return _followed(connection, links)
    for turn in range(1, _MAX_ROUNDS):
        onward = links.view()
        joined = links.left_join(onward, links.new == onward.old)
        further = count_rows(joined.filter(onward.old.notnull()))
        if not further:
            return links
        step = joined.select(old=links.old, new=onward.new.coalesce(links.new))
        links = keep(connection, f"merges_{turn}", step)
    row = collect_rows(links.order_by("old").limit(1))[0]
    raise _circle(row["old"])


def _circle(customer_id: str) -> DataError:
    return DataError(
        f"customers: merged_into goes round in a circle, for one at customer {customer_id!r}; "
        "allowed is a chain that ends at a customer who was not merged"
    )


def _followed(connection: BaseBackend, links: ir.Table) -> ir.Table:
    """Follow chains by as many joins as the longest has links, where no step is computed once."""
    pairs = {row["old"]: row["new"] for row in collect_rows(links.order_by("old"))}
    found = links
    for turn in range(1, _longest_chain(pairs)):
        onward = links.view()
        joined = found.left_join(onward, found.new == onward.old)
        step = joined.select(old=found.old, new=onward.new.coalesce(found.new))
        found = keep(connection, f"merges_{turn}", step)
    return found


def _longest_chain(pairs: Mapping[str, str]) -> int:
    """Count the links of the longest chain.

    Examples
    --------
    >>> _longest_chain({"A": "B", "B": "C", "X": "C"})
    2
    """
    length: dict[str, int] = {}
    for old in pairs:
        trail: dict[str, None] = {}
        here = old
        while here in pairs and here not in length:
            if here in trail:
                raise _circle(min(trail))
            trail[here] = None
            here = pairs[here]
        for steps, each in enumerate(reversed(trail), start=1 + length.get(here, 0)):
            length[each] = steps
    return max(length.values())


def follow_merges(rows: ir.Table, table: Table, merges: ir.Table) -> ir.Table:
    """Return a table whose customer ids are those that count; merged customers leave T1."""
    if table.name == "customers":
        rows = _with_opt_outs(rows, merges)
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


def _with_opt_outs(customers: ir.Table, merges: ir.Table) -> ir.Table:
    """Give each customer the earliest opt-out of all ids that were merged into it."""
    old = customers.select(who=customers.customer_id, out=customers.opted_out_at)
    joined = merges.join(old, merges.old == old.who)
    first = joined.group_by(target=joined.new).agg(out=joined.out.min())
    both = customers.left_join(first, customers.customer_id == first.target)
    earliest = ibis.least(customers.opted_out_at, first.out)
    return both.select(
        **{
            name: earliest if name == "opted_out_at" else customers[name]
            for name in customers.columns
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnOnce:
    """The rows of T10 after merging, one per round and customer.

    Parameters
    ----------
    n_repeated : int
        Rows of a customer drawn again with the same arm; the first one is kept.
    n_conflicting : int
        Rows of customers drawn with different arms; none of them is kept.
    """

    rows: ir.Table
    n_repeated: int
    n_conflicting: int


def draw_once(connection: BaseBackend, winback: ir.Table) -> DrawnOnce:
    """Keep one row per round and customer where merging brought two ids of a customer together.

    Without a merge the key is unique, because `check` stops at rows that share it.
    """
    key = list(TABLES["winback"].key)
    whole = ibis.window(group_by=key)
    others = [name for name in winback.columns if name not in (*key, "assigned_at")]
    first = ibis.window(group_by=key, order_by=["assigned_at", *others])
    marked = winback.mutate(
        _conflict=winback.arm.min().over(whole) != winback.arm.max().over(whole),
        _turn=ibis.row_number().over(first),
    )
    marked = keep(connection, "winback_merged", marked)
    kept = marked.filter(~marked["_conflict"], marked["_turn"] == 0)
    conflicts = marked["_conflict"].sum()
    again = (~marked["_conflict"] & (marked["_turn"] > 0)).sum()
    [counts] = collect_rows(marked.aggregate(conflicts=conflicts, again=again))
    return DrawnOnce(
        rows=kept.drop("_conflict", "_turn"),
        n_repeated=int(counts["again"] or 0),
        n_conflicting=int(counts["conflicts"] or 0),
    )
