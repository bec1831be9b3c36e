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
    for name, ids in _lead_ids(leads, tables, as_of=as_of).items():
        held = ids.select(key="lead_id").distinct()
        joined = flags.left_join(held, flags.lead_id == held.key)
        flags = joined.mutate(**{name: joined.key.notnull()}).drop("key")
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


def _lead_ids(
    leads: ir.Table, tables: Mapping[str, ir.Table], *, as_of: date
) -> dict[str, ir.Table]:
    """Give for each item the lost leads that have it."""
    found = _profiled(leads, tables["customers"], as_of=as_of)
    if "interactions" in tables:
        found |= _contacted(leads, tables["interactions"], as_of=as_of)
    if "assessments" in tables:
        found |= _assessed(leads, tables["assessments"])
    if "reasons" in tables:
        reasons = tables["reasons"]
        found["stated_reason"] = _linked(leads, reasons.filter(reasons.about == "lead_loss"))
    return found


def _profiled(leads: ir.Table, customers: ir.Table, *, as_of: date) -> dict[str, ir.Table]:
    profile = completeness(customers, as_of=as_of)
    known = profile.filter(profile.profile_share >= 0.5).select(key="customer_id")
    return {"half_profile": leads.join(known, leads.customer_id == known.key).select("lead_id")}


def _contacted(leads: ir.Table, interactions: ir.Table, *, as_of: date) -> dict[str, ir.Table]:
    seen = end_of_life(leads, interactions, as_of=as_of)
    conditions = {
        "any_contact": seen.n_contacts > 0,
        "first_response": seen.first_response_hours.notnull(),
        "contact_gaps": seen.n_contacts >= 3,
        "goal_stated": seen.goal_stated_share > 0,
        "goal_judged": seen.goal_met_share.notnull(),
        "issue_left": seen.issue_closed_share.notnull(),
    }
    return {name: seen.filter(has).select("lead_id") for name, has in conditions.items()}


def _assessed(leads: ir.Table, assessments: ir.Table) -> dict[str, ir.Table]:
    found = {
        kind: _linked(leads, assessments.filter(assessments.kind == kind))
        for kind in ("deal_probability", "willingness_to_pay", "model_interest")
    }
    number = found["deal_probability"].group_by("lead_id").aggregate(n=ibis._.count())
    found["probability_track"] = number.filter(number.n >= MIN_TRACK).select("lead_id")
    return found


def _linked(leads: ir.Table, rows: ir.Table) -> ir.Table:
    """Return the lead of each row: by lead_id, or by customer where it is missing."""
    by_lead = rows.filter(rows.lead_id.notnull()).select(link="lead_id")
    by_customer = rows.filter(rows.lead_id.isnull()).select(link="customer_id")
    return ibis.union(
        leads.join(by_lead, leads.lead_id == by_lead.link).select("lead_id"),
        leads.join(by_customer, leads.customer_id == by_customer.link).select("lead_id"),
    )
