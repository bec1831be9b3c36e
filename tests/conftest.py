"""Settings shared by all tests: Hypothesis without a clock, and where real data sets lie."""

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


def realdata_folder(name: str) -> Path:
    """Return the folder of a public data set; skip visibly where it is absent.

    The sets lie in `CRM_ANALYSIS_REALDATA`, by default beside the project in shared/data.
    """
    base = os.environ.get("CRM_ANALYSIS_REALDATA", ROOT.parent / "shared" / "data")
    path = Path(base) / name
    if not path.is_dir():
        pytest.skip(f"real data set {name!r} is not beside the project")
    return path
