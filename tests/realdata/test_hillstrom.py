"""Hillstrom's randomised mail test: the published effects come out, graded randomised."""

from __future__ import annotations

import pytest

from crm_analysis.answers import winback_evaluation
from crm_analysis.source import load
from tests.conftest import realdata_folder
from tests.ground.made_files import ROOT

pytestmark = pytest.mark.realdata
MAPPING = ROOT / "data" / "mappings" / "hillstrom"


@pytest.fixture(scope="module")
def result():
    known = load(
        str(realdata_folder("hillstrom")),
        as_of="2008-03-31",
        views=str(MAPPING / "views.sql"),
        config=str(MAPPING / "crm_analysis.toml"),
    )
    return winback_evaluation.answer(known)


@pytest.mark.parametrize(
    ("arm", "effect", "lo", "hi"),
    [("mens_mail", 0.07659, 0.0700, 0.0832), ("womens_mail", 0.04523, 0.0389, 0.0516)],
)
def test_visits(result, arm, effect, lo, hi):
    rows = [
        row
        for row in result.estimates
        if row.role == "result"
        and row.quantity == "engagement_share_difference"  # a visit is the only engagement there
        and row.segment == f"arm={arm};horizon_days=30"
    ]
    assert rows, sorted({row.segment for row in result.estimates})
    (row,) = rows
    assert row.estimate == pytest.approx(effect, abs=5e-5)
    assert (row.ci_lo, row.ci_hi) == pytest.approx((lo, hi), abs=1e-4)
    assert row.evidence == "randomised"
    assert row.status == "ok"


def test_sample_ratio_check_passes(result):
    (row,) = [row for row in result.estimates if "sample_ratio" in row.quantity]
    assert row.p == pytest.approx(0.904, abs=2e-3)
