"""Alarms of open deals: which are said on the list, and which are kept back to measure warning.

Decision: the slice that is kept back is drawn by lot among all leads, not only among those that
get an alarm, and stays the same from day to day. Their alarms are written down like the others but
nobody is shown them, so what becomes of them is what becomes of deals without a warning.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from crm_analysis.state import Alarm, Round, Said, is_held_back

OPEN_DEAL = "open_deal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """Alarms of one day.

    Parameters
    ----------
    listed : DataFrame
        The rows that may be shown, in the order given.
    n_held_back : int
        How many were kept back.
    said : tuple of Said
        What goes into `NotebookResult.alarms`.
    """

    listed: pd.DataFrame
    n_held_back: int
    said: tuple[Said, ...]


def raise_alarms(
    rows: pd.DataFrame,
    *,
    as_of: date,
    rule_version: str,
    horizon_days: int,
    n_watched: int,
    salt: str = "",
    unwarned_share: float = 0.0,
) -> Raised:
    """Turn the open deals that call for attention into alarms, and keep the slice back.

    Parameters
    ----------
    rows : DataFrame
        One row per open deal: lead_id, customer_id and, where known, loss_probability, advice and
        pattern (a name without personal data). Other columns are left alone.
    rule_version : str
        Names the rule by which these rows were chosen; a new one where the rule changes.
    horizon_days : int
        Within so many days the loss is expected.
    n_watched : int
        How many open deals were looked at.
    salt : str
        `known.alarms.salt`; without it nothing is kept back.
    unwarned_share : float
        `settings.unwarned_share`.

    Examples
    --------
    >>> rows = pd.DataFrame({"lead_id": ["L1"], "customer_id": ["C1"], "loss_probability": [0.7]})
    >>> raised = raise_alarms(
    ...     rows, as_of=date(2026, 3, 31), rule_version="1", horizon_days=90, n_watched=12
    ... )
    >>> [type(one).__name__ for one in raised.said], len(raised.listed)
    (['Round', 'Alarm'], 1)
    """
    held = [
        is_held_back(salt, kind=OPEN_DEAL, name=str(name), share=unwarned_share)
        for name in rows["lead_id"]
    ]
    alarms = tuple(
        Alarm(
            kind=OPEN_DEAL,
            name=str(row["lead_id"]),
            person=str(row["customer_id"]),
            as_of=as_of,
            rule_version=rule_version,
            horizon_days=horizon_days,
            score=_score(row.get("loss_probability")),
            advice=_word(row.get("advice")),
            pattern=_word(row.get("pattern")),
            warned=not is_back,
        )
        for row, is_back in zip(rows.to_dict("records"), held, strict=True)
    )
    day = Round(
        kind=OPEN_DEAL,
        as_of=as_of,
        rule_version=rule_version,
        horizon_days=horizon_days,
        n_watched=n_watched,
    )
    back = pd.Series(held, index=rows.index, dtype=bool)  # a list without rows names columns
    listed = rows[~back].reset_index(drop=True)
    return Raised(listed=listed, n_held_back=sum(held), said=(day, *alarms))


def _score(value: object) -> float | None:
    return None if value is None or pd.isna(value) else float(str(value))  # type: ignore[call-overload]


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""
