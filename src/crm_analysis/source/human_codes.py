"""The codes that people gave to reasons, laid over T5 from the state.

Decision: a code that the CRM itself holds stands; the state fills what is empty. Where the two
differ both are kept, the CRM's is used, and the audit says how many there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
from ibis.backends import BaseBackend

from crm_analysis.source.engine import keep
from crm_analysis.source.frames import collect_rows
from crm_analysis.state import CODERS, Key, State

Count = tuple[str, str, str, str, str, int]
_ROW, _BETWEEN = "\x1e", "\x1f"  # signs that no id and no code can hold

_CONFLICT = "the CRM's own code stands; the state holds another"
_WITHOUT = "the reason that was coded is not among those known that day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlaid:
    """T5 with the codes of the state, and what became of them.

    Parameters
    ----------
    filled : frozenset of str
        The code columns that the state filled somewhere.
    counts : list of tuple
        Rows of the audit: table, column, rule, severity, allowed, n.
    """

    rows: ir.Table
    filled: frozenset[str]
    counts: list[Count]


def overlay_codes(
    connection: BaseBackend, reasons: ir.Table, state: State, *, as_of: date
) -> Overlaid | None:
    """Fill the empty codes of T5 by those of the state; None where it has none by that day."""
    codes = state.codes(as_of)
    if not codes:
        return None
    given = _table(codes)
    joined = reasons.left_join(given, reasons.reason_id == given.coded_id)
    values = {
        coder: _held(reasons[coder]).coalesce(_held(given[f"{coder}_state"])) for coder in CODERS
    }
    rows = joined.select(**{name: values.get(name, reasons[name]) for name in reasons.columns})
    filled, counts = _told(joined, reasons, given, n_coded=len({one for one, _ in codes}))
    kept = keep(connection, "known_reasons_coded", rows)
    return Overlaid(rows=kept, filled=filled, counts=counts)


def _held(text: ir.StringColumn) -> ir.StringColumn:
    return text.strip().nullif("")


def _table(codes: Mapping[Key, str]) -> ir.Table:
    """Write the codes as one literal that the engine splits: nothing is written to it for them."""
    by_reason: dict[str, dict[str, str]] = {}
    for (reason_id, coder), given in sorted(codes.items()):
        by_reason.setdefault(reason_id, {})[coder] = given
    lines = [
        _BETWEEN.join((reason_id, *(given.get(coder, "") for coder in CODERS)))
        for reason_id, given in by_reason.items()
    ]
    rows = ibis.literal(_ROW.join(lines)).split(_ROW).unnest().name("line").as_table()
    parts = rows.line.split(_BETWEEN)
    named = {f"{coder}_state": parts[at] for at, coder in enumerate(CODERS, start=1)}
    return rows.select(coded_id=parts[0], **named)


def _told(
    joined: ir.Table, reasons: ir.Table, given: ir.Table, *, n_coded: int
) -> tuple[frozenset[str], list[Count]]:
    """Count what was filled, what differs and what has no reason any more."""
    measures: dict[str, ir.Value] = {"n_met": given.coded_id.count()}
    for coder in CODERS:
        own, other = _held(reasons[coder]), _held(given[f"{coder}_state"])
        measures[f"{coder}_filled"] = (own.isnull() & other.notnull()).sum()
        measures[f"{coder}_differs"] = (_plain(own) != _plain(other)).fill_null(False).sum()
    [found] = collect_rows(joined.aggregate(**measures))
    counts: list[Count] = [
        (
            "reasons",
            coder,
            "code_conflict",
            "warning",
            _CONFLICT,
            int(found[f"{coder}_differs"] or 0),
        )
        for coder in CODERS
    ]
    lost = n_coded - int(found["n_met"] or 0)
    counts.append(("reasons", "reason_id", "code_without_reason", "warning", _WITHOUT, lost))
    filled = frozenset(coder for coder in CODERS if found[f"{coder}_filled"])
    return filled, [row for row in counts if row[-1]]


def _plain(text: ir.StringColumn) -> ir.StringColumn:
    return text.lower().re_replace(r"\s+", "")
