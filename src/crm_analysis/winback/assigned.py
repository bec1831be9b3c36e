"""Who was assigned to which arm, and what followed: one row per round and customer.

Decisions:
* Time zero is `assigned_at`, never the first contact; whoever was not reached stays in (G2).
* A purchase return is the first order after `assigned_at` whose lines, returns included, sum to
  more than zero. Days are calendar-day differences, so day 0 is the day of assignment.
* An engagement return is the first engagement event or inbound contact after `assigned_at`;
  being invited is our act, not the customer's, and does not count.
* Costs are `winback.cost` plus the cost of the round's contacts. Only where the round says no
  cost at all does an outbound contact without cost take the configured cost of its channel.
* Controls count as contacted when a contact carries their round, or is a win-back contact of no
  round within the longest horizon.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from crm_analysis.features.windows import calendar_days

KEY = ("round_id", "customer_id")
MONEY = "decimal(18, 4)"
PAST_DAYS = 365


def assigned(
    tables: Mapping[str, ir.Table],
    *,
    horizons: Sequence[int],
    contact_cost: Mapping[str, float] | None = None,
) -> ir.Table:
    """What happened to every customer of every round after the assignment?

    Parameters
    ----------
    tables : mapping of str to Table
        As-of views; `winback` is needed, the others add their outcomes where present.
    horizons : sequence of int
        Days after assignment up to which money is summed.
    contact_cost : mapping of str to float, optional
        Cost of a contact by channel, used where a contact has none.

    Returns
    -------
    Table
        One row per round_id and customer_id: arm, randomised, p_treat, p_arm, stratum,
        assigned_on (date); return_days, engagement_days, opt_out_days (calendar days, NULL if it
        did not happen); n_contacts, n_assumed_costs, was_reached, was_contacted; money, summed
        exactly in the engine, then float: offer_cost and per horizon h margin_h,
        amount_no_margin_h, contact_cost_h; past_orders, past_amount (of the year before),
        past_days (since the last order).
    """
    winback = tables["winback"]
    rows = winback.select(
        *KEY,
        *("arm", "randomised", "p_treat", "p_arm", "stratum", "assigned_at"),
        assigned_on=winback.assigned_at.date(),
        offer_cost=winback.cost,
    )
    parts = []
    if "order_lines" in tables:
        lines = tables["order_lines"]
        parts.append(_returns(rows, lines))
        parts.append(_money(_after_assignment(rows, lines, "at"), horizons))
        parts.append(_past(rows, lines))
    if "interactions" in tables:
        parts.append(
            _contacts(rows, tables["interactions"], horizons=horizons, costs=contact_cost or {})
        )
    if "engagement" in tables or "interactions" in tables:
        parts.append(_engagement(rows, tables))
    if "customers" in tables:
        parts.append(_opt_outs(rows, tables["customers"]))
    for part in parts:
        rows = _attach(rows, part)
    return _leaving(rows.drop("assigned_at"))


def _leaving(rows: ir.Table) -> ir.Table:
    """Make ready to leave the engine: exact sums become floats, of nothing 0, no flag is false."""
    money = [name for name in rows.columns if rows[name].type().is_decimal()]
    flags = [name for name in ("was_reached", "was_contacted") if name in rows.columns]
    return rows.mutate(
        **{name: rows[name].cast("float64").fill_null(0.0) for name in money},
        **{name: rows[name].fill_null(False) for name in flags},
    )


def _after_assignment(rows: ir.Table, events: ir.Table, clock: str) -> ir.Table:
    """Events of the customer after assignment, with the calendar days since."""
    keys = rows.select(*KEY, "assigned_at", "assigned_on")
    kept = events.drop("round_id") if "round_id" in events.columns else events
    both = keys.inner_join(kept, "customer_id")
    later = both.filter(both[clock] > both.assigned_at)
    return later.mutate(days=calendar_days(later[clock].date(), later.assigned_on))


def _returns(rows: ir.Table, order_lines: ir.Table) -> ir.Table:
    orders = order_lines.group_by("customer_id", "order_id").aggregate(
        net=order_lines.amount.sum(), at=order_lines.at.min()
    )
    later = _after_assignment(rows, orders.filter(orders.net > 0), "at")
    return later.group_by(*KEY).aggregate(return_days=later.days.min())


def _money(lines: ir.Table, horizons: Sequence[int]) -> ir.Table:
    sums: dict[str, ir.Value] = {}
    for days in horizons:
        within = lines.days <= days
        sums[f"margin_{days}"] = lines.margin.sum(where=within)
        sums[f"amount_no_margin_{days}"] = lines.amount.sum(where=within & lines.margin.isnull())
    return lines.group_by(*KEY).aggregate(**sums)


def _past(rows: ir.Table, order_lines: ir.Table) -> ir.Table:
    keys = rows.select(*KEY, "assigned_at", "assigned_on")
    lines = order_lines.drop("round_id") if "round_id" in order_lines.columns else order_lines
    both = keys.inner_join(lines, "customer_id")
    before = both.filter(both.at <= both.assigned_at)
    days = calendar_days(before.assigned_on, before.at.date())
    return before.group_by(*KEY).aggregate(
        past_orders=before.order_id.nunique(where=days <= PAST_DAYS),
        past_amount=before.amount.sum(where=days <= PAST_DAYS),
        past_days=days.min(),
    )


def _contacts(
    rows: ir.Table,
    interactions: ir.Table,
    *,
    horizons: Sequence[int],
    costs: Mapping[str, float],
) -> ir.Table:
    keys = rows.select("customer_id", "assigned_on", "offer_cost", of_round=rows.round_id)
    done = interactions.filter(interactions.at.notnull())
    both = keys.inner_join(done, "customer_id")
    days = calendar_days(both.at.date(), both.assigned_on)
    foreign = both.round_id.isnull() & (both.purpose == "winback")
    stray = foreign & (days >= 0) & (days <= max(horizons))
    ours = (both.round_id == both.of_round).fill_null(False)
    both = both.mutate(days=days, ours=ours, assumed=_assumed_cost(both, costs))
    both = both.filter(both.ours | stray)
    cost = ibis.coalesce(both.cost.cast(MONEY), both.assumed)
    out = both.direction == "out"
    sums: dict[str, ir.Value] = {
        f"contact_cost_{h}": cost.sum(where=both.ours & (both.days <= h)) for h in horizons
    }
    return both.group_by(round_id=both.of_round, customer_id=both.customer_id).aggregate(
        **sums,
        n_contacts=both.count(where=both.ours & out),
        n_assumed_costs=both.count(where=both.ours & both.cost.isnull() & both.assumed.notnull()),
        was_reached=both.reached.fill_null(False).max(where=both.ours),
        was_contacted=out.max(),
    )


def _assumed_cost(contacts: ir.Table, costs: Mapping[str, float]) -> ir.Value:
    """Cost of a contact by channel; NULL for inbound ones and where the round gives its cost."""
    nothing = ibis.null().cast(MONEY)
    if not costs:
        return nothing
    by_channel = [
        (contacts.channel == channel, ibis.literal(Decimal(str(cost))).cast(MONEY))
        for channel, cost in costs.items()
    ]
    open_cost = (contacts.direction == "out") & contacts.offer_cost.isnull()
    return open_cost.ifelse(ibis.cases(*by_channel, else_=nothing), nothing)


def _engagement(rows: ir.Table, tables: Mapping[str, ir.Table]) -> ir.Table:
    events = []
    if "engagement" in tables:
        engagement = tables["engagement"]
        own = engagement.filter(engagement.kind != "event_invited")
        events.append(own.select("customer_id", "at"))
    if "interactions" in tables:
        interactions = tables["interactions"]
        inbound = interactions.filter(interactions.direction == "in", interactions.at.notnull())
        events.append(inbound.select("customer_id", "at"))
    later = _after_assignment(rows, ibis.union(*events) if len(events) > 1 else events[0], "at")
    return later.group_by(*KEY).aggregate(engagement_days=later.days.min())


def _opt_outs(rows: ir.Table, customers: ir.Table) -> ir.Table:
    left = customers.filter(customers.opted_out_at.notnull())
    later = _after_assignment(rows, left.select("customer_id", "opted_out_at"), "opted_out_at")
    return later.group_by(*KEY).aggregate(opt_out_days=later.days.min())


def _attach(rows: ir.Table, part: ir.Table) -> ir.Table:
    joined = rows.left_join(part, KEY)
    return joined.drop(*(f"{name}_right" for name in KEY))
