"""The rules by pencil, their order, their thresholds and their sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_analysis.config import Tracks
from crm_analysis.deals.typology.rules import TYPES, rule_text, track_types
from crm_analysis.language import Text

LIMITS = Tracks()


def measured(values, limits=LIMITS):
    """The features of a track, plainly."""
    track = np.array(values, dtype=float)
    steps = np.diff(track)
    big = np.abs(steps) >= limits.reversal_step - 1e-9
    turns = (steps[1:] * steps[:-1] < 0) & big[1:] & big[:-1]
    return {
        "n_assessments": len(track),
        "net_change": track[-1] - track[0],
        "largest_drop": max(0.0, float(-steps.min(initial=0.0))),
        "max_drawdown": float((np.maximum.accumulate(track) - track).max()),
        "n_reversals": int(turns.sum()),
    }


def named(*tracks, limits=LIMITS):
    return list(track_types(pd.DataFrame([measured(track) for track in tracks]), limits))


BY_PENCIL = [
    ("rise", [0.3, 0.4, 0.6, 0.7]),
    ("steady", [0.5, 0.6, 0.5, 0.6]),
    ("plateau_fall", [0.7, 0.7, 0.5, 0.4]),  # .7 - .4 is a hair below .3 in floats
    ("sudden_drop", [0.7, 0.7, 0.3, 0.3]),
    ("sudden_drop", [0.7, 0.3, 0.6, 0.7]),  # one turn only, and it came back
    ("oscillation", [0.5, 0.7, 0.5, 0.7]),
    ("oscillation", [0.8, 0.2, 0.8, 0.2]),  # swings before drops: the first rule that holds
    ("rise", [0.2, 0.7, 0.4, 0.4]),  # fell .3 from its peak, yet ends above its start
    ("steady", [0.5, 0.8, 0.5, 0.5]),
    ("too_few", [0.9, 0.1, 0.9]),
]


@pytest.mark.parametrize(("kind", "track"), BY_PENCIL)
def test_types_by_pencil(kind, track):
    assert named(track) == [kind]


@pytest.mark.parametrize(
    ("limit", "value", "track", "before", "after"),
    [
        ("n_reversals", 3, [0.5, 0.7, 0.5, 0.7], "oscillation", "rise"),
        ("sudden_drop", 0.5, [0.7, 0.7, 0.3, 0.3], "sudden_drop", "plateau_fall"),
        ("drawdown", 0.4, [0.7, 0.7, 0.5, 0.4], "plateau_fall", "steady"),
        ("net_fall", 0.4, [0.7, 0.7, 0.5, 0.4], "plateau_fall", "steady"),
        ("net_rise", 0.5, [0.3, 0.4, 0.6, 0.7], "rise", "steady"),
        ("min_assessments", 5, [0.3, 0.4, 0.6, 0.7], "rise", "too_few"),
    ],
)
def test_each_threshold_bites(limit, value, track, before, after):
    """All but the step of a reversal, with which the feature is made."""
    assert named(track) == [before]
    assert named(track, limits=replace(LIMITS, **{limit: value})) == [after]


def test_a_lead_without_assessments_has_no_type():
    frame = pd.DataFrame([measured([0.5] * 5), measured([0.5] * 5)]).astype(float)
    frame.loc[0] = np.nan
    frame.loc[0, "n_assessments"] = 0
    assert list(track_types(frame, LIMITS)) == ["too_few", "steady"]


@given(
    track=st.lists(st.integers(0, 10), min_size=4, max_size=15),
    shift=st.integers(-5, 5),
)
def test_a_shifted_track_keeps_its_type(track, shift):
    moved = [(value + shift) / 10 for value in track]
    assert named([value / 10 for value in track]) == named(moved)


def test_every_type_explains_itself_with_the_thresholds_in_force():
    what = Text("deal probability", "成交概率")
    for kind in TYPES:
        told = rule_text(kind, LIMITS, what=what)
        assert "{" not in told.en + told.zh
    stricter = replace(LIMITS, sudden_drop=0.55)
    assert "55 points" in rule_text("sudden_drop", stricter, what=what).en
    assert "55 个百分点" in rule_text("sudden_drop", stricter, what=what).zh
