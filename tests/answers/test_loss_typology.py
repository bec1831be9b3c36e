"""The types of track in words: what stands, what is refused, what is off."""

from __future__ import annotations

from dataclasses import replace

import ibis
import numpy as np
import pandas as pd
import pytest

from crm_analysis.answers.loss_typology import open_types, read_typology, typology_part
from crm_analysis.answers.track_types_shown import type_table
from crm_analysis.config import Config, Tracks
from crm_analysis.deals.typology.rules import TYPES
from crm_analysis.deals.typology.typology import MIN_TRACKS
from crm_analysis.estimates import is_finding, says_causes
from crm_analysis.quantities import NOTES
from crm_analysis.results import NotebookResult
from tests.answers.worlds import AS_OF, faults, known

QUICK = Config(n_boot=100)
DAY = pd.Timedelta(days=1)
SHAPES = {
    "rise": [0.2, 0.4, 0.6, 0.7, 0.8],
    "plateau_fall": [0.7, 0.6, 0.5, 0.3, 0.2],
    "steady": [0.5, 0.5, 0.5, 0.5, 0.5],
}


def world(plan, *, kind="deal_probability", n_open=0, seed=1):
    """Leads from {shape: (lost, won)}, one assessment every ten days, noise of a hundredth."""
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2026-03-01 10:00")
    ends = [
        (shape, status)
        for shape, (lost, won) in plan.items()
        for status in ["lost"] * lost + ["won"] * won
    ]
    ends += [(shape, "open") for shape in plan for _ in range(n_open)]
    leads, told = [], []
    for number, (shape, status) in enumerate(ends):
        name = f"<L{number}>"
        leads.append((name, "C1", start, start + 45 * DAY if status != "open" else pd.NaT, status))
        for turn, value in enumerate(SHAPES[shape]):
            moment = start + (10 * turn + 1) * DAY
            noisy = value + rng.normal(0, 0.01)
            told.append((name, "C1", moment, moment, kind, noisy))
    frames = {
        "leads": pd.DataFrame(
            leads, columns=["lead_id", "customer_id", "opened_at", "closed_at", "status"]
        ),
        "assessments": pd.DataFrame(
            told, columns=["lead_id", "customer_id", "at", "known_at", "kind", "value_num"]
        ),
    }
    con = ibis.duckdb.connect()
    for name, frame in frames.items():
        stamps = frame.select_dtypes("datetime").columns
        con.create_table(name, frame.astype(dict.fromkeys(stamps, "datetime64[us]")))
    return known({name: con.table(name) for name in frames}, config=QUICK)


@pytest.fixture(scope="module")
def planted():
    return world({"rise": (20, 80), "plateau_fall": (70, 10), "steady": (20, 40)}, n_open=3)


def page(part):
    return NotebookResult(
        notebook="part", as_of=AS_OF, headline=NOTES["shrunk"], estimates=part.estimates,
        tables=(*part.tables, *part.appendix), pictures=part.pictures,
        findings=tuple(one.finding for one in part.told),
    )  # fmt: skip


def test_the_losing_type_is_told_with_both_shares_and_an_action(planted):
    part = typology_part(planted, QUICK)
    [one] = part.told
    assert "88 % of 80 closed deals" in one.finding.sentence.en  # 70 of 80
    assert "62 points more" in one.finding.sentence.en  # 40 of 160: .875 less .25
    assert "80 条" in one.finding.sentence.zh
    assert not says_causes(one.finding.sentence)
    by_key = {row.key: row for row in part.estimates}
    assert is_finding(by_key[one.finding.estimate_key], QUICK.fdr_q)
    assert one.finding.action.en
    assert not faults(page(part))


def test_the_page_shows_the_rules_and_how_far_clusters_agree(planted):
    part = typology_part(planted, QUICK)
    table = part.tables[0].frame.set_index("type_en")
    assert "20 points" in table.at["holds, then slides", "rule_en"]
    assert table.at["holds, then slides", "n"] == 80
    assert table.at["too few assessments", "n"] == 0
    assert any("clusters found in the tracks agree" in text.en for text in part.does_not_show)
    stricter = Config(n_boot=100, tracks=Tracks(cluster_stability=1.0, net_fall=0.6))
    other = typology_part(planted, stricter)
    assert "60 points" in other.tables[0].frame.set_index("type_en").at[
        "holds, then slides", "rule_en"
    ]  # fmt: skip


def test_the_picture_shows_real_tracks_by_number_and_no_ids(planted):
    picture = typology_part(planted, QUICK).pictures[0]
    assert "<L" not in picture.numbers.to_csv() + picture.sentence.en + picture.caption.en
    thin = picture.numbers[~picture.numbers["is_main"]]
    assert thin.groupby("panel_en")["series"].nunique().eq(10).all()
    assert picture.numbers["panel_en"].iloc[0] == "holds, then slides: 88 % of 80 lost"
    first = picture.numbers[picture.numbers["panel_en"].str.startswith("rises")]
    mean = first[first["is_main"]].sort_values("x")["y"]
    assert mean.iloc[0] == pytest.approx(0.2, abs=0.01)
    assert mean.iloc[-1] == pytest.approx(0.8, abs=0.01)


def test_open_deals_are_named_by_the_same_rules_and_flagged_by_what_was_lost(planted):
    found = open_types(planted, QUICK, read_typology(planted, QUICK))
    assert found["track_type"].value_counts().to_dict() == dict.fromkeys(SHAPES, 3)
    assert set(found.loc[found["is_loss"], "track_type"]) == {"plateau_fall"}
    assert found["type_zh"].notna().all()


def test_nothing_is_told_where_all_types_end_alike():
    part = typology_part(world({"rise": (50, 50), "plateau_fall": (50, 50)}), QUICK)
    assert part.told == ()
    assert part.pictures[0].title.en == "No track warns of a loss"


def test_a_track_that_most_deals_take_warns_of_nothing():
    part = typology_part(world({"rise": (90, 60), "plateau_fall": (5, 45)}), QUICK)
    assert part.told == ()
    verdicts = part.tables[0].frame.set_index("type_en")["verdict_en"]
    assert verdicts["rises"] == "the usual track"
    assert verdicts["holds, then slides"] == "fewer losses"


def test_stages_are_read_where_there_are_no_probabilities():
    staged = world({"rise": (20, 80), "plateau_fall": (70, 10)}, kind="stage")
    part = typology_part(staged, QUICK)
    assert len(part.told) == 1
    assert any("too few deal probabilities" in text.en for text in part.does_not_show)
    assert "stage level" in part.tables[0].frame["rule_en"].iloc[0]


def test_clusters_of_few_leads_are_refused_but_shares_are_shown():
    few = world({"rise": (5, 15), "plateau_fall": (15, 5)})
    assert MIN_TRACKS > 40
    part = typology_part(few, QUICK)
    [agreed] = [row for row in part.estimates if row.quantity == "track_type_agreement"]
    assert (agreed.status, agreed.note) == ("not_estimable", "few_tracks")
    assert part.appendix == ()
    assert any("no stable clusters" in text.en for text in part.does_not_show)


@pytest.mark.parametrize("lacking", ["assessments", "history"])
def test_without_a_history_the_page_says_what_is_missing_in_two_sentences(planted, lacking):
    views = dict(planted.tables)
    if lacking == "assessments":
        views.pop("assessments")
    else:
        views["assessments"] = views["assessments"].filter(ibis._.kind == "model_interest")
    part = typology_part(known(views, config=QUICK), QUICK)
    [text] = part.does_not_show
    assert text.en.count(". ") == 1
    assert "no history" in text.en
    assert part.estimates == ()
    assert open_types(known(views, config=QUICK), QUICK, None).empty


def test_a_difference_that_fades_some_days_earlier_is_shown_as_one(planted):
    made = read_typology(planted, QUICK)

    def verdict(kind, lo, hi):
        rows = tuple(
            replace(row, ci_lo=lo, ci_hi=hi)
            if row.quantity == "track_type_lost_difference"
            and row.role == "sensitivity"
            and row.status != "not_estimable"
            else row
            for row in made.estimates
        )
        table = type_table(replace(made, estimates=rows), Tracks(), q=0.1, alpha=0.05)
        return table.frame.set_index("type_en").loc[TYPES[kind].label.en, "verdict_en"]

    assert verdict("plateau_fall", 0.1, 0.3) == "more losses"
    assert verdict("plateau_fall", -0.1, 0.3) == "more losses, but not shown 7 days earlier"
    assert verdict("rise", -0.3, -0.1) == "fewer losses"
    assert verdict("rise", -0.3, 0.1) == "fewer losses, but not shown 7 days earlier"
    assert verdict("rise", None, None).endswith("earlier")
