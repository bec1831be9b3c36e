"""Which raw column is which column of the contract: aliases, own factors, did-you-mean."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from crm_analysis.contract import TABLES, Table, plain
from crm_analysis.source.faults import Fault

PASSED_ON = ("_file", "_line")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderMap:
    """Contract column → raw column, own `x_` columns → raw column, and what does not fit."""

    columns: dict[str, str]
    own: dict[str, str]
    faults: tuple[Fault, ...]


def map_headers(table: Table, raw: Sequence[str], *, file: str) -> HeaderMap:
    """Find each column of a table among the headers of its file.

    Examples
    --------
    >>> found = map_headers(TABLES["leads"], ["lead_id", "客户编号", "statsu"], file="leads.csv")
    >>> found.columns
    {'lead_id': 'lead_id', 'customer_id': '客户编号'}
    >>> [fault.rule for fault in found.faults][:2]
    ['header_alias', 'unknown_column']
    """
    columns: dict[str, str] = {}
    own: dict[str, str] = {}
    faults: list[Fault] = []
    exact = [name for name in raw if name in table.column_names]
    for header in exact + [name for name in raw if name not in exact]:
        if header.lower() in PASSED_ON:
            continue
        target = table.column_for(header)
        if target is None and table.own_columns and plain(header).startswith("x_"):
            own[plain(header)] = header
        elif target is None and (twice := _numbered(table, header, raw)):
            faults.append(_doubled(table, twice, table.column_for(twice) or twice, twice, file))
        elif target is None:
            faults.append(_unknown(table, header, file))
        elif target in columns:
            faults.append(_doubled(table, header, target, columns[target], file))
        else:
            columns[target] = header
            if header != target:
                faults.append(_alias(table, header, target, file))
    faults += [_missing(table, name, file, raw) for name in table.required if name not in columns]
    return HeaderMap(columns=columns, own=own, faults=tuple(faults))


def _numbered(table: Table, header: str, raw: Sequence[str]) -> str:
    """Return the header that the reader numbered because the file has it twice, else ""."""
    base, _, number = header.rpartition("_")
    same = [name for name in raw if name.lower() == base.lower()]
    return same[0] if number.isdigit() and same and table.column_for(same[0]) else ""


def _alias(table: Table, header: str, target: str, file: str) -> Fault:
    return Fault(
        table=table.name, file=file, line=1, column=target, value=header, rule="header_alias",
        severity="repair", allowed=f"the header {target}", n_rows=0,
    )  # fmt: skip


def _unknown(table: Table, header: str, file: str) -> Fault:
    return Fault(
        table=table.name, file=file, line=1, column=header, value=header, rule="unknown_column",
        severity="warning", allowed=_did_you_mean(table, header), n_rows=0,
    )  # fmt: skip


def _did_you_mean(table: Table, header: str) -> str:
    near = difflib.get_close_matches(plain(header), table.column_names, n=2, cutoff=0.6)
    own = "; own factors begin with x_" if table.own_columns else ""
    if near:
        return f"did you mean {' or '.join(near)}?{own}"
    return f"the columns of the contract, see crm-analysis contract{own}"


def _doubled(table: Table, header: str, target: str, first: str, file: str) -> Fault:
    return Fault(
        table=table.name, file=file, line=1, column=target, value=f"{first}, {header}",
        rule="doubled_column", severity="fatal", allowed=f"one column for {target}",
    )  # fmt: skip


def _missing(table: Table, name: str, file: str, raw: Sequence[str]) -> Fault:
    near = difflib.get_close_matches(name, [plain(header) for header in raw], n=1, cutoff=0.6)
    hint = f"; did you mean it by {near[0]!r}?" if near else ""
    return Fault(
        table=table.name, file=file, line=1, column=name, rule="missing_column", severity="fatal",
        allowed=f"a column {name}, or one of its other headers ({_headers(table, name)}){hint}",
    )  # fmt: skip


def _headers(table: Table, name: str) -> str:
    return ", ".join(table.column(name).aliases[:4]) or "none"


def table_for(name: str) -> str | None:
    """Return the contract table that a file or sheet name stands for.

    Examples
    --------
    >>> table_for("Customers"), table_for("notes")
    ('customers', None)
    """
    wanted = plain(name)
    for table in TABLES.values():
        if wanted == table.name or wanted in table.aliases:
            return table.name
    return None
