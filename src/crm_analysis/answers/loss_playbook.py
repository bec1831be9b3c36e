"""Which strategy goes with which pattern, and what did it bring? (A-48)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis.expr.types as ir
import pandas as pd

from crm_analysis.answers.part import Part
from crm_analysis.answers.playbook_findings import playbook_findings
from crm_analysis.answers.playbook_lot_shown import lot_table
from crm_analysis.answers.playbook_shown import adjusted_for, playbook_table
from crm_analysis.deals.advice.drawn_patterns import drawn_estimates, last_patterns
from crm_analysis.deals.advice.first_shown import (
    first_shown,
    shown_states,
    shown_types,
    track_name,
    typed_checks,
)
from crm_analysis.deals.advice.margins import margin_rate
from crm_analysis.deals.advice.playbook import Limits, cell_estimates
from crm_analysis.deals.advice.worked import with_strategy, worked
from crm_analysis.deals.outcome_kinds.lost_leads import lost_table
from crm_analysis.deals.patterns.states import state_parts, with_states
from crm_analysis.deals.signs import checks_at
from crm_analysis.deals.tracks import WEEKLY
from crm_analysis.estimates import (
    Estimate,
    adjust_families,
)
from crm_analysis.features.checks import track_so_far
from crm_analysis.features.tracks import PROBABILITY
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stands of what goes before losses, each the clearest first.

    Parameters
    ----------
    signs : tuple of str
        Signs after which deals are lost faster.
    patterns : tuple of str
        Patterns of states that held in both periods and are no such sign.
    types : tuple of str
        Types of track that lose more than others.
    kind : str
        Of which kind the assessments are that make the types.
    """

    signs: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    kind: str = PROBABILITY

    @property
    def states(self) -> set[str]:
        """The states of which its signs and patterns are made."""
        return {one for name in (*self.signs, *self.patterns) for one in name.split("+")}

    @property
    def names(self) -> tuple[str, ...]:
        """Name all, in the order in which a deal that shows several is told of them."""
        return (*self.patterns, *self.signs, *map(track_name, self.types))


def playbook_part(known: Known, settings: Config, *, standing: Standing) -> Part:
    """Tell what followed each strategy on each sign, pattern and type of track that stands.

    Parameters
    ----------
    known, settings : Known, Config
        The as-of views and the settings in force.
    standing : Standing
        What stands.

    Returns
    -------
    Part
        The table pattern by strategy; a finding where a strategy stands.
    """
    if "interactions" not in known.tables:
        return Part(does_not_show=(_NO_CONTACTS,))
    if not standing.names:
        return Part()
    limits = Limits(
        horizon_days=settings.horizon_days,
        margin_rate=margin_rate(
            known.tables.get("order_lines"), default=settings.default_margin_rate
        ).share,
        alpha=settings.alpha,
        min_events=settings.min_events,
    )
    rows = _worked(known, settings, standing)
    weeks = with_strategy(rows, horizon_days=limits.horizon_days, until=known.observed_until)
    shown = rows[["lead_id", "pattern"]]
    del rows  # of each deal and pattern: what is read next is as large
    cells, like = cell_estimates(weeks, limits=limits, names=standing.names), adjusted_for(weeks)
    del weeks
    lot = _by_lot(known, settings, shown, standing.names, limits)
    estimates = adjust_families((*cells, *lot))
    return Part(
        estimates=estimates,
        told=playbook_findings(estimates, q=settings.fdr_q, like=like),
        tables=playbook_table(
            estimates,
            standing.names,
            q=settings.fdr_q,
            alpha=settings.alpha,
            currency=str(settings.currency),
            min_events=settings.min_events,
            like=like,
        ),
        appendix=lot_table(
            estimates,
            q=settings.fdr_q,
            alpha=settings.alpha,
            currency=str(settings.currency),
        ),
        does_not_show=(_chosen(like),),
    )


def _chosen(like: Text) -> Text:
    return Text(
        "In the playbook sellers chose whom they contacted: deals of the same "
        f"{like.en} are compared, but only a draw by lot would show what a contact changes.",
        f"应对手册中联系谁由销售人员自选：虽与{like.zh}相近的商机比较，但只有抽签才能说明联系的作用。",
    )


def _worked(known: Known, settings: Config, standing: Standing) -> pd.DataFrame:
    """Return the deals that showed what stands, with what was done in the week after.

    Signs and patterns are one question to the engine and types of track another: engines that
    write each step out where it is used choke on both at once.
    """
    checks = checks_at(known.table("leads"), days=WEEKLY, as_of=known.observed_until)
    parts = state_parts(known, checks, settings)
    values = next((part for part in parts if "last_value" in part.columns), None)
    shown = []
    if standing.signs or standing.patterns:
        states = with_states(checks, _needed(parts, standing.states))
        shown.append(
            first_shown(states, shown_states(states, (*standing.patterns, *standing.signs)))
        )
    if standing.types:
        tracks = track_so_far(
            checks,
            known.table("assessments"),
            kind=standing.kind,
            reversal_step=settings.tracks.reversal_step,
        )
        typed = typed_checks(tracks, settings.tracks)
        shown.append(first_shown(typed, shown_types(typed, standing.types)))
    frames = [
        collect(
            worked(
                known.table("leads"),
                one,
                known.table("interactions"),
                contact_cost=settings.contact_cost,
                as_of=known.observed_until,
                values=values,
            )
        )
        for one in shown
    ]
    return pd.concat(frames).sort_values(["pattern", "lead_id"], ignore_index=True)


def _needed(parts: Sequence[ir.Table], states: set[str]) -> list[ir.Table]:
    return [part for part in parts if states & set(part.columns)]


def _by_lot(
    known: Known, settings: Config, shown: pd.DataFrame, names: Sequence[str], limits: Limits
) -> list[Estimate]:
    """Return what win-back rounds drawn by lot brought, by the pattern of the lost deal."""
    if not {"winback", "order_lines"} <= set(known.tables):
        return []
    expression = assigned(
        known.tables, horizons=(limits.horizon_days,), contact_cost=settings.contact_cost
    )
    frame = collect(expression).sort_values(list(KEY), ignore_index=True)
    lost = lost_table(known).semi_join(known.table("winback"), "customer_id")
    deals = collect(lost.select("lead_id", "customer_id", "closed"))
    patterns = last_patterns(frame, deals, shown, names)
    return drawn_estimates(frame, patterns, limits=limits, until=known.observed_until)
