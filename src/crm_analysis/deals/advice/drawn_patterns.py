"""What did contacts drawn by lot bring, by the pattern of the deal that was lost before? (A-48)

Decisions:
* Customers of a win-back round (T10) carry the pattern that their last lost deal had shown.
* The effect on returning is that of M10, within each pattern: all assigned, arm against control.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pandas as pd

from crm_analysis.deals.advice.playbook import FAMILY, Limits
from crm_analysis.estimates import Estimate, segment
from crm_analysis.winback import effect

NO_PATTERN = "none"


def last_patterns(
    assigned: pd.DataFrame, lost: pd.DataFrame, shown: pd.DataFrame, order: Sequence[str]
) -> pd.Series:
    """Name the pattern of the last deal that each assigned customer had lost before.

    Parameters
    ----------
    assigned : DataFrame
        One row per round and customer: customer_id, assigned_on.
    lost : DataFrame
        lead_id, customer_id, closed of lost deals.
    shown : DataFrame
        lead_id, pattern.
    order : sequence of str
        Which pattern is told of a deal that showed several: the first of these.

    Returns
    -------
    Series
        By the index of `assigned`: the pattern, "none" where the deal showed none, missing where
        no deal of the customer was lost before.
    """
    rank = {name: place for place, name in enumerate(order)}
    known = shown[shown["pattern"].isin(rank)]
    first = known.assign(rank=known["pattern"].map(rank)).sort_values(["lead_id", "rank"])
    of_lead = first.drop_duplicates("lead_id").set_index("lead_id")["pattern"]
    deals = lost.assign(pattern=lost["lead_id"].map(of_lead).fillna(NO_PATTERN))
    both = assigned[["customer_id", "assigned_on"]].reset_index(names="row")
    both = both.merge(deals, on="customer_id", how="inner")
    before = both[pd.to_datetime(both["closed"]) < pd.to_datetime(both["assigned_on"])]
    last = before.sort_values(["row", "closed", "lead_id"]).drop_duplicates("row", keep="last")
    found: pd.Series = last.set_index("row")["pattern"].reindex(assigned.index)
    return found


def drawn_estimates(
    assigned: pd.DataFrame, patterns: pd.Series, *, limits: Limits, until: date
) -> list[Estimate]:
    """What did contacts that were drawn by lot bring, by the pattern of the last lost deal?

    Parameters
    ----------
    assigned : DataFrame
        From `winback.assigned.assigned`.
    patterns : Series
        From `last_patterns`.
    limits : Limits
        Horizon and refusal.
    until : date
        The last day that was watched.

    Returns
    -------
    list of Estimate
        `pattern_return_share_difference` by pattern and arm (family M04:playbook_by_lot).
    """
    if "return_days" not in assigned:
        return []
    by_lot = effect.drawn(assigned.assign(pattern=patterns))
    kept = effect.mature(by_lot, horizon_days=limits.horizon_days, observed_until=until)
    rows = []
    for pattern, own in kept[kept["pattern"].notna()].groupby("pattern", sort=True):
        for row in effect.differences(
            own,
            effect.RETURN,
            horizon_days=limits.horizon_days,
            alpha=limits.alpha,
            min_events=limits.min_events,
        ):
            place = f"{segment(pattern=pattern)};{row.segment}"
            rows.append(
                replace(
                    row,
                    module="M04",
                    quantity="pattern_return_share_difference",
                    segment=place,
                    family=f"{FAMILY}_by_lot",
                )
            )
    return rows
