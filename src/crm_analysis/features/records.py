"""What a record counts as, where several families ask the same of it."""

from __future__ import annotations

import ibis.expr.types as ir


def is_question(contacts: ir.Table) -> ir.BooleanValue:
    """Say whether a contact (T3) holds a question of the customer: incoming, with its time."""
    return (contacts.direction == "in") & contacts.asked_at.notnull()


def is_broken_promise(issues: ir.Table) -> ir.BooleanValue:
    """Say whether an issue (T9) is a promise to the customer that was settled as broken."""
    return (issues.kind == "promise") & (issues.outcome == "broken")
