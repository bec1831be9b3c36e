"""A factor, and the table of leads with their factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from crm_analysis.language import Text

NO_ACCOUNT = "no account"
Kind = Literal["levels", "number"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One factor: its column in the frame, words, kind, and whether its time is known.

    `curved` asks beside the line whether the number bends; `log_scale` says that it is a log;
    `of_profile` that it is a field of the customer's profile, which may be filled in or not.
    """

    name: str
    label: Text
    kind: Kind
    time_known: bool = True
    curved: bool = False
    log_scale: bool = False
    of_profile: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorTable:
    """One row per lead: lead_id, duration_days, cause, opened_month, opened_day, and its factors.

    `off` names what could not be compared, with the reason.
    """

    frame: pd.DataFrame
    factors: tuple[Factor, ...]
    off: tuple[Text, ...] = ()

    def factor(self, name: str) -> Factor:
        """Return the factor of that name."""
        return next(factor for factor in self.factors if factor.name == name)


def own_factor(column: pd.Series, *, time_known: bool, of_profile: bool) -> Factor:
    """Read words and kind of one of the organisation's own columns, x_<name>."""
    name = str(column.name)
    words = name.split(".")[-1].removeprefix("x_").replace("_", " ")
    is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    few = column.nunique() <= 2
    return Factor(
        name=name,
        label=Text(words, words),
        kind="number" if is_number and not few else "levels",
        time_known=time_known,
        of_profile=of_profile,
    )


def numbers_of(column: pd.Series) -> pd.Series:
    """Turn days of an own column into numbers, so that they are compared as such.

    Examples
    --------
    >>> days = pd.Series(pd.to_datetime(["2026-01-01", None, "2026-01-03"]), name="x_since")
    >>> numbers_of(days).diff(2).tolist()[2]
    2.0
    """
    if not pd.api.types.is_datetime64_any_dtype(column):
        return column
    since = pd.to_datetime(column) - pd.Timestamp("1970-01-01")
    return pd.Series(since / pd.Timedelta(days=1), name=column.name)
