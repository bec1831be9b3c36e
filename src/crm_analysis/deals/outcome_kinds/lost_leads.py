"""The lost leads, one row each: where the customer went, when, and at which prices."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd

from crm_analysis.language import Text
from crm_analysis.source.frames import collect
from crm_analysis.source.known import Known

KINDS: dict[str, Text] = {
    "other_brand": Text("bought another brand", "购买了其他品牌"),
    "same_brand_elsewhere": Text("bought our brand elsewhere", "在别家购买了同品牌"),
    "not_planning": Text("gave up buying", "不打算购买"),
    "postponed": Text("postponed", "推迟购买"),
    "unknown": Text("not known where to", "去向不明"),
}
"""Where a lost customer went (the allowed values of `lost_to`), A-50 to A-53."""

RIVAL_KINDS = ("other_brand", "same_brand_elsewhere")
LATER_KINDS = ("not_planning", "postponed")


def lost_leads(known: Known) -> pd.DataFrame:
    """Which leads were lost, where to, and which order followed?

    Returns
    -------
    DataFrame
        lead_id, customer_id, rep_id, lost_to, rival, closed (date), next_buy_at, quoted_price,
        rival_price (numbers), first_order_after (the customer's first order dated after the day
        of closing; missing where there is none, or no table of orders); sorted by lead.
    """
    return collect(lost_table(known)).sort_values("lead_id", ignore_index=True)


def lost_table(known: Known) -> ir.Table:
    """Return the same rows in the engine, in no order."""
    leads = known.table("leads")
    lost = leads.filter(leads.status == "lost", leads.closed_at.notnull()).select(
        "lead_id",
        "customer_id",
        "rep_id",
        "lost_to",
        "rival",
        "next_buy_at",
        closed=leads.closed_at.date(),
        quoted_price=leads.quoted_price.cast("float64"),
        rival_price=leads.rival_price.cast("float64"),
    )
    lost = lost.filter(lost.closed <= ibis.literal(known.observed_until))
    if "order_lines" in known.tables:
        return _with_orders(lost, known.table("order_lines"), until=known.observed_until)
    return lost.mutate(first_order_after=ibis.null("date"))


def _with_orders(lost: ir.Table, lines: ir.Table, *, until: date) -> ir.Table:
    """Add the first order of the customer dated after the lead was closed."""
    bought = lines.filter(lines.amount > 0, lines["at"].date() <= ibis.literal(until))
    days = bought.select(buyer="customer_id", day=bought["at"].date()).distinct()
    joined = lost.join(days, (lost.customer_id == days.buyer) & (days.day > lost.closed))
    first = joined.group_by(key="lead_id").aggregate(first_order_after=joined.day.min())
    return lost.left_join(first, lost.lead_id == first.key).drop("key")
