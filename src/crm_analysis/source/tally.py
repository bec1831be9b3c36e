"""Count and list what breaks a rule in one typed table, and keep the rows that may be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir
from ibis.backends import BaseBackend

from crm_analysis.source.duplicates import Duplicates, find_duplicates
from crm_analysis.source.engine import keep
from crm_analysis.source.faults import SHOWN, Fault, Severity
from crm_analysis.source.frames import collect_rows, count_rows
from crm_analysis.source.parsing import (
    LARGEST_WORDS,
    LIST_WORDS,
    REFUSALS,
    REPAIRS,
    TYPE_WORDS,
)
from crm_analysis.source.rules import EMPTIED, WRONG, Rule, known_since, order_rule, row_rules
from crm_analysis.source.typed import CODE, UNTIL, WAS, TypedTable
from crm_analysis.source.words import shown

Count = tuple[str, str, str, Severity, str, int]
Reason = tuple[ir.BooleanValue, ir.Value | None]


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
    n_emptied : int
        Rows left that lost a wrong value which had filled in later.
    clean : Ibis table
        The rows that are left, value columns only.
    dated : Ibis table or None
        Those and the rows that count until a fault came into them, with that time in `UNTIL`;
        None where there are none such.
    """

    file: str
    columns: tuple[str, ...]
    n_in: int
    n_used: int
    n_repaired: int
    n_faulty: int
    n_emptied: int
    faults: tuple[Fault, ...]
    counts: tuple[Count, ...]
    clean: ir.Table
    dated: ir.Table | None = None

    @property
    def rows(self) -> ir.Table:
        """All rows that count at some as-of day."""
        return self.clean if self.dated is None else self.dated


def tally(
    connection: BaseBackend,
    typed: TypedTable,
    known: Mapping[str, ir.Table],
    *,
    orders: ir.Table | None = None,
) -> Tally:
    """Apply all rules to one table.

    Parameters
    ----------
    known : mapping of str to Ibis table
        The tables checked before, where references are looked up.
    orders : Ibis table or None
        The order lines, not yet checked, that won leads should meet.
    """
    rules = row_rules(typed, known)
    if typed.table.name == "leads" and orders is not None:
        extra = order_rule(typed, orders)
        rules += [extra] if extra is not None else []
    n_rows, n_broken, n_coded, may_repeat = _broken(typed, rules)
    fired = [rule for rule, n in zip(rules, n_broken, strict=True) if n]
    rules_counts = [(rule, n) for rule, n in zip(rules, n_broken, strict=True) if n]
    codes = [code for name in n_coded for code in _codes(typed, name)]
    twice = find_duplicates(typed) if may_repeat else Duplicates()
    reasons = _reasons(typed, fired, [name for name, code, _ in codes if code in REFUSALS])
    excluded = reduce(or_, [broken for broken, _ in reasons]) if reasons else None
    repairs = [rule for rule in fired if rule.severity == "repair"]
    always, until = _until(reasons)
    clean = _clean(connection, typed, excluded=always, repairs=repairs, twice=twice, until=until)
    dated = None if until is None else clean
    if dated is not None:
        clean = dated.filter(dated[UNTIL].isnull()).drop(UNTIL)
    left = _left(typed, clean, excluded, repairs, codes=codes, twice=twice, n_rows=n_rows)
    return Tally(
        file=typed.file,
        columns=typed.values,
        n_in=n_rows,
        n_used=left.n_used,
        n_repaired=left.n_repaired,
        n_faulty=left.n_faulty,
        n_emptied=left.n_emptied,
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
        dated=dated,
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
    [row] = collect_rows(found)
    broken = [int(row[f"r{at}"] or 0) for at in range(len(rules))]
    coded = [name for at, name in enumerate(typed.coded) if row[f"c{at}"]]
    return int(row["n"]), broken, coded, bool(row["n"]) and row.get("k") != 0


def _codes(typed: TypedTable, name: str) -> Iterator[tuple[str, str, int]]:
    rows = typed.rows.filter(typed.rows[name + CODE].notnull())
    found = rows.group_by(code=rows[name + CODE]).agg(n=rows.count()).order_by("code")
    for row in collect_rows(found):
        yield name, row["code"], int(row["n"])


def _code_words(typed: TypedTable, name: str, code: str) -> tuple[str, Severity, str]:
    column = next((c for c in typed.table.columns if c.name == name), None)
    kind = column.type if column else "str"
    if code in REPAIRS:
        return code, "repair", REPAIRS[code]
    allowed = REFUSALS[code]
    if code == "value":
        words = ("true", "false") if kind == "bool" else column.allowed if column else ()
        allowed = (LIST_WORDS if kind == "list" else "") + ", ".join(words)
    elif code == "type":
        allowed = TYPE_WORDS[kind]
    elif code == "too_large":
        allowed = LARGEST_WORDS[kind]
    if typed.table.may_be_emptied(name):
        return code, "repair", allowed + EMPTIED
    return code, "exclude", allowed


def _reasons(typed: TypedTable, fired: list[Rule], refused: list[str]) -> list[Reason]:
    """Return which rows are excluded by each fault, and since when."""
    reasons: list[Reason] = [
        (rule.broken.fill_null(False), rule.since) for rule in fired if rule.severity == "exclude"
    ]
    return reasons + [
        (
            typed.rows[name + CODE].isin(tuple(REFUSALS)).fill_null(False),
            known_since(typed, name),
        )
        for name in dict.fromkeys(refused)
        if not typed.table.may_be_emptied(name)
    ]


def _until(reasons: list[Reason]) -> tuple[ir.BooleanValue | None, ir.Value | None]:
    """Tell rows that never count from those that count until a fault came into them."""
    dated = [(broken, since) for broken, since in reasons if since is not None]
    always = [broken for broken, since in reasons if since is None]
    always += [broken & since.isnull() for broken, since in dated]
    nothing = ibis.null("timestamp(6)")
    moments = [ibis.ifelse(broken, since, nothing) for broken, since in dated]
    return reduce(or_, always) if always else None, ibis.least(*moments) if moments else None


def _clean(
    connection: BaseBackend,
    typed: TypedTable,
    *,
    excluded: ir.BooleanValue | None,
    repairs: list[Rule],
    twice: Duplicates,
    until: ir.Value | None,
) -> ir.Table:
    """Keep the rows that may be used; a table that loses nothing is not written again."""
    rows = typed.rows
    shown: dict[str, ir.Value] = {name: rows[name] for name in typed.values}
    for rule in repairs:
        value = shown[rule.column]
        instead = ibis.literal(rule.instead) if rule.instead else ibis.null(value.type())
        shown[rule.column] = ibis.ifelse(rule.broken.fill_null(False), instead, value)
    if until is not None:
        shown[UNTIL] = until
    kept = rows.filter(~excluded) if excluded is not None else rows
    clean = kept.select(**shown)
    if twice.n_identical:
        clean = clean.distinct()
    if excluded is None and until is None and not repairs and not twice.n_identical:
        return clean
    return keep(connection, f"clean_{typed.table.name}", clean)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Left:
    """How many rows are left, and what was done to them."""

    n_used: int
    n_faulty: int = 0
    n_repaired: int = 0
    n_emptied: int = 0


def _left(
    typed: TypedTable,
    clean: ir.Table,
    excluded: ir.BooleanValue | None,
    repairs: list[Rule],
    *,
    codes: list[tuple[str, str, int]],
    twice: Duplicates,
    n_rows: int,
) -> _Left:
    """Count rows used, rows excluded by a fault, rows left with a repaired or emptied cell."""
    rows = typed.rows
    found = dict.fromkeys(name for name, *_ in codes)
    emptied = [
        rows[name + CODE].isin(tuple(REFUSALS)).fill_null(False)
        for name in found
        if typed.table.may_be_emptied(name)
    ]
    late = [rule for rule in repairs if typed.table.may_be_emptied(rule.column)]
    emptied += [rule.broken.fill_null(False) for rule in late if rule.name in WRONG]
    repaired = [rows[name + CODE].isin(tuple(REPAIRS)).fill_null(False) for name in found]
    repaired += [rule.broken.fill_null(False) for rule in repairs]
    repaired += emptied
    if excluded is None and not repaired and not twice.n_identical:
        return _Left(n_used=n_rows)
    out = excluded if excluded is not None else ibis.literal(False)
    flags = rows.select(
        out=out,
        mended=reduce(or_, repaired, ibis.literal(False)) & ~out,
        emptied=reduce(or_, emptied, ibis.literal(False)) & ~out,
        one=ibis.literal(1),
    )
    sums = flags.aggregate(**{name: flags[name].sum() for name in ("out", "mended", "emptied")})
    row = {name: int(n or 0) for name, n in collect_rows(sums)[0].items()}
    n_used = count_rows(clean) if twice.n_identical else n_rows - row["out"]
    return _Left(
        n_used=n_used, n_faulty=row["out"], n_repaired=row["mended"], n_emptied=row["emptied"]
    )


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
    text = shown(value or "")
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
    for row in collect_rows(listed):
        yield Fault(
            table=typed.table.name, rule=rule, severity=severity, allowed=allowed,
            file=row["file"] or "", line=row["line"], column=column,
            value=_as_typed(row["value"], typed, column),
            key=shown(", ".join(str(row[f"k{at}"]) for at in range(len(key)))),
        )  # fmt: skip
