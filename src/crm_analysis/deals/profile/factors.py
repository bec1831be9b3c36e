"""The factors of a lead that may go with how it ends, as they were known at its opening (M05).

Decisions:
* Every x_ column of leads and customers is a factor of the organisation's own. A lead's own column
  has no clock, so its estimate is weak.
* Missing is left out of a factor and not made a level: what is missing is often filled in because
  of the ending. What missing itself goes with is looked at beside (`profile_checks`).
* A customer is an account, and so a level, where it has at least `min_cell` leads; the level
  `no account` never counts.
"""

from __future__ import annotations

import ibis
import pandas as pd

from crm_analysis.deals.comparison.factor import (
    NO_ACCOUNT,
    Factor,
    FactorTable,
    numbers_of,
    own_factor,
)
from crm_analysis.deals.profile.customer_factors import customer_factors
from crm_analysis.language import Text
from crm_analysis.reasons.codebook import Codebook
from crm_analysis.source.frames import collect
from crm_analysis.source.known import Known
from crm_analysis.survival.spells import lead_spells

__all__ = ["NO_ACCOUNT", "Factor", "FactorTable", "factor_table"]

LEAD_LEVELS: dict[str, Text] = {
    "rep_id": Text("representative", "销售代表"),
    "product": Text("product", "产品"),
}
ACCOUNT = Text("customer", "客户")
EXISTING = Text("customer had bought before", "此前已购买")


def factor_table(
    known: Known, *, min_cell: int = 5, codebook: Codebook | None = None
) -> FactorTable:
    """What was known of each lead at its opening that may go with how it ends?

    Parameters
    ----------
    known : Known
        The as-of views; needs `leads`, uses `customers` and `order_lines`.
    min_cell : int
        Leads that a customer needs to be an account of its own.
    codebook : Codebook, optional
        By which customers' concerns are coded; None means ours.
    """
    frame, factors, off = _of_leads(known, min_cell=min_cell)
    months = frame.set_index("lead_id")["opened_month"]
    profile, fields = customer_factors(known, months, min_cell=min_cell, codebook=codebook)
    for columns, more in ((profile, fields), _purchased_before(known)):
        if columns is not None:
            frame = frame.merge(columns, on="lead_id", how="left", validate="one_to_one")
            factors = [*factors, *more]
    ordered = frame.sort_values("lead_id", ignore_index=True)
    return FactorTable(frame=ordered, factors=tuple(factors), off=tuple(off))


def _of_leads(known: Known, *, min_cell: int) -> tuple[pd.DataFrame, list[Factor], list[Text]]:
    leads = known.table("leads")
    spells = lead_spells(leads, as_of=known.observed_until).select(
        "lead_id",
        "customer_id",
        "rep_id",
        "product",
        "duration_days",
        "cause",
        opened_month=ibis._.opened.year() * 12 + ibis._.opened.month(),
        opened_day=ibis._.opened,
    )
    own = sorted(name for name in leads.columns if name.startswith("x_"))
    frame = collect(spells)
    if own:
        frame = frame.merge(collect(leads.select("lead_id", *own)), on="lead_id")
    for name in own:
        frame[name] = numbers_of(frame[name])
    factors = [
        Factor(name=name, label=label, kind="levels")
        for name, label in LEAD_LEVELS.items()
        if known.has("leads", name)
    ]
    accounts = _accounts(frame["customer_id"], min_cell=min_cell)
    frame["customer_id"] = accounts
    off = []
    if accounts.nunique() >= 2:
        factors.append(Factor(name="customer_id", label=ACCOUNT, kind="levels"))
    else:
        off.append(
            Text(
                f"Customers are not compared with one another: fewer than two have {min_cell} or "
                "more leads.",
                f"未比较各客户：拥有 {min_cell} 条及以上线索的客户不足两个。",
            )
        )
    factors += [own_factor(frame[name], time_known=False, of_profile=False) for name in own]
    return frame, factors, off


def _accounts(customer_id: pd.Series, *, min_cell: int) -> pd.Series:
    """Keep the ids of customers with enough leads; all others are missing."""
    n_leads = customer_id.map(customer_id.value_counts())
    unnamed = customer_id.astype("string").str.startswith(NO_ACCOUNT)
    return customer_id.where((n_leads >= min_cell) & ~unnamed.fillna(False).astype(bool))


def _purchased_before(known: Known) -> tuple[pd.DataFrame | None, list[Factor]]:
    """Mark leads whose customer was known to have ordered before the opening day (A-45).

    The order counts from the day on which it was known: one typed in late was not known then.
    """
    if "order_lines" not in known.tables:
        return None, []
    leads = known.table("leads").select("lead_id", "customer_id", opened=ibis._["opened_at"].date())
    lines = known.table("order_lines").filter(ibis._.amount > 0)
    first = lines.group_by(link="customer_id").aggregate(first_day=lines.known_at.min().date())
    joined = leads.left_join(first, leads.customer_id == first.link)
    before = (joined.first_day < joined.opened).fill_null(False)
    frame = collect(joined.select("lead_id", bought_before=before.ifelse("yes", "no")))
    return frame, [Factor(name="bought_before", label=EXISTING, kind="levels")]
