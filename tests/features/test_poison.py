"""The poison test: no feature and no number of notebook 00 sees what came after as_of."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from crm_analysis.answers import (
    data_fitness,
    failure_causes,
    loss_patterns,
    sales_funnel,
    winback_evaluation,
)
from crm_analysis.customers.states import customer_states
from crm_analysis.estimates import estimates_frame
from crm_analysis.features import (
    acquaintance,
    assessments,
    cases,
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
)
from crm_analysis.source import load
from crm_analysis.survival.spells import lead_spells
from crm_analysis.world import World, demo_world, write
from tests.features.poison import poisoned, without_future

AS_OF = date(2026, 10, 31)
N_CUSTOMERS = 250


def _small(tables):
    """Keep the first customers and what refers to them, so that loading is quick."""
    kept = set(tables["customers"].customer_id.sort_values().head(N_CUSTOMERS))
    return {
        name: frame[frame.customer_id.isin(kept)].reset_index(drop=True)
        if "customer_id" in frame and name != "actions"
        else frame
        for name, frame in tables.items()
    }


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    """One small world three times: as it was made, cut at as_of, and poisoned."""
    tables = _small(demo_world().tables)
    clean = without_future(tables, as_of=AS_OF)
    variants = {"made": tables, "cut": clean, "poisoned": poisoned(clean, as_of=AS_OF)}
    known = {}
    for name, frames in variants.items():
        folder = tmp_path_factory.mktemp(name)
        write(World(frames, {}, AS_OF), folder)
        (folder / "crm_analysis.toml").write_text("max_excluded_share = 0.2\n")
        known[name] = load(str(folder), as_of=AS_OF)
    return known


FAMILIES = {
    "interactions": lambda k: interactions.at_landmark(
        k.table("leads"), k.table("interactions"), landmark_days=14, as_of=AS_OF
    ),
    "end_of_life": lambda k: interactions.end_of_life(
        k.table("leads"), k.table("interactions"), as_of=AS_OF
    ),
    "goals": lambda k: goals.at_landmark(
        k.table("leads"), k.table("interactions"), landmark_days=14, as_of=AS_OF
    ),
    "goals by place": lambda k: goals.met_by_place(
        k.table("leads"), k.table("interactions"), as_of=AS_OF
    ),
    "counterparts in contacts": lambda k: counterparts.of_contacts(
        k.table("leads"), k.table("interactions"), landmark_days=14, as_of=AS_OF
    ),
    "counterparts in prices": lambda k: counterparts.of_prices(
        k.table("leads"), landmark_days=14, as_of=AS_OF
    ),
    "counterparts in issues": lambda k: counterparts.of_issues(
        k.table("leads"), k.table("issues"), landmark_days=14, as_of=AS_OF
    ),
    "counterparts of customers": lambda k: counterparts.of_customers(
        k.table("leads"), k.table("customers"), landmark_days=14, as_of=AS_OF
    ),
    "counterparts in models": lambda k: counterparts.of_models(
        k.table("leads"), k.table("assessments"), landmark_days=14, as_of=AS_OF
    ),
    "routes": lambda k: routes.at_landmark(
        k.table("leads"), k.table("interactions"), landmark_days=14, as_of=AS_OF
    ),
    "tries after a failure": lambda k: routes.after_failure(
        k.table("leads"), k.table("interactions"), as_of=AS_OF
    ),
    "reached by route": lambda k: routes.reached_by_route(
        k.table("leads"), k.table("interactions"), as_of=AS_OF
    ),
    "acquaintance": lambda k: acquaintance.at_landmark(
        k.table("leads"), k.table("customers"), landmark_days=14, as_of=AS_OF
    ),
    "cases": lambda k: cases.at_landmark(
        k.table("leads"), k.table("issues"), landmark_days=14, as_of=AS_OF
    ),
    "states that come and go": lambda k: switching.state_episodes(
        lead_spells(k.table("leads"), as_of=AS_OF),
        k.table("leads"),
        interactions=k.table("interactions"),
        issues=k.table("issues"),
        as_of=AS_OF,
    ),
    "days to resolve": lambda k: cases.days_to_resolve(
        k.table("leads"), k.table("issues"), as_of=AS_OF
    ),
    "assessments": lambda k: assessments.at_landmark(
        k.table("leads"), k.table("assessments"), landmark_days=14, as_of=AS_OF
    ),
    "tracks": lambda k: _tracked(k, 14),
    "tracks of open leads": lambda k: _tracked(k, None),
    "tracks of closed leads": lambda k: relative_tracks.relative_tracks(
        k.table("leads"), k.table("assessments"), as_of=AS_OF
    ),
    "purchases": lambda k: purchases.summary(
        k.table("customers"), k.table("order_lines"), as_of=AS_OF
    ),
    "years": lambda k: purchases.by_year(k.table("order_lines"), as_of=AS_OF),
    "profile": lambda k: profile.completeness(k.table("customers"), as_of=AS_OF),
    "states": lambda k: customer_states(k.table("customers"), k.table("order_lines"), as_of=AS_OF),
    "coverage": lambda k: coverage.lost_leads_with_data(k.tables, as_of=AS_OF),
    "stages": lambda k: pipeline.lead_stages(k.table("leads"), **_beside(k), as_of=AS_OF),
    "pipeline now": lambda k: pipeline.pipelines(k.table("leads"), **_beside(k), days=[AS_OF]),
    "pipeline in summer": lambda k: pipeline.pipelines(
        k.table("leads"), **_beside(k), days=[date(2026, 7, 31)]
    ),
}


def _tracked(k, landmark_days):
    tables = {name: k.table(name) for name in ("assessments", "interactions", "order_lines")}
    return tracks.track_features(
        k.table("leads"), **tables, landmark_days=landmark_days, as_of=AS_OF
    )


def _beside(k):
    return {name: k.table(name) for name in ("interactions", "assessments")}


def _frame(expr):
    frame = expr.execute()
    names = ("lead_id", "customer_id", "year", "place", "channel", "time_days", "cause")
    names += ("entry_days", "exit_days", "question_open", "promise_broken")
    keys = [name for name in names if name in frame]
    return frame.sort_values(keys, ignore_index=True) if keys else frame


def test_the_poison_is_there(worlds):
    """Each table of the poisoned source has later rows; otherwise the test proves nothing."""
    before, after = worlds["cut"], worlds["poisoned"]
    assert sum(before.future_rows.values()) == 0
    assert all(after.future_rows.get(name, 0) > 0 for name in before.tables), after.future_rows
    mistyped = after.audit[(after.audit["rule"] == "value") & (after.audit["n_rows"] > 0)]
    assert {"leads", "issues"} <= set(mistyped["table"])


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("variant", ["made", "poisoned"])
def test_later_facts_change_no_value(worlds, family, variant):
    """Adding rows from after as_of and filling late columns changes no feature."""
    want, found = (_frame(FAMILIES[family](worlds[name])) for name in ("cut", variant))
    assert len(want) > 0
    pd.testing.assert_frame_equal(want, found)


ANSWERS = (data_fitness, failure_causes, sales_funnel, loss_patterns, winback_evaluation)
OWN_BLOCK = {"rows_in_and_out", "repairs_and_exclusions"}


@pytest.mark.parametrize("notebook", ANSWERS, ids=lambda module: module.__name__.split(".")[-1])
def test_later_facts_change_no_number_of_a_notebook(worlds, notebook):
    """Estimates, sentences, tables and lists stay, but for 00's block on rows in and out."""
    want, found = notebook.answer(worlds["cut"]), notebook.answer(worlds["poisoned"])
    frames = [
        estimates_frame(result.estimates, as_of=AS_OF, notebook="nb") for result in (want, found)
    ]
    pd.testing.assert_frame_equal(*frames)
    assert want.findings == found.findings
    assert want.headline == found.headline
    for table in want.tables:
        if table.name not in OWN_BLOCK:
            pd.testing.assert_frame_equal(table.frame, found.table(table.name).frame)
    for one, other in zip(want.lists, found.lists, strict=True):
        pd.testing.assert_frame_equal(one.frame, other.frame)
        assert one.purpose == other.purpose
    assert want.alarms == found.alarms


def test_the_small_world_has_open_deals_to_advise_on_and_alarms(worlds):
    """Otherwise equal lists and alarms prove nothing."""
    result = loss_patterns.answer(worlds["cut"])
    by_name = {one.name: one.frame for one in result.lists}
    assert by_name["open_deals"]["advice"].nunique() > 1
    assert len(by_name["reapproach"]) > 0
    assert len(result.alarms) > 1
