"""Streams: spawned per name, never reused, decided by the seed."""

from __future__ import annotations

import pytest

from crm_analysis.errors import UsageError
from crm_analysis.world.streams import NAMES, streams


def test_every_table_has_a_stream_of_its_own():
    draws = {name: tuple(rng.integers(0, 2**62, 4)) for name, rng in streams(7).items()}
    assert list(draws) == list(NAMES)
    assert len(set(draws.values())) == len(NAMES)


def test_streams_of_two_names_are_not_correlated():
    made = streams(7)
    import numpy as np

    drawn = np.array([rng.normal(size=4000) for rng in made.values()])
    between = np.corrcoef(drawn)[np.triu_indices(len(NAMES), 1)]
    assert abs(between).max() < 5 / np.sqrt(4000)


def test_same_seed_same_numbers_other_seed_others():
    one, again, other = (streams(seed)["leads"].integers(0, 2**62, 4) for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any()


def test_negative_seed_is_refused():
    with pytest.raises(UsageError, match="from 0"):
        streams(-1)
