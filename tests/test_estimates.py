"""The rules of the estimate row: refusal, families, findings, wording, publication."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_analysis.errors import UndeclaredQuantity
from crm_analysis.estimates import (
    COLUMNS,
    GRADES,
    VERBS,
    Estimate,
    adjust_families,
    claim,
    estimates_frame,
    estimates_from_frame,
    families,
    is_finding,
    is_small_cell,
    read_segment,
    refuse,
    says_causes,
    segment,
    significant,
    status_by_events,
)
from crm_analysis.language import Text


def row(name: str = "a", **given: object) -> Estimate:
    values: dict[str, object] = {
        "module": "M10",
        "quantity": "return_share_difference",
        "segment": segment(arm=name),
        "method": "newcombe",
    }
    return Estimate(**{**values, **given})  # type: ignore[arg-type]


def test_undeclared_quantity_segment_and_note_are_refused():
    for bad in ({"quantity": "happiness"}, {"segment": "colour=red"}, {"note": "because"}):
        with pytest.raises(UndeclaredQuantity):
            row(**bad)


def test_numbers_that_are_not_numbers_are_refused():
    with pytest.raises(ValueError, match="not finite"):
        row(estimate=float("nan"))
    with pytest.raises(ValueError, match="not finite"):
        row(ci_hi=float("inf"))
    with pytest.raises(ValueError, match="carries numbers"):
        row(estimate=0.1, status="not_estimable")


def test_refusal_keeps_the_key_and_drops_the_numbers():
    refused = refuse(row(estimate=0.1, ci_lo=0.0, ci_hi=0.2, n=7, p=0.01), "too_few_events")
    assert refused.key == row().key
    assert (refused.estimate, refused.ci_lo, refused.ci_hi, refused.p) == (None,) * 4
    assert (refused.n, refused.status, refused.note) == (7, "not_estimable", "too_few_events")


@pytest.mark.parametrize(
    ("events", "parameters", "expected"),
    [(10, 1, "ok"), (9, 1, "weak"), (5, 1, "weak"), (4, 1, "not_estimable"), (20, 3, "weak")],
)
def test_status_follows_events_per_parameter(events, parameters, expected):
    assert status_by_events(events, parameters) == expected


def test_min_events_moves_the_status():
    assert status_by_events(10, min_events=20) == "weak"
    assert status_by_events(10, min_events=10) == "ok"


def test_adjustment_by_hand():
    # BH of (.01, .04, .03): sorted .01*3/1, .03*3/2, .04*3/3, then running minimum from the end
    rows = [row(str(k), p=p, family="M10:f") for k, p in enumerate((0.01, 0.04, 0.03))]
    assert [one.p_adj for one in adjust_families(rows)] == pytest.approx([0.03, 0.04, 0.04])


def test_families_leave_out_naive_refused_and_foreign_rows():
    rows = [
        row("a", p=0.04, family="M10:f", estimate=1.0),
        row("b", p=0.04, family="M10:f", role="naive"),
        row("c", p=0.04),
        row("d", p=0.04, family="M10:g"),
        refuse(row("e", family="M10:f"), "too_few_events"),
    ]
    adjusted = adjust_families(rows)
    assert [one.p_adj for one in adjusted] == [0.04, None, None, 0.04, None]
    assert [is_finding(one, 0.05) for one in adjusted] == [True, False, False, True, False]
    assert [(family.name, family.m) for family in families(rows, q=0.05)] == [
        ("M10:f", 1),
        ("M10:g", 1),
    ]


def test_a_weak_row_may_be_a_finding_a_naive_never():
    weak = row(p=0.001, p_adj=0.01, status="weak")
    assert is_finding(weak, 0.05)
    assert not is_finding(weak, 0.001)
    assert not is_finding(replace(weak, role="naive"), 0.05)


@given(st.lists(st.sampled_from([1e-9, 0.001, 0.01, 0.02, 0.03, 0.2, 0.9, 1.0]), min_size=1))
def test_both_adjustments_equal_statsmodels_ties_included(p):
    from statsmodels.stats.multitest import multipletests

    rows = [row(str(k), p=value, family="M10:f") for k, value in enumerate(p)]
    adjusted = [one.p_adj for one in adjust_families(rows)]
    assert adjusted == pytest.approx(multipletests(p, method="fdr_bh")[1], rel=1e-12)
    (family,) = families(rows, q=0.051)
    assert family.n_by == (multipletests(p, method="fdr_by")[1] <= 0.051).sum()


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=30))
def test_adjusted_p_is_never_smaller_and_keeps_the_order(p):
    rows = [row(str(k), p=value, family="M10:f") for k, value in enumerate(p)]
    adjusted = [one.p_adj for one in adjust_families(rows)]
    assert all(a >= b - 1e-12 for a, b in zip(adjusted, p, strict=True))
    by_p = [value for _, value in sorted(zip(p, adjusted, strict=True))]
    assert np.all(np.diff(by_p) >= -1e-12)
    (family,) = families(rows, q=0.05)
    assert family.n_by <= family.n_bh <= max(family.n_unadjusted, sum(x <= 0.05 for x in p))


def test_only_a_randomised_claim_says_causes():
    cause, effect = Text("contact", "联系"), Text("more returns", "更多回购")
    for evidence in VERBS:
        told = claim(cause, effect, evidence=evidence)
        assert says_causes(told) == (evidence == "randomised")
    assert set(GRADES) == set(VERBS)


def test_causal_words_are_seen_in_either_language():
    assert says_causes(Text("x causes y", "甲与乙相关"))
    assert says_causes(Text("x goes with y", "甲导致乙"))
    assert says_causes(Text("x is behind y", "甲与乙相关"))
    assert says_causes(Text("x goes with y", "乙源于甲"))
    assert not says_causes(Text("because of the data", "因为数据"))


def test_published_frame_is_sorted_rounded_and_reads_back():
    rows = [
        row("b", estimate=1 / 3, n=10, events=3, p=0.2, p_adj=0.2, family="M10:f"),
        refuse(row("a"), "too_few_events"),
    ]
    frame = estimates_frame(rows, as_of=date(2026, 10, 31), notebook="41_winback_evaluation")
    assert tuple(frame.columns) == COLUMNS
    assert frame["segment"].tolist() == ["arm=a", "arm=b"]
    assert frame["estimate"].tolist()[1] == 0.333333333333
    assert frame["n"].dtype == "Int64"
    back = estimates_from_frame(frame)
    assert [one.key for one in back] == sorted(one.key for one in rows)
    assert back[0] == rows[1]
    again = estimates_frame(back, as_of=date(2026, 10, 31), notebook="41_winback_evaluation")
    pd.testing.assert_frame_equal(again, frame)


def test_published_frame_survives_parquet(tmp_path):
    frame = estimates_frame(
        [row(estimate=0.5, n=4), refuse(row("z"), "too_few_events")],
        as_of=date(2026, 10, 31),
        notebook="x",
    )
    frame.to_parquet(tmp_path / "estimates.parquet", index=False)
    back = estimates_from_frame(pd.read_parquet(tmp_path / "estimates.parquet"))
    assert back == estimates_from_frame(frame)


def test_no_rows_still_give_the_columns():
    frame = estimates_frame([], as_of=date(2026, 10, 31), notebook="x")
    assert frame.empty
    assert tuple(frame.columns) == COLUMNS


def test_significant_digits_not_decimals():
    assert significant(1234567890123.456) == 1234567890120.0
    assert significant(1.23456789012345e-20) == 1.23456789012e-20
    assert significant(0.5, 1) == 0.5


def test_segment_escapes_what_separates():
    assert segment(arm="a;b=c") == "arm=a\\;b\\=c"


@given(st.lists(st.text(alphabet="ab\\\\;=\\n 甲", max_size=6), min_size=3, max_size=3))
def test_segments_read_back_whatever_their_values(values):
    pairs = dict(zip(("cause", "factor", "level"), values, strict=True))
    text = segment(**pairs)
    assert read_segment(text) == pairs
    row(quantity="log_hazard_ratio_level", segment=text)


def test_rows_that_the_catalogue_no_longer_declares_can_be_dropped():
    frame = estimates_frame(
        [row("a", estimate=0.1), row("b", note="no_cost"), row("c")],
        as_of=date(2026, 9, 30),
        notebook="x",
    )
    frame.loc[1, "note"] = "a_code_of_old"
    frame.loc[2, "quantity"] = "a_quantity_of_old"
    with pytest.raises(UndeclaredQuantity):
        estimates_from_frame(frame)
    kept = estimates_from_frame(frame, drop_undeclared=True)
    assert [one.segment for one in kept] == ["arm=a"]


def test_a_small_cell_is_one_of_subjects_events_or_things_counted():
    counted = {"quantity": "leads_count", "segment": segment(state="open")}
    few = (row(n=4), row(n=50, events=4), row(n=50, estimate=3.0, **counted))
    many = (row(n=5), row(n=50, events=0), row(n=50, estimate=5.0, **counted), row(estimate=0.1))
    assert all(is_small_cell(one, 5) for one in few)
    assert not any(is_small_cell(one, 5) for one in many)
