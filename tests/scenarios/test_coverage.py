"""The target's interval and probability over 100 worlds."""

from __future__ import annotations

import pytest

from tests.scenarios.coverage import held


@pytest.mark.nightly
def test_the_interval_of_the_target_period_holds_in_nine_of_ten_worlds():
    found = held(range(1, 101))
    assert 0.83 <= found.coverage <= 0.97
    assert found.brier <= found.climatology
