"""Shares lost by type of track, by pencil; what goes with losses is for the data to say."""

from __future__ import annotations

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
    frames = [closed({kind: (lost, won)}).assign(n_assessments=n) for n, kind, lost, won in parts]
    rows = type_estimates(pd.concat(frames, ignore_index=True), min_events=10, alpha=0.05)
    gap = row(rows, "track_type_lost_difference", "rise")
    assert gap.estimate == pytest.approx((0.1 + 0.05) / 2)  # both bands weigh 16


def test_a_type_that_only_long_tracks_can_have_goes_with_no_loss_where_the_lost_live_longer():
    said = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        n = rng.integers(4, 24, 1000)
        frame = pd.DataFrame(
            {
                "n_assessments": n,
                "track_type": np.where(rng.random(1000) < n / 30, "oscillation", "steady"),
                "status": np.where(rng.random(1000) < n / 25, "lost", "won"),
            }
        )
        naive = type_estimates(frame.drop(columns="n_assessments"), min_events=10, alpha=0.05)
        assert "oscillation" in loss_types(adjust_families(naive), q=0.05)
        told = adjust_families(type_estimates(frame, min_events=10, alpha=0.05))
        said += bool(loss_types(told, q=0.05))
    assert said <= 6
