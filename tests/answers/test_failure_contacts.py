"""The contact part in words: what stands, what it stood, what it is tied to, what is off."""

from __future__ import annotations

from dataclasses import replace

import ibis
import numpy as np
import pandas as pd
import pytest

from crm_analysis.answers.failure_contacts import contacts_part
from crm_analysis.config import Config
from crm_analysis.estimates import adjust_families, is_finding, read_segment, says_causes
from crm_analysis.quantities import NOTES
from crm_analysis.results import NotebookResult
from tests.answers.worlds import faults, known
from tests.deals.small_world import AS_OF, SmallWorld, small_world

QUICK = Config(landmark_days=(7, 14))


def known_of(world: SmallWorld, *, without: tuple[str, ...] = ()):
    views = {name: view for name, view in world.tables().items() if name not in without}
    if "leads" in views:
        views["leads"] = views["leads"].mutate(state=views["leads"].status)
    if "customers" in views:
        names = ("contact_routes", "media", "gender")
        views["customers"] = views["customers"].mutate(
            **{name: ibis.null("string") for name in names}
        )
    return known(views, as_of=AS_OF, config=QUICK)


@pytest.fixture(scope="module")
def planted():
    return contacts_part(known_of(small_world(12, n=1500, contact_effect=0.6)), QUICK)


@pytest.fixture(scope="module")
def nothing():
    return contacts_part(known_of(small_world(11, n=900)), QUICK)


def page(part):
    """Put the part on a page of its own, which refuses doubled keys."""
    return NotebookResult(
        notebook="part", as_of=AS_OF, headline=NOTES["shrunk"], estimates=part.estimates,
        tables=(*part.tables, *part.appendix), pictures=part.pictures,
        findings=tuple(one.finding for one in part.told),
    )  # fmt: skip


def test_what_stands_is_told_once_with_interval_size_and_one_action(planted):
    assert 1 <= len(planted.told) <= 7
    by_key = {row.key: row for row in planted.estimates}
    for one in planted.told:
        row = by_key[one.finding.estimate_key]
        assert is_finding(row, 0.05)
        assert f"{np.exp(row.estimate):.2f}" in one.finding.sentence.en
        assert "lost deals" in one.finding.sentence.en
        assert one.finding.action.en.endswith(".")
        assert not says_causes(one.finding.sentence)
    told = [one.name for one in planted.told]
    assert len(told) == len(set(told))


def test_habits_that_go_together_are_told_as_one_and_named(planted):
    first = planted.told[0].finding
    row = next(row for row in planted.estimates if row.key == first.estimate_key)
    mates = row.note.partition("collinear_group: ")[2].split(";")[0].split(", ")
    assert "n_contacts" in {*mates, read_segment(row.segment)["indicator"]}
    assert "cannot be told apart from" in first.sentence.en
    keys = [read_segment(one.finding.estimate_key[2]) for one in planted.told]
    assert not {key.get("indicator") for key in keys} & set(mates)


def test_each_told_habit_stands_beside_its_checks(planted):
    table = next(table for table in planted.appendix if table.name == "habit_checks").frame
    assert set(table["check_en"]) >= {"as told", "same ratio over time? (p)"}
    sensitivity = [row for row in planted.estimates if row.role == "sensitivity"]
    assert {row.method for row in sensitivity} >= {
        "cox_efron_supermodel", "cox_efron_beside_assessment", "cox_efron_cluster_rep"
    }  # fmt: skip
    assert all(row.p_adj is None and row.family is None for row in sensitivity)


def test_nothing_planted_is_nothing_told(nothing):
    assert nothing.told == ()
    assert {picture.name for picture in nothing.pictures} == {"contact_habits"}
    assert any(table.name == "habit_groups" for table in nothing.appendix)
    assert not any(row.quantity == "dose_loss_share" for row in nothing.estimates)


def test_the_family_is_adjusted_once_over_habits_states_and_channels(planted):
    members = [row for row in planted.estimates if row.family == "M03:indicators"]
    quantities = {row.quantity for row in members}
    assert quantities == {
        "log_hazard_ratio_per_sd", "state_log_hazard_ratio", "channel_chi2_per_df",
        "weekday_chi2_per_df",
    }  # fmt: skip
    assert adjust_families(members) == tuple(members)


@pytest.mark.parametrize("name", ["planted", "nothing"])
def test_pages_have_all_their_columns(name, request):
    assert not faults(page(request.getfixturevalue(name)))


def test_equal_worlds_give_equal_parts(planted):
    again = contacts_part(known_of(small_world(12, n=1500, contact_effect=0.6)), QUICK)
    assert again.estimates == planted.estimates
    assert [one.finding for one in again.told] == [one.finding for one in planted.told]


def test_a_channel_that_wins_more_is_told_with_its_shrunk_share():
    world = small_world(13, n=1500)
    first = world.interactions.sort_values("at").groupby("lead_id")["channel"].first()
    leads = world.leads.copy()
    by_call = leads["lead_id"].map(first) == "call"
    turned = by_call & (leads["status"] == "lost") & (np.arange(len(leads)) % 2 == 0)
    leads.loc[turned, "status"] = "won"
    part = contacts_part(known_of(replace(world, leads=leads)), QUICK)
    [told] = [one for one in part.told if one.finding.estimate_key[1] == "channel_chi2_per_df"]
    assert "“call”" in told.finding.sentence.en
    table = next(table for table in part.tables if table.name == "first_channels").frame
    assert table.loc[0, "channel"] == "call"


def test_without_contacts_or_with_equal_days_it_says_why_and_what_would_help():
    world = small_world(11, n=120)
    off = contacts_part(known_of(world, without=("interactions",)), QUICK)
    assert (off.estimates, off.told) == ((), ())
    assert off.does_not_show[0].en.count(".") == 2
    same = pd.Timestamp("2026-03-01 09:00")
    leads = world.leads.assign(opened_at=same, closed_at=same + pd.Timedelta(days=5), status="lost")
    still = contacts_part(known_of(replace(world, leads=leads)), QUICK)
    assert "same number of days" in still.does_not_show[0].en


def test_no_lead_that_reached_a_landmark_is_no_exception():
    world = small_world(11, n=60)
    leads = world.leads.assign(closed_at=world.leads["opened_at"] + pd.Timedelta(days=2))
    leads.loc[:10, "closed_at"] += pd.Timedelta(days=1)
    part = contacts_part(known_of(replace(world, leads=leads.assign(status="lost"))), QUICK)
    assert part.told == ()


def test_what_the_source_does_not_keep_is_said():
    part = contacts_part(known_of(small_world(11, n=300), without=("assessments",)), QUICK)
    assert "complaints and promises, deal probabilities" in part.does_not_show[0].en
