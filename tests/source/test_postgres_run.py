"""A whole run on PostgreSQL: one moment for all notebooks, or nothing published."""

from __future__ import annotations

import pytest

from crm_analysis.errors import SourceLost
from tests.engines.half_way import NOTEBOOK, run_while
from tests.engines.postgres import Server, a_server, load_folder
from tests.source.folders import write_folder


@pytest.fixture
def server(tmp_path):
    """A server that a test may stop, with the small tables in it."""
    with a_server() as started:
        load_folder(started, write_folder(tmp_path / "crm"), schema="crm")
        yield started


def add_a_customer(server: Server) -> None:
    server.execute(
        "INSERT INTO crm.customers (customer_id, created_at) VALUES ('C9', '2024-02-01')"
    )


def test_rows_that_arrive_while_it_runs_change_no_page(server, tmp_path):
    folder = run_while(tmp_path, server.url(schema="crm"), lambda: add_a_customer(server))
    assert f"size 8 of {NOTEBOOK}" in (folder / f"{NOTEBOOK}.html").read_text(encoding="utf-8")
    assert server.execute("SELECT count(*) FROM crm.customers") == [(9,)]
    assert server.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader'") == [
        (0,)
    ]  # fmt: skip


def test_without_a_shared_moment_rows_that_arrive_fail_the_run(server, tmp_path):
    server.execute("REVOKE EXECUTE ON FUNCTION pg_export_snapshot() FROM PUBLIC")
    with pytest.raises(SourceLost, match="the source changed while the notebooks ran"):
        run_while(tmp_path, server.url(schema="crm"), lambda: add_a_customer(server))
    assert not (tmp_path / "reports/2026-10-31").exists()


def test_a_server_that_stops_half_way_publishes_nothing(server, tmp_path):
    with pytest.raises(SourceLost, match="nothing was published") as caught:
        run_while(tmp_path, server.url(schema="crm"), server.handle.stop)
    assert caught.value.exit_code == 4
    assert not (tmp_path / "reports/2026-10-31").exists()
    assert not list((tmp_path / "reports").glob(".staging-*"))
