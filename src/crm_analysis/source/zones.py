"""The wall clock of a zone, as DuckDB and PostgreSQL both name it."""

from __future__ import annotations

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir


@ibis.udf.scalar.builtin(name="timezone")  # type: ignore[untyped-decorator]
def _in_zone(zone: str, moment: dt.Timestamp(timezone="UTC")) -> dt.timestamp:  # type: ignore[valid-type]
    """Return the wall clock of a zone at a moment."""


def local_time(moment: ir.Column, tz: str) -> ir.Column:
    """Return the wall clock of a zone at moments that carry a zone."""
    return _in_zone(tz, moment.cast(dt.Timestamp(timezone="UTC")))
