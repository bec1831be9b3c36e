"""The wheel carries notebooks and demo data, so that `pip install` and cron work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.ground.made_files import ROOT


def test_installed_wheel_runs_in_an_empty_folder(tmp_path: Path):
    dist, target, empty = tmp_path / "dist", tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(dist)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    (wheel,) = dist.glob("*.whl")
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(target)]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)

    environment = os.environ | {"PYTHONPATH": str(target)}
    where = "import crm_analysis, sys; sys.stdout.write(crm_analysis.__file__)"
    shown = subprocess.run(
        [sys.executable, "-c", where], env=environment, cwd=empty, capture_output=True, text=True
    )
    assert shown.stdout.startswith(str(target))

    run = [sys.executable, "-m", "crm_analysis.cli", "run", "--source", "demo:"]
    run += ["--as-of", "2026-10-31", "--out", "reports", "--only", "00_data_fitness"]
    subprocess.run(run, env=environment, cwd=empty, check=True, timeout=300)
    assert (empty / "reports" / "2026-10-31" / "index.html").is_file()
