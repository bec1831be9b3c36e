"""What further effort costs: the usual contacts of a deal until its end, and the next one.

Decisions:
* Our effort are the contacts that we made (outbound); one without a cost takes the configured
  cost of its channel. Cost a day = all of it over all days that deals were open.
* The days still to come are the restricted mean: the area under the share of deals still open,
  from the deal's age to the horizon, among deals that were open at that age.
* The next contact goes by the cheapest channel that serves: the phone, or what has reached the
  customer of the deal in either direction. What speaks to many (`TO_MANY`) takes up no deal. Who
  asked for no more contact is not listed at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from crm_analysis.features.windows import contacts_within, whole_life_windows
from crm_analysis.source.frames import collect, collect_rows
from crm_analysis.survival.arrays import Floats
from crm_analysis.survival.curves import Curve, kaplan_meier

NO_CHANNEL = "call"
TO_MANY = ("event", "blog")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What deals usually take: cost of our contacts a day, and how long deals stay open."""

    cost_per_day: float
    curve: Curve | None

    def ahead(self, ages: Sequence[float], *, horizon_days: int) -> Floats:
        """Return the cost of the usual contacts of a deal of each age, up to the horizon."""
        if self.curve is None:
            return np.zeros(len(ages))
        days = [remaining_days(self.curve, float(age), horizon_days) for age in ages]
        return self.cost_per_day * np.asarray(days, dtype=np.float64)


def remaining_days(curve: Curve, age: float, horizon_days: int) -> float:
    """Average the days that deals of an age stay open yet, at most `horizon_days`.

    Beyond the last observed end the deals left are taken as open to the horizon.

    Examples
    --------
    >>> risk = pd.DataFrame({"time_days": [10, 20], "cause": [1, 1], "n": [1, 1]})
    >>> remaining_days(kaplan_meier(risk), 0, 90)  # one ends after 10 days, one after 20
    15.0
    """
    times, open_share = curve.times, curve.survival
    before = float(open_share[times <= age][-1]) if (times <= age).any() else 1.0
    if before <= 0:
        return 0.0
    last = age + horizon_days
    inside = (times > age) & (times < last)
    edges = np.concatenate([[age], times[inside], [last]])
    heights = np.concatenate([[before], open_share[inside]])
    return float((np.diff(edges) * heights).sum() / before)


def usual_effort(
    leads: ir.Table,
    interactions: ir.Table | None,
    *,
    risk: pd.DataFrame,
    contact_cost: Mapping[str, float],
    as_of: date,
) -> Effort:
    """Read what deals usually take.

    Parameters
    ----------
    leads, interactions : Table
        The as-of views of T2 and T3; without contacts effort costs nothing that is known.
    risk : DataFrame
        Durations of leads, from `survival.risk_table.risk_table`.
    contact_cost : mapping of str to float
        Cost by channel where a contact has none of its own.
    as_of : date
        End of the last known day.
    """
    days = float((risk["time_days"] * risk["n"]).sum())
    curve = kaplan_meier(risk) if len(risk) else None
    if interactions is None or not days:
        return Effort(cost_per_day=0.0, curve=curve)
    made = interactions.filter(interactions.direction == "out")
    windows = whole_life_windows(leads, as_of=as_of)
    inside = contacts_within(
        windows, made, clock="known_at", columns=("at", "known_at", "channel", "cost")
    )
    by_channel = ibis.cases(
        *((inside.channel == name, float(cost)) for name, cost in contact_cost.items()),
        else_=float(contact_cost.get("other", 0.0)),
    )
    paid = ibis.coalesce(inside.cost.cast("float64"), by_channel)
    [found] = collect_rows(inside.aggregate(total=paid.sum()))
    return Effort(cost_per_day=float(found["total"] or 0.0) / days, curve=curve)


def next_channels(
    leads: ir.Table,
    interactions: ir.Table | None,
    *,
    contact_cost: Mapping[str, float],
    as_of: date,
) -> pd.Series:
    """Name the cheapest channel that served each deal, where it is cheaper than a call.

    Parameters
    ----------
    leads, interactions : Table
        The as-of views of T2 and T3.
    contact_cost : mapping of str to float
        Cost of a contact by channel.
    as_of : date
        End of the last known day.

    Returns
    -------
    Series
        Channel by lead; a lead without one is to be called.
    """
    costs = {name: cost for name, cost in contact_cost.items() if name not in TO_MANY}
    call = costs.get(NO_CHANNEL, 0.0)
    cheaper = sorted((cost, name) for name, cost in costs.items() if cost < call)
    if interactions is None or not cheaper:
        return pd.Series(dtype=object)
    served = interactions.filter(
        interactions.channel.isin([name for _, name in cheaper]),
        interactions.reached.fill_null(True),
    )
    inside = contacts_within(
        whole_life_windows(leads, as_of=as_of),
        served,
        clock="known_at",
        columns=("at", "known_at", "channel"),
    )
    turn = ibis.cases(
        *((inside.channel == name, rank) for rank, (_, name) in enumerate(cheaper)),
        else_=len(cheaper),
    )
    rows = collect(inside.group_by("lead_id").aggregate(turn=turn.min()))
    named = {int(rank): name for rank, (_, name) in enumerate(cheaper)}
    channels = pd.Series(
        [named[int(rank)] for rank in rows["turn"]], index=rows["lead_id"], dtype=object
    )
    return channels.sort_index()
