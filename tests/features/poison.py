"""Facts from after as_of: put them into every table, or take them out. Written without `source`.

Three poisons (contract, "Two clocks, per column"): rows that happened later, rows that happened
before but were typed later, and late columns of old rows filled in later. All keep the contract,
so that nothing but the two clocks can hide them; but for every third end filled in later, which is
mistyped: a mistake made after as_of must not take its row out of the past.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from crm_analysis.contract import TABLES, Column, Table

Tables = dict[str, pd.DataFrame]
N_ROWS = 60
MISTAKE = "mistyped"


def poisoned(tables: Tables, *, as_of: date) -> Tables:
    """Return the tables with later rows, later-typed rows and late columns filled in."""
    return {name: _poison(TABLES[name], frame, as_of) for name, frame in tables.items()}


def without_future(tables: Tables, *, as_of: date) -> Tables:
    """Return the tables as an export on the evening of as_of would have written them."""
    return {name: _cut(TABLES[name], frame, as_of) for name, frame in tables.items()}


def _end(as_of: date) -> pd.Timestamp:
    return pd.Timestamp(as_of) + pd.Timedelta(days=1)


def _times(table: Table, frame: pd.DataFrame) -> list[str]:
    return [name for name in table.columns_of_type("ts", "date") if name in frame]


def _poison(table: Table, frame: pd.DataFrame, as_of: date) -> pd.DataFrame:
    parts = [_filled(table, frame, as_of), _later(table, frame, as_of)]
    if table.recorded in frame:
        parts.append(_typed_later(table, frame, as_of))
    return pd.concat([part.astype(object) for part in parts], ignore_index=True)


def _copies(table: Table, frame: pd.DataFrame, tag: str) -> pd.DataFrame:
    """Copy the first rows under new keys; customers, leads and reps stay the same."""
    rows = frame.head(N_ROWS).reset_index(drop=True).copy()
    for key in table.key:
        column = table.column(key)
        free = column.type == "str" and not (column.references or column.allowed)
        if key in rows and free:
            rows[key] = [f"{tag}{i:04d}" for i in range(len(rows))]
    return rows


def _later(table: Table, frame: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Move copies of old rows as a whole behind as_of."""
    rows = _copies(table, frame, "ZL")
    times = _times(table, frame)
    earliest = rows[times].apply(pd.to_datetime).min(axis=1)
    shift = _end(as_of) + pd.Timedelta(hours=9) - earliest.dt.normalize()
    for name in times:
        moved = pd.to_datetime(rows[name]) + shift
        rows[name] = moved.dt.date if table.column(name).type == "date" else moved
    return rows


def _typed_later(table: Table, frame: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Leave copies of old rows where they happened, and type them in after as_of."""
    rows = _copies(table, frame, "ZT")
    rows[table.recorded] = _end(as_of) + pd.Timedelta(days=3)
    return rows


def _filled(table: Table, frame: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Fill the late columns that are still empty, with clocks after as_of."""
    rows = frame.astype(object)
    for late in table.late:
        clocks = [name for name in late.clock if name in rows]
        if not clocks:
            continue
        empty = rows[clocks].isna().all(axis=1) & _began(table, rows, late.columns, as_of)
        for name in {*late.columns, *late.reset} & set(rows):
            column = table.column(name)
            if name in clocks:
                moment = _end(as_of) + pd.Timedelta(days=5)
                rows.loc[empty, name] = moment.date() if column.type == "date" else moment
            elif name in late.reset or column.type != "date":
                rows.loc[empty, name] = _value(column, avoid=late.reset.get(name))
        for name in set(late.reset) & set(rows):
            rows.loc[empty & (empty.cumsum() % 3 == 0), name] = MISTAKE
    return rows


def _began(table: Table, rows: pd.DataFrame, columns: tuple[str, ...], as_of: date) -> pd.Series:
    """Fill only rows that happened by as_of; and no answer where nothing was asked."""
    needs = {"answered_at": "asked_at", "issue_closed_at": "issue_left"}
    began = pd.Series(True, index=rows.index)
    for name, need in needs.items():
        if name in columns and table.name == "interactions":
            began &= rows[need].notna()
    events = [name for name in table.event_time if name in rows]
    if events and "at" not in columns:
        began &= pd.to_datetime(rows[events[0]]) < _end(as_of)
    return began


def _value(column: Column, *, avoid: str | None) -> object:
    if column.type == "bool":
        return True
    if column.allowed:
        return next(value for value in reversed(column.allowed) if value != avoid)
    if column.type in ("str", "list"):
        return "x"
    return 1


def _cut(table: Table, frame: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Drop rows and blank values that were not known at the end of as_of."""
    rows, end = frame.copy(), _end(as_of)
    events = [name for name in table.event_time if name in rows]
    planned = pd.Series(False, index=rows.index)
    if table.plan is not None:
        planned |= rows[table.plan.when].notna() if table.plan.when in rows else not table.plan.when
    if events:
        moment = rows[events].apply(pd.to_datetime).bfill(axis=1).iloc[:, 0]
        rows = rows[(moment < end) | planned]
    if table.recorded in rows:
        recorded = pd.to_datetime(rows[table.recorded])
        rows = rows[recorded.isna() | (recorded < end)]
    for late in table.late:
        rows = _blank(rows, late, end)
    return rows.reset_index(drop=True)


def _blank(rows: pd.DataFrame, late: object, end: pd.Timestamp) -> pd.DataFrame:
    clocks = [name for name in late.clock if name in rows]
    if not clocks:
        return rows
    times = rows[clocks].apply(pd.to_datetime)
    known = times.max(axis=1) if late.rule == "latest" else times.bfill(axis=1).iloc[:, 0]
    unknown = known >= end
    for name in {*late.columns, *late.reset} & set(rows):
        rows[name] = rows[name].where(~unknown, late.reset.get(name))
    return rows
