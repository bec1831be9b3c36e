"""All that is computed in an engine, by name: one expression each, made from what was known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import ibis.expr.types as ir

from crm_analysis.contract import TABLES
from crm_analysis.customers.states import customer_states
from crm_analysis.deals import signs
from crm_analysis.deals.alarms.record import loss_rows
from crm_analysis.deals.alarms.settlement import ending_rows
from crm_analysis.deals.indicators.robustness import silent_leads
from crm_analysis.deals.outcome_kinds.lost_leads import lost_table
from crm_analysis.deals.outcome_kinds.rivals import spending_leads
from crm_analysis.deals.profile.customer_factors import profiles_at_opening
from crm_analysis.features import (
    acquaintance,
    assessments,
    cases,
    checks,
    counterparts,
    coverage,
    goals,
    interactions,
    pipeline,
    profile,
    purchases,
    relative_tracks,
    routes,
    switching,
    tracks,
    typing,
    windows,
)
from crm_analysis.source.known import Known
from crm_analysis.survival.spells import lead_spells
from crm_analysis.winback.assigned import assigned

Family = Callable[[Known], ir.Table]


def _view(name: str) -> Family:
    return lambda known: known.table(name)


def _checks(known: Known) -> ir.Table:
    return signs.checks_at(known.table("leads"), days=[7, 14, 30, 90], as_of=known.as_of)


def _contacts(known: Known, **options: object) -> tuple[ir.Table, ir.Table]:
    return known.table("leads"), known.table("interactions")


def _judged(known: Known, kind: str) -> ir.Table:
    return assessments.at_landmark(
        known.table("leads"), known.table("assessments"), landmark_days=30, as_of=known.as_of,
        kind=kind,
    )  # fmt: skip


def _tracked(known: Known, landmark_days: int | None) -> ir.Table:
    tables = {name: known.table(name) for name in ("assessments", "interactions", "order_lines")}
    return tracks.track_features(
        known.table("leads"), **tables, landmark_days=landmark_days, as_of=known.as_of
    )


def _tracked_at_ages(known: Known, ages: list[int]) -> ir.Table:
    """Read the tracks at all these ages, and of the open leads now, at once."""
    leads = known.table("leads")
    tables = {name: known.table(name) for name in ("assessments", "interactions", "order_lines")}
    at_ages = windows.ladder_windows(leads, days=ages, as_of=known.as_of)
    now = windows.open_windows(leads, as_of=known.as_of)
    return tracks.tracks_within(at_ages.union(now, distinct=True), leads, **tables)


FAMILIES: dict[str, Family] = {
    **{f"view of {name}": _view(name) for name in TABLES},
    "track up to checks": lambda known: checks.track_so_far(
        _checks(known), known.table("assessments"), kind=tracks.PROBABILITY
    ),
    "contacts at day 30": lambda known: interactions.at_landmark(
        *_contacts(known), landmark_days=30, as_of=known.as_of
    ),
    "contacts of a whole life": lambda known: interactions.end_of_life(
        *_contacts(known), as_of=known.as_of
    ),
    "contacts at day 14, typing time ignored": lambda known: interactions.unguarded_at_landmark(
        *_contacts(known), landmark_days=14, as_of=known.as_of
    ),
    "goals at day 30": lambda known: goals.at_landmark(
        *_contacts(known), landmark_days=30, as_of=known.as_of
    ),
    "goals met by place": lambda known: goals.met_by_place(*_contacts(known), as_of=known.as_of),
    "routes at day 30": lambda known: routes.at_landmark(
        *_contacts(known), landmark_days=30, as_of=known.as_of
    ),
    "tries after a failure": lambda known: routes.after_failure(
        *_contacts(known), as_of=known.as_of
    ),
    "reached by route": lambda known: routes.reached_by_route(
        *_contacts(known), as_of=known.as_of
    ),
    "acquaintance at day 30": lambda known: acquaintance.at_landmark(
        known.table("leads"), known.table("customers"), landmark_days=30, as_of=known.as_of
    ),
    "cases at day 30": lambda known: cases.at_landmark(
        known.table("leads"), known.table("issues"), landmark_days=30, as_of=known.as_of
    ),
    "days to resolve": lambda known: cases.days_to_resolve(
        known.table("leads"), known.table("issues"), as_of=known.as_of
    ),
    "waiting and tone of contacts at day 14": lambda known: counterparts.of_contacts(
        *_contacts(known), landmark_days=14, as_of=known.as_of
    ),
    "price gaps at day 14": lambda known: counterparts.of_prices(
        known.table("leads"), landmark_days=14, as_of=known.as_of
    ),
    "trouble before day 14": lambda known: counterparts.of_issues(
        known.table("leads"), known.table("issues"), landmark_days=14, as_of=known.as_of
    ),
    "distance, income, rival at day 14": lambda known: counterparts.of_customers(
        known.table("leads"), known.table("customers"), landmark_days=14, as_of=known.as_of
    ),
    "models asked for by day 14": lambda known: counterparts.of_models(
        known.table("leads"), known.table("assessments"), landmark_days=14, as_of=known.as_of
    ),
    "states that come and go": lambda known: switching.state_episodes(
        lead_spells(known.table("leads"), as_of=known.as_of), known.table("leads"),
        interactions=known.table("interactions"), issues=known.table("issues"), as_of=known.as_of,
    ),
    "states ever": lambda known: switching.ever_states(
        lead_spells(known.table("leads"), as_of=known.as_of), known.table("leads"),
        interactions=known.table("interactions"), issues=known.table("issues"), as_of=known.as_of,
    ),
    "leads fallen silent": lambda known: silent_leads(
        *_contacts(known), dormant_days=60, as_of=known.as_of
    ),
    "lost leads and what they bought later": lost_table,
    "leads of those who spent the year before": spending_leads,
    "profiles at the opening": lambda known: profiles_at_opening(
        known, ["gender", "birth_year", "children", "concerns", "rival_opened_at"], timed=True
    ),
    "deal probabilities at day 30": lambda known: _judged(known, "deal_probability"),
    "willingness to pay at day 30": lambda known: _judged(known, "willingness_to_pay"),
    "tracks at day 30": lambda known: _tracked(known, 30),
    "tracks of open leads": lambda known: _tracked(known, None),
    "tracks at many ages": lambda known: _tracked_at_ages(known, [0, 7, 14, 30, 74]),
    "tracks of closed leads": lambda known: relative_tracks.relative_tracks(
        known.table("leads"), known.table("assessments"), as_of=known.as_of
    ),
    "stages of closed leads": lambda known: relative_tracks.relative_tracks(
        known.table("leads"), known.table("assessments"), as_of=known.as_of, kind="stage",
        between="last_value", lag_days=7,
    ),
    "deals that alarms were raised for": lambda known: ending_rows(
        known.table("leads"), ["L00001", "L00002", "L00003", "gone", "客户'1"]
    ),
    "deals lost since the first alarm": lambda known: loss_rows(
        known.table("leads"), after=date(2026, 7, 31)
    ),
    "purchases": lambda known: purchases.summary(
        known.table("customers"), known.table("order_lines"), as_of=known.as_of
    ),
    "purchases by year": lambda known: purchases.by_year(
        known.table("order_lines"), as_of=known.as_of
    ),
    "profiles": lambda known: profile.completeness(known.table("customers"), as_of=known.as_of),
    "filled cells": lambda known: coverage.filled_counts(
        known.table("leads"), columns=[name for name in known.table("leads").columns]
    ),
    "lost leads with data": lambda known: coverage.lost_leads_with_data(
        known.tables, as_of=known.as_of
    ),
    "typing delays": lambda known: typing.typing_delays(
        known.table("interactions"), event_columns=["at"], recorded="recorded_at"
    ),
    "rows per day": lambda known: typing.rows_per_day(known.table("order_lines"), columns=["at"]),
    "spells": lambda known: lead_spells(known.table("leads"), as_of=known.as_of),
    "spells from day 30": lambda known: lead_spells(
        known.table("leads"), as_of=known.as_of - timedelta(days=40), landmark_days=30
    ),
    "stages of leads": lambda known: pipeline.lead_stages(
        known.table("leads"), interactions=known.table("interactions"),
        assessments=known.table("assessments"), as_of=known.as_of,
    ),
    "pipelines of two days": lambda known: pipeline.pipelines(
        known.table("leads"), interactions=known.table("interactions"),
        assessments=known.table("assessments"), days=[known.as_of, date(2026, 3, 31)],
    ),
    "customer states": lambda known: customer_states(
        known.table("customers"), known.table("order_lines"), as_of=known.as_of
    ),
    "signs in contacts": lambda known: signs.contact_signs(
        _checks(known), known.table("interactions"), reached_known=True
    ),
    "signs in probabilities": lambda known: signs.probability_signs(
        _checks(known), known.table("assessments")
    ),
    "signs now": lambda known: signs.contact_signs(
        signs.check_now(known.table("leads"), as_of=known.as_of), known.table("interactions"),
        reached_known=False,
    ),
    "win-back": lambda known: assigned(
        known.tables, horizons=(30, 90), contact_cost={"call": 2.5, "sms": 0.1}
    ),
}  # fmt: skip
