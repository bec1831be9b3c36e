"""The frames of all landmarks: each as it was made, and only one of them held as it is."""

from __future__ import annotations

import gc
import weakref

import pandas as pd
import pytest

from crm_analysis.deals.indicators.frames import (
    ContactFrames,
    ContactTables,
    contact_frame,
    with_last_probability,
)
from crm_analysis.source import load

DAYS = (7, 14, 30)


@pytest.fixture(scope="module")
def known():
    """The demo world: all kinds of columns, among them whole numbers, words, days and gaps."""
    return load("demo:", as_of="2026-10-31")


@pytest.fixture(scope="module")
def frames(known):
    """The frames of three landmarks, each read once."""
    made = ContactFrames(ContactTables.of(known), days=DAYS, as_of=known.observed_until)
    assert [len(made[day]) > 0 for day in DAYS] == [True] * 3
    return made


@pytest.mark.parametrize("day", DAYS)
def test_a_frame_that_is_read_again_equals_the_one_made(known, frames, day):
    made = contact_frame(ContactTables.of(known), landmark_days=day, as_of=known.observed_until)
    pd.testing.assert_frame_equal(frames[day], made, check_exact=True)


def test_only_the_frame_read_last_is_held_as_it_is(frames):
    first = weakref.ref(frames[DAYS[0]])
    assert first() is frames[DAYS[0]]
    assert len(frames[DAYS[1]])
    gc.collect()
    assert first() is None


def test_what_stands_beside_a_frame_is_not_written_into_it(known, frames):
    frame = frames[DAYS[1]]
    beside = with_last_probability(
        frame, ContactTables.of(known), landmark_days=DAYS[1], as_of=known.observed_until
    )
    assert "last_probability" in beside
    assert "last_probability" not in frame
    assert not beside["last_probability"].isna().all()
