"""Check a source against the contract: all faults at once, rows in = rows used + rows excluded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import duckdb
import ibis.expr.types as ir
import pandas as pd

from crm_analysis.contract import TABLES
from crm_analysis.errors import DataError, SourceLost, first_line
from crm_analysis.source.connect import Source
from crm_analysis.source.engine import engine_of
from crm_analysis.source.faults import COUNT_COLUMNS, SEVERITIES, Fault, faults_frame
from crm_analysis.source.headers import HeaderMap, map_headers
from crm_analysis.source.native import refuse_unfit
from crm_analysis.source.rules import WRONG
from crm_analysis.source.tally import Tally, tally
from crm_analysis.source.typed import TypedTable, type_table

NEEDED, ONE_OF = "customers", ("leads", "order_lines", "winback")
_TOLD = 8
_ROWS = "a statement that runs on every row; mend it, or the file it reads"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """All that is wrong with a source, and what is left of it.

    Parameters
    ----------
    faults : DataFrame
        table, file, line, key, column, value, rule, severity, allowed; at most 1,000 rows a rule.
    counts : DataFrame
        table, column, rule, severity, allowed, n_rows: exact.
    row_counts : DataFrame
        table, n_in, n_repaired, n_excluded, n_used, with n_in = n_used + n_excluded; n_faulty,
        n_emptied: rows excluded by a fault, rows left that lost a wrong late value.
    tables : mapping of str to Ibis table
        The rows that may be used, typed and repaired.
    given : mapping of str to frozenset
        Which columns the source really had.
    dated : mapping of str to Ibis table
        The tables with rows that count until a fault came into them: those of `tables` and these,
        with that time in the column `UNTIL`.
    """

    faults: pd.DataFrame
    counts: pd.DataFrame
    row_counts: pd.DataFrame
    max_excluded_share: float
    tables: Mapping[str, ir.Table] = field(repr=False)
    given: Mapping[str, frozenset[str]] = field(repr=False)
    dated: Mapping[str, ir.Table] = field(default_factory=dict, repr=False)

    @property
    def rejects(self) -> pd.DataFrame:
        """Every repaired or excluded row and fatal fault, for `rejects.csv`; 1,000 a rule."""
        return self.faults[self.faults["severity"] != "warning"]

    @property
    def fatal(self) -> bool:
        """Whether something is wrong that no run can work around."""
        return bool((self.counts["severity"] == "fatal").any())

    @property
    def over_share(self) -> pd.DataFrame:
        """The tables with more than `max_excluded_share` of rows lost to faults, or emptied.

        A wrong value that filled in later costs only itself, but a column full of them is no less
        a broken export than excluded rows are.
        """
        lost = self.counts[_is_wrong(self.counts)]
        bad = self.row_counts["n_faulty"] + self.row_counts["n_emptied"]
        frame = self.row_counts.assign(share=bad / self.row_counts["n_in"])
        over = frame["share"] > self.max_excluded_share
        return frame[over & frame["table"].isin(lost["table"])]

    def problem(self) -> str:
        """Say why the data cannot be used, "" where they can."""
        told = self.faults[self.faults["severity"] == "fatal"]
        parts = []
        if len(told):
            parts.append(f"{len(told)} fatal faults in the data")
        for row in self.over_share.to_dict("records"):
            emptied = f" and {row['n_emptied']} lose a wrong value" if row["n_emptied"] else ""
            parts.append(
                f"table {row['table']}: {row['n_faulty']} of {row['n_in']} rows are excluded"
                f"{emptied}, allowed is a share of {self.max_excluded_share:g} "
                "(max_excluded_share)"
            )
        if not parts:
            return ""
        tables = set(self.over_share["table"])
        more = self.faults[_is_wrong(self.faults) & self.faults["table"].isin(tables)]
        first = more.groupby(["table", "rule", "column"], sort=False).head(1)
        lines = [_sentence(row) for row in pd.concat([told, first]).head(_TOLD).itertuples()]
        advice = "`crm-analysis check` lists all faults"
        return "\n  ".join(["; ".join(parts), *lines]) + f"\n{advice}"

    def sentences(self, limit: int) -> list[str]:
        """Write the first faults as sentences."""
        return [_sentence(row) for row in self.faults.head(limit).itertuples()]

    def raise_if_unusable(self) -> None:
        """Raise `DataError` (exit 3) where something is fatal or too many rows are excluded."""
        problem = self.problem()
        if problem:
            raise DataError(problem)


def _is_wrong(rows: pd.DataFrame) -> pd.Series:
    """Say which faults cost a row, or a late value that is wrong in itself."""
    emptied = (rows["severity"] == "repair") & rows["rule"].isin(WRONG)
    return (rows["severity"] == "exclude") | emptied


def _sentence(row: object) -> str:
    names = ("table", "rule", "severity", "allowed", "file", "key", "column", "value")
    values = {name: getattr(row, name) for name in names}
    line = row.line  # type: ignore[attr-defined]
    return Fault(**values, line=None if pd.isna(line) else int(line)).sentence()


def check(source: Source) -> CheckReport:
    """Say everything that is wrong with a source, in one go.

    Parameters
    ----------
    source : Source
        An opened source, from `connect`.

    Returns
    -------
    CheckReport
        Faults, exact counts, and the tables that are left.
    """
    faults: list[Fault] = list(source.faults)
    typed: dict[str, TypedTable] = {}
    for name, raw in source.tables.items():
        headers = map_headers(TABLES[name], raw.rows.columns, file=raw.file)
        faults += headers.faults
        if not engine_of(source.connection).READS_TEXT:
            headers, unfit = refuse_unfit(raw.rows, TABLES[name], headers)
            faults += unfit
        if headers.columns:
            found = _typed(source, name, headers)
            if isinstance(found, Fault):
                faults.append(found)
            else:
                typed[name] = found
    tallies = _tallies(source, typed)
    faults += _missing_tables(tallies, faults)
    return _report(source, faults, tallies)


def _typed(source: Source, name: str, headers: HeaderMap) -> TypedTable | Fault:
    """Type a table; a view that fails on some row fails here, and is told with its statement."""
    raw = source.tables[name]
    try:
        return type_table(
            source.connection, raw.rows, TABLES[name], headers=headers, file=raw.file,
            tz=source.config.tz, settled=raw.settled,
        )  # fmt: skip
    except (SourceLost, DataError) as error:
        raise type(error)(f"table {name}: {error}") from None
    except duckdb.Error as error:
        if raw.view is not None:
            return replace(raw.view.fault(first_line(error), allowed=_ROWS), table=name)
        allowed = "an undamaged file; export it again" if raw.file else "a view that runs"
        return Fault(
            table=name, rule="unreadable", severity="fatal", file=raw.file, allowed=allowed,
            value=first_line(error),
        )  # fmt: skip


def _tallies(source: Source, typed: Mapping[str, TypedTable]) -> dict[str, Tally]:
    """Check the tables in such an order that references find their targets checked."""
    tallies: dict[str, Tally] = {}
    known: dict[str, ir.Table] = {}
    orders = typed["order_lines"].rows if "order_lines" in typed else None
    for name in _in_reference_order(typed):
        tallies[name] = tally(source.connection, typed[name], known, orders=orders)
        known[name] = tallies[name].rows
    return {name: tallies[name] for name in typed}


def _in_reference_order(typed: Mapping[str, TypedTable]) -> list[str]:
    """Put a table after those it refers to."""
    first = ("customers", "leads", "issues")
    return [name for name in first if name in typed] + [name for name in typed if name not in first]


def _missing_tables(tallies: Mapping[str, Tally], faults: list[Fault]) -> Iterator[Fault]:
    filled = {name for name, item in tallies.items() if item.n_in}
    broken = {fault.table for fault in faults if fault.severity == "fatal"}
    for name, item in tallies.items():
        if not item.n_in:
            yield Fault(
                table=name, file=item.file, rule="empty_table", severity="warning", n_rows=0,
                allowed="at least one row; an empty table counts as missing",
            )  # fmt: skip
    if NEEDED not in filled | broken:
        yield Fault(
            table=NEEDED, rule="missing_table", severity="fatal", value="not in the source",
            allowed="a table customers (customers.csv, .xlsx, .parquet or a view of that name)",
        )  # fmt: skip
    if not filled & set(ONE_OF) and not broken & set(ONE_OF):
        yield Fault(
            table="leads", rule="missing_table", severity="fatal", value="none in the source",
            allowed="at least one of the tables " + ", ".join(ONE_OF),
        )  # fmt: skip


def _report(source: Source, faults: list[Fault], tallies: Mapping[str, Tally]) -> CheckReport:
    shown = list(faults)
    counts = [
        (fault.table, fault.column, fault.rule, fault.severity, fault.allowed, fault.n_rows)
        for fault in faults
    ]
    for item in tallies.values():
        shown += item.faults
        counts += item.counts
    frame = pd.DataFrame(counts, columns=list(COUNT_COLUMNS))
    by = list(COUNT_COLUMNS[:-1])
    frame = frame.groupby(by, sort=False).agg(n_rows=("n_rows", "sum")).reset_index()
    order = frame["severity"].map(SEVERITIES.index) if len(frame) else pd.Series(dtype="int64")
    frame = frame.assign(_order=order).sort_values(["_order", "table", "column", "rule"])
    filled = {name: item for name, item in tallies.items() if item.n_in}
    return CheckReport(
        faults=faults_frame(shown),
        counts=frame.drop(columns="_order").reset_index(drop=True),
        row_counts=_row_counts(source, filled),
        max_excluded_share=source.config.max_excluded_share,
        tables={name: item.clean for name, item in filled.items()},
        given={name: frozenset(item.columns) for name, item in filled.items()},
        dated={name: item.dated for name, item in filled.items() if item.dated is not None},
    )


def _row_counts(source: Source, tallies: Mapping[str, Tally]) -> pd.DataFrame:
    rows = []
    for name, item in tallies.items():
        unread = source.tables[name].n_unread
        n_in = item.n_in + unread
        lost, faulty = n_in - item.n_used, item.n_faulty + unread
        rows.append((name, n_in, item.n_repaired, lost, item.n_used, faulty, item.n_emptied))
    names = ["table", "n_in", "n_repaired", "n_excluded", "n_used", "n_faulty", "n_emptied"]
    return pd.DataFrame(rows, columns=names)
