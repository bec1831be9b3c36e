"""Bohanec's 448 B2B deals, without dates: competitor and kind of client are found, by logistic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crm_analysis.answers.failure_profile import profile_part
from crm_analysis.deals.profile.effects import Limits, profile_estimates
from crm_analysis.deals.profile.factors import FactorTable, factor_table
from crm_analysis.estimates import Estimate, is_finding
from crm_analysis.source import load
from tests.conftest import realdata_folder
from tests.ground.made_files import ROOT

pytestmark = pytest.mark.realdata
MAPPING = ROOT / "data" / "mappings" / "salvirt"
COMPETITOR, CLIENT = "x_competitors", "customer.x_client"


@pytest.fixture(scope="module")
def known():
    return load(
        str(realdata_folder("salvirt")),
        as_of="2015-12-31",
        views=str(MAPPING / "views.sql"),
        config=str(MAPPING / "crm_analysis.toml"),
    )


@pytest.fixture(scope="module")
def table(known) -> FactorTable:
    return factor_table(known)


@pytest.fixture(scope="module")
def rows(table) -> tuple[Estimate, ...]:
    return profile_estimates(table, limits=Limits())


def test_all_448_deals_are_kept(known, table):
    leads = known.row_counts.set_index("table").loc["leads"]
    assert (leads["n_in"], leads["n_excluded"], leads["n_used"]) == (448, 0, 448)
    assert table.frame["cause"].value_counts().to_dict() == {2: 227, 1: 221}
    assert len(table.factors) == 23  # the 22 attributes, and kind, which is the same for all


@pytest.mark.parametrize(
    ("factor", "level", "won"),
    [
        (COMPETITOR, "Yes", 0.210),
        (COMPETITOR, "No", 0.674),
        (CLIENT, "Current", 0.696),
        (CLIENT, "New", 0.171),
    ],
)
def test_published_shares(rows, factor, level, won):
    segment = f"cause=won;factor={factor};level={level}"
    (row,) = [row for row in rows if (row.quantity, row.segment) == ("closed_share", segment)]
    assert row.estimate == pytest.approx(won, abs=5e-4)
    assert row.ci_lo < row.estimate < row.ci_hi


@pytest.mark.parametrize("factor", [COMPETITOR, CLIENT])
def test_both_are_findings_of_the_logistic_path(rows, factor):
    (whole,) = [row for row in rows if row.family == "M05:profile" and factor in row.segment]
    assert is_finding(whole, 0.05)
    assert whole.method == "logistic_score_by_month"
    assert "no_durations" in whole.note
    assert whole.status == "weak"  # when the attribute was typed in is not known


def test_the_ratio_equals_the_plain_odds_ratio(rows, table):
    (row,) = [
        row
        for row in rows
        if row.quantity == "log_loss_to_win_ratio" and f"{COMPETITOR};level=Yes" in row.segment
    ]
    counts = pd.crosstab(table.frame[COMPETITOR], table.frame["cause"]).to_numpy()
    assert row.estimate == pytest.approx(
        np.log(counts[1, 0] * counts[0, 1] / (counts[0, 0] * counts[1, 1])), abs=1e-6
    )
    se = (row.ci_hi - row.ci_lo) / (2 * 1.959964)
    assert se == pytest.approx(np.sqrt((1 / counts).sum()), rel=1e-5)


def test_the_page_says_method_repeats_and_both_findings(known):
    part = profile_part(known, known.config)
    limits = " ".join(text.en for text in part.does_not_show)
    assert "logistic regression" in limits
    assert "83 of 448 leads equal another" in limits
    told = " ".join(one.finding.sentence.en for one in part.told)
    assert "79.0 % of the closed among the leads with competitors: Yes were lost" in told
    assert "Client: New" in told
    checked = [row for row in part.estimates if row.method.endswith(":distinct_leads")]
    assert {row.n for row in checked} <= set(range(300, 366))
    assert all(row.role == "sensitivity" and row.family is None for row in checked)


def test_with_endings_dealt_at_random_next_to_nothing_is_found(table):
    n_finding = 0
    for seed in range(10):
        cause = np.random.default_rng(seed).permutation(table.frame["cause"].to_numpy())
        dealt = replace(table, frame=table.frame.assign(cause=cause))
        found = profile_estimates(dealt, limits=Limits())
        n_finding += any(is_finding(row, 0.05) for row in found)
    assert n_finding <= 2
