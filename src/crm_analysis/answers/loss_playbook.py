"""Which strategy goes with which pattern, and what did it bring? (A-48)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis.expr.types as ir
import pandas as pd

from crm_analysis.answers.part import Part
from crm_analysis.answers.playbook_findings import playbook_findings
from crm_analysis.answers.playbook_shown import lot_table, playbook_table
from crm_analysis.deals.advice.drawn_patterns import drawn_estimates, last_patterns
from crm_analysis.deals.advice.margins import margin_rate
from crm_analysis.deals.advice.playbook import Limits, cell_estimates
from crm_analysis.deals.advice.worked import (
    first_shown,
    with_strategy,
    worked,
)
from crm_analysis.deals.lost_leads import lost_table
from crm_analysis.estimates import (
    Estimate,
    adjust_families,
)
from crm_analysis.language import Text
from crm_analysis.source.frames import collect
from crm_analysis.winback.assigned import KEY, assigned

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

_NO_CONTACTS = Text(
    "There is no playbook: it needs contacts, to tell what was done after a pattern showed.",
    "没有应对手册：需要联系记录才能知道出现轨迹后做了什么。",
)
_CHOSEN = Text(
    "In the playbook sellers chose whom they contacted: like deals are compared (age, last noted "
    "probability), but only a draw by lot would show what a contact changes.",
    "应对手册中联系谁由销售人员自选：虽与情况相近（时长、最近概率）的商机比较，但只有抽签才能说明联系的作用。",
)


def playbook_part(
    known: Known, settings: Config, *, parts: Sequence[ir.Table], standing: Sequence[str]
) -> Part:
    """Tell what followed each strategy on each sign that stands.

    Parameters
    ----------
    known, settings : Known, Config
        The as-of views and the settings in force.
    parts : sequence of Table
        Signs at weekly checks, from `loss_signs.read_signs`.
    standing : sequence of str
        The signs after which deals are lost faster, strongest first.

    Returns
    -------
    Part
        The table pattern by strategy; a finding where a strategy stands.
    """
    if "interactions" not in known.tables:
        return Part(does_not_show=(_NO_CONTACTS,))
    if not standing:
        return Part()
    limits = Limits(
        horizon_days=settings.horizon_days,
        margin_rate=margin_rate(
            known.tables.get("order_lines"), default=settings.default_margin_rate
        ).share,
        alpha=settings.alpha,
        min_events=settings.min_events,
    )
    shown = first_shown(parts, standing)
    cells = cell_estimates(_weeks(known, settings, shown, parts), limits=limits)
    lot = _by_lot(known, settings, shown, standing, limits)
    estimates = adjust_families((*cells, *lot))
    return Part(
        estimates=estimates,
        told=playbook_findings(estimates, q=settings.fdr_q),
        tables=playbook_table(
            estimates,
            standing,
            q=settings.fdr_q,
            alpha=settings.alpha,
            currency=str(settings.currency),
        ),
        appendix=lot_table(estimates, q=settings.fdr_q, alpha=settings.alpha),
        does_not_show=(_CHOSEN,),
    )


def _weeks(
    known: Known, settings: Config, shown: ir.Table, parts: Sequence[ir.Table]
) -> pd.DataFrame:
    """Return the deals on a pattern with what was done and what followed."""
    rows = collect(
        worked(
            known.table("leads"),
            shown,
            known.table("interactions"),
            contact_cost=settings.contact_cost,
            as_of=known.observed_until,
        )
    ).sort_values(["pattern", "lead_id"], ignore_index=True)
    return with_strategy(
        rows,
        _last_values(shown, parts),
        horizon_days=settings.horizon_days,
        until=known.observed_until,
    )


def _last_values(shown: ir.Table, parts: Sequence[ir.Table]) -> pd.Series:
    """Return the last noted probability at each day on which a pattern first showed."""
    for part in parts:
        if "last_value" in part.columns:
            days = shown.select(link="lead_id", at_day="day").distinct()
            told = part.join(
                days, (part.lead_id == days.link) & (part.check_days == days.at_day)
            ).select("lead_id", "check_days", "last_value")
            values: pd.Series = collect(told).set_index(["lead_id", "check_days"])["last_value"]
            return values
    nothing = pd.MultiIndex.from_tuples([], names=["lead_id", "check_days"])
    return pd.Series(index=nothing, dtype=float)


def _by_lot(
    known: Known, settings: Config, shown: ir.Table, standing: Sequence[str], limits: Limits
) -> list[Estimate]:
    """Return what win-back rounds drawn by lot brought, by the pattern of the lost deal."""
    if not {"winback", "order_lines"} <= set(known.tables):
        return []
    expression = assigned(
        known.tables, horizons=(limits.horizon_days,), contact_cost=settings.contact_cost
    )
    frame = collect(expression).sort_values(list(KEY), ignore_index=True)
    lost = lost_table(known).semi_join(known.table("winback"), "customer_id")
    told = shown.semi_join(lost, "lead_id").select("lead_id", "pattern")
    deals = collect(lost.select("lead_id", "customer_id", "closed"))
    patterns = last_patterns(frame, deals, collect(told), standing)
    return drawn_estimates(frame, patterns, limits=limits, until=known.observed_until)
