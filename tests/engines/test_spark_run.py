"""Whole runs on a cluster: the numbers of the demo, and nothing published where it was lost."""

from __future__ import annotations

import pandas as pd
import pytest

from crm_analysis.config import Config
from crm_analysis.errors import SourceLost
from crm_analysis.report.run import Request, run
from crm_analysis.source import connect
from crm_analysis.source.frames import count_rows
from tests.engines.equal import assert_equal
from tests.engines.half_way import run_while, within
from tests.engines.spark import LEFT_OPEN, Cluster, end_spark, write_native
from tests.report import tiny
from tests.source.folders import write_folder

pytestmark = [pytest.mark.spark, LEFT_OPEN]


@pytest.fixture
def mortal(spark_master, tmp_path):
    """A cluster of its own that a test may kill, with the address of the small tables in it."""
    end_spark()
    (tmp_path / "cluster").mkdir()
    cluster = Cluster(tmp_path / "cluster", workers=1)
    folder = write_native(write_folder(tmp_path / "crm"), tmp_path / "parquet")
    yield cluster, f"{cluster.url}?tables={folder}"
    end_spark()
    cluster.stop()


@pytest.mark.nightly
def test_a_run_with_two_jobs_gives_the_estimates_of_the_demo(demo_in_spark, tmp_path):
    """Two workers of one core each: notebooks that ran at once would wait for one another."""
    end_spark()
    estimates = []
    for name, source in (("spark", demo_in_spark), ("duckdb", "demo:")):
        told: list[str] = []
        request = Request(source=source, as_of=tiny.AS_OF, out=tmp_path / name, jobs=2)
        published = run(request, tell=told.append)
        assert not published.failed, told
        estimates.append(pd.read_parquet(published.folder / "tables/estimates.parquet"))
    there, here = (_comparable(frame) for frame in estimates)
    assert (here["status"] == "not_estimable").any()
    assert_equal(there, here, what="estimates")


def _comparable(frame: pd.DataFrame) -> pd.DataFrame:
    numbers = ["estimate", "ci_lo", "ci_hi", "n", "events", "p", "p_adj"]
    return frame.astype(dict.fromkeys(numbers, "float64"))


@pytest.mark.nightly
def test_workers_lost_half_way_end_the_run_and_publish_nothing(mortal, tmp_path):
    """The master stands and would wait for new workers for ever."""
    cluster, url = mortal
    with within(420), pytest.raises(SourceLost, match="nothing was published") as caught:
        run_while(tmp_path, url, cluster.kill, loaded=True)
    assert caught.value.exit_code == 4
    assert "no worker was left" in str(caught.value)
    assert "\n" not in str(caught.value)
    _assert_nothing_left(tmp_path)


def test_a_cluster_lost_half_way_ends_the_run_and_publishes_nothing(mortal, tmp_path):
    cluster, url = mortal
    with (
        within(420),
        pytest.raises(SourceLost, match=r"is the master running.*nothing was") as caught,
    ):
        run_while(tmp_path, url, cluster.stop)
    assert caught.value.exit_code == 4
    _assert_nothing_left(tmp_path)


def test_workers_lost_between_two_questions_are_told(mortal, monkeypatch):
    monkeypatch.setattr("crm_analysis.source.spark_start._GONE_SECONDS", 3)
    cluster, url = mortal
    source = connect(url, config=Config())
    assert count_rows(source.tables["customers"].rows) == 8
    cluster.kill()
    with within(60), pytest.raises(SourceLost, match="no worker was left for 3 seconds"):
        count_rows(source.tables["customers"].rows)
    source.close()


def _assert_nothing_left(base):
    assert not (base / "reports/2026-10-31").exists()
    assert not list((base / "reports").glob(".staging-*"))
