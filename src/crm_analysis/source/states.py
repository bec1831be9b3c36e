"""The state of each lead at as_of: open, dormant, won, lost or void."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir


def add_lead_states(
    leads: ir.Table, interactions: ir.Table | None, *, as_of: date, dormant_days: int
) -> ir.Table:
    """Say where each lead stands: an open one without contact for long is dormant.

    Parameters
    ----------
    leads, interactions : Ibis table
        As-of views. A contact counts for the lead it names; one that names none counts for all
        leads of its customer that were opened before it, unless it belongs to a win-back round,
        as in the features. Without interactions no lead is dormant.
    dormant_days : int
        Calendar days since the last contact (or since opening) from which on a lead is dormant.
    """
    status = leads.status
    if interactions is None:
        return leads.mutate(state=status)
    done = interactions.filter(interactions["at"].notnull())
    named = done.filter(done.lead_id.notnull()).group_by("lead_id").agg(last=done["at"].max())
    unnamed = done.filter(done.lead_id.isnull(), done.round_id.isnull())
    general = unnamed.group_by("customer_id").agg(last=unnamed["at"].max())
    joined = leads.left_join(named, leads.lead_id == named.lead_id)
    joined = joined.left_join(general, leads.customer_id == general.customer_id)
    last = ibis.greatest(leads.opened_at, named["last"], general["last"])
    silent_days = ibis.date(as_of.year, as_of.month, as_of.day).delta(last.date(), unit="day")
    state = ibis.ifelse((status == "open") & (silent_days >= dormant_days), "dormant", status)
    shown: dict[str, ir.Value] = {name: leads[name] for name in leads.columns}
    return joined.select(**shown, state=state)
