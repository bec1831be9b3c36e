"""How often the intervals of the misreport correction hold the truth, and its p cry wolf.

Claimed is, in every world and from 115 callbacks on: intervals of 95 % hold the truth in at least
nine of ten cases, and where notes are right on average p is below .05 in at most one of twelve.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from tests.reasons.correction_worlds import WORLDS, mean_error, measured

HELD, CRIED = 0.90, 0.08
CALLED = (115, 230, 600)
QUICK, MANY = 60, 200
ONE_IN = 1e-4  # that a code fails by chance, of some two hundred looked at
FEWEST = ("late notes turn into price", "few called of the late", "twelve codes")
NULLS = ("few called of the late, null", "twelve codes, null", "notes are nearly always true")


@pytest.mark.parametrize("name", FEWEST)
def test_intervals_of_few_callbacks_hold_the_truth(name):
    """Half a callback a code in each row, and a bootstrap of it, held .77 and .82 of the last."""
    found = measured(WORLDS[name], CALLED[0], n_worlds=QUICK)
    assert found.covered.mean() + 3 * mean_error(found.covered) >= HELD
    assert found.rejected[:, 0].mean() >= 0.8


@pytest.mark.parametrize("name", NULLS)
def test_notes_right_on_average_make_no_gap_out_of_few_callbacks(name):
    """Of the two rarest of twelve codes a third was said to be noted too often."""
    found = measured(WORLDS[name], CALLED[0], n_worlds=QUICK)
    assert found.rejected.mean() - 3 * mean_error(found.rejected) <= CRIED
    assert found.rejected.mean(axis=0).max() <= binom.isf(ONE_IN, QUICK, CRIED) / QUICK


def test_the_truth_of_a_world_is_what_all_callbacks_would_say():
    """Else coverage would be counted about a wrong number."""
    for world in WORLDS.values():
        pairs = [world.pairs(seed, 1200) for seed in range(10)]
        said = np.concatenate([one["callback"].to_numpy() for one in pairs])
        noted = np.concatenate([one["rep"].to_numpy() for one in pairs])
        gaps = {code: (noted == code).mean() - share for code, share in world.truth.items()}
        assert all(
            abs((said == code).mean() - share) < 0.015 for code, share in world.truth.items()
        )
        assert bool(max(map(abs, gaps.values())) < 0.015) is world.null


@pytest.mark.nightly
@pytest.mark.parametrize("n_called", CALLED)
@pytest.mark.parametrize("name", WORLDS)
def test_every_world_keeps_its_rates(name, n_called):
    world = WORLDS[name]
    found = measured(world, n_called, n_worlds=MANY)
    by_code = found.covered.mean(axis=0)
    assert by_code.mean() >= HELD
    assert by_code.min() >= binom.ppf(ONE_IN, MANY, HELD) / MANY
    assert np.abs(found.off.mean(axis=0)).max() <= 0.03
    if world.null:
        assert found.rejected.mean() <= CRIED
        assert found.rejected.mean(axis=0).max() <= binom.isf(ONE_IN, MANY, CRIED) / MANY
