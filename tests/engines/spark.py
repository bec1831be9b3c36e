"""A real Spark for tests: a standalone master and two workers, with worlds as native Parquet.

Use the fixtures: `spark_master` starts one cluster a test session on loopback; `demo_in_spark` is
the address of the demo world there. Where Java or PySpark is missing they skip visibly; under CI
they fail.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from crm_analysis.contract import TABLES
from crm_analysis.source.connect import demo_folder

NATIVE = {
    "str": "VARCHAR", "list": "VARCHAR", "int": "BIGINT", "num": "DOUBLE", "share": "DOUBLE",
    "money": "DECIMAL(18, 4)", "bool": "BOOLEAN", "date": "DATE", "ts": "TIMESTAMP",
}  # fmt: skip
LEFT_OPEN = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # by toArrow
LOOPBACK = "127.0.0.1"
ENVIRONMENT = {  # of the drivers, too
    "SPARK_LOCAL_IP": LOOPBACK,  # they listen on loopback only
    # Each process lives for minutes: compiling its code well would take longer than running it.
    "JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}
START_SECONDS = 60


def missing() -> str:
    """Say what Spark lacks here, "" where it can start."""
    if importlib.util.find_spec("pyspark") is None:
        return "PySpark is not installed: run `make engines`"
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        return "Java is not installed: apt-get install openjdk-17-jre-headless"
    return ""


class Cluster:
    """A standalone master and its workers, each a process of its own."""

    def __init__(self, folder: Path, *, workers: int = 2) -> None:
        self.folder = folder
        self.port = _free_port()
        self.processes = [
            self._start(
                "master.Master", "--host", LOOPBACK, "--port", str(self.port), "--webui-port", "0"
            )
        ]
        self._await(lambda: _answers(self.port))
        self.processes += [
            self._start(
                "worker.Worker", "--host", LOOPBACK, "--cores", "1", "--memory", "1g",
                "--webui-port", "0", "--work-dir", str(folder / f"worker-{number}"), self.url,
            )
            for number in range(workers)
        ]  # fmt: skip

    @property
    def url(self) -> str:
        """The address of the master."""
        return f"spark://{LOOPBACK}:{self.port}"

    def kill(self) -> None:
        """End the workers at once, as a machine that fails does."""
        for process in self.processes[1:]:
            process.kill()
            process.wait()

    def stop(self) -> None:
        """End all processes of the cluster, and only these."""
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        import pyspark

        home = Path(pyspark.__file__).parent
        command_line = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{command[0]}"]
        with (self.folder / f"{command[0]}-{time.monotonic_ns()}.log").open("wb") as log:
            return subprocess.Popen(
                [*command_line, *command[1:]], stdout=log, stderr=subprocess.STDOUT,
                env={**os.environ, **ENVIRONMENT, "SPARK_HOME": str(home)},
            )  # fmt: skip

    def _await(self, ready: object) -> None:
        until = time.monotonic() + START_SECONDS
        while not ready():  # type: ignore[operator]
            if time.monotonic() > until or any(p.poll() is not None for p in self.processes):
                said = "".join(file.read_text()[-2000:] for file in self.folder.glob("*.log"))
                self.stop()
                raise RuntimeError(f"the Spark master did not start:\n{said}")
            time.sleep(0.1)


def write_native(folder: Path, place: Path) -> Path:
    """Write a folder of Parquet or CSV files as Parquet with the contract's native types."""
    place.mkdir(parents=True)
    with duckdb.connect() as engine:
        for table in TABLES.values():
            kinds = {column.name: NATIVE[column.type] for column in table.columns}
            for file in sorted(folder.glob(f"{table.name}.*")):
                found = engine.execute(f"DESCRIBE SELECT * FROM '{file}'").fetchall()
                shown = ", ".join(
                    f'CAST("{name}" AS {kinds.get(name, kind)}) AS "{name}"'
                    for name, kind, *_ in found
                )
                target = place / f"{table.name}.parquet"
                engine.execute(f"COPY (SELECT {shown} FROM '{file}') TO '{target}'")
    return place


def _free_port() -> int:
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        return int(one.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as one:
        one.settimeout(1)
        return one.connect_ex((LOOPBACK, port)) == 0


def end_spark() -> None:
    """End the Spark of this process, so that its workers are free."""
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    if session is not None:
        session.stop()


@pytest.fixture(scope="session")
def spark_master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Start one cluster a test session, and stop it after."""
    lacking = missing()
    if lacking and not os.environ.get("CI"):
        pytest.skip(lacking)
    assert not lacking, lacking
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    os.environ.update(ENVIRONMENT)
    cluster = Cluster(tmp_path_factory.mktemp("spark"))
    yield cluster
    end_spark()
    cluster.stop()
    for name, value in before.items():
        os.environ.pop(name, None) if value is None else os.environ.update({name: value})


@pytest.fixture(scope="session")
def demo_in_spark(spark_master: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the address of the demo world in a cluster."""
    folder = write_native(demo_folder(), tmp_path_factory.mktemp("parquet") / "demo")
    return f"{spark_master.url}?tables={folder}"
