"""A notebook takes values that are not its defaults, and they change its answer."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from crm_analysis.report.catalog import notebooks_folder
from crm_analysis.report.execute import Job, execute, write_kernelspec


@pytest.mark.filterwarnings("default")
def test_other_days_horizons_and_languages(tmp_path: Path, monkeypatch):
    write_kernelspec(tmp_path)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    target = tmp_path / "run.ipynb"
    job = Job(
        name="41_winback_evaluation",
        source=str(notebooks_folder() / "41_winback_evaluation.ipynb"),
        target=str(target),
        parameters={
            "as_of": "2026-06-30", "lang": "zh", "n_boot": 120, "horizon_days": 60, "seed": 3,
            "out_dir": str(tmp_path / "out"),
        },
        timeout_seconds=300,
    )  # fmt: skip
    outcome = execute(job)
    assert outcome.fault == ""
    told = json.loads((tmp_path / "out/results/41_winback_evaluation.json").read_text("utf-8"))
    assert told["as_of"] == "2026-06-30"
    frame = pd.read_parquet(tmp_path / "out/estimates/41_winback_evaluation.parquet")
    assert frame["segment"].str.contains("horizon_days=60").any()
    shown = json.loads(target.read_text(encoding="utf-8"))
    langs = {
        output["metadata"]["lang"]
        for cell in shown["cells"]
        for output in cell.get("outputs", [])
        if output["output_type"] == "display_data"
    }
    assert langs == {"zh"}
    assert str(pd.Timestamp(frame["as_of"].iloc[0]).date()) == "2026-06-30"
