"""The scenario worlds hold the truth they claim, and each argument bites."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crm_analysis.contract import TABLES
from crm_analysis.errors import UsageError
from crm_analysis.world import scenario, write
from crm_analysis.world.scenarios import SCENARIOS
from crm_analysis.world.scenarios.s03 import EARLY_SLOPE
from tests.world.measure import days, log_rate_slope

END = pd.Timestamp("2026-11-01")
VARIANTS = [(name, planted) for name in SCENARIOS for planted in (True, False)]


def lives(world) -> pd.DataFrame:
    """Leads with calendar days at risk and cause."""
    leads = world.tables["leads"].copy()
    last = leads["closed_at"].fillna(END - pd.Timedelta(seconds=1)).dt.normalize()
    leads["days"] = (last - leads["opened_at"].dt.normalize()).dt.days
    return leads


def early_contacts(world, leads: pd.DataFrame, until_day: int) -> np.ndarray:
    """Contacts up to the end of a calendar day after the opening."""
    contacts = world.tables["interactions"].merge(leads[["lead_id", "opened_at"]], on="lead_id")
    age = (contacts["at"].dt.normalize() - contacts["opened_at"].dt.normalize()).dt.days
    counts = contacts[age <= until_day].groupby("lead_id").size()
    return leads["lead_id"].map(counts).fillna(0).to_numpy()


@pytest.mark.parametrize(("name", "planted"), VARIANTS)
def test_tables_keep_to_the_contract(name, planted):
    world = scenario(name, seed=3, planted=planted)
    for table, frame in world.tables.items():
        known = {column.name for column in TABLES[table].columns}
        assert {c for c in frame if not c.startswith("x_")} <= known
        required = [c.name for c in TABLES[table].columns if c.required and not c.required_unless]
        assert frame[required].notna().all().all()
        assert not frame.duplicated(list(TABLES[table].key)).any() if TABLES[table].key else True
        if "customer_id" in frame:
            assert frame["customer_id"].isin(world.tables["customers"]["customer_id"]).all()
    if "leads" in world.tables and name != "S04":
        assert not (world.tables["leads"]["closed_at"] >= END).any()
        assert (world.tables["leads"]["opened_at"] < END).all()


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_seed_and_variant_bite_and_a_repeat_does_not(name, tmp_path):
    first, again = scenario(name, seed=3), scenario(name, seed=3)
    other, null = scenario(name, seed=4), scenario(name, seed=3, planted=False)
    write(first, tmp_path / "first")
    write(again, tmp_path / "again")
    for path in sorted((tmp_path / "first").iterdir()):
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()
    assert any(not first.tables[t].equals(other.tables[t]) for t in first.tables)
    changed = any(not first.tables[t].equals(null.tables[t]) for t in first.tables)
    assert changed == (name not in ("S01", "S05", "S06b"))
    assert null.truth["planted"] is False


def test_unknown_scenario_is_refused_with_the_known_ones():
    with pytest.raises(UsageError, match=r"S02.*S01"):
        scenario("S02", seed=1)


def test_s01_ends_owe_nothing_to_contacts_factors_or_assessments():
    world = scenario("S01", seed=5)
    leads = lives(world)
    shares = leads["status"].value_counts(normalize=True)
    for status, share in {"won": 0.35, "lost": 0.45, "open": 0.20}.items():
        assert shares[status] == pytest.approx(share, abs=0.03)
    alive = leads[leads["days"] > 14]
    n = early_contacts(world, alive, 14)
    effect, se = log_rate_slope(
        n, (alive["status"] == "lost").to_numpy(float), (alive["days"] - 14).to_numpy(float)
    )
    assert abs(effect) < 3 * se
    marks = world.tables["assessments"]
    marks = marks[marks["kind"] == "deal_probability"].merge(leads, on="lead_id")
    early = marks[days(marks["at"], marks["opened_at"]) < 10]
    means = early.groupby("status")["value_num"].agg(["mean", "sem"])
    assert abs(means["mean"]["lost"] - means["mean"]["won"]) < 3 * means["sem"].max() * 1.5
    people = world.tables["customers"]
    assert people.shape[1] > 30
    assert sum(c.startswith("x_") for c in world.tables["leads"]) == 6


def test_s01_leads_are_opened_evenly_and_no_half_wins_more_at_equal_age():
    rates = []
    for seed in range(4):
        world = scenario("S01", seed=seed)
        leads = lives(world)
        opened = pd.to_datetime(leads["opened_at"])
        age = (opened.max() - opened) / pd.Timedelta(days=1)
        assert stats.kstest(age / age.max(), "uniform").pvalue > 0.001
        watched = leads[age > 90].assign(new=age[age > 90] < 300)
        won = (watched["status"] == "won") & (watched["days"] <= 90)
        rates.append(won.groupby(watched["new"]).mean())
    means = pd.concat(rates, axis=1).mean(axis=1)
    assert means[True] == pytest.approx(means[False], abs=0.03)


@pytest.mark.parametrize(("planted", "slope"), [(True, EARLY_SLOPE), (False, 0.0)])
def test_s03_early_contacts_have_the_planted_slope_and_totals_lie(planted, slope):
    found, naive = [], []
    for seed in range(3):
        world = scenario("S03", seed=seed, planted=planted)
        leads = lives(world)
        alive = leads[leads["days"] > 14]
        lost = (alive["status"] == "lost").to_numpy(float)
        exposure = alive["days"].to_numpy(float) - 14
        found.append(log_rate_slope(early_contacts(world, alive, 14), lost, exposure)[0])
        total = early_contacts(world, leads, 10_000)
        events = (leads["status"] == "lost").to_numpy(float)
        naive.append(log_rate_slope(total, events, leads["days"].to_numpy(float) + 0.5)[0])
    assert np.mean(found) == pytest.approx(slope, abs=0.04)
    assert max(naive) < -0.10


@pytest.mark.parametrize("planted", [True, False])
def test_s04_backfill_is_typed_after_the_end_and_future_rows_exist(planted):
    world = scenario("S04", seed=5, planted=planted)
    leads = world.tables["leads"]
    rows = world.tables["interactions"].merge(leads[["lead_id", "status", "closed_at"]])
    late = rows[(rows["at"] < rows["closed_at"]) & (rows["recorded_at"] > rows["closed_at"])]
    per_lead = late["status"].value_counts() / leads["status"].value_counts()
    if planted:
        assert per_lead["lost"] == pytest.approx(1.6, abs=0.15)
        assert per_lead["won"] == pytest.approx(0.2, abs=0.08)
    else:
        assert late.empty
    assert (world.tables["order_lines"]["at"] >= END).sum() == 200
    assert (world.tables["surveys"]["answered_at"] >= END).sum() > 100


def test_s05_endings_and_censoring_are_as_planted():
    world = scenario("S05", seed=5)
    leads = lives(world)
    assert (leads["status"] == "open").mean() == pytest.approx(0.71, abs=0.04)
    exposure = leads["days"].sum()
    for cause, rate in {"lost": 0.008, "won": 0.004}.items():
        assert (leads["status"] == cause).sum() / exposure == pytest.approx(rate, rel=0.2)
    by_product = leads.groupby("product")["status"].apply(lambda s: (s == "lost").mean())
    assert abs(by_product["A"] - by_product["B"]) < 0.07
    values = {row["segment"]: row["value"] for row in world.truth["estimates"]}
    for horizon, share in {30: 0.2015, 60: 0.3422, 90: 0.4403}.items():
        assert values[f"cause=lost;horizon_days={horizon}"] == pytest.approx(share, abs=5e-5)


@pytest.mark.parametrize(("planted", "ratio"), [(True, 2.0), (False, 1.0)])
def test_s06_has_nine_times_and_the_hazard_ratio(planted, ratio):
    leads = lives(scenario("S06", seed=5, planted=planted))
    lost = leads["status"] == "lost"
    assert sorted(leads["days"][lost].unique()) == [7 * i for i in range(1, 10)]
    assert leads["days"][~lost].eq(63).all()
    at_risk = sum(((leads["days"] >= 7 * i) * 1 for i in range(1, 10)), start=0)
    hazard = lost.groupby(leads["product"]).sum() / at_risk.groupby(leads["product"]).sum()
    cloglog = np.log(-np.log(1 - hazard))
    assert cloglog["exposed"] - cloglog["base"] == pytest.approx(np.log(ratio), abs=0.16)
    assert (leads["x_exposed"] == (leads["product"] == "exposed")).all()


def test_s06b_has_every_degenerate_segment():
    world = scenario("S06b", seed=5)
    leads = world.tables["leads"]
    status = leads.groupby("product")["status"].agg(set)
    assert status["all_lost"] == {"lost"}
    assert status["all_won"] == {"won"}
    assert status["no_end"] == {"open"}
    assert status["mixed"] == {"lost", "won", "open"}
    assert (leads["product"] == "single").sum() == 1
    assert leads["x_number"].equals(leads["x_copy"].rename("x_number"))
    assert leads["x_constant"].nunique() == 1
    assert leads["x_empty"].isna().all()
    assert leads["budget"].isna().all()
    assert leads["rep_id"].nunique() == 1


@pytest.mark.parametrize(("planted", "effect"), [(True, 0.08), (False, 0.0)])
def test_s18_returns_as_planted_at_five_a_contact(planted, effect):
    found = []
    for seed in range(4):
        world = scenario("S18", seed=seed, planted=planted)
        rounds, orders = world.tables["winback"], world.tables["order_lines"]
        rows = rounds.merge(orders, on="customer_id")
        wait = days(rows["at"], rows["assigned_at"])
        back = rounds["customer_id"].isin(rows["customer_id"][(wait > 0) & (wait <= 90)])
        shares = back.groupby(rounds["arm"]).mean()
        found.append(shares["treat"] - shares["control"])
    assert np.mean(found) == pytest.approx(effect, abs=0.025)
    assert rounds["arm"].value_counts().to_dict() == {"control": 1500, "treat": 1500}
    contacts = world.tables["interactions"]
    assert (contacts["cost"] == 5).all()
    treated = rounds.loc[rounds["arm"] == "treat", "customer_id"]
    assert set(contacts["customer_id"]) == set(treated)
