"""Maven's pipeline, month by month: does the forecast of its open deals beat the base rate?"""

from __future__ import annotations

import pytest

from crm_analysis.answers.sales_funnel import answer
from crm_analysis.deals.funnel.book import open_book
from crm_analysis.deals.funnel.days import day_of
from crm_analysis.deals.funnel.forecast import past_forecasts
from crm_analysis.deals.funnel.outlook import past_estimates
from crm_analysis.source import load
from tests.conftest import realdata_folder
from tests.ground.made_files import ROOT

pytestmark = pytest.mark.realdata
MAPPING = ROOT / "data" / "mappings" / "maven_crm"


@pytest.fixture(scope="module")
def known():
    return load(
        str(realdata_folder("maven_crm")),
        as_of="2017-12-31",
        views=str(MAPPING / "views.sql"),
        config=str(MAPPING / "crm_analysis.toml"),
    )


@pytest.fixture(scope="module")
def past(known):
    return past_forecasts(open_book(known), None)


def test_each_month_is_forecast_from_the_months_before_it(past):
    """Deals begin to end in March 2017; what was won is counted from the raw closings."""
    days = [day_of(int(day)).isoformat() for day in past["day"]]
    assert days[-1] == "2017-11-30"
    assert len(past) >= 6
    assert (past["actual"] > 0).all()


def test_it_beats_the_base_rate_or_says_that_it_does_not(known, past):
    (gain,) = [row for row in past_estimates(past) if row.quantity == "brier_gain"]
    result = answer(known)
    said = any("did not beat the base rate" in text.en for text in result.does_not_show)
    beats = gain.ci_lo > 0
    assert beats != said
    assert gain.n == len(past)


def test_it_knows_that_months_of_a_quarter_differ(past):
    """Few deals end in the first month of a quarter: the forecasts go down there and up again."""
    first = past["day"].map(lambda day: day_of(int(day) + 1).month % 3 == 1)
    share = past["expected_open"] / past["n_open"]
    assert share[first].max() < share[~first].min()


def test_no_targets_no_promise(known):
    result = answer(known)
    assert "no target in deals is given" in result.headline.en
    assert not [row for row in result.estimates if row.quantity == "target_probability"]
