"""The contract in words: `data/README.md` and what `crm-analysis contract` prints.

The committed README is made from here and a test keeps both equal.
"""

from __future__ import annotations

from collections.abc import Iterable

from crm_analysis.config import describe_config
from crm_analysis.contract.enumerations import ENUMERATIONS
from crm_analysis.contract.glossary import GLOSSARY
from crm_analysis.contract.schema import Column, Late, Table
from crm_analysis.contract.states import CUSTOMER_STATES, LEAD_STATES
from crm_analysis.contract.switches import SWITCHED_OFF
from crm_analysis.contract.tables import TABLES

_INTRODUCTION = """\
# The data contract / 数据约定

This file is made from `src/crm_analysis/contract`. Change it there, then make it again:
本文件由 `src/crm_analysis/contract` 生成。请在该处修改，然后重新生成：

    python -m crm_analysis.contract > data/README.md

The suite knows these 12 tables and nothing else. Bring each as one file (csv, csv.gz, tsv, xlsx
or Parquet, named after the table) or as a table or view of a database. A `views.sql` beside the
files may make them from an export that looks different. No real data is ever committed here.

## Conventions / 约定

* Ids are text. A date is `2026-10-31`, a timestamp `2026-10-31 14:05:00` in the time zone `tz`.
* Money is in one currency (`currency`), with a decimal point, never in 万. Shares are 0-1.
* A list inside a cell is separated by `;`. Missing is an empty cell: never 0, 无 or N/A.
* Two clocks: a row counts as known when it happened (event time) *and* was typed in
  (`recorded_at`) on or before the as-of day.
* Wrong cells: a repair is listed; a fault excludes its row, and in a value that filled in later
  only empties it. A lead with a wrong end is excluded from when that end was known; before it the
  lead was open. A value without the clock that says when it was known is emptied (rule `undated`).
* `customers` is required, and at least one of `leads`, `order_lines` and `winback`.
  An empty table counts as missing.
* `customers` and `leads` take columns named `x_<name>` as your own factors.
* R: required when the table is there. O: optional; what is off without it stands below.

Headers and labels may differ in case, blanks, full-width signs and Chinese script. What else is
understood stands in the column "other headers" and under "Values".
"""


def contract_markdown() -> str:
    """Return the text of `data/README.md`: tables, clocks, values, gaps, states, keys, words."""
    parts = [_INTRODUCTION, "## Tables / 数据表\n"]
    parts += [_table_markdown(table) for table in TABLES.values()]
    parts += [_values_markdown(), _switches_markdown(), _states_markdown()]
    parts += [_config_markdown(), _glossary_markdown()]
    return "\n".join(parts)


def contract_text() -> str:
    """Return the 12 tables with their columns as plain text for a terminal."""
    blocks = []
    for table in TABLES.values():
        head = (
            f"{table.number} {table.name} / {table.label.zh}: {table.grain.en} ({table.needed.en})"
        )
        rows = [
            (
                column.name,
                column.type,
                _need(column),
                column.unit,
                _limits(column),
                f"{column.meaning.en} / {column.meaning.zh}",
            )
            for column in table.columns
        ]
        blocks.append(f"{head}\n{_aligned(rows)}")
    return "\n\n".join(blocks) + "\n"


def glossary_text() -> str:
    """Return the glossary as plain text, each term with both languages."""
    return (
        "\n\n".join(
            f"{term.en} / {term.zh}\n  {meaning.en}\n  {meaning.zh}"
            for term, meaning in GLOSSARY.items()
        )
        + "\n"
    )


def config_text() -> str:
    """Return every key of `crm_analysis.toml` with default, unit and meaning as plain text."""
    rows = [
        (name, default, unit, f"{meaning.en} / {meaning.zh}")
        for name, default, unit, meaning in describe_config()
    ]
    return _aligned([("key", "default", "unit", "meaning"), *rows]) + "\n"


def _need(column: Column) -> str:
    if column.required_unless:
        return f"R unless {column.required_unless}"
    return "R" if column.required else "O"


def _limits(column: Column) -> str:
    parts = []
    if column.allowed:
        parts.append(", ".join(column.allowed))
    if column.low is not None and column.high is not None:
        parts.append(f"{column.low:.12g} to {column.high:.12g}")
    elif column.low is not None:
        parts.append(f"{column.low:.12g} or more")
    if column.references:
        parts.append(f"→ {column.references}")
    if column.known_by:
        parts.append(f"known by {column.known_by}")
    return "; ".join(parts)


def _aligned(rows: Iterable[tuple[str, ...]]) -> str:
    """Pad all but the last column; only that one holds Chinese."""
    listed = list(rows)
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False))
        + f"  {row[-1]}"
        for row in listed
    )


def _grid(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def _table_markdown(table: Table) -> str:
    head = ("column", "type", "R/O", "unit", "allowed", "meaning", "含义", "other headers")
    rows = [
        (
            f"`{column.name}`",
            column.type,
            _need(column),
            column.unit,
            _limits(column),
            column.meaning.en,
            column.meaning.zh,
            "、".join(column.headers.split()),
        )
        for column in table.columns
    ]
    facts = [f"* {table.grain.en} / {table.grain.zh}", f"* {table.needed.en} / {table.needed.zh}"]
    facts += [f"* {fact}" for fact in _clock_facts(table)]
    title = f"### {table.number} `{table.name}` — {table.label.en} / {table.label.zh}"
    return "\n".join([title, "", *facts, "", _grid(head, rows), ""])


def _clock_facts(table: Table) -> list[str]:
    key = ", ".join(table.key) or "none (identical rows are duplicates)"
    facts = [f"Key: {key}"]
    if table.event_time:
        facts.append(f"Event time: {', else '.join(table.event_time)}")
    if table.plan:
        rows = f"Rows with {table.plan.when}" if table.plan.when else "All rows"
        fallback = " or ".join(table.plan.fallback)
        facts.append(f"{rows} are plans: known from {table.plan.clock}, without it from {fallback}")
    if table.plan_columns:
        facts.append(f"May lie in the future: {', '.join(table.plan_columns)}")
    for first, second in table.time_order:
        facts.append(f"{first} is not after {second}")
    return facts + [_late_fact(late) for late in table.late]


def _late_fact(late: Late) -> str:
    join = ", else " if late.rule == "first" else " and "
    reset = "".join(f"; {column} goes back to {value}" for column, value in late.reset.items())
    dated = f"Not yet known before {join.join(late.clock)}: {', '.join(late.columns)}{reset}"
    return dated + _undated_fact(late)


def _undated_fact(late: Late) -> str:
    """Say what becomes of a value without its clock: nobody knows when it was known."""
    if set(late.columns) <= set(late.clock) and not late.reset:
        return ""
    without = f"; without {' or '.join(late.clock)} "
    if late.undated == "kept":
        return without + "kept, and weak at a landmark"
    return without + ("emptied or put back" if late.reset else "emptied") + " (rule `undated`)"


def _values_markdown() -> str:
    blocks = ["## Values / 取值\n"]
    for enumeration, words in ENUMERATIONS.items():
        rows = [
            (f"`{value}`", word.en, word.zh, "、".join(word.aliases.split()))
            for value, word in words.items()
        ]
        grid = _grid(("value", "label", "名称", "also understood"), rows)
        blocks.append(f"### `{enumeration}`\n\n{grid}\n")
    return "\n".join(blocks)


def _switches_markdown() -> str:
    rows = [
        (f"`{row.missing}`", ", ".join(row.off), row.says.en, row.says.zh) for row in SWITCHED_OFF
    ]
    grid = _grid(("missing", "off", "what that means", "说明"), rows)
    return f"## What is off without a table or column / 缺少数据时关闭的分析\n\n{grid}\n"


def _states_markdown() -> str:
    rows = [
        (kind, f"`{state}`", text.en, text.zh)
        for kind, states in (("lead", LEAD_STATES), ("customer", CUSTOMER_STATES))
        for state, text in states.items()
    ]
    return f"## Derived states / 派生状态\n\n{_grid(('of', 'state', 'meaning', '含义'), rows)}\n"


def _config_markdown() -> str:
    rows = [
        (f"`{name}`", default, unit, meaning.en, meaning.zh)
        for name, default, unit, meaning in describe_config()
    ]
    grid = _grid(("key", "default", "unit", "meaning", "含义"), rows)
    salt = "The salt of ledgers is no key: set the environment variable `CRM_ANALYSIS_SALT`."
    return f"## Configuration: `crm_analysis.toml` / 配置\n\n{salt}\n\n{grid}\n"


def _glossary_markdown() -> str:
    rows = [(term.en, meaning.en, term.zh, meaning.zh) for term, meaning in GLOSSARY.items()]
    return f"## Glossary / 术语\n\n{_grid(('term', 'meaning', '术语', '解释'), rows)}\n"
