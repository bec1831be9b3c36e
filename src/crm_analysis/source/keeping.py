"""Keep a result in the engine as a temporary table, so that it is computed once."""

from __future__ import annotations

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from crm_analysis.source.files import quote


def keep(connection: Backend, name: str, rows: ir.Table) -> ir.Table:
    """Compute rows once and return the temporary table that holds them.

    One statement, where Ibis' own `create_table` writes the table's form and its rows in two.
    """
    connection.con.execute(f"CREATE TEMP TABLE {quote(name)} AS {connection.compile(rows)}")
    return connection.table(name, database=("temp", "main"))
