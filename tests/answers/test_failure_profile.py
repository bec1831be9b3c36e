"""The profile part of the page on lost deals: what is told, what is off, and what leaks."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest

from crm_analysis.answers.failure_profile import profile_part
from crm_analysis.answers.part import Part
from crm_analysis.config import Config
from crm_analysis.estimates import is_finding, says_causes
from tests.answers.worlds import known
from tests.deals.small_world import AS_OF, small_world

SETTINGS = Config(landmark_days=(7, 14))


def part(leads: pd.DataFrame, customers: pd.DataFrame, **more: pd.DataFrame) -> Part:
    engine = ibis.duckdb.connect()
    frames = {"leads": leads, "customers": customers, **more}
    views = {name: engine.create_table(name, frame) for name, frame in frames.items()}
    return profile_part(known(views, as_of=AS_OF, config=SETTINGS), SETTINGS)


def faults(one: Part) -> list[str]:
    """Columns that a table or picture lacks, doubled keys, findings without a row."""
    found = []
    for table in (*one.tables, *one.appendix):
        for name in table.columns:
            pair = {f"{name}_en", f"{name}_zh"} <= set(table.frame.columns)
            found += [] if name in table.frame.columns or pair else [f"{table.name}: {name}"]
    keys = [row.key for row in one.estimates]
    found += ["doubled keys"] if len(keys) != len(set(keys)) else []
    found += [told.name.en for told in one.told if told.finding.estimate_key not in set(keys)]
    return found


@pytest.fixture(scope="module")
def quiet() -> Part:
    world = small_world(11, n=900)
    return part(world.leads, world.customers)


@pytest.fixture(scope="module")
def rich() -> Part:
    """R1 loses nearly all; adverts go to other brands; some of the postponed buy later."""
    world = small_world(12, n=1500)
    rng = np.random.default_rng(12)
    leads, people = world.leads.copy(), world.customers.copy()
    turned = (leads["rep_id"] == "R1") & (leads["status"] == "won") & (rng.random(1500) < 0.9)
    leads.loc[turned, "status"] = "lost"
    source = leads["customer_id"].map(people.set_index("customer_id")["source"])
    kinds = ["other_brand", "postponed", "same_brand_elsewhere"]
    drawn = rng.choice(kinds, len(leads))
    drawn = np.where((source == "advert") & (rng.random(1500) < 0.5), "other_brand", drawn)
    lost = leads["status"] == "lost"
    leads["lost_to"] = pd.Series(drawn, dtype=object).where(lost)
    rival = rng.uniform(80, 120, len(leads))
    leads["rival_price"] = np.where(lost, rival, np.nan)
    leads["quoted_price"] = np.where(lost, rival * 1.12 * np.exp(rng.normal(0, 0.05, 1500)), np.nan)
    leads["rival"] = pd.Series(rng.choice(["=HYPERLINK(1)", "Beishan"], 1500)).where(lost)
    leads["next_buy_at"] = pd.Series(pd.NaT, index=leads.index, dtype="datetime64[us]")
    later = leads[lost & (rng.random(1500) < 0.3)]
    at = later["closed_at"] + pd.to_timedelta(rng.integers(5, 200, len(later)), unit="D")
    orders = pd.DataFrame({"customer_id": later["customer_id"], "at": at, "amount": 50.0})
    return part(leads, people, order_lines=orders.assign(known_at=orders["at"]))


def test_nothing_is_told_where_nothing_is(quiet):
    assert quiet.told == ()
    assert not [row for row in quiet.estimates if is_finding(row, 0.05)]
    assert any("no lost lead says so" in text.en for text in quiet.does_not_show)
    assert not faults(quiet)


def test_what_is_planted_is_told_once_each_with_size_and_one_action(rich):
    assert not faults(rich)
    by_name = {told.name.en: told.finding for told in rich.told}
    rep = by_name["representative: R1"]
    assert "lost deals" in rep.sentence.en
    assert "R1" in rep.sentence.zh
    assert "where lost customers went" in by_name["source"].sentence.en
    (size,) = [row for row in rich.estimates if row.quantity == "kind_extra_leads"]
    assert size.ci_lo > 0
    assert f"about {size.estimate:.0f} ({size.ci_lo:.0f}–{size.ci_hi:.0f}) more" in (
        by_name["source"].sentence.en
    )
    gap = by_name["the price gap to other sellers of our brand"]
    assert "+12." in gap.sentence.en or "+11." in gap.sentence.en
    assert "lost customers who bought our brand elsewhere" in gap.sentence.en
    assert len(by_name) == len(rich.told)
    for finding in by_name.values():
        assert not says_causes(finding.sentence)
        assert finding.action.en.endswith(".")


def test_where_they_went_and_who_bought_later_is_drawn(rich):
    pictures = {picture.name: picture for picture in rich.pictures}
    assert {"lost_to", "later_purchase", "levels"} <= pictures.keys()
    assert pictures["lost_to"].numbers["value"].sum() == pytest.approx(1)
    assert "Goodman" in pictures["lost_to"].caption.en
    assert pictures["later_purchase"].numbers["y"].max() > 0.1
    names = [table.name for table in rich.appendix]
    assert {"factor_levels", "lost_to_factors", "later_purchase", "rivals"} <= set(names)


def test_those_who_postponed_and_did_not_buy_are_listed_to_be_tracked(rich):
    (one,) = rich.lists
    assert set(one.frame["lost_to"]) == {"postponed"}
    assert one.frame["closed"].is_monotonic_increasing
    assert one.frame["lead_id"].is_unique


def test_media_are_shown_by_segment():
    world = small_world(16, n=300)
    media = np.where(world.customers.index % 4 == 0, "tv;radio", "radio;sites")
    one = part(world.leads, world.customers.assign(media=media))
    rows = {row.segment: row for row in one.estimates if row.quantity == "medium_use_share"}
    share = (media == "tv;radio")[
        world.customers.set_index("customer_id").index.get_indexer(world.leads["customer_id"])
    ].mean()
    assert rows["medium=tv"].estimate == pytest.approx(share)
    assert rows["medium=tv"].n == 300
    friends = rows["medium=tv;factor=source;level=friend"]
    assert friends.ci_lo < friends.estimate < friends.ci_hi
    assert not [name for name in rows if "medium=radio" in name]  # everybody hears it
    (table,) = [table for table in one.appendix if table.name == "media"]
    assert len(table.frame) == len(rows)


def test_without_leads_it_is_a_part_that_says_so():
    nothing = profile_part(known({}, as_of=AS_OF), SETTINGS)
    assert nothing.estimates == ()
    (said,) = nothing.does_not_show
    assert said.en.count(".") == 2


def test_a_column_that_the_ending_writes_is_named_and_not_told():
    world = small_world(14, n=900)
    rng = np.random.default_rng(14)
    lost = world.leads["status"] == "lost"
    minutes = rng.gamma(2, 5, len(lost)) * np.where(lost, 1.0, 6.0)
    one = part(world.leads.assign(x_last_call_minutes=minutes), world.customers)
    assert any("“last call minutes” gives the ending away" in t.en for t in one.does_not_show)
    assert not [told for told in one.told if "last call minutes" in told.name.en]
    (gap,) = [row for row in one.estimates if row.quantity == "factor_leak_auc_gap"]
    assert gap.estimate > 0.10


def test_all_of_one_ending_and_all_of_one_day_complete():
    world = small_world(15, n=200)
    same = pd.Timestamp("2026-03-01 09:00")
    closed = world.leads.assign(opened_at=same, closed_at=same, status="lost")
    one = part(closed, world.customers)
    assert one.told == ()
    assert any("logistic regression" in text.en for text in one.does_not_show)
    assert not faults(one)
