"""What a worker's notebooks find around them."""

from __future__ import annotations

import os

import pytest

from crm_analysis.report.workers import workers


@pytest.mark.parametrize(("given", "found"), [(None, "1"), ("2", "2")])
def test_numbers_are_summed_by_one_thread_unless_the_user_says_more(
    tmp_path, monkeypatch, given, found
):
    """Sums of floats depend on how many threads share them; pages may not."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if given is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", given)
    with workers(1, tmp_path, tmp_path / "kernels") as pool:
        assert pool.submit(os.getenv, "OMP_NUM_THREADS").result() == found
