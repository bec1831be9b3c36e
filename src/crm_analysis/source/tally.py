"""Count and list what breaks a rule in one typed table, and keep the rows that may be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from crm_analysis.source.duplicates import Duplicates, find_duplicates
from crm_analysis.source.faults import SHOWN, Fault, Severity
from crm_analysis.source.keeping import keep
from crm_analysis.source.parsing import REFUSALS, REPAIRS, TYPE_WORDS
from crm_analysis.source.rules import Rule, order_rule, row_rules
from crm_analysis.source.typed import CODE, WAS, TypedTable

Count = tuple[str, str, str, Severity, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One table after all rules.

    Parameters
    ----------
    n_in, n_used : int
        Rows that came, rows that are left.
    n_repaired : int
        Rows left with at least one repaired cell.
    n_faulty : int
        Rows excluded by a fault; n_in - n_used also counts dropped identical duplicates.
    clean : Ibis table
        The rows that are left, value columns only.
    """

    file: str
    columns: tuple[str, ...]
    n_in: int
    n_used: int
    n_repaired: int
    n_faulty: int
    faults: tuple[Fault, ...]
    counts: tuple[Count, ...]
    clean: ir.Table


def tally(connection: Backend, typed: TypedTable, known: Mapping[str, ir.Table]) -> Tally:
    """Apply all rules to one table."""
    rules = row_rules(typed, known)
    if typed.table.name == "leads" and "order_lines" in known:
        extra = order_rule(typed, known["order_lines"])
        rules += [extra] if extra is not None else []
    n_rows, n_broken, n_coded, may_repeat = _broken(typed, rules)
    fired = [rule for rule, n in zip(rules, n_broken, strict=True) if n]
    rules_counts = [(rule, n) for rule, n in zip(rules, n_broken, strict=True) if n]
    codes = [code for name in n_coded for code in _codes(typed, name)]
    twice = find_duplicates(typed) if may_repeat else Duplicates()
    excluded = _excluded(typed, fired, [name for name, code, _ in codes if code in REFUSALS])
    emptied = {rule.column: rule.broken for rule in fired if rule.severity == "repair"}
    clean = _clean(connection, typed, excluded=excluded, emptied=emptied, twice=twice)
    n_used, n_faulty, n_repaired = _left(typed, clean, excluded, emptied, codes, twice, n_rows)
    return Tally(
        file=typed.file,
        columns=typed.values,
        n_in=n_rows,
        n_used=n_used,
        n_repaired=n_repaired,
        n_faulty=n_faulty,
        faults=(*_rule_faults(typed, fired), *_code_faults(typed, codes), *_twice(typed, twice)),
        counts=(
            *(
                (typed.table.name, r.column, r.name, r.severity, r.allowed, n)
                for r, n in rules_counts
            ),
            *(
                (typed.table.name, name, *_code_words(typed, name, code), n)
                for name, code, n in codes
            ),
            *_twice_counts(typed, twice),
        ),
        clean=clean,
    )


def _broken(typed: TypedTable, rules: list[Rule]) -> tuple[int, list[int], list[str], bool]:
    """Count rows and rows per broken rule, name the columns with any code: one query.

    Where the key is one column, the same query says whether any value of it comes twice.
    """
    rows = typed.rows
    key = typed.table.key[0] if len(typed.table.key) == 1 else ""
    keyed = {"k": rows[key]} if key in typed.given else {}
    flags = rows.select(
        **{f"r{at}": rule.broken for at, rule in enumerate(rules)},
        **{f"c{at}": rows[name + CODE] for at, name in enumerate(typed.coded)},
        **keyed,
        one=ibis.literal(1),
    )
    repeats = {"k": flags.k.count() - flags.k.nunique()} if keyed else {}
    found = flags.aggregate(
        n=flags.count(),
        **{f"r{at}": flags[f"r{at}"].sum() for at in range(len(rules))},
        **{f"c{at}": flags[f"c{at}"].count() for at in range(len(typed.coded))},
        **repeats,
    )
    row = found.to_pyarrow().to_pylist()[0]
    broken = [int(row[f"r{at}"] or 0) for at in range(len(rules))]
    coded = [name for at, name in enumerate(typed.coded) if row[f"c{at}"]]
    return int(row["n"]), broken, coded, bool(row["n"]) and row.get("k") != 0


def _codes(typed: TypedTable, name: str) -> Iterator[tuple[str, str, int]]:
    rows = typed.rows.filter(typed.rows[name + CODE].notnull())
    found = rows.group_by(code=rows[name + CODE]).agg(n=rows.count()).order_by("code")
    for row in found.to_pyarrow().to_pylist():
        yield name, row["code"], int(row["n"])


def _code_words(typed: TypedTable, name: str, code: str) -> tuple[str, Severity, str]:
    column = next((c for c in typed.table.columns if c.name == name), None)
    kind = column.type if column else "str"
    if code == "value":
        words = ("true", "false") if kind == "bool" else column.allowed if column else ()
        return code, "exclude", ", ".join(words)
    if code == "type":
        return code, "exclude", TYPE_WORDS[kind]
    if code in REFUSALS:
        return code, "exclude", REFUSALS[code]
    return code, "repair", REPAIRS[code]


def _excluded(typed: TypedTable, fired: list[Rule], refused: list[str]) -> ir.BooleanValue | None:
    parts = [rule.broken.fill_null(False) for rule in fired if rule.severity == "exclude"]
    parts += [
        typed.rows[name + CODE].isin(tuple(REFUSALS)).fill_null(False)
        for name in dict.fromkeys(refused)
    ]
    return reduce(or_, parts) if parts else None


def _clean(
    connection: Backend,
    typed: TypedTable,
    *,
    excluded: ir.BooleanValue | None,
    emptied: Mapping[str, ir.BooleanValue],
    twice: Duplicates,
) -> ir.Table:
    """Keep the rows that may be used; a table that loses nothing is not written again."""
    rows = typed.rows
    shown: dict[str, ir.Value] = {name: rows[name] for name in typed.values}
    for name, broken in emptied.items():
        nothing = ibis.null(rows[name].type())
        shown[name] = ibis.ifelse(broken.fill_null(False), nothing, rows[name])
    kept = rows.filter(~excluded) if excluded is not None else rows
    clean = kept.select(**shown)
    if twice.n_identical:
        clean = clean.distinct()
    if excluded is None and not emptied and not twice.n_identical:
        return clean
    return keep(connection, f"clean_{typed.table.name}", clean)


def _left(
    typed: TypedTable,
    clean: ir.Table,
    excluded: ir.BooleanValue | None,
    emptied: Mapping[str, ir.BooleanValue],
    codes: list[tuple[str, str, int]],
    twice: Duplicates,
    n_rows: int,
) -> tuple[int, int, int]:
    """Count rows used, rows excluded by a fault, rows left with a repaired cell."""
    rows = typed.rows
    repaired = [
        rows[name + CODE].isin(tuple(REPAIRS)).fill_null(False)
        for name in dict.fromkeys(name for name, code, _ in codes if code in REPAIRS)
    ]
    repaired += [broken.fill_null(False) for broken in emptied.values()]
    if excluded is None and not repaired and not twice.n_identical:
        return n_rows, 0, 0
    out = excluded if excluded is not None else ibis.literal(False)
    mended = reduce(or_, repaired) if repaired else ibis.literal(False)
    flags = rows.select(out=out, mended=mended & ~out, one=ibis.literal(1))
    row = (
        flags.aggregate(out=flags.out.sum(), mended=flags.mended.sum()).to_pyarrow().to_pylist()[0]
    )
    n_faulty = int(row["out"] or 0)
    n_used = n_rows - n_faulty
    if twice.n_identical:
        n_used = int(clean.count().to_pyarrow().as_py())
    return n_used, n_faulty, int(row["mended"] or 0)


def _rule_faults(typed: TypedTable, fired: list[Rule]) -> Iterator[Fault]:
    for rule in fired:
        found = typed.rows.filter(rule.broken)
        yield from _listed(
            typed, found, column=rule.column, rule=rule.name, severity=rule.severity,
            allowed=rule.allowed,
        )  # fmt: skip


def _code_faults(typed: TypedTable, codes: list[tuple[str, str, int]]) -> Iterator[Fault]:
    for name, code, _ in codes:
        found = typed.rows.filter(typed.rows[name + CODE] == code)
        rule, severity, allowed = _code_words(typed, name, code)
        yield from _listed(typed, found, column=name, rule=rule, severity=severity, allowed=allowed)


def _twice(typed: TypedTable, twice: Duplicates) -> Iterator[Fault]:
    for rule, severity, allowed, rows in _twice_words(twice):
        if rows is not None:
            yield from _listed(
                typed, rows, column=_key_name(typed), rule=rule, severity=severity, allowed=allowed
            )


def _twice_counts(typed: TypedTable, twice: Duplicates) -> Iterator[Count]:
    numbers = (twice.n_identical, twice.n_conflicting)
    for (rule, severity, allowed, _), n in zip(_twice_words(twice), numbers, strict=True):
        if n:
            yield typed.table.name, _key_name(typed), rule, severity, allowed, n


def _twice_words(twice: Duplicates) -> tuple[tuple[str, Severity, str, ir.Table | None], ...]:
    return (
        ("identical_rows", "repair", "each row once; the repeated row is dropped", twice.identical),
        (
            "conflicting_key", "fatal", "one row per key; these rows differ in other columns",
            twice.conflicting,
        ),
    )  # fmt: skip


def _key_name(typed: TypedTable) -> str:
    return typed.table.key[0] if typed.table.key else typed.values[0]


def _as_typed(value: str | None, typed: TypedTable, column: str) -> str:
    """Write a value that has become a number or a time as a person would have typed it."""
    text = value or ""
    if column in typed.coded or typed.rows[column].type().is_string():
        return text
    return text.removesuffix(" 00:00:00").removesuffix(".0000").removesuffix(".0")


def _listed(
    typed: TypedTable, rows: ir.Table, *, column: str, rule: str, severity: Severity, allowed: str
) -> Iterator[Fault]:
    """Bring at most 1,000 offending rows out of the engine, in the order of the file."""
    key = [name for name in typed.table.key if name in typed.values]
    text = rows[column].cast("string")
    if column in typed.coded:
        text = ibis.coalesce(rows[column + WAS], text)
    listed = rows.select(
        file=rows["_file"],
        line=rows["_line"],
        value=text,
        **{f"k{at}": rows[name].cast("string") for at, name in enumerate(key)},
    )
    listed = listed.order_by([*listed.columns]).limit(SHOWN)
    for row in listed.to_pyarrow().to_pylist():
        yield Fault(
            table=typed.table.name, rule=rule, severity=severity, allowed=allowed,
            file=row["file"] or "", line=row["line"], column=column,
            value=_as_typed(row["value"], typed, column),
            key=", ".join(str(row[f"k{at}"]) for at in range(len(key))),
        )  # fmt: skip
