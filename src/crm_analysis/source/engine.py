"""What differs between engines, and nothing else: one module per engine, found by its name.

An engine's module offers the functions of `Engine`. Everything above it is the same Ibis
expression on all engines.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Protocol, cast

import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends import BaseBackend

from crm_analysis.errors import SourceLost

_MODULES = {"duckdb": "duck", "postgres": "postgres", "pyspark": "spark"}


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

    def lost(self, error: Exception) -> str:
        """Say in a few words how the source was lost, "" where the error is another one."""


def engine_of(connection: BaseBackend) -> Engine:
    """Return the module of a connection's engine."""
    module = import_module(f"crm_analysis.source.{_MODULES[connection.name]}")
    return cast(Engine, module)


def keep(connection: BaseBackend, name: str, rows: ir.Table) -> ir.Table:
    """Compute rows once where the engine may hold them; else return them as they are."""
    engine = engine_of(connection)
    with _told(engine):
        return engine.keep(connection, name, rows)


def digest(connection: BaseBackend, rows: ir.Table) -> tuple[int, str]:
    """Count rows and digest them whatever their order, in the engine."""
    engine = engine_of(connection)
    with _told(engine):
        return engine.digest(connection, rows)


def fetch(connection: BaseBackend, rows: ir.Table) -> pa.Table:
    """Execute and bring the rows out of the engine; read `frames` for the doors to use."""
    engine = engine_of(connection)
    with _told(engine):
        return engine.fetch(connection, rows)


@contextmanager
def _told(engine: Engine) -> Iterator[None]:
    """Turn what an engine raises when it is lost into the one error that ends a run."""
    try:
        yield
    except Exception as error:
        how = engine.lost(error)
        if how:
            raise SourceLost(how) from None
        raise
