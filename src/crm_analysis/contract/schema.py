"""The words a table is declared with: Table, Column, and the clocks that say what was known when.

Decision: two kinds of clock rule are declared beside the columns, so that `source.load` needs no
knowledge of any table. `Late` masks values that became known after the row (a lead's closing);
`Plan` shows rows that were known before they happened (a planned visit).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from crm_analysis.contract.chinese import plain, simplified, traditional
from crm_analysis.contract.enumerations import VALUE_ALIASES
from crm_analysis.language import Text

Type = Literal["str", "int", "num", "bool", "date", "ts", "money", "list", "share"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it holds, in which unit, and under which other headers it may come.

    Parameters
    ----------
    name : str
        Its only name inside the suite.
    type : {"str", "int", "num", "bool", "date", "ts", "money", "list", "share"}
        `list` is text with ";" between the items; `share` is a number 0-1.
    meaning : Text
        One phrase in each language.
    headers : str
        Other headers, blank-separated, Chinese ones in simplified signs; read `aliases`.
    required : bool
        Required when the table is present.
    required_unless : str
        "" or a column, or column=value, which makes an empty cell right.
    unit : str
        "" where it has none; "currency" is `config.currency`.
    allowed : tuple of str
        The only values allowed after aliases were replaced; of each item where type is list.
    low, high : float or None
        The allowed range, both ends included.
    references : str
        "" or table.column that should hold the value.
    known_by : str
        "" or the column whose time says when a fact without a clock of its own was known;
        without it the fact makes every estimate at a landmark weak.
    """

    name: str
    type: Type
    meaning: Text
    headers: str = ""
    required: bool = False
    required_unless: str = ""
    unit: str = ""
    allowed: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    references: str = ""
    known_by: str = ""

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other headers in `plain` form, Chinese ones in simplified and traditional signs.

        Examples
        --------
        >>> Column("amount", "money", Text("amount", "金额"), "成交金额").aliases
        ('成交金额', '成交金額')
        """
        found: dict[str, None] = {}
        for header in self.headers.split():
            found |= {plain(header): None, plain(traditional(header)): None}
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """Columns of an old row that filled in later: masked where their clock is after as_of.

    Parameters
    ----------
    columns : tuple of str
        Set to missing while not yet known; the clocks themselves are among them.
    clock : tuple of str
        The columns that say when they were known; where all are empty see `undated`.
    rule : {"latest", "first"}
        "latest": the greatest non-empty clock counts; "first": the first non-empty one.
    reset : mapping of str to str
        Columns that go back to a value instead of missing.
    undated : {"emptied", "kept"}
        What becomes of a value all of whose clocks are empty: nobody can say when it was known.
        "emptied" (or reset) by `check`, which lists it; "kept" for facts without a clock, which
        make an estimate at a landmark weak instead.
    """

    columns: tuple[str, ...]
    clock: tuple[str, ...]
    rule: Literal["latest", "first"] = "latest"
    reset: Mapping[str, str] = field(default_factory=dict)
    undated: Literal["emptied", "kept"] = "emptied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Rows known before they happen: visible by these clocks, not by the event time.

    Parameters
    ----------
    when : str
        Only rows where this column is given are plans; "" for all rows of the table.
    clock : str
        The column that says when the plan was known.
    fallback : tuple of str
        Without it the earliest non-empty one of these counts, with a note in the audit.
    """

    when: str = ""
    clock: str = "recorded_at"
    fallback: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of the contract: its grain, key, columns and clocks.

    Parameters
    ----------
    number : str
        "T1" to "T12".
    key : tuple of str
        Identifies a row; () where none does, then only identical rows are duplicates.
    event_time : tuple of str
        When it happened: the first non-empty one counts; () where the row is only a plan.
    recorded : str
        The column that says when the row was typed in; "" where the table has none.
    plan_columns : tuple of str
        Times that may rightly lie after as_of.
    time_order : tuple of (str, str)
        The first time must not be after the second, where both are given.
    own_columns : bool
        Takes `x_<name>` columns as the organisation's own factors.
    names : str
        Other file or table names, blank-separated; read `aliases`.
    """

    name: str
    number: str
    label: Text
    grain: Text
    needed: Text
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    event_time: tuple[str, ...] = ()
    recorded: str = "recorded_at"
    late: tuple[Late, ...] = ()
    plan: Plan | None = None
    plan_columns: tuple[str, ...] = ()
    time_order: tuple[tuple[str, str], ...] = ()
    own_columns: bool = False
    names: str = ""

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of all columns, in declared order."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that must be there when the table is."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names of the table in `plain` form, in simplified and traditional signs."""
        found: dict[str, None] = {}
        for name in self.names.split():
            found |= {plain(name): None, plain(traditional(name)): None}
        return tuple(found)

    def column(self, name: str) -> Column:
        """Return the column of that name; KeyError where the table declares none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name!r}")

    def may_be_emptied(self, name: str) -> bool:
        """Say whether a wrong cell of the column costs only itself, not its row.

        True for values that filled in later, other than clocks and required ones: the row was
        there before them, so a mistake made after as_of must not take it out of the past.
        """
        clocks = {clock for late in self.late for clock in late.clock}
        filled = {column for late in self.late for column in (*late.columns, *late.reset)}
        column = next((each for each in self.columns if each.name == name), None)
        return column is not None and name in filled - clocks and not column.required

    def columns_of_type(self, *types: Type) -> tuple[str, ...]:
        """Return the names of the columns with one of these types."""
        return tuple(column.name for column in self.columns if column.type in types)

    def column_for(self, header: str) -> str | None:
        """Return the contract's name for a header of a file, None where it is unknown.

        Case, blanks, full-width signs and the Chinese script do not matter.
        """
        wanted = plain(header)
        names = {wanted, plain(simplified(wanted))}
        for column in self.columns:
            if wanted == column.name or not names.isdisjoint(column.aliases):
                return column.name
        return None

    def value_aliases(self, column: str) -> Mapping[str, str]:
        """Return what other words for the column's values become, {} where none are declared."""
        kind = "bool" if self.column(column).type == "bool" else f"{self.name}.{column}"
        return VALUE_ALIASES.get(kind, {})
