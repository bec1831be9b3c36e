"""R13, R16-R20: numbers that others published, with the rule that must give them."""

from __future__ import annotations

import pytest
from statsmodels.datasets import longley
from statsmodels.stats.multitest import multipletests

from crm_analysis.deals.indicators.collinear import condition_number, variance_inflation
from crm_analysis.estimates import Estimate, adjust_families, families, is_finding, segment
from crm_analysis.proportions import (
    clopper_pearson,
    minimum_detectable_share,
    net_promoter,
    newcombe,
    sample_size,
    wilson,
)

BENJAMINI_HOCHBERG_1995 = (
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
)


def test_r13_false_discoveries_of_benjamini_hochberg_1995():
    rows = [
        Estimate(
            module="M10",
            quantity="return_share_difference",
            segment=segment(arm=str(k)),
            method="x",
            p=p,
            family="M10:itt",
        )
        for k, p in enumerate(BENJAMINI_HOCHBERG_1995)
    ]
    adjusted = adjust_families(rows)
    assert [row.p_adj for row in adjusted[:6]] == pytest.approx(
        [0.0015, 0.0030, 0.0095, 0.03562, 0.0603, 0.06386], abs=1e-5
    )
    assert sum(is_finding(row, 0.05) for row in adjusted) == 4
    (family,) = families(rows, q=0.05)
    assert (family.m, family.n_bh, family.n_by, family.n_unadjusted) == (15, 4, 3, 9)
    assert multipletests(BENJAMINI_HOCHBERG_1995, method="bonferroni")[0].sum() == 3


@pytest.mark.parametrize(
    ("promoters", "detractors", "n", "plain", "lo", "hi"),
    [(50, 20, 100, 30, 14.05, 44.20), (12, 9, 30, 10, -18.91, 37.09)],
)
def test_r17_net_promoter_adjusted_wald(promoters, detractors, n, plain, lo, hi):
    interval = net_promoter(promoters, detractors, n)
    assert 100 * interval.estimate == pytest.approx(plain)
    assert (100 * interval.lo, 100 * interval.hi) == pytest.approx((lo, hi), abs=0.005)


def test_r18_newcombe():
    interval = newcombe((240, 180), (1500, 1500))
    assert (interval.lo, interval.hi) == pytest.approx((0.01518, 0.06483), abs=5e-6)


def test_r19_no_event_in_seven():
    assert (wilson(0, 7).lo, wilson(0, 7).hi) == pytest.approx((0, 0.3543), abs=5e-5)
    assert (clopper_pearson(0, 7).lo, clopper_pearson(0, 7).hi) == pytest.approx(
        (0, 0.4096), abs=5e-5
    )


@pytest.mark.parametrize(
    ("base", "other", "n"), [(0.05, 0.07, 2199), (0.10, 0.12, 3835), (0.10, 0.15, 681)]
)
def test_r20_sample_size_by_arcsine(base, other, n):
    assert abs(sample_size(base, other) - n) <= 1


def test_r20_minimum_detectable_share():
    assert minimum_detectable_share(0.20, (200, 200)) == pytest.approx(0.325, abs=0.006)


def test_r16_variance_inflation_of_longley_1967():
    columns = longley.load_pandas().exog
    found = dict(zip(columns, variance_inflation(columns.to_numpy(dtype=float)), strict=True))
    expected = {
        "GNPDEFL": 135.53, "GNP": 1788.51, "UNEMP": 33.62, "ARMED": 3.59, "POP": 399.15,
        "YEAR": 758.98,
    }  # fmt: skip
    assert found == pytest.approx(expected, abs=0.01)
    assert condition_number(columns.to_numpy(dtype=float)) == pytest.approx(110.54, abs=0.01)
