"""Spark as a source: what a user meets where something is missing, and sessions left as they are.

The first tests need neither Spark nor Java, so that they run in `make test`.
"""

from __future__ import annotations

import socket
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from crm_analysis.config import Config
from crm_analysis.errors import SourceLost, UsageError
from crm_analysis.report.run import Request
from crm_analysis.source import connect
from crm_analysis.source.addresses import masked
from crm_analysis.source.frames import count_rows
from crm_analysis.source.spark_session import read_place
from tests.engines.spark import LEFT_OPEN, end_spark


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("spark://host:7077", "say where the tables are"),
        ("spark://host:7077?tables=/a&database=b", "say where the tables are"),
        ("local[2]?folder=/a", "unknown option folder"),
        ("spark://host:7077/path?tables=/a", "no address of Spark"),
        ("spark://ann:secret@host:7077?tables=/a", "no address of Spark"),
    ],
)
def test_an_address_that_does_not_fit_is_refused_with_an_example(url, said):
    with pytest.raises(UsageError, match=said) as told:
        connect(url, config=Config())
    assert "spark://host:7077?tables=" in str(told.value)
    assert "secret" not in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("master", ["spark://host:7077", "local[2]", "spark:"])
def test_a_key_in_the_folders_address_is_refused_and_never_shown(master):
    url = f"{master}?tables=s3a%3A//AKIA:sec/ret%3F@bucket/crm"
    with pytest.raises(UsageError, match="would end up in logs; give it to Spark") as told:
        connect(url, config=Config())
    for said in (str(told.value), masked(url), masked(f"spark:{url}")):
        assert "ret" not in said.replace("secret.key", "")
        assert "AKIA" not in said
    assert read_place(f"{master}?tables=abfs://crm@account.net/a").name == "a"


def test_folders_with_a_plus_and_databases_are_read_from_the_address():
    assert read_place("local-cluster[2,1,1024]?tables=/data/a+b/").folder == "/data/a+b/"
    assert read_place("spark://h:1,h2:1?database=crm").name == "crm"
    assert read_place("spark:").master == "spark:"


def test_a_missing_extra_is_one_sentence_with_its_install_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(UsageError, match=r"pip install 'crm_analysis\[spark\]'"):
        connect("local[2]?tables=/data", config=Config())


@pytest.mark.spark
def test_missing_java_is_one_sentence_that_says_what_to_install(spark_master, monkeypatch):
    monkeypatch.setattr("crm_analysis.source.spark_start.shutil.which", lambda _: None)
    monkeypatch.setattr("pyspark.sql.SparkSession.getActiveSession", lambda: None)
    with pytest.raises(UsageError, match=r"Java 17 or 21.*openjdk-17-jre-headless"):
        connect("local[2]?tables=/data", config=Config())


@pytest.mark.spark
def test_a_master_that_does_not_answer_is_told_at_once(spark_master, monkeypatch):
    monkeypatch.setattr("pyspark.sql.SparkSession.getActiveSession", lambda: None)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(SourceLost, match="is the master running"):
            connect(f"spark://127.0.0.1:{port}?tables=/data", config=Config())


@pytest.mark.spark
@LEFT_OPEN
def test_nanoseconds_and_missing_folders_are_one_sentence(demo_in_spark, spark_master, tmp_path):
    connect(demo_in_spark, config=Config()).close()
    times = pd.DataFrame({"lead_id": ["1"], "opened_at": [pd.Timestamp("2026-01-01")]})
    times.astype({"opened_at": "datetime64[ns]"}).to_parquet(tmp_path / "leads.parquet")
    with pytest.raises(UsageError, match="table leads: its times are in nanoseconds"):
        connect(f"{spark_master.url}?tables={tmp_path}", config=Config())
    with pytest.raises(UsageError, match="does not exist for Spark"):
        connect(f"{spark_master.url}?tables={tmp_path}/none", config=Config())
    with pytest.raises(UsageError, match="database=none does not exist"):
        connect(f"{spark_master.url}?database=none", config=Config())


def test_notebooks_take_the_whole_of_spark_in_turn():
    given = {"as_of": date(2026, 10, 31), "out": Path("reports"), "jobs": 4}
    assert Request(source="spark://host:7077?tables=/a", **given).n_workers() == 1
    assert Request(source="postgres://host/crm", **given).n_workers() == 4
    assert Request(source="crm", **given).n_workers() == 4


@pytest.mark.spark
@LEFT_OPEN
def test_what_was_started_ends_with_the_last_source(demo_in_spark):
    from pyspark.sql import SparkSession

    end_spark()
    one, other = (connect(demo_in_spark, config=Config()) for _ in range(2))
    one.close()
    assert count_rows(other.tables["reasons"].rows) > 0
    other.close()
    assert SparkSession.getActiveSession() is None
    again = connect(demo_in_spark, config=Config())
    assert count_rows(again.tables["reasons"].rows) > 0
    again.close()


@pytest.mark.spark
@LEFT_OPEN
def test_an_existing_session_is_read_by_its_views_and_left_as_it_is(demo_in_spark, spark_master):
    from pyspark.sql import SparkSession

    end_spark()
    session = SparkSession.builder.master(spark_master.url).getOrCreate()
    source = connect(demo_in_spark, config=Config())
    session.conf.set("spark.sql.session.timeZone", "Asia/Shanghai")
    session.createDataFrame([("C1",), ("C2",)], ["customer_id"]).createTempView("customers")
    try:
        views = {table.name for table in session.catalog.listTables()}
        mine = connect("spark:", config=Config())
        assert count_rows(mine.tables["customers"].rows) == 2
        mine.close()
        assert session.conf.get("spark.sql.session.timeZone") == "Asia/Shanghai"
        assert {table.name for table in session.catalog.listTables()} == views
        source.close()
        assert session.sql("SELECT 1 AS one").collect()[0].one == 1
    finally:
        session.stop()
