"""What differs between engines, and nothing else: one module per engine, found by its name.

An engine's module offers the functions of `Engine`, and one beside it opens databases
(`open_source`). Everything above them is the same Ibis expression on all engines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends import BaseBackend

from crm_analysis.errors import DataError, MemoryFull, SourceLost
from crm_analysis.source.addresses import engine_name

_MODULES = {"duckdb": "duck", "postgres": "postgres", "pyspark": "spark"}
_SESSIONS = {"postgres": "postgres_session", "pyspark": "spark_session"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session with a database.

    Parameters
    ----------
    tables : mapping of str to Ibis table
        All its tables and views by their own names, with their native types.
    name : str
        What pages may say of it: the database's name, never its place.
    snapshot : str
        The sign by which other sessions see the same moment; "" where there is none.
    forbidden : tuple of str
        Tables that lie there and that this user may not read.
    """

    connection: BaseBackend
    tables: Mapping[str, ir.Table]
    name: str
    snapshot: str = ""
    forbidden: tuple[str, ...] = ()


class Sessions(Protocol):
    """What the module offers that opens an engine's databases.

    Parameters
    ----------
    AT_ONCE : bool
        True where several sessions may work at once; False where one takes all that there is.
    """

    AT_ONCE: bool

    def open_source(self, url: str, *, snapshot: str) -> Opened:
        """Open a session, of a moment that another one shares where `snapshot` is given."""

    def can_share(self, url: str, snapshot: str) -> bool:
        """Say whether another session sees that moment."""


class Engine(Protocol):
    """What each engine's module offers.

    Parameters
    ----------
    READS_TEXT : bool
        True where columns may come as text and are read cell by cell (files); False where only
        fitting native types are taken (databases).
    KEEPS : bool
        True where `keep` really computes and holds the rows; False where it returns the
        expression, because nothing may be written there.
    """

    READS_TEXT: bool
    KEEPS: bool

    def keep(self, connection: BaseBackend, name: str, rows: ir.Table) -> ir.Table:
        """Compute rows once and return what holds them, or the rows themselves."""

    def digest(self, connection: BaseBackend, rows: ir.Table) -> tuple[int, str]:
        """Count rows and digest them whatever their order, in the engine."""

    def fetch(self, connection: BaseBackend, rows: ir.Table) -> pa.Table:
        """Execute and bring the rows out of the engine."""

    def local_time(self, moment: ir.Column, tz: str) -> ir.Column:
        """Return the wall clock of a zone at moments that carry a zone."""

    def remember(self, rows: ir.Table) -> object:
        """Write down, for JSON, how another session of the run finds kept rows; None: not."""

    def recall(self, connection: BaseBackend, remembered: Any) -> ir.Table:  # noqa: ANN401
        """Return the kept rows that were written down."""

    def text(self, value: ir.Column) -> ir.StringColumn:
        """Write any type as text that is ordered by its code points."""

    def lost(self, error: Exception) -> str:
        """Say in a few words how the source was lost, "" where the error is another one."""

    def full(self, error: Exception) -> str:
        """Say that the engine's memory did not suffice, "" where the error is another one."""

    def broken(self, error: Exception) -> str:
        """Say what a view or the data did wrong, "" where the error is another one."""


def engine_of(connection: BaseBackend) -> Engine:
    """Return the module of a connection's engine."""
    module = import_module(f"crm_analysis.source.{_MODULES[connection.name]}")
    return cast(Engine, module)


def sessions_of(name: str) -> Sessions:
    """Return the module that opens the databases of an engine, by Ibis' name for it."""
    return cast(Sessions, import_module(f"crm_analysis.source.{_SESSIONS[name]}"))


def works_at_once(url: str) -> bool:
    """Say whether several sessions with a source may work at once."""
    name = engine_name(url)
    return not name or sessions_of(name).AT_ONCE


def keep(connection: BaseBackend, name: str, rows: ir.Table) -> ir.Table:
    """Compute rows once where the engine may hold them; else return them as they are."""
    engine = engine_of(connection)
    with told(engine):
        return engine.keep(connection, name, rows)


def digest(connection: BaseBackend, rows: ir.Table) -> tuple[int, str]:
    """Count rows and digest them whatever their order, in the engine."""
    engine = engine_of(connection)
    with told(engine):
        return engine.digest(connection, rows)


def fetch(connection: BaseBackend, rows: ir.Table) -> pa.Table:
    """Execute and bring the rows out of the engine; read `frames` for the doors to use."""
    engine = engine_of(connection)
    with told(engine):
        return engine.fetch(connection, rows)


def remember(rows: ir.Table) -> object:
    """Write down, for JSON, how another session of the run finds kept rows again."""
    return engine_of(rows.get_backend()).remember(rows)


def recall(connection: BaseBackend, remembered: Any) -> ir.Table:  # noqa: ANN401
    """Return the kept rows that were written down."""
    return engine_of(connection).recall(connection, remembered)


@contextmanager
def told(engine: Engine) -> Iterator[None]:
    """Turn what an engine raises when it is lost into the one error that ends a run."""
    try:
        yield
    except Exception as error:
        short = engine.full(error)
        if short:
            raise MemoryFull(short) from None
        how = engine.lost(error)
        if how:
            raise SourceLost(how) from None
        why = engine.broken(error)
        if why:
            raise DataError(why) from None
        raise
