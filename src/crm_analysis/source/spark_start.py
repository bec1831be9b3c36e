"""Starting Spark for a source, watching over it, and ending it with the last source.

Decisions:
* An address of a cluster starts Spark in this process, or joins the one that runs there already.
  What was started here ends with the last source that uses it: its workers are free then, for the
  notebooks of the same run first of all. What ran before is never stopped.
* Spark waits for ever for a cluster that does not answer or that has no worker. So the master is
  knocked at first, its workers are waited for only so long, and work that waits for workers that
  are all gone is cancelled.
* Spark's own settings (spark-defaults.conf, SPARK_LOCAL_IP, SPARK_HOME) are left to it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import threading
import time
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from crm_analysis.errors import SourceLost, UsageError, first_line

if TYPE_CHECKING:
    from ibis.backends.pyspark import Backend
    from pyspark.sql import SparkSession

_JAVA = (
    "Spark needs Java 17 or 21: apt-get install openjdk-17-jre-headless (Debian), "
    "brew install openjdk@17 (macOS), or set JAVA_HOME"
)
_SETTINGS = {
    "spark.app.name": "crm_analysis",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
_KNOCK_SECONDS = 5
_WORKER_SECONDS = 60
_GONE_SECONDS = 30
_LOOK_SECONDS = 1


@dataclass(frozen=True, slots=True)
class _Started:
    """Spark as it was started here, and the sources that use it."""

    session: SparkSession
    users: MutableMapping[int, Backend] = field(default_factory=WeakValueDictionary)
    over: threading.Event = field(default_factory=threading.Event)

    def end(self) -> None:
        self.over.set()
        with contextlib.suppress(Exception):  # Spark may have ended
            self.session.stop()


_here: list[_Started] = []  # Spark allows one in a process


def session_at(master: str) -> SparkSession:
    """Return a session of its own in the Spark that runs, or in one that is started.

    Parameters
    ----------
    master : str
        spark://host:port, local[n], local-cluster[n,cores,MB], or "spark:" for the session that
        this process has already.

    Raises
    ------
    UsageError
        Java is missing, or this process uses another Spark.
    SourceLost
        The cluster cannot be reached, or gives no worker.
    """
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    if master == "spark:":
        if running is None:
            raise UsageError("source spark: means this process's session, and there is none")
        return _copied(running)
    if running is not None and running.sparkContext._jsc is not None:
        used = running.sparkContext.master
        if used != master:
            raise UsageError(
                f"source {master}: this process already uses Spark at {used}, and Spark "
                "allows one; stop it first, or use it as spark:?tables=…"
            )
        return running.newSession()
    started = _Started(_started(master))
    _here[:] = [started]
    if not _is_local(master):
        threading.Thread(target=_watch, args=(started,), daemon=True).start()
    return started.session.newSession()


def use(connection: Backend, session: SparkSession) -> None:
    """Say that a source uses Spark."""
    for started in _here:
        if started.session.sparkContext is session.sparkContext:
            started.users[id(connection)] = connection


def leave(connection: Backend) -> None:
    """Say that a source uses Spark no more; what was started here ends with the last one."""
    for started in tuple(_here):
        if started.users.pop(id(connection), None) is not None and not started.users:
            _here.remove(started)
            started.end()


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
    builder = SparkSession.builder.master(master)
    for name, value in _SETTINGS.items():
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
    if _is_local(master):
        return
    if session.sparkContext.getConf().get("spark.dynamicAllocation.enabled", "false") == "true":
        return
    until = time.monotonic() + _WORKER_SECONDS
    while not _n_executors(session):
        if time.monotonic() > until:
            session.stop()
            raise SourceLost(
                f"source {master}: no worker was free for {_WORKER_SECONDS} seconds; start one, "
                "or set spark.cores.max for the programs that hold them"
            )
        time.sleep(0.1)


def _watch(started: _Started) -> None:
    """Cancel the work that waits for workers that are all gone."""
    context, seen = started.session.sparkContext, time.monotonic()
    reason = f"because no worker was left for {_GONE_SECONDS} seconds"
    while not started.over.wait(_LOOK_SECONDS):
        try:
            waiting = context.statusTracker().getActiveJobsIds()
            if _n_executors(started.session) or not waiting:
                seen = time.monotonic()
            elif time.monotonic() - seen > _GONE_SECONDS:
                for job in waiting:
                    context._jsc.sc().cancelJob(job, reason)
        except Exception:  # Spark has ended
            return


def _n_executors(session: SparkSession) -> int:
    return int(session.sparkContext._jsc.sc().getExecutorMemoryStatus().size()) - 1  # the driver


def _is_local(master: str) -> bool:
    return master == "local" or master.startswith("local[")
