"""A session with Spark over a folder of Parquet tables, or over the tables of a catalogue.

Decisions:
* An address of a cluster starts Spark in this process, or joins the one that runs there already;
  `spark:` and an existing session are used through a copy of the session, so that its settings and
  temporary views stay as they are, and never stopped.
* Spark waits for ever for a cluster that does not answer. So the master is knocked at first, and
  its workers are waited for only so long.
* Spark's own settings (spark-defaults.conf, SPARK_LOCAL_IP, SPARK_HOME) are left to it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

from crm_analysis.errors import SourceLost, UsageError, first_line
from crm_analysis.source import spark
from crm_analysis.source.addresses import has_secret, masked
from crm_analysis.source.engine import Opened, told
from crm_analysis.source.spark import Held

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.pyspark import Backend as SparkBackend
    from pyspark.sql import SparkSession

    class Backend(SparkBackend):  # type: ignore[misc]
        """A backend that knows what it holds; made by `_backend`."""

        held: list[Held]
        spark: SparkSession


EXAMPLES = "spark://host:7077?tables=FOLDER, spark://host:7077?database=NAME or local[2]?tables=…"
_MASTER = re.compile(r"spark://[^/?@]+|local(\[[^\]]*\])?|local-cluster\[[^\]]*\]|spark:")
_EXTRA = "Spark needs an extra: pip install 'crm_analysis[spark]'"
_JAVA = (
    "Spark needs Java 17 or 21: apt-get install openjdk-17-jre-headless (Debian), "
    "brew install openjdk@17 (macOS), or set JAVA_HOME"
)
_KNOCK_SECONDS = 5
_WORKER_SECONDS = 60
_NANOSECONDS = "TIMESTAMP(NANOS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which Spark, and where in it the tables lie: a folder or a database, one of the two.

    Parameters
    ----------
    master : str
        spark://host:port, local[n], local-cluster[n,cores,MB], or "spark:" for the session that
        this process has already.
    """

    master: str
    folder: str = ""
    database: str = ""

    @property
    def name(self) -> str:
        """What pages may say of it."""
        return self.database or self.folder.rstrip("/").rpartition("/")[2] or "spark"


def read_place(url: str) -> Place:
    """Read an address of Spark.

    Examples
    --------
    >>> read_place("spark://host:7077?tables=/data/crm").name
    'crm'
    >>> read_place("local[2]")
    Traceback (most recent call last):
    crm_analysis.errors.UsageError: source local[2]: say where the tables are, as in spark://...
    """
    master, _, query = url.strip().partition("?")
    if not _MASTER.fullmatch(master):
        raise UsageError(f"source {masked(url)} is no address of Spark; write {EXAMPLES}")
    given = dict(parse_qsl(query.replace("+", "%2B"), keep_blank_values=True))
    unknown = sorted(given.keys() - {"tables", "database"})
    if unknown:
        raise UsageError(
            f"source {master}: unknown option {', '.join(unknown)}; allowed are tables and "
            f"database, as in {EXAMPLES}"
        )
    if len([value for value in given.values() if value]) != 1 and master != "spark:":
        raise UsageError(f"source {master}: say where the tables are, as in {EXAMPLES}")
    place = Place(master=master, folder=given.get("tables", ""), database=given.get("database", ""))
    if has_secret(place.folder):
        raise UsageError(
            f"source {master}: a key in the folder's address would end up in logs; give it to "
            "Spark, as fs.s3a.access.key and fs.s3a.secret.key or by the environment"
        )
    return place


def open_source(url: str, *, snapshot: str = "") -> Opened:
    """Open a session and find the tables of its folder or database.

    Parameters
    ----------
    url : str
        spark://host:7077?tables=FOLDER or ?database=NAME, local[2]?…, local-cluster[2,1,1024]?…;
        "spark:" is the session of this process, with its current database and temporary views.
    snapshot : str
        Spark has none; must be "".

    Raises
    ------
    UsageError
        The address, folder or database does not exist, or Spark or Java is missing.
    SourceLost
        The cluster cannot be reached, or gives no worker.
    """
    place = read_place(url)
    try:
        import pyspark  # noqa: F401
    except ImportError:
        raise UsageError(f"source {place.master}: {_EXTRA}") from None
    session = _session(place)
    with told(spark):
        _tune(session, place)
        connection = _backend(session)
        with _undone(connection):
            tables = _folder(connection, place) if place.folder else _database(connection, place)
    return Opened(connection=connection, tables=tables, name=place.name)


def can_share(_url: str, _snapshot: str) -> bool:
    """Say that no moment is shared: Spark reads what lies there when it is asked."""
    return False


def _session(place: Place) -> SparkSession:
    """Return a session of its own in the Spark that runs, or in one that is started."""
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    if place.master == "spark:":
        if running is None:
            raise UsageError("source spark: means this process's session, and there is none")
        return _copied(running)
    if running is not None and running.sparkContext._jsc is not None:
        master = running.sparkContext.master
        if master != place.master:
            raise UsageError(
                f"source {place.master}: this process already uses Spark at {master}, and Spark "
                "allows one; stop it first, or use it as spark:?tables=…"
            )
        return running.newSession()
    return _started(place.master).newSession()


def _copied(session: SparkSession) -> SparkSession:
    """Copy a session with its settings and temporary views."""
    from pyspark.sql import SparkSession

    return SparkSession(session.sparkContext, session._jsparkSession.cloneSession())


def _started(master: str) -> SparkSession:
    from pyspark.errors import PySparkRuntimeError
    from pyspark.sql import SparkSession

    _find_java(master)
    if master.startswith("spark://"):
        _knock(master)
    settings = {
        "spark.app.name": "crm_analysis",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    builder = SparkSession.builder.master(master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except PySparkRuntimeError as error:
        raise UsageError(
            f"source {master}: Java did not start ({first_line(error)}). {_JAVA}"
        ) from None
    except Exception as error:
        raise SourceLost(f"source {master} cannot be reached: {first_line(error)}") from None
    _await_workers(session, master)
    return session


def _tune(session: SparkSession, place: Place) -> None:
    """Shuffle into twice as many parts as there are cores, where nobody has said otherwise."""
    context, name = session.sparkContext, "spark.sql.shuffle.partitions"
    if place.master != "spark:" and not context.getConf().contains(name):
        session.conf.set(name, str(2 * context.defaultParallelism))


def _find_java(master: str) -> None:
    home = os.environ.get("JAVA_HOME", "")
    if not shutil.which(str(Path(home) / "bin" / "java") if home else "java"):
        raise UsageError(f"source {master}: no Java was found. {_JAVA}")


def _knock(master: str) -> None:
    """Stop where no master of the address answers: Spark itself would try for a minute."""
    why = ""
    for place in master.removeprefix("spark://").split(","):
        host, _, port = place.rpartition(":")
        try:
            with socket.create_connection((host, int(port)), timeout=_KNOCK_SECONDS):
                return
        except (OSError, ValueError) as error:
            why = str(error)
    raise SourceLost(f"source {master} cannot be reached: {why}; is the master running?")


def _await_workers(session: SparkSession, master: str) -> None:
    """Stop where the cluster gives no worker: Spark itself would wait for ever."""
    context = session.sparkContext
    if master.startswith("local[") or master == "local":
        return
    if context.getConf().get("spark.dynamicAllocation.enabled", "false") == "true":
        return
    until = time.monotonic() + _WORKER_SECONDS
    while context._jsc.sc().getExecutorMemoryStatus().size() < 2:  # the driver is one of them
        if time.monotonic() > until:
            session.stop()
            raise SourceLost(
                f"source {master}: no worker was free for {_WORKER_SECONDS} seconds; start one, "
                "or set spark.cores.max for the programs that hold them"
            )
        time.sleep(0.1)


def _backend(session: SparkSession) -> SparkBackend:
    from ibis.backends.pyspark import Backend

    from crm_analysis.source.spark_sql import Compiler

    class Holding(Backend):  # type: ignore[misc]
        """Gives back what it holds, and leaves Spark running for other sources."""

        compiler = Compiler()

        def disconnect(self) -> None:
            while self.held:
                item = self.held.pop()
                with contextlib.suppress(Exception):  # Spark may have ended
                    item.frame.unpersist()
                    self.spark.catalog.dropTempView(item.name)

    Backend.register_options()
    connection = cast("Any", Holding())
    connection.held, connection.spark = [], session
    connection.do_connect(session)
    opened: SparkBackend = connection
    return opened


@contextlib.contextmanager
def _undone(connection: Backend) -> Iterator[None]:
    try:
        yield
    except Exception:
        connection.disconnect()
        raise


def _folder(connection: Backend, place: Place) -> dict[str, ir.Table]:
    """Return each Parquet file or folder of Parquet files by its stem."""
    from py4j.protocol import Py4JJavaError

    session = connection.spark
    jvm = session._jvm
    assert jvm is not None
    try:
        path = jvm.org.apache.hadoop.fs.Path(place.folder)
        system = path.getFileSystem(session._jsc.hadoopConfiguration())
        found = list(system.listStatus(path)) if system.exists(path) else None
    except Py4JJavaError as error:
        why = first_line(Exception(error.java_exception.getMessage()))
        raise UsageError(f"tables={place.folder} cannot be listed: {why}") from None
    if found is None:
        raise UsageError(f"tables={place.folder} does not exist for Spark; write {EXAMPLES}")
    tables = {}
    for item in sorted(found, key=lambda each: each.getPath().getName()):
        name = item.getPath().getName()
        stem = name.removesuffix(".parquet")
        if name.startswith(("_", ".")) or (stem == name and not item.isDirectory()):
            continue
        _read(connection, item.getPath().toString(), stem)
        tables[stem] = connection.table(stem)
    return tables


def _read(connection: Backend, path: str, name: str) -> None:
    from pyspark.errors import AnalysisException

    try:
        frame = connection.spark.read.parquet(path)
    except AnalysisException as error:
        raise _unreadable(name, error) from None
    except Exception as error:
        if _NANOSECONDS in str(error):
            raise _unreadable(name, error) from None
        raise
    frame.createOrReplaceTempView(name)
    connection.held.append(Held(name=name, frame=frame))


def _unreadable(name: str, error: Exception) -> UsageError:
    if _NANOSECONDS in str(error):
        return UsageError(
            f"table {name}: its times are in nanoseconds, which Spark cannot read; write the "
            'Parquet file again with microseconds (pandas: coerce_timestamps="us")'
        )
    return UsageError(f"table {name} cannot be read as Parquet: {first_line(error)}")


def _database(connection: Backend, place: Place) -> dict[str, ir.Table]:
    """Return the tables and views of a database of the catalogue, and temporary views."""
    catalog = connection.spark.catalog
    if place.database:
        if not catalog.databaseExists(place.database):
            there = ", ".join(sorted(found.name for found in catalog.listDatabases()))
            raise UsageError(f"database={place.database} does not exist; there are {there}")
        catalog.setCurrentDatabase(place.database)
    return {found.name: connection.table(found.name) for found in catalog.listTables()}
