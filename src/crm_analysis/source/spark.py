"""Spark: what differs there; how a session is opened is in `spark_session`.

Decision: what is computed once is cached in the session, in the workers' memory and then on their
disks, under a temporary view, and given back at the end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa
from ibis.formats.pyarrow import PyArrowSchema

from crm_analysis.errors import first_line

if TYPE_CHECKING:
    from ibis.backends.pyspark import Backend
    from pyspark.sql import DataFrame

READS_TEXT = False
KEEPS = True
_JAVA = re.compile(r"\s*(Caused by: |: )([\w.$]+(Exception|Error): )*")
_LOST = (
    "stopped SparkContext",
    "SparkContext was shut down",
    "SparkContext has been shutdown",
    "because SparkContext",
    "Master removed our application",
    "no worker was left",
    "FAILED_READ_FILE",
    "PATH_NOT_FOUND",
    "FileNotFoundException",
    "Connection refused",
    "ExecutorLostFailure",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A temporary view of the session; without a query it is a table as it came, not cached."""

    name: str
    frame: DataFrame
    query: str = ""


def keep(connection: Backend, name: str, rows: ir.Table) -> ir.Table:
    """Cache rows in the session and return the temporary view that stands for them.

    They are computed when they are first asked for.
    """
    return _hold(connection, name, connection.compile(rows))


def _hold(connection: Backend, name: str, query: str) -> ir.Table:
    frame = connection.raw_sql(query).cache()
    frame.createTempView(name)
    connection.held.append(Held(name=name, query=query, frame=frame))
    return connection.table(name)


def remember(rows: ir.Table) -> dict[str, Any]:
    """Write down the queries of a session's views: what it caches no other process sees."""
    held = [[item.name, item.query] for item in rows.get_backend().held if item.query]
    return {"view": rows.get_name(), "held": held}


def recall(connection: Backend, remembered: object) -> ir.Table:
    """Make the views of another session again; each is computed when it is first asked for."""
    told, there = cast("dict[str, Any]", remembered), {item.name for item in connection.held}
    for name, query in told["held"]:
        if name not in there:
            _hold(connection, name, query)
    return connection.table(told["view"])


def digest(connection: Backend, rows: ir.Table) -> tuple[int, str]:
    """Count rows and add up their hashes, so that the order of rows does not matter.

    Spark's hash passes over NULL, so each value goes in with a sign that says whether it is one.
    """
    columns = ", ".join(f"isnull(`{name}`), `{name}`" for name in rows.columns)
    [found] = connection.raw_sql(
        f"SELECT count(*) AS n, CAST(coalesce(sum(CAST(xxhash64({columns}) AS DECIMAL(20, 0))), 0) "
        f"AS STRING) AS total FROM ({connection.compile(rows)})"
    ).collect()
    return int(found.n), str(found.total)


def fetch(connection: Backend, rows: ir.Table) -> pa.Table:
    """Execute and bring the rows out, with the types that the expression promises."""
    table: pa.Table = connection.raw_sql(connection.compile(rows)).toArrow()
    return table.cast(PyArrowSchema.from_ibis(rows.schema()))


@ibis.udf.scalar.builtin(name="from_utc_timestamp")  # type: ignore[untyped-decorator]
def _in_zone(
    moment: dt.Timestamp(timezone="UTC"),  # type: ignore[valid-type]
    zone: str,
) -> dt.Timestamp(timezone="UTC"):  # type: ignore[valid-type]
    """Return the moment whose wall clock in UTC is that of the zone."""


def local_time(moment: ir.Column, tz: str) -> ir.Column:
    """Return the wall clock of a zone at moments that carry a zone."""
    return _in_zone(moment.cast(dt.Timestamp(timezone="UTC")), tz).cast("timestamp(6)")


def text(value: ir.Column) -> ir.StringColumn:
    """Write any type as text; Spark orders it by its code points."""
    return value.cast("string")


def lost(error: Exception) -> str:
    """Say how the source was lost: the cluster, or a file of the tables."""
    from py4j.protocol import Py4JError, Py4JNetworkError
    from pyspark.errors import PySparkException

    if isinstance(error, Py4JNetworkError | ConnectionError):
        return "Spark has ended; run again"
    if isinstance(error, PySparkException | Py4JError):
        lines = str(error).splitlines()
        said = next((line for line in lines if any(sign in line for sign in _LOST)), "")
        return f"Spark was lost ({_plain(said)}); run again" if said else ""
    return ""


def _plain(line: str) -> str:
    """Take Java's words off what an error says.

    Examples
    --------
    >>> _plain("Caused by: org.apache.spark.SparkException: [CANCELLED] Job 1 cancelled")
    '[CANCELLED] Job 1 cancelled'
    """
    return _JAVA.sub("", line).strip()


def full(_error: Exception) -> str:
    """Say nothing: how much memory there is, is settled where the data are."""
    return ""


def broken(error: Exception) -> str:
    """Say what a view or the data did wrong, "" where the error is another one."""
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    if isinstance(error, PySparkException):
        return f"Spark says: {first_line(error)}; mend the view or the files"
    if isinstance(error, Py4JJavaError):  # what fails while rows come out is told at the end
        causes = [line for line in str(error).splitlines() if _JAVA.match(line)]
        said = _plain(causes[-1]) if causes else first_line(error)
        return f"Spark says: {said}; mend the view or the files"
    return ""
