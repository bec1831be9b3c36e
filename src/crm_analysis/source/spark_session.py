"""A session with Spark over a folder of Parquet tables, or over the tables of a catalogue.

Decisions:
* A source has a session of its own, so that settings and temporary views of others stay as they
  are. How Spark is started and ended is in `spark_start`.
* A started Spark takes all the cores that are free, so the notebooks of a run come one after
  another, each with the whole cluster: whatever its size, no notebook waits for another's cores.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

from crm_analysis.errors import UsageError, first_line
from crm_analysis.source import spark
from crm_analysis.source.addresses import has_secret, masked
from crm_analysis.source.engine import Opened, told
from crm_analysis.source.spark import Held
from crm_analysis.source.spark_start import leave, session_at, use

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.pyspark import Backend as SparkBackend
    from pyspark.sql import SparkSession

    class Backend(SparkBackend):  # type: ignore[misc]
        """A backend that knows what it holds; made by `_backend`."""

        held: list[Held]
        spark: SparkSession


AT_ONCE = False
EXAMPLES = "spark://host:7077?tables=FOLDER, spark://host:7077?database=NAME or local[2]?tables=…"
_MASTER = re.compile(r"spark://[^/?@]+|local(\[[^\]]*\])?|local-cluster\[[^\]]*\]|spark:")
_EXTRA = "Spark needs an extra: pip install 'crm_analysis[spark]'"
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
    session = session_at(place.master)
    with told(spark):
        _tune(session, place)
        connection = _backend(session)
        with _undone(connection):
            tables = _folder(connection, place) if place.folder else _database(connection, place)
    return Opened(connection=connection, tables=tables, name=place.name)


def can_share(_url: str, _snapshot: str) -> bool:
    """Say that no moment is shared: Spark reads what lies there when it is asked."""
    return False


def _tune(session: SparkSession, place: Place) -> None:
    """Shuffle into twice as many parts as there are cores, where nobody has said otherwise."""
    context, name = session.sparkContext, "spark.sql.shuffle.partitions"
    if place.master != "spark:" and not context.getConf().contains(name):
        session.conf.set(name, str(2 * context.defaultParallelism))


def _backend(session: SparkSession) -> SparkBackend:
    from ibis.backends.pyspark import Backend

    from crm_analysis.source.spark_sql import Compiler

    class Holding(Backend):  # type: ignore[misc]
        """Gives back what it holds, and Spark itself where it is the last source."""

        compiler = Compiler()

        def disconnect(self) -> None:
            while self.held:
                item = self.held.pop()
                with contextlib.suppress(Exception):  # Spark may have ended
                    item.frame.unpersist()
                    self.spark.catalog.dropTempView(item.name)
            leave(self)

    Backend.register_options()
    connection = cast("Any", Holding())
    connection.held, connection.spark = [], session
    connection.do_connect(session)
    use(connection, session)
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
