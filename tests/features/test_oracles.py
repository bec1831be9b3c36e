"""Each feature family against plain SQL written independently of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from crm_analysis.customers.states import customer_states
from crm_analysis.features import (
    CATALOG,
    acquaintance,
    assessments,
    cases,
    goals,
    interactions,
    profile,
    purchases,
    routes,
    tracks,
    windows,
)

ORACLES = Path(__file__).parents[1] / "oracles"
AS_OF = date(2026, 3, 31)


def _oracle(con, name, **parameters):
    sql = (ORACLES / f"{name}.sql").read_text(encoding="utf-8")
    used = {key: value for key, value in parameters.items() if f"${key}" in sql}
    return con.con.execute(sql, used).df()


def _assert_same(expr, oracle, *, key):
    """Compare values column by column; both may differ in integer width and in NULL's form."""
    found = expr.order_by(key).execute()
    assert set(found.columns) == set(oracle.columns)
    assert len(found) == len(oracle) > 20, "an accidentally empty answer proves nothing"
    for name in found.columns:
        left, right = found[name], oracle[name]
        if name in (key, "first_channel", "state", "last_stage"):
            pd.testing.assert_series_equal(
                left.astype("string"), right.astype("string"), check_names=False
            )
            continue
        pd.testing.assert_series_equal(
            left.astype("float64"), right.astype("float64"), rtol=1e-9, check_names=False
        )
        assert left.notna().any(), f"{name} is empty everywhere: the fixture proves nothing"


@pytest.mark.parametrize("landmark_days", [3, 14, 30])
def test_interactions_equal_oracle(crm, landmark_days):
    """A-09 to A-17 at three landmarks."""
    expr = interactions.at_landmark(
        crm.table("leads"),
        crm.table("interactions"),
        landmark_days=landmark_days,
        as_of=AS_OF,
    )
    oracle = _oracle(crm, "interactions_at_landmark", landmark_days=landmark_days, as_of=AS_OF)
    _assert_same(expr, oracle, key="lead_id")


@pytest.mark.parametrize("landmark_days", [7, 30])
def test_assessments_equal_oracle(crm, landmark_days):
    """The track of deal probabilities."""
    expr = assessments.at_landmark(
        crm.table("leads"), crm.table("assessments"), landmark_days=landmark_days, as_of=AS_OF
    )
    oracle = _oracle(crm, "assessments_at_landmark", landmark_days=landmark_days, as_of=AS_OF)
    _assert_same(expr, oracle, key="lead_id")


def _tracks(crm, **when):
    tables = {name: crm.table(name) for name in ("assessments", "interactions", "order_lines")}
    return tracks.track_features(crm.table("leads"), **tables, **when, as_of=AS_OF)


@pytest.mark.parametrize("landmark_days", [7, 30])
def test_tracks_equal_oracle(crm, landmark_days):
    """Probability, price, model, stage and silence (A-18 to A-23)."""
    oracle = _oracle(crm, "tracks_at_landmark", landmark_days=landmark_days, as_of=AS_OF)
    _assert_same(_tracks(crm, landmark_days=landmark_days), oracle, key="lead_id")
    assert {-1, 0, 1} <= set(oracle["model_direction"])
    assert oracle["model_direction"].isna().any()


def test_tracks_of_open_leads_are_those_of_their_age(crm):
    """A lead that is open at as_of and d days old then is read as at the landmark of day d."""
    now = _tracks(crm).execute().set_index("lead_id")
    leads = crm.table("leads").execute().set_index("lead_id")
    age = (pd.Timestamp(AS_OF) - leads["opened_at"].dt.normalize()).dt.days
    assert set(now.index) == set(leads.index[leads["closed_at"].isna()])
    for day in sorted(age.loc[now.index].unique())[:4]:
        there = _tracks(crm, landmark_days=int(day)).execute().set_index("lead_id")
        same = now.index[age.loc[now.index] == day]
        pd.testing.assert_frame_equal(
            now.loc[same].sort_index(), there.loc[same].sort_index(), check_dtype=False
        )


def test_many_ages_at_once_are_each_age_on_its_own(crm):
    """One query for all ages, and for the open leads now, gives what a query for each gives."""
    ages = [0, 7, 8, 14, 30, 45]
    leads = crm.table("leads")
    tables = {name: crm.table(name) for name in ("assessments", "interactions", "order_lines")}
    at_ages = windows.ladder_windows(leads, days=ages, as_of=AS_OF)
    both = at_ages.union(windows.open_windows(leads, as_of=AS_OF), distinct=True)
    rows = tracks.tracks_within(both, leads, **tables).execute()
    assert not rows.duplicated(["lead_id", "window_days"]).any()
    for age in ages:
        assert_same_rows(
            rows[rows["window_days"] == age], _tracks(crm, landmark_days=age).execute()
        )
    now = _tracks(crm).execute()
    opened = leads.execute().set_index("lead_id")["opened_at"].dt.normalize()
    age_now = (pd.Timestamp(AS_OF) - opened).dt.days.loc[now["lead_id"]].to_numpy()
    link = pd.DataFrame({"lead_id": now["lead_id"], "window_days": age_now})
    assert_same_rows(rows.merge(link), now)


def assert_same_rows(found, wanted):
    assert len(wanted) > 0
    frames = [
        frame[wanted.columns].sort_values("lead_id", ignore_index=True) for frame in (found, wanted)
    ]
    pd.testing.assert_frame_equal(*frames, check_dtype=False, check_exact=True)


def test_a_table_that_is_missing_leaves_its_columns_out(crm):
    """Without assessments there is silence alone; without order lines no direction of models."""
    leads, told = crm.table("leads"), crm.table("assessments")
    silent = tracks.track_features(
        leads, interactions=crm.table("interactions"), landmark_days=7, as_of=AS_OF
    )
    wanted = {"lead_id", "silent_days", "idle_days", "customer_initiative_share"}
    assert set(silent.columns) == wanted
    unpriced = tracks.track_features(leads, assessments=told, landmark_days=7, as_of=AS_OF)
    assert set(unpriced.execute()["model_direction"].dropna()) == {0}


HABITS = {
    "goals": (goals.at_landmark, "interactions"),
    "routes": (routes.at_landmark, "interactions"),
    "acquaintance": (acquaintance.at_landmark, "customers"),
    "cases": (cases.at_landmark, "issues"),
}


@pytest.mark.parametrize("landmark_days", [7, 30])
@pytest.mark.parametrize("family", HABITS)
def test_habits_equal_oracle(crm, family, landmark_days):
    """Goals (A-16), cases (A-17), routes (A-65) and the known profile (A-67)."""
    feature, table = HABITS[family]
    expr = feature(crm.table("leads"), crm.table(table), landmark_days=landmark_days, as_of=AS_OF)
    oracle = _oracle(crm, f"{family}_at_landmark", landmark_days=landmark_days, as_of=AS_OF)
    _assert_same(expr, oracle, key="lead_id")


@pytest.mark.parametrize("as_of", [AS_OF, date(2025, 6, 30)])
def test_purchases_equal_oracle(crm, as_of):
    """Recency, frequency, gaps and money, also at an earlier as_of."""
    expr = purchases.summary(crm.table("customers"), crm.table("order_lines"), as_of=as_of)
    _assert_same(expr, _oracle(crm, "purchases_summary", as_of=as_of), key="customer_id")


def test_profile_equals_oracle(crm):
    """Completeness in all and by block."""
    expr = profile.completeness(crm.table("customers"), as_of=AS_OF)
    _assert_same(expr, _oracle(crm, "profile_completeness", as_of=AS_OF), key="customer_id")


def test_states_equal_oracle(crm):
    """Prospect and has_ordered both occur."""
    expr = customer_states(crm.table("customers"), crm.table("order_lines"), as_of=AS_OF)
    _assert_same(expr, _oracle(crm, "customer_states", as_of=AS_OF), key="customer_id")
    assert set(expr.execute().state) == {"prospect", "has_ordered"}


def test_years_add_up_to_the_total(crm):
    """The sum over years is the total, exactly, for essential and other goods alike."""
    lines = crm.table("order_lines")
    years = purchases.by_year(lines, as_of=AS_OF).execute().groupby("customer_id").sum()
    total = purchases.summary(crm.table("customers"), lines, as_of=AS_OF).execute()
    total = total.set_index("customer_id").loc[years.index]
    assert list(years.amount_total) == list(total.amount_total)
    assert list(years.essential_amount) == list(total.essential_amount_total)
    assert list(years.n_orders) == list(total.n_orders)


def test_catalogue_names_every_feature(crm):
    """The catalogue and the functions name the same columns, each with words and a rule."""
    leads, customers = crm.table("leads"), crm.table("customers")
    made = {
        "interactions": interactions.at_landmark(
            leads, crm.table("interactions"), landmark_days=7, as_of=AS_OF
        ),
        "assessments": assessments.at_landmark(
            leads, crm.table("assessments"), landmark_days=7, as_of=AS_OF
        ),
        "purchases": purchases.summary(customers, crm.table("order_lines"), as_of=AS_OF),
        "profile": profile.completeness(customers, as_of=AS_OF),
        **{
            name: feature(leads, crm.table(table), landmark_days=7, as_of=AS_OF)
            for name, (feature, table) in HABITS.items()
        },
    }
    level = {name for name, feature in CATALOG.items() if feature.family == "assessments"}
    made["tracks"] = _tracks(crm, landmark_days=7).drop(*level)
    for family, expr in made.items():
        declared = {name for name, feature in CATALOG.items() if feature.family == family}
        assert set(expr.columns) - {"lead_id", "customer_id"} == declared
    assert all(f.meaning.en and f.meaning.zh and f.missing and f.unit for f in CATALOG.values())
