"""Shares lost by type of track, by pencil; what goes with losses is for the data to say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_analysis.deals.typology.rules import TOO_FEW, TYPES
from crm_analysis.deals.typology.type_shares import (
    FAMILY,
    loss_types,
    type_estimates,
    usual_type,
)
from crm_analysis.estimates import adjust_families, read_segment


def closed(counts):
    """Closed leads from {type: (lost, won)}."""
    rows = [
        (kind, status)
        for kind, (lost, won) in counts.items()
        for status in ["lost"] * lost + ["won"] * won
    ]
    return pd.DataFrame(rows, columns=["track_type", "status"])


def estimated(counts, **options):
    limits = {"min_events": 10, "alpha": 0.05, **options}
    return adjust_families(type_estimates(closed(counts), **limits))


def row(rows, quantity, kind):
    return next(
        one
        for one in rows
        if one.quantity == quantity and read_segment(one.segment)["type"] == kind
    )


COUNTS = {"rise": (60, 140), "sudden_drop": (72, 28), TOO_FEW: (5, 45)}


def test_shares_by_pencil():
    rows = estimated(COUNTS)
    assert row(rows, "track_type_share", "rise").estimate == pytest.approx(200 / 350)
    assert row(rows, "track_type_share", TOO_FEW).events == 50
    lost = row(rows, "track_type_lost_share", "sudden_drop")
    assert (lost.n, lost.events) == (100, 72)
    assert lost.estimate == pytest.approx(0.72)
    assert lost.ci_lo == pytest.approx(0.6251, abs=5e-5)  # Wilson's interval of 72 of 100
    gap = row(rows, "track_type_lost_difference", "sudden_drop")
    assert gap.estimate == pytest.approx(0.72 - 0.30)  # those of too few assessments stay out
    assert gap.family == FAMILY
    assert gap.evidence == "associational"


def test_a_type_without_leads_is_refused_and_one_of_few_endings_not_tested():
    rows = estimated({"rise": (60, 140), "oscillation": (3, 1)})
    assert row(rows, "track_type_lost_share", "steady").status == "not_estimable"
    few = row(rows, "track_type_lost_difference", "oscillation")
    assert few.p is None
    assert few.note == "not_a_probability;too_few_events"
    assert row(rows, "track_type_lost_share", "oscillation").estimate == pytest.approx(0.75)
    weak = row(
        estimated({"rise": (60, 140), "steady": (14, 6)}), "track_type_lost_difference", "steady"
    )
    assert weak.status == "weak"


@pytest.mark.parametrize("bad", ["rise", "sudden_drop"])
def test_the_data_say_which_type_goes_with_losses_not_its_name(bad):
    good = {"rise": "sudden_drop", "sudden_drop": "rise"}[bad]
    rows = estimated({bad: (80, 20), good: (30, 70)})
    assert loss_types(rows, q=0.05) == (bad,)
    usual = estimated({bad: (81, 20), good: (30, 70)})
    assert usual_type(usual) == bad
    assert loss_types(usual, q=0.05) == ()


def test_the_strongest_comes_first_and_chance_is_not_told():
    counts = {"rise": (30, 170), "plateau_fall": (90, 10), "sudden_drop": (75, 25)}
    assert loss_types(estimated(counts), q=0.05) == ("plateau_fall", "sudden_drop")
    alike = {"rise": (100, 100), "plateau_fall": (52, 48), "sudden_drop": (49, 51)}
    assert loss_types(estimated(alike), q=0.05) == ()
    assert loss_types(estimated(counts), q=0.0) == ()


BANDED = ["life_days", "n_assessments"]
PAIR = st.tuples(st.integers(0, 60), st.integers(0, 60))


@given(counts=st.dictionaries(st.sampled_from(list(TYPES)), PAIR, min_size=1))
def test_counts_add_up_and_every_type_has_its_rows(counts):
    rows = type_estimates(closed(counts), min_events=10, alpha=0.05)
    n = sum(lost + won for lost, won in counts.values())
    events = [one.events for one in rows if one.quantity == "track_type_share"]
    assert sum(events) == n
    assert len(rows) == 3 * (len(TYPES) - 1) + 1
    for one in rows:
        if one.ci_lo is not None:
            assert one.ci_lo - 1e-12 <= one.estimate <= one.ci_hi + 1e-12


def test_the_difference_is_averaged_over_bands_of_as_many_assessments():
    """Two bands: 12 of 20 lost against 40 of 80, and 3 of 20 against 8 of 80."""
    parts = [(4, "rise", 12, 8), (4, "steady", 40, 40), (9, "rise", 3, 17), (9, "steady", 8, 72)]
    frames = [
        closed({kind: (lost, won)}).assign(n_assessments=n, life_days=30)
        for n, kind, lost, won in parts
    ]
    rows = type_estimates(pd.concat(frames, ignore_index=True), min_events=10, alpha=0.05)
    gap = row(rows, "track_type_lost_difference", "rise")
    assert gap.estimate == pytest.approx((0.1 + 0.05) / 2)  # both bands weigh 16


@pytest.mark.parametrize("grows_with", ["life_days", "n_assessments"])
def test_a_type_that_only_long_tracks_can_have_goes_with_no_loss(grows_with):
    """The lost live longer, or are judged more often; within a length the type knows nothing."""
    said = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({one: rng.integers(4, 24, 1000) for one in BANDED})
        n = frame[grows_with].to_numpy()
        frame["track_type"] = np.where(rng.random(1000) < n / 30, "oscillation", "steady")
        frame["status"] = np.where(rng.random(1000) < n / 25, "lost", "won")
        naive = type_estimates(frame.drop(columns=BANDED), min_events=10, alpha=0.05)
        assert "oscillation" in loss_types(adjust_families(naive), q=0.05)
        told = adjust_families(type_estimates(frame, min_events=10, alpha=0.05))
        said += bool(loss_types(told, q=0.05))
    assert said <= 6


def test_bands_in_which_all_end_alike_say_nothing():
    frame = pd.concat(
        [
            closed({"rise": (0, 40), "steady": (0, 40)}).assign(life_days=10, n_assessments=5),
            closed({"rise": (40, 0), "steady": (40, 0)}).assign(life_days=90, n_assessments=5),
        ],
        ignore_index=True,
    )
    gap = row(
        type_estimates(frame, min_events=10, alpha=0.05), "track_type_lost_difference", "rise"
    )
    assert (gap.status, gap.p) == ("not_estimable", None)


def test_the_interval_holds_in_sparse_bands():
    """Fifths of fifths of 150 leads: few a band, and the true difference is .3."""
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({one: rng.integers(4, 24, 150) for one in BANDED})
        on_it = rng.random(150) < 0.5
        frame["track_type"] = np.where(on_it, "rise", "steady")
        frame["status"] = np.where(rng.random(150) < 0.35 + 0.3 * on_it, "lost", "won")
        rows = type_estimates(frame, min_events=10, alpha=0.05)
        gap = row(rows, "track_type_lost_difference", "rise")
        held += gap.ci_lo <= 0.3 <= gap.ci_hi
    assert 0.91 <= held / 200 <= 0.99


def test_a_type_that_fades_before_the_end_is_no_loss_type():
    rows = estimated({"sudden_drop": (80, 20), "rise": (30, 70)})
    gap = row(rows, "track_type_lost_difference", "sudden_drop")
    late = {
        shown: replace(gap, role="sensitivity", family=None, ci_lo=low)
        for shown, low in ((True, 0.1), (False, -0.1))
    }
    assert loss_types([*rows, late[True]], q=0.05) == ("sudden_drop",)
    assert loss_types([*rows, late[False]], q=0.05) == ()
