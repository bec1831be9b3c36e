"""Rows about how reasons came to be noted: each number stands where it belongs."""

from __future__ import annotations

import pandas as pd
import pytest

from crm_analysis.reasons.agreement import cohen
from crm_analysis.reasons.credibility import (
    counted_share,
    format_estimates,
    kappa_estimates,
    source_estimates,
)
from crm_analysis.reasons.question_format import FormatEffect

SOURCES = pd.DataFrame(
    [
        {
            "source": "rep_opinion", "n": 100, "n_dated": 80, "n_late": 60, "n_very_late": 20,
            "n_prompted": 30, "n_open": 10, "n_empty": 5, "n_repeated": 50,
        }
    ]
)  # fmt: skip


def test_shares_by_source_by_pencil():
    rows = {
        (one.quantity, one.segment): one for one in source_estimates(SOURCES, late_days=(30, 180))
    }
    shares = {key: one.estimate for key, one in rows.items()}
    assert shares["reasons_typed_late_share", "source=rep_opinion;over_days=30"] == 0.75
    assert shares["reasons_typed_late_share", "source=rep_opinion;over_days=180"] == 0.25
    assert shares["reasons_prompted_share", "source=rep_opinion"] == 0.75
    assert shares["reasons_empty_share", "source=rep_opinion"] == 0.05
    assert shares["reasons_repeated_share", "source=rep_opinion"] == 0.5


def test_a_share_of_nothing_is_refused():
    noted = counted_share("lost_leads_with_reason_share", 3, 4)
    assert (noted.estimate, noted.n, noted.events) == (0.75, 4, 3)
    assert counted_share("lost_leads_with_reason_share", 0, 0).status == "not_estimable"


def test_agreement_keeps_its_interval_and_its_refusal():
    some = cohen(["a", "b"] * 30, ["a", "b"] * 25 + ["b", "a"] * 5)
    [row, few] = kappa_estimates({("coders", ""): some, ("coders", "late"): cohen(["a"], ["a"])})
    assert row.quantity == "reasons_kappa"
    assert (row.estimate, row.ci_lo, row.n) == (pytest.approx(2 / 3), some.lo, 60)
    assert few.status == "not_estimable"
    assert few.estimate is None


def test_a_source_that_was_asked_one_way_only_drops_out():
    told = FormatEffect(
        source="rep_opinion", distance=0.4, p=0.01, code="price", n_open=6, n_prompted=4
    )
    [row] = format_estimates(
        [
            told,
            FormatEffect(source="callback", distance=None, p=None, code="", n_open=9, n_prompted=0),
        ]
    )
    assert (row.quantity, row.estimate, row.p, row.n) == ("question_format_distance", 0.4, 0.01, 10)
