"""Statements for PostgreSQL: Ibis' own, with what it lacks there, and queries that are held.

Decision: a held query stands for a table that other engines would keep. It is written once per
statement, as a common table expression, however often it is read: PostgreSQL computes it once.
"""

from __future__ import annotations

import hashlib
import re

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.rules as rlz
import ibis.expr.types as ir
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.postgres import PostgresCompiler

_NAME = re.compile(r'"(held_[0-9a-f]{16})"')


class _PlainText(ops.Value):  # type: ignore[misc]
    """A value as text that is compared by its code points."""

    arg: ops.Value
    dtype = dt.string
    shape = rlz.shape_like("arg")


def plain_text(value: ir.Column) -> ir.StringColumn:
    """Write any type as text that is compared by its code points."""
    return _PlainText(value.op()).to_expr()


class Compiler(PostgresCompiler):  # type: ignore[misc]
    """Writes the statements of one session."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[str, str] = {}  # a query holds only such that were held before it

    def visit_Cast(self, op: ops.Cast, *, arg: sge.Expression, to: dt.DataType) -> sge.Expression:
        """Cast booleans to any number by way of INT, the only one they are cast to."""
        if op.arg.dtype.is_boolean() and to.is_numeric():
            arg = self.cast(arg, dt.int32)
        found: sge.Expression = super().visit_Cast(op, arg=arg, to=to)
        return found

    def visit_SQLQueryResult(
        self, _op: ops.SQLQueryResult, *, query: str, **_: object
    ) -> sge.Expression:
        """Name a held query; `with_held` writes it."""
        return sge.Table(this=sge.to_identifier(self.hold(query), quoted=True))

    def visit__PlainText(self, _op: _PlainText, *, arg: sge.Expression) -> sge.Expression:
        """Write `CAST(x AS TEXT) COLLATE "C"`."""
        text = sge.Cast(this=arg, to=sge.DataType(this=sge.DataType.Type.TEXT))
        return sge.Collate(this=text, expression=sge.to_identifier("C", quoted=True))

    def hold(self, query: str) -> str:
        """Hold a query and return its name."""
        name = f"held_{hashlib.sha256(query.encode()).hexdigest()[:16]}"
        self.held.setdefault(name, query)
        return name

    def held_in(self, statement: str) -> dict[str, str]:
        """Return the held queries that a statement rests on, each after those it rests on."""
        found: set[str] = set()
        wanted = set(_NAME.findall(statement))
        while wanted:
            found |= wanted
            wanted = {name for each in wanted for name in _NAME.findall(self.held[each])} - found
        return {name: query for name, query in self.held.items() if name in found}

    def with_held(self, statement: str) -> str:
        """Write the held queries that a statement rests on before it."""
        held = [f'"{name}" AS ({query})' for name, query in self.held_in(statement).items()]
        if not held:
            return statement
        rest = f", {statement[5:]}" if statement.startswith("WITH ") else f" {statement}"
        return f"WITH {', '.join(held)}{rest}"
