"""What did contacts drawn by lot bring, by the pattern of the deal that was lost before? (A-48)

Decisions:
* Customers of a win-back round (T10) carry the pattern that their last lost deal had shown.
* The effect on returning is that of M10, within each pattern: all assigned, arm against control.
* Beside it stand the shares of both sides, the net margin per assigned, and whether the arm does
  more after some patterns than after others at all (`drawn_interaction`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pandas as pd

from crm_analysis.deals.advice.drawn_interaction import interaction_rows
from crm_analysis.deals.advice.playbook import FAMILY, Limits
from crm_analysis.estimates import Estimate, refuse, segment
from crm_analysis.proportions import wilson
from crm_analysis.winback import effect, money

NO_PATTERN = "none"
NET = "pattern_net_margin_difference_per_assigned"


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
    assigned: pd.DataFrame,
    patterns: pd.Series,
    *,
    limits: Limits,
    until: date,
    n_boot: int = 500,
    seed: int = 0,
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
    n_boot, seed : int
        Draws of the bootstrap of money, and its seed.

    Returns
    -------
    list of Estimate
        `pattern_return_share_difference` by pattern and arm (family M04:playbook_by_lot), the
        same shrunk, the test of each arm's interaction; by pattern, arm and side
        `pattern_return_share`; and where money is known
        `pattern_net_margin_difference_per_assigned`.
    """
    if "return_days" not in assigned:
        return []
    by_lot = effect.drawn(assigned.assign(pattern=patterns))
    kept = effect.mature(by_lot, horizon_days=limits.horizon_days, observed_until=until)
    cells, beside = [], []
    for pattern, own in kept[kept["pattern"].notna()].groupby("pattern", sort=True):
        name = str(pattern)
        told = effect.differences(
            own,
            effect.RETURN,
            horizon_days=limits.horizon_days,
            alpha=limits.alpha,
            min_events=limits.min_events,
        )
        cells += [
            _of_pattern(row, name, "pattern_return_share_difference", f"{FAMILY}_by_lot")
            for row in told
        ]
        beside += _sides(own, name, limits) + _net(own, name, limits, n_boot=n_boot, seed=seed)
    return [*cells, *interaction_rows(cells, alpha=limits.alpha), *beside]


def _of_pattern(row: Estimate, pattern: str, quantity: str, family: str | None) -> Estimate:
    place = f"{segment(pattern=pattern)};{row.segment}"
    return replace(row, module="M04", quantity=quantity, segment=place, family=family)


def _sides(own: pd.DataFrame, pattern: str, limits: Limits) -> list[Estimate]:
    """Count who bought again on both sides of each contrast."""
    rows = []
    for arm in effect.treated_arms(own):
        both = effect.arm_against_control(own, arm)
        for side in (arm, effect.CONTROL):
            part = both[both["arm"] == side]
            back = effect.within(part, "return_days", horizon_days=limits.horizon_days)
            place = {"pattern": pattern, "arm": arm, "side": side}
            row = Estimate(
                module="M04",
                quantity="pattern_return_share",
                segment=segment(**place, horizon_days=limits.horizon_days),
                method="wilson",
                role="diagnostic",
                n=len(part),
                events=int(back.sum()),
            )
            share = wilson(int(back.sum()), len(part), alpha=limits.alpha)
            if share is None:
                rows.append(refuse(row, "too_few_events"))
                continue
            rows.append(replace(row, estimate=share.estimate, ci_lo=share.lo, ci_hi=share.hi))
    return rows


def _net(
    own: pd.DataFrame, pattern: str, limits: Limits, *, n_boot: int, seed: int
) -> list[Estimate]:
    """Return margin less cost per assigned, arm less control, where money is known."""
    if f"margin_{limits.horizon_days}" not in own:
        return []
    rows = money.differences(
        own,
        horizon_days=limits.horizon_days,
        default_margin_rate=limits.margin_rate,
        n_boot=n_boot,
        alpha=limits.alpha,
        min_events=limits.min_events,
        seed=seed,
    )
    return [
        _of_pattern(row, pattern, NET, None)
        for row in rows
        if row.quantity == "net_margin_difference_per_assigned"
    ]
