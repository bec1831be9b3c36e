"""What was known at the end of the as-of day: the only way to rows (seam 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pandas as pd

from crm_analysis.config import Config
from crm_analysis.errors import DataError
from crm_analysis.language import Text
from crm_analysis.state import AlarmBook, empty_book


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The contract tables as they were known at `as_of`.

    Every view has all contract columns of its table (an absent one is a typed NULL) plus
    `known_at` (naive timestamp in `config.tz`: the later of event time and recorded_at, NULL for
    a plan that has not happened); `leads` also has `state` (open, dormant, won, lost, void).
    Timestamps are naive in `config.tz`, money is DECIMAL(18,4).

    Parameters
    ----------
    config : Config
        The configuration that the source was read with.
    observed_until : date
        The day up to which the source was watched: as_of, or earlier where the data are stale.
        Open leads are censored and follow-up ends there.
    tables : mapping of str to Ibis table
        Only the tables that the source has and that are not empty.
    given_columns : mapping of str to frozenset
        Which columns the source really had, so that an analysis can switch itself off.
    audit : DataFrame
        One row per table and rule: table, rule, severity, n_rows (repairs and exclusions).
    row_counts : DataFrame
        One row per table: table, n_in, n_repaired, n_excluded, n_used, n_known
        (n_in = n_used + n_excluded).
    stale : Text or None
        Why states, alarms and lists are refused; None where the data are fresh.
    future_rows : mapping of str to int
        Rows per table from after as_of; for notebook 00's own block and the manifest only.
    config : Config
        The settings that belong to the source, as checked.
    alarms : AlarmBook
        The alarm ledger as it was before as_of; no alarm of as_of itself is in it.
    """

    as_of: date
    observed_until: date
    tables: Mapping[str, ir.Table]
    given_columns: Mapping[str, frozenset[str]]
    source_name: str
    fingerprint: str
    audit: pd.DataFrame
    row_counts: pd.DataFrame
    stale: Text | None = None
    future_rows: Mapping[str, int] = field(default_factory=dict)
    results_dir: Path | None = None
    truth: Mapping[str, Any] | None = None
    config: Config = field(default_factory=Config)
    alarms: AlarmBook = field(default_factory=lambda: empty_book(is_kept=False))

    def table(self, name: str) -> ir.Table:
        """Return a table's as-of view; raise `DataError` where the source has none."""
        if name not in self.tables:
            raise DataError(f"table {name!r} is missing; the source has: {sorted(self.tables)}")
        return self.tables[name]

    def has(self, table: str, *columns: str) -> bool:
        """Say whether the source has the table and really had these columns."""
        return table in self.tables and set(columns) <= self.given_columns[table]
