"""How much of each table is filled in, and which lost leads have which data (A-26)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from crm_analysis.features.interactions import end_of_life
from crm_analysis.features.profile import completeness
from crm_analysis.language import Text

MIN_TRACK = 4

ITEMS: dict[str, Text] = {
    "any_contact": Text("at least one contact", "至少一次联系"),
    "first_response": Text("our first contact dated", "有我方首次联系时间"),
    "contact_gaps": Text("gaps between contacts (3 or more contacts)", "联系间隔（三次及以上）"),
    "goal_stated": Text("a contact with a stated goal", "有写明目标的联系"),
    "goal_judged": Text("a goal judged as met or not", "有评判是否达成的目标"),
    "issue_left": Text("an issue noted after a contact", "有联系后遗留问题记录"),
    "deal_probability": Text("a deal probability by the rep", "有成交概率评估"),
    "probability_track": Text("4 or more deal probabilities", "成交概率评估四次及以上"),
    "willingness_to_pay": Text("a willingness to pay", "有支付意愿评估"),
    "model_interest": Text("the model wanted", "有意向型号"),
    "stated_reason": Text("a stated reason of the loss", "有丢单原因"),
    "lost_to": Text("where the customer went", "有客户去向"),
    "quoted_price": Text("our quoted price", "有我方报价"),
    "rival_price": Text("the rival's price", "有竞品价格"),
    "budget": Text("the customer's budget", "有客户预算"),
    "rep_id": Text("the representative", "有销售代表"),
    "half_profile": Text("half of the customer's profile", "客户档案完成一半以上"),
}


def filled_counts(table: ir.Table, *, columns: Sequence[str]) -> ir.Table:
    """Count the rows of a table in which each column holds something; empty text is nothing.

    Returns
    -------
    Table
        One row: n_rows, then one count per column, `n_<column>`.
    """
    counts = {f"n_{name}": _filled(table[name]).ifelse(1, 0).sum().fill_null(0) for name in columns}
    return table.aggregate(n_rows=table.count(), **counts)


def lost_leads_with_data(tables: Mapping[str, ir.Table], *, as_of: date) -> ir.Table:
    """For how many lost leads do we hold each kind of data that an explanation needs?

    Parameters
    ----------
    tables : mapping of str to Table
        The as-of views; needs `leads` and `customers`. Items of a table that is missing are left
        out.
    as_of : date
        End of the last known day.

    Returns
    -------
    Table
        One row: n_lost, then one count per item of `ITEMS` that can be told.
    """
    leads = tables["leads"].filter(tables["leads"].status == "lost")
    flags = leads.select("lead_id", **_own_flags(leads))
    for held in _held(leads, tables, as_of=as_of):
        names = [name for name in held.columns if name != "key"]
        joined = flags.left_join(held, flags.lead_id == held.key)
        told = {name: joined[name].fill_null(False) for name in names}
        flags = joined.select(*flags.columns, **told)
    counts = {
        name: flags[name].ifelse(1, 0).sum().fill_null(0) for name in ITEMS if name in flags.columns
    }
    return flags.aggregate(n_lost=flags.count(), **counts)


def _filled(value: ir.Value) -> ir.BooleanValue:
    if value.type().is_string():
        return value.notnull() & (value.length() > 0)
    return value.notnull()


def _own_flags(leads: ir.Table) -> dict[str, ir.Value]:
    names = ("lost_to", "quoted_price", "rival_price", "budget", "rep_id")
    return {name: _filled(leads[name]) for name in names}


def _held(leads: ir.Table, tables: Mapping[str, ir.Table], *, as_of: date) -> list[ir.Table]:
    """Give one row per lost lead and source of data: `key` and, by item, whether it is there."""
    found = [_profiled(leads, tables["customers"], as_of=as_of)]
    if "interactions" in tables:
        found.append(_contacted(leads, tables["interactions"], as_of=as_of))
    if "assessments" in tables:
        found.append(_assessed(leads, tables["assessments"]))
    if "reasons" in tables:
        reasons = tables["reasons"].filter(tables["reasons"].about == "lead_loss")
        told = _linked(leads, reasons, "about").select(key="lead_id").distinct()
        found.append(told.mutate(stated_reason=True))
    return found


def _profiled(leads: ir.Table, customers: ir.Table, *, as_of: date) -> ir.Table:
    profile = completeness(customers, as_of=as_of).rename(who="customer_id")
    joined = leads.join(profile, leads.customer_id == profile.who)
    return joined.select(key="lead_id", half_profile=joined.profile_share >= 0.5)


def _contacted(leads: ir.Table, interactions: ir.Table, *, as_of: date) -> ir.Table:
    seen = end_of_life(leads, interactions, as_of=as_of)
    return seen.select(
        key="lead_id",
        any_contact=seen.n_contacts > 0,
        first_response=seen.first_response_hours.notnull(),
        contact_gaps=seen.n_contacts >= 3,
        goal_stated=seen.goal_stated_share > 0,
        goal_judged=seen.goal_met_share.notnull(),
        issue_left=seen.issue_closed_share.notnull(),
    )


def _assessed(leads: ir.Table, assessments: ir.Table) -> ir.Table:
    kinds = ("deal_probability", "willingness_to_pay", "model_interest")
    told = _linked(leads, assessments, "kind")
    number = {kind: (told.kind == kind).ifelse(1, 0).sum() for kind in kinds}
    counted = told.group_by(key="lead_id").aggregate(**number)
    return counted.select(
        "key",
        **{kind: counted[kind] > 0 for kind in kinds},
        probability_track=counted.deal_probability >= MIN_TRACK,
    )


def _linked(leads: ir.Table, rows: ir.Table, column: str) -> ir.Table:
    """Return the lead of each row: by lead_id, or by customer where it is missing."""
    by_lead = rows.filter(rows.lead_id.notnull()).select(column, link="lead_id")
    by_customer = rows.filter(rows.lead_id.isnull()).select(column, link="customer_id")
    return ibis.union(
        leads.join(by_lead, leads.lead_id == by_lead.link).select("lead_id", column),
        leads.join(by_customer, leads.customer_id == by_customer.link).select("lead_id", column),
    )
