"""Maven's 8,800 deals, where agents, products and accounts predict nothing (published fiction)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crm_analysis.answers import failure_causes, loss_patterns
from crm_analysis.answers.failure_profile import profile_part
from crm_analysis.estimates import is_finding
from crm_analysis.source import load
from tests.conftest import realdata_folder
from tests.ground.made_files import ROOT

pytestmark = pytest.mark.realdata
MAPPING = ROOT / "data" / "mappings" / "maven_crm"


@pytest.fixture(scope="module")
def folder() -> Path:
    return realdata_folder("maven_crm")


@pytest.fixture(scope="module")
def known(folder):
    return load(
        str(folder),
        as_of="2017-12-31",
        views=str(MAPPING / "views.sql"),
        config=str(MAPPING / "crm_analysis.toml"),
    )


@pytest.fixture(scope="module")
def causes(known):
    return failure_causes.answer(known)


def direct_aalen_johansen(folder: Path, day: int) -> dict[str, float]:
    """Compute both incidences from the raw file: deal by deal, no code of the project."""
    deals = pd.read_csv(folder / "sales_pipeline.csv.gz")
    deals = deals[deals["engage_date"].notna()]
    end = pd.to_datetime(deals["close_date"].fillna("2017-12-31"))
    time = (end - pd.to_datetime(deals["engage_date"])).dt.days.to_numpy()
    stage = deals["deal_stage"].to_numpy()
    survival, incidence = 1.0, {"won": 0.0, "lost": 0.0}
    for t in np.unique(time[time <= day]):
        n_at_risk = (time >= t).sum()
        ended = {cause: ((time == t) & (stage == cause.title())).sum() for cause in ("won", "lost")}
        for cause, n in ended.items():
            incidence[cause] += survival * n / n_at_risk
        survival *= 1 - sum(ended.values()) / n_at_risk
    return incidence


def test_every_deal_is_accounted_for(known):
    leads = known.row_counts.set_index("table").loc["leads"]
    assert (leads["n_in"], leads["n_excluded"], leads["n_used"]) == (8800, 500, 8300)


@pytest.mark.parametrize("day", [30, 60, 90])
@pytest.mark.parametrize("cause", ["won", "lost"])
def test_incidence_equals_a_direct_computation(causes, folder, cause, day):
    (row,) = [
        row
        for row in causes.estimates
        if row.quantity == "outcome_probability"
        and row.segment == f"cause={cause};horizon_days={day}"
        and row.role == "result"
    ]
    assert row.estimate == pytest.approx(direct_aalen_johansen(folder, day)[cause], abs=1e-9)
    assert row.n == 8300


def test_agents_products_and_accounts_give_no_finding(causes):
    tested = [row for row in causes.estimates if row.p_adj is not None and row.role == "result"]
    assert {"rep", "product", "customer"} <= {
        word for row in tested for word in ("rep", "product", "customer") if word in row.segment
    }
    standing = [row for row in tested if row.p_adj <= 0.05]
    assert {row.family for row in standing} == {"M05:calendar"}, "found what is not there"
    assert "no account" not in " ".join(row.segment for row in causes.estimates)


def test_what_is_missing_is_said(causes, known):
    assert "interactions" in " ".join(
        text.en for text in (*causes.does_not_show, *causes.todo, causes.headline)
    )
    patterns = loss_patterns.answer(known)
    assert patterns.status == "off"
    assert patterns.headline.en.count(".") == 2


@pytest.fixture(scope="module")
def part(known):
    return profile_part(known, known.config)


def test_agent_product_account_sector_and_region_stay_silent(part):
    asked = {row.segment for row in part.estimates if row.family == "M05:profile"}
    names = ("rep_id", "product", "customer_id", "industry", "region")
    assert {f"factor={name}" for name in names} <= asked
    assert not [
        row
        for row in part.estimates
        if row.family in ("M05:profile", "M05:levels") and is_finding(row, 0.05)
    ]


def test_the_third_month_of_a_quarter_is_a_calendar_effect_and_no_profile_factor(part, folder):
    (told,) = part.told
    row = next(row for row in part.estimates if row.key == told.finding.estimate_key)
    assert (row.family, row.segment) == ("M05:calendar", "calendar=quarter_end")
    assert is_finding(row, 0.05)
    deals = pd.read_csv(folder / "sales_pipeline.csv.gz", parse_dates=["close_date"])
    closed = deals[deals["deal_stage"].isin(["Won", "Lost"])]
    third = closed["close_date"].dt.month % 3 == 0
    for side, inside, published in (("inside", third, 0.807), ("outside", ~third, 0.523)):
        segment = f"cause=won;calendar=quarter_end;part={side}"
        (share,) = [row for row in part.estimates if row.segment == segment]
        assert share.estimate == pytest.approx((closed.loc[inside, "deal_stage"] == "Won").mean())
        assert share.estimate == pytest.approx(published, abs=6e-4)
        assert f"{100 * share.estimate:.1f} %" in told.finding.sentence.en
    hazard = "cause=won;calendar=quarter_end"
    (row,) = [r for r in part.estimates if r.segment == hazard and r.family == "M05:calendar"]
    assert is_finding(row, 0.05)
    assert row.estimate > 0
