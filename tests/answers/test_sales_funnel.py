"""Notebook 11 in words: target, cohorts, warnings, and what it says where tables are missing."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crm_analysis.answers.funnel_leaks import ACTIONS, leak_finding
from crm_analysis.answers.funnel_leaks_shown import leak_picture, leak_table
from crm_analysis.answers.funnel_outlook import _advice, _months_from, is_foreseen
from crm_analysis.answers.sales_funnel import NOTEBOOK, answer
from crm_analysis.config import Config
from crm_analysis.deals.funnel.targets import Period
from crm_analysis.estimates import Estimate, is_finding, says_causes
from crm_analysis.language import Text
from crm_analysis.report.tables import text_cells
from crm_analysis.source import load
from crm_analysis.world import World, scenario, write
from tests.answers.worlds import AS_OF, faults, known
from tests.scenarios.loaded import loaded

SETTINGS = Config(horizon_days=90)


def without(world: World, *names: str) -> World:
    """Take tables away."""
    kept = {name: frame for name, frame in world.tables.items() if name not in names}
    return World(kept, world.truth, world.as_of)


def asked(world: World, settings: Config = SETTINGS):
    with tempfile.TemporaryDirectory() as folder:
        write(world, Path(folder))
        return answer(load(folder, as_of=world.as_of), settings)


@pytest.fixture(scope="module")
def world():
    return scenario("S17", seed=3)


@pytest.fixture(scope="module")
def found(world):
    return asked(world)


def number(result, quantity: str, segment: str = "", role: str = "result"):
    return next(
        one.estimate
        for one in result.estimates
        if (one.quantity, one.segment, one.role) == (quantity, segment, role)
    )


def test_the_target_leads_the_page(found):
    assert found.notebook == NOTEBOOK
    assert "will be met with a probability of" in found.headline.en
    assert found.findings[0].sentence.en.startswith(found.headline.en)
    assert found.kpis[0].name.startswith("target_probability")
    assert len(found.kpis) <= 6
    assert faults(found) == []


def test_findings_claim_no_cause_and_rest_on_rows(found):
    rows = {row.key: row for row in found.estimates}
    for finding in found.findings:
        assert not says_causes(finding.sentence)
        assert finding.action.en
        assert finding.action.zh
        assert finding.estimate_key in rows


def test_optimism_is_told_with_its_sign(found):
    told = [one for one in found.findings if "Representatives say" in one.sentence.en]
    (optimism,) = [row for row in found.estimates if row.quantity == "optimism" and not row.segment]
    assert is_finding(optimism, 0.05)
    assert optimism.estimate > 0
    assert len(told) == 1


def test_the_reps_own_sum_stands_beside_as_a_warning(found):
    (naive,) = [
        row for row in found.estimates if row.quantity == "expected_deals" and row.role == "naive"
    ]
    assert naive.note == "reps_own_sum"
    lines = [" ".join(row) for row in text_cells(found.table("outlook"), "en")]
    assert any(line.startswith("warning") for line in lines)


def test_parts_sum_to_the_whole_and_leaks_to_the_gap(found):
    names = ("so_far", "open_leads", "new_leads")
    parts = [number(found, "expected_deals", f"part={name}") for name in names]
    assert sum(parts) == pytest.approx(number(found, "expected_deals", "part=total"))
    leaks = {row.segment: row.estimate for row in found.estimates if row.quantity == "gap_deals"}
    total = leaks.pop("leak=total")
    assert sum(leaks.values()) == pytest.approx(total, abs=1e-9)


def test_lists_name_every_open_lead_once(found, world):
    listed = {one.name: one.frame for one in found.lists}
    assert set(listed) == {"open_pipeline", "follow_ups_overdue"}
    frame = listed["open_pipeline"]
    assert frame["lead_id"].is_unique
    assert (frame["lo"] <= frame["won_in_period"]).all()
    assert (frame["won_in_period"] <= frame["hi"]).all()
    assert len(frame) >= 200
    assert {"reason_en", "reason_zh", "days_overdue"} <= set(listed["follow_ups_overdue"])


def test_young_cohorts_are_marked(found):
    table = found.table("cohorts").frame.set_index("cohort")
    assert table.loc["2026-10", "age_en"] == "young"
    assert pd.isna(table.loc["2026-10", "won_share"])


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("targets",), "No targets are given"),
        (("assessments",), "No deal probabilities are given"),
        (("interactions",), "No contacts are given"),
    ],
)
def test_what_is_missing_is_said_and_the_rest_stands(world, names, words):
    result = asked(without(world, *names))
    assert any(words in text.en for text in result.does_not_show)
    assert number(result, "expected_deals", "part=total") > 0
    assert faults(result) == []
    if names == ("targets",):
        assert "no target in deals is given" in result.headline.en
        assert not [row for row in result.estimates if row.quantity == "target_probability"]


def test_other_targets_are_forecast_where_leads_allow_and_else_named(world):
    """Revenue of the company and deals of a team stand in tables; visits and a rep are named."""
    base = world.tables["targets"]
    kinds = [
        ("company", None, "deals"),
        ("company", None, "revenue"),
        ("team", "north", "deals"),
        ("team", "west", "deals"),
    ]
    kinds += [("rep", "R1", "deals"), ("company", None, "visits")]
    targets = pd.concat(
        [base.assign(scope=scope, scope_id=name, metric=metric) for scope, name, metric in kinds]
    )
    leads = world.tables["leads"]
    team = np.where(np.arange(len(leads)) % 2 == 0, "north", "south").astype(object)
    tables = {**world.tables, "targets": targets, "leads": leads.assign(x_team=team)}
    result = asked(World(tables, world.truth, world.as_of))
    counted, money = (result.table(f"goals_{unit}").frame for unit in ("count", "money"))
    assert counted["whose_en"].tolist() == ["north"]
    assert money["metric_en"].tolist() == ["revenue"]
    expected = number(result, "expected_deals", "part=total")
    assert counted["lo"].iloc[0] <= expected / 2 <= counted["hi"].iloc[0]
    mean = leads.loc[leads["status"] == "won", "amount"].mean()
    assert money["expected"].iloc[0] == pytest.approx(expected * mean, rel=0.15)
    [limit] = [text.en for text in result.does_not_show if "Not forecast are targets" in text.en]
    assert "visits (company)" in limit
    assert "deals (sales rep)" in limit
    assert "deals (team)" in limit
    assert "revenue" not in limit
    assert faults(result) == []


def test_without_leads_it_is_off():
    result = answer(known())
    assert result.status == "off"
    assert result.headline.en.count(".") == 2


@pytest.mark.parametrize("name", ["S05", "S06b"])
def test_degenerate_leads_give_a_page_and_no_invention(name):
    """One table of leads, no history of rates, groups without ends: refusals, no exception."""
    with loaded(name, seed=1) as source:
        result = answer(source, SETTINGS)
    assert faults(result) == []
    assert result.status in ("ok", "weak")
    assert result.headline.zh


def test_stale_data_give_no_lists(world):
    with tempfile.TemporaryDirectory() as folder:
        write(world, Path(folder))
        source = load(folder, as_of=world.as_of)
        stale = replace(source, stale=Text("the data end in spring", "数据止于春季"))
        result = answer(stale, SETTINGS)
    assert result.lists == ()
    assert result.status == "weak"
    assert result.as_of == AS_OF


def test_who_wants_no_contact_stands_on_no_list(world):
    """Two customers with open leads have opted out: the list leaves out theirs and says so."""
    leads = world.tables["leads"]
    gone = leads.loc[leads["closed_at"].isna(), "customer_id"].unique()[:2]
    people = world.tables["customers"].copy()
    people["opted_out_at"] = pd.Series(pd.NaT, index=people.index, dtype="datetime64[us]")
    people.loc[people["customer_id"].isin(gone), "opted_out_at"] = pd.Timestamp("2026-06-01")
    result = asked(World({**world.tables, "customers": people}, world.truth, world.as_of))
    for one in result.lists:
        assert not one.frame["customer_id"].isin(gone).any()
        assert "Not listed" in one.purpose.en


def test_past_months_stand_where_they_were():
    """A forecast made at the end of January stands nine months before the end of October."""
    day = [(pd.Timestamp(one) - pd.Timestamp(0)).days for one in ("2026-01-31", "2026-10-31")]
    assert _months_from(day[1], day) == [-9, 0]


def test_where_nothing_leaks_nothing_is_to_be_mended():
    over = Period(first=20000, last=20029, target=5.0)
    rows = [
        Estimate(module="M01", quantity="gap_deals", segment=f"leak={name}", method="identity",
                 estimate=value)
        for name, value in {"total": -3.0, "volume": -2.0, "lost": -1.0}.items()
    ]  # fmt: skip
    (finding,) = leak_finding(rows, over)
    assert "nothing is missing" in finding.sentence.en
    assert finding.action not in ACTIONS.values()
    (picture,) = leak_picture(rows, over)
    assert "Largest" not in picture.title.en


def leak_rows(goal: float, *, volume: float, void: float, untyped: float = 0.0) -> list[Estimate]:
    """Write a period of 59 wins; `volume` and `void` are half the widths of two intervals."""
    leaks = {"volume": (goal - 64, volume), "void": (5.0, void)}
    counts = (
        ("gap_deals", "leak=total", goal - 59),
        ("deals_count", "window=last_period", 59.0),
        ("target_deals", "window=last_period", goal),
        ("untyped_deals_count", "window=last_period", untyped),
    )
    return [
        *(
            Estimate(module="M01", quantity=quantity, segment=where, method="m", estimate=value)
            for quantity, where, value in counts
        ),
        *(
            Estimate(
                module="M01", quantity="gap_deals", segment=f"leak={name}", method="m",
                estimate=size, ci_lo=size - half, ci_hi=size + half,
            )
            for name, (size, half) in leaks.items()
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(("goal", "is_chance"), [(60.0, True), (90.0, False)])
def test_a_gap_that_chance_alone_brings_asks_for_nothing(goal, is_chance):
    """Of 59 deals won 60 were wanted; of 90 chance takes fifteen or sixteen, not 31."""
    over = Period(first=20000, last=20029, target=goal)
    (finding,) = leak_finding(leak_rows(goal, volume=2.0, void=1.0), over)
    assert (finding.action not in ACTIONS.values()) == is_chance
    assert ("chance alone" in finding.action.en) == is_chance


def test_only_a_leak_whose_interval_lies_above_nothing_is_to_be_mended():
    over = Period(first=20000, last=20029, target=90.0)
    asked = {
        "volume": leak_rows(90.0, volume=10.0, void=9.0),
        "void": leak_rows(90.0, volume=30.0, void=4.0),
        "": leak_rows(90.0, volume=30.0, void=9.0),
    }
    for name, rows in asked.items():
        (finding,) = leak_finding(rows, over)
        assert finding.action == ACTIONS.get(name, finding.action)
        assert ("Mend no single place" in finding.action.en) == (name == "")
    (finding,) = leak_finding(asked["void"], over)
    assert "“too few leads were decided” (26.0 deals, -4.0 to 56.0)" in finding.sentence.en
    (table,) = leak_table(asked["void"], over, alpha=0.05)
    assert list(table.frame["chance_en"]) == ["yes", "no", ""]
    assert "95 %" in table.caption.en


def test_deals_still_to_be_typed_in_are_no_lack_of_decided_leads():
    over = Period(first=20000, last=20029, target=90.0)
    (finding,) = leak_finding(leak_rows(90.0, volume=16.0, void=9.0, untyped=12.0), over)
    assert "Mend no single place" in finding.action.en
    (finding,) = leak_finding(leak_rows(90.0, volume=16.0, void=9.0, untyped=8.0), over)
    assert finding.action == ACTIONS["volume"]


def test_the_page_shows_each_leak_with_its_interval(found):
    shown = found.table("leaks").frame
    leaks = shown[shown["leak_en"] != "gap to the target"]
    assert (leaks["ci_lo"] <= leaks["deals"]).all()
    assert (leaks["deals"] <= leaks["ci_hi"]).all()
    total = shown.loc[shown["leak_en"] == "gap to the target", "deals"].item()
    assert leaks["deals"].sum() == pytest.approx(total, abs=0.31)  # six numbers to one decimal


def skill(note: str) -> Estimate:
    return Estimate(
        module="M01", quantity="brier_gain", segment="", method="m", role="diagnostic",
        estimate=0.01, note=note,
    )  # fmt: skip


def test_the_likeliest_leads_are_advised_only_where_leads_can_be_told_apart():
    assert is_foreseen([skill("")])
    assert not is_foreseen([skill("no_skill")])
    assert not is_foreseen([])
    needed = replace(skill(""), quantity="leads_needed_count", role="result", estimate=40.0)
    for more, chance in ((needed, 0.2), (needed, 0.8), (None, 0.2)):
        assert "open_pipeline" in _advice(more, chance, foreseen=True).en
        assert "open_pipeline" not in _advice(more, chance, foreseen=False).en
