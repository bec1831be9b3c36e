"""Customer states on a table small enough for pencil and paper."""

from __future__ import annotations

from datetime import date

import ibis

from crm_analysis.customers.states import customer_states


def test_a_returned_order_is_still_an_order():
    """A: ordered and returned; B: only a return; C: nothing; D: orders after as_of."""
    customers = ibis.memtable({"customer_id": ["A", "B", "C", "D"]})
    lines = ibis.memtable(
        {
            "customer_id": ["A", "A", "B", "D"],
            "amount": [10.0, -10.0, -5.0, 7.0],
            "known_at": ["2026-01-01", "2026-01-05", "2026-01-01", "2026-02-01"],
        }
    ).mutate(known_at=ibis._.known_at.cast("timestamp"))
    found = customer_states(customers, lines, as_of=date(2026, 1, 31)).execute()
    assert dict(zip(found.customer_id, found.state, strict=True)) == {
        "A": "has_ordered",
        "B": "prospect",
        "C": "prospect",
        "D": "prospect",
    }
