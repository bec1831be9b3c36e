"""The demo world keeps to the contract, but for the dirt that it admits."""

from __future__ import annotations

import pandas as pd
import pytest

from crm_analysis.contract import TABLES, VALUE_ALIASES, plain
from crm_analysis.world.clock import EXPORTED, FIRST
from crm_analysis.world.dirt import N_DOUBLED, N_IMPOSSIBLE, N_OUT_OF_RANGE

names = pytest.mark.parametrize("name", list(TABLES))


def test_all_twelve_tables_with_the_ordered_size(demo):
    assert list(demo.tables) == list(TABLES)
    assert 2400 <= len(demo.tables["customers"]) <= 2700
    assert 3400 <= len(demo.tables["leads"]) <= 3600
    assert len(demo.tables["winback"]) >= 1200
    assert demo.tables["leads"]["rep_id"].nunique() == 12
    assert set(demo.tables["leads"]["status"]) == {"open", "won", "lost", "void"}


@names
def test_columns_are_the_contracts(demo, name):
    known = [column.name for column in TABLES[name].columns]
    unknown = [c for c in demo.tables[name] if c not in known and not c.startswith("x_")]
    assert unknown == []
    required = {column.name for column in TABLES[name].columns if column.required}
    assert required <= set(demo.tables[name])


@names
def test_required_cells_are_filled(demo, name):
    for column in TABLES[name].columns:
        if column.required and not column.required_unless:
            assert demo.tables[name][column.name].notna().all(), column.name


@names
def test_values_are_allowed_or_aliases(demo, name):
    frame = demo.tables[name]
    for column in TABLES[name].columns:
        if not column.allowed or column.name not in frame:
            continue
        values = frame[column.name].dropna().astype(str).str.split(";").explode()
        aliases = VALUE_ALIASES.get(f"{name}.{column.name}", {})
        odd = {v for v in set(values) - set(column.allowed) if plain(v) not in aliases}
        assert odd == set(), column.name


@names
def test_references_exist(demo, name):
    for column in TABLES[name].columns:
        if column.references and column.name in demo.tables[name]:
            table, target = column.references.split(".")
            given = demo.tables[name][column.name].dropna()
            assert given.isin(demo.tables[table][target]).all(), column.name


@names
def test_keys_are_unique_but_for_the_doubled_rows(demo, name):
    if TABLES[name].key:
        doubled = demo.tables[name].duplicated(list(TABLES[name].key)).sum()
        assert doubled == (N_DOUBLED if name in ("interactions", "order_lines") else 0)
        assert doubled == demo.tables[name].duplicated().sum()


@names
def test_time_order_holds_but_for_the_impossible_leads(demo, name):
    frame = demo.tables[name]
    for earlier, later in TABLES[name].time_order:
        if {earlier, later} <= set(frame):
            wrong = (pd.to_datetime(frame[earlier]) > pd.to_datetime(frame[later])).sum()
            impossible = (name, later) == ("leads", "closed_at")
            assert wrong == (N_IMPOSSIBLE if impossible else 0), (earlier, later)


@names
def test_nothing_is_typed_before_it_happened_or_after_the_export(demo, name):
    frame = demo.tables[name]
    if name != "customers":
        assert frame["recorded_at"].notna().all()
    planned = {"targets", "actions"}
    for event in TABLES[name].event_time:
        if event in frame and name not in planned and "recorded_at" in frame:
            happened = frame[frame["planned_at"].isna()] if "planned_at" in frame else frame
            late = happened["recorded_at"] >= happened[event]
            assert (late | happened[event].isna()).all()
            last = happened[event].max()
            assert happened[event].min().date() >= FIRST
            assert last.date() <= EXPORTED


def test_dirt_stays_below_the_share_that_stops_a_run(demo):
    assert (demo.tables["surveys"]["nps"] > 10).sum() == N_OUT_OF_RANGE
    for name, n in {"leads": N_IMPOSSIBLE, "surveys": N_OUT_OF_RANGE}.items():
        assert n / len(demo.tables[name]) < 0.005


def test_status_and_closing_agree(demo):
    leads = demo.tables["leads"]
    assert ((leads["status"] == "open") == leads["closed_at"].isna()).all()


def test_won_leads_meet_an_order_within_30_days(demo, end):
    won = demo.tables["leads"][lambda f: f["status"] == "won"].set_index("lead_id")["closed_at"]
    orders = demo.tables["order_lines"].dropna(subset="lead_id").groupby("lead_id")["at"].min()
    due = won[won < end - pd.Timedelta(days=30)]
    wait = orders.reindex(due.index) - due.dt.normalize()
    assert (wait < pd.Timedelta(days=30)).all()


def test_some_rows_lie_after_as_of_and_some_plans_ahead(demo, end):
    tables = demo.tables
    for name, clock in (("order_lines", "at"), ("leads", "opened_at"), ("interactions", "at")):
        later = (tables[name][clock] >= end).mean()
        assert 0 < later < 0.02
    ahead = tables["interactions"]["planned_at"] >= end
    known = tables["interactions"]["recorded_at"] < end
    assert (ahead & known & tables["interactions"]["at"].isna()).sum() >= 5
    assert (tables["targets"]["period_start"] >= end).any()
    assert (tables["leads"]["closed_at"] >= end).any()
