"""Settings shared by all tests: Hypothesis without a clock, real data, long files first."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.engines.postgres import demo_in_postgres, postgres_server
from tests.engines.spark import demo_in_spark, spark_master
from tests.ground.made_files import ROOT

__all__ = [
    "demo_in_postgres",
    "demo_in_spark",
    "postgres_server",
    "realdata_folder",
    "spark_master",
]

settings.register_profile("steady", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("steady")

LONGEST = (
    "report/test_run.py",
    "report/test_alarm_ledger.py",
    "engines/test_same_everywhere.py",
    "report/test_demo_report.py",
    "scenarios/test_scenarios.py",
    "features/test_poison.py",
    "source/test_postgres_run.py",
    "benchmarks/test_harness.py",
    "ground/test_readme.py",
    "ground/test_wheel.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Hand out the longest files first: one that starts last would leave the other core idle."""
    places = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(LONGEST)))


def realdata_folder(name: str) -> Path:
    """Return the folder of a public data set; skip visibly where it is absent.

    The sets lie in `CRM_ANALYSIS_REALDATA`, by default beside the project in shared/data.
    """
    base = os.environ.get("CRM_ANALYSIS_REALDATA", ROOT.parent / "shared" / "data")
    path = Path(base) / name
    if not path.is_dir():
        pytest.skip(f"real data set {name!r} is not beside the project")
    return path
