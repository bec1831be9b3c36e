"""The search on 100,000 deals with twelve assessments each: under 60 seconds of CPU and 1 GB."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.deals.patterns.many_deals import made
from tests.ground.made_files import ROOT


@pytest.mark.nightly
def test_a_hundred_thousand_deals_take_less_than_a_minute_and_a_gigabyte(tmp_path):
    for name, frame in made().items():
        frame.to_parquet(tmp_path / f"{name}.parquet")
    (tmp_path / "crm_analysis.toml").write_text('memory_limit = "600MB"\n')
    command = [sys.executable, "-m", "tests.deals.patterns.many_deals", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    took = json.loads(run.stdout)
    assert took["n_weeks"] > 500_000
    assert took["n_tried"] > 100
    assert took["cpu_seconds"] < 60
    assert took["peak_bytes"] < 1e9
