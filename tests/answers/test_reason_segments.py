"""Reasons by segment and quarter on the page, and why customers left."""

from __future__ import annotations

import ibis
import numpy as np
import pytest

from crm_analysis.answers.failure_evidence import family_table
from crm_analysis.answers.failure_reasons import reasons_part
from crm_analysis.answers.part import Part
from crm_analysis.config import Config
from crm_analysis.contract import TABLES
from crm_analysis.source.as_of import as_of_view
from crm_analysis.world import scenario
from crm_analysis.world.write import arrow_table
from tests.answers.test_failure_reasons import as_result
from tests.answers.worlds import AS_OF, faults, known


def part_of(tables) -> Part:
    """Tell the reasons of a scenario's tables as known at as_of."""
    engine = ibis.duckdb.connect()
    views = {
        name: as_of_view(
            engine.create_table(name, arrow_table(name, frame)), TABLES[name], as_of=AS_OF
        )
        for name, frame in tables.items()
    }
    return reasons_part(known(views), Config(n_boot=100))


def test_a_region_in_which_notes_differ_is_told_once_and_its_table_shown():
    world = scenario("S07", seed=1, planted=False)
    reasons, leads = world.tables["reasons"].copy(), world.tables["leads"]
    half = set(leads["lead_id"].iloc[::2])
    rng = np.random.default_rng(8)
    turned = reasons["lead_id"].isin(half) & (rng.random(len(reasons)) < 0.4)
    reasons.loc[turned, "code_a"] = "attitude"
    products = leads.assign(product=np.where(leads["lead_id"].isin(half), "A", "B"))
    part = part_of({**world.tables, "reasons": reasons, "leads": products})
    [told] = [one.finding for one in part.told if "product is" in one.finding.sentence.en]
    assert "“attitude” for" in told.sentence.en
    assert "deals more" in told.sentence.en
    assert "not checked" in told.sentence.en
    [families] = family_table(part.estimates, q=0.05)
    assert "what sellers note, by segment and quarter" in set(families.frame["family_en"])
    shown = {one.name: one.frame for one in part.appendix}
    assert shown["reason_segments"]["stands_en"].iloc[0] == "yes"
    assert len(shown["reason_trend"]) >= 5
    assert faults(as_result(part)) == []


def test_segments_too_small_to_compare_are_shown_drawn_in():
    """One product of nine leads, of which all are noted alike, among products that differ."""
    world = scenario("S07", seed=1, planted=False)
    reasons, leads = world.tables["reasons"].copy(), world.tables["leads"]
    noted = leads["lead_id"].isin(reasons.loc[reasons["source"] != "callback", "lead_id"])
    product = np.where(np.arange(len(leads)) % 2 == 0, "A", "B").astype(object)
    product[np.flatnonzero(noted)[:9]] = "tiny"
    names = dict(zip(leads["lead_id"], product, strict=True))
    kind = reasons["lead_id"].map(names)
    rng = np.random.default_rng(8)
    turned = (kind == "tiny") | ((kind == "A") & (rng.random(len(reasons)) < 0.4))
    reasons.loc[turned, "code_a"] = "attitude"
    part = part_of({**world.tables, "reasons": reasons, "leads": leads.assign(product=product)})
    [table] = [one for one in part.appendix if one.name == "reason_rare_segments"]
    shown = table.frame[table.frame["level_en"] == "tiny"]
    attitude = shown[shown["reason_en"] == "attitude"].iloc[0]
    assert attitude["noted"] == 1.0
    assert 0.3 < attitude["share"] < 1.0
    assert "drawn towards" in table.caption.en
    assert faults(as_result(part)) == []


def test_why_customers_left_is_shown_as_noted_and_asked_after_lost_leads():
    tables = scenario("S07", seed=1).tables
    reasons = tables["reasons"].copy()
    left = reasons.index[reasons["source"] == "callback"]
    reasons.loc[left, ["about", "lead_id"]] = ["churn", None]
    part = part_of({**tables, "reasons": reasons})
    [table] = [one for one in part.appendix if one.name == "churn_reasons"]
    assert table.frame["share"].sum() == pytest.approx(1.0)
    assert "not corrected" in table.caption.en
    rows = [one for one in part.estimates if one.quantity == "churn_reason_share"]
    assert rows and all(one.role == "naive" for one in rows)
    only = part_of({**tables, "reasons": reasons.loc[left]})
    assert [one.name for one in only.appendix] == ["churn_reasons"]
    uncoded = part_of({**tables, "reasons": reasons.assign(code_a=None, code_b=None)})
    asked = uncoded.lists[0].frame
    asked = asked.loc[~asked["why_en"].str.contains("measuring"), "about"].tolist()
    assert asked == sorted(asked, reverse=True)
    assert set(asked) <= {"lead_loss", "churn"}
