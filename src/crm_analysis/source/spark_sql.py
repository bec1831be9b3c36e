"""What Ibis' compiler for Spark lacks of the forms that the expressions use."""

from __future__ import annotations

import ibis.expr.operations as ops
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.pyspark import PySparkCompiler


class Compiler(PySparkCompiler):  # type: ignore[misc]
    """Ibis' own compiler, with the greatest of one value, times from their parts, exact counts."""

    def visit_Greatest(
        self, _op: ops.Greatest, *, arg: tuple[sge.Expression, ...]
    ) -> sge.Expression:
        """Return the greatest value; Spark refuses to find it among one."""
        found: sge.Expression = self.f.greatest(*arg) if len(arg) > 1 else arg[0]
        return found

    def visit_Least(self, _op: ops.Least, *, arg: tuple[sge.Expression, ...]) -> sge.Expression:
        """Return the least value; Spark refuses to find it among one."""
        found: sge.Expression = self.f.least(*arg) if len(arg) > 1 else arg[0]
        return found

    def visit_TimestampFromYMDHMS(
        self, _op: ops.TimestampFromYMDHMS, **parts: sge.Expression
    ) -> sge.Expression:
        """Make a time from its parts."""
        names = ("year", "month", "day", "hours", "minutes", "seconds")
        found: sge.Expression = self.f.anon.make_timestamp_ntz(*(parts[name] for name in names))
        return found

    def visit_CountStar(
        self, op: ops.CountStar, *, arg: sge.Expression, where: sge.Expression | None
    ) -> sge.Expression:
        """Count rows; those that meet a condition are 0 where there are none, not missing."""
        if where is None:
            found: sge.Expression = super().visit_CountStar(op, arg=arg, where=None)
        else:
            found = self.f.count_if(where)
        return found
