"""PostgreSQL as a source: read as it is, of one moment, without leaving anything behind."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

import pandas as pd
import pytest

from crm_analysis.config import Config
from crm_analysis.errors import DataError, SourceLost, UsageError
from crm_analysis.source import check, connect, load, raw_fingerprint
from crm_analysis.source.faults import SHOWN
from crm_analysis.source.frames import collect, collect_rows, watch_leaving
from crm_analysis.source.load import find_config
from tests.engines.postgres import READER, Server, a_server, load_folder
from tests.source.folders import rows_of, write_folder

OBJECTS = """
SELECT 'relation', oid::text FROM pg_class UNION ALL SELECT 'type', oid::text FROM pg_type
UNION ALL SELECT 'function', oid::text FROM pg_proc
UNION ALL SELECT 'schema', oid::text FROM pg_namespace
UNION ALL SELECT 'database', oid::text FROM pg_database ORDER BY 1, 2
"""
NUMBERS = itertools.count()


@pytest.fixture
def schema(postgres_server: Server):
    """Give each test a schema of its own, dropped afterwards."""
    name = f"test_{os.getpid()}_{next(NUMBERS)}"
    yield name
    postgres_server.execute(
        "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
        f"WHERE c.relnamespace = to_regnamespace('{name}') AND l.pid <> pg_backend_pid()",
        f"DROP SCHEMA IF EXISTS {name} CASCADE",
    )


def load_small(server: Server, schema: str, folder: Path, types=None, **changed) -> str:
    """Load the small good tables, some of them changed; return their address."""
    load_folder(server, write_folder(folder, **changed), schema=schema, types=types)
    return server.url(schema=schema)


def faults_of(url: str) -> pd.DataFrame:
    return check(connect(url, config=Config())).faults


def test_the_demo_is_checked_and_cut_there_as_on_files_and_nothing_is_left(
    postgres_server, demo_in_postgres
):
    import psycopg

    temporary = postgres_server.url(schema="demo").replace("postgres://", "postgresql://")
    with psycopg.connect(temporary.split("&")[0]) as connection:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("CREATE TABLE demo.x (a int)")
        connection.rollback()
        connection.execute("SET transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TEMP TABLE x (a int)")
    before = postgres_server.execute(OBJECTS)
    leaving: list[int] = []
    with watch_leaving(lambda _rows, n: leaving.append(n)):
        known = load(demo_in_postgres, as_of="2026-10-31")
    assert postgres_server.execute(OBJECTS) == before
    files = load("demo:", as_of="2026-10-31")
    pd.testing.assert_frame_equal(known.row_counts, files.row_counts)
    pd.testing.assert_frame_equal(known.audit, files.audit)
    assert known.future_rows == files.future_rows
    assert known.given_columns == files.given_columns
    assert known.observed_until == files.observed_until
    assert max(leaving) <= SHOWN, "check and cut bring listed faults and counts out, no rows"
    for name in ("customers", "leads", "order_lines", "winback"):
        there, here = collect(known.table(name)), collect(files.table(name))
        by = list(here.columns)
        pd.testing.assert_frame_equal(
            there.sort_values(by, ignore_index=True), here.sort_values(by, ignore_index=True)
        )


def test_rows_that_arrive_later_change_nothing_that_is_open(postgres_server, schema, tmp_path):
    url = load_small(postgres_server, schema, tmp_path)
    first = connect(url, config=Config())
    before = raw_fingerprint(url)
    postgres_server.execute(
        f"INSERT INTO {schema}.customers (customer_id, created_at) VALUES ('C9', '2024-02-01')"
    )
    second = connect(url, config=Config(), snapshot=first.snapshot)
    assert [len(check(one).tables) and n_customers(one) for one in (first, second)] == [8, 8]
    second.close()
    first.close()
    assert n_customers(connect(url, config=Config())) == 9
    assert raw_fingerprint(url) != before
    with pytest.raises(SourceLost, match=r"the moment of the database .* is gone"):
        connect(url, config=Config(), snapshot=first.snapshot)


def n_customers(source) -> int:
    rows = source.tables["customers"].rows
    return collect_rows(rows.aggregate(n=rows.count()))[0]["n"]


def test_where_the_moment_cannot_be_shared_the_source_is_read_without(
    postgres_server, schema, tmp_path
):
    url = load_small(postgres_server, schema, tmp_path)
    postgres_server.execute("REVOKE EXECUTE ON FUNCTION pg_export_snapshot() FROM PUBLIC")
    try:
        source = connect(url, config=Config())
    finally:
        postgres_server.execute("GRANT EXECUTE ON FUNCTION pg_export_snapshot() TO PUBLIC")
    assert source.snapshot == ""
    assert n_customers(source) == 8


@pytest.mark.parametrize(
    ("column", "kind", "words"),
    [
        ("leads.amount", "text", "numeric(18, 4); cast the column in the view"),
        ("leads.opened_at", "text", "timestamp; cast the column in the view"),
        ("customers.customer_id", "json", "text; cast the column in the view"),
        ("order_lines.essential", "text", "boolean; cast the column in the view"),
        ("leads.amount", "money", "numeric(18, 4); cast the column in the view"),
    ],
)
def test_a_wrong_native_type_is_fatal_with_advice(
    postgres_server, schema, tmp_path, column, kind, words
):
    customers = rows_of("customers")
    if kind == "json":
        customers = [customers[0], *([f"{at}", *row[1:]] for at, row in enumerate(customers[1:]))]
    url = load_small(postgres_server, schema, tmp_path, {column: kind}, customers=customers)
    faults = faults_of(url)
    [fault] = faults[faults["rule"] == "native_type"].to_dict("records")
    assert (fault["table"], fault["column"]) == tuple(column.split("."))
    assert (fault["severity"], fault["allowed"]) == ("fatal", words)
    with pytest.raises(DataError, match="cast the column in the view"):
        load(url, as_of="2024-04-30")


def test_native_types_that_fit_are_cast(postgres_server, schema, tmp_path):
    postgres_server.execute(
        "DROP TYPE IF EXISTS public.lead_state", "DROP DOMAIN IF EXISTS public.amount_of",
        "CREATE TYPE public.lead_state AS ENUM ('won', 'lost', 'open', 'void')",
        "CREATE DOMAIN public.amount_of AS numeric(12, 2)",
    )  # fmt: skip
    types = {
        "leads.status": "public.lead_state", "leads.amount": "public.amount_of",
        "leads.opened_at": "timestamptz", "customers.income_annual": "real",
        "order_lines.amount": "double precision", "interactions.minutes": "smallint",
        "customers.kind": "varchar(30)", "leads.product": "char(8)",
        "customers.created_at": "timestamp",
    }  # fmt: skip
    url = load_small(postgres_server, schema, tmp_path, types)
    report = check(connect(url, config=Config(tz="Asia/Shanghai")))
    assert not report.fatal, report.sentences(5)
    leads = collect(report.tables["leads"].order_by("lead_id"))
    assert list(leads["status"]) == ["won", "lost", "open", "void"]
    assert [str(value) for value in leads["amount"]] == [
        "1000.0000", "2000.5000", "3000.0000", "None"
    ]  # fmt: skip
    assert list(leads["product"]) == ["car", "car", "van", "van"]
    assert str(leads["opened_at"][0]) == "2024-03-01 17:00:00", "UTC 09:00 is 17:00 in Shanghai"
    orders = collect(report.tables["order_lines"].order_by("line_id"))
    assert [str(value) for value in orders["amount"]] == ["1000.0000", "-50.2500"]


def test_text_is_repaired_as_in_files_and_told(postgres_server, schema, tmp_path):
    leads = rows_of("leads")
    leads[1][3], leads[2][0], leads[3][6], leads[4][3] = "成交", " L2 ", "", "maybe"
    url = load_small(postgres_server, schema, tmp_path, leads=leads)
    there = check(connect(url, config=Config()))
    here = check(connect(str(tmp_path), config=Config()))
    names = ["table", "column", "rule", "severity", "allowed", "n_rows"]
    pd.testing.assert_frame_equal(there.counts[names], here.counts[names])
    pd.testing.assert_frame_equal(
        there.faults.drop(columns=["file", "line"]), here.faults.drop(columns=["file", "line"])
    )
    assert set(there.counts["rule"]) >= {"alias", "blanks", "value"}


def test_merged_customers_are_followed_without_writing(postgres_server, schema, tmp_path):
    customers = rows_of("customers")
    chain = {"C1": "C2", "C2": "C3", "C3": "C4", "C6": "C4"}
    customers = [
        [*row, "merged_into" if at == 0 else chain.get(row[0], "")]
        for at, row in enumerate(customers)
    ]
    url = load_small(postgres_server, schema, tmp_path, customers=customers)
    there, here = (load(place, as_of="2024-04-30") for place in (url, str(tmp_path)))
    for known in (there, here):
        leads = collect(known.table("leads").order_by("lead_id"))
        assert list(leads["customer_id"]) == ["C4", "C4", "C4", "C4"]
    assert set(collect(there.table("customers"))["customer_id"]) == {"C4", "C5", "C7", "C8"}
    pd.testing.assert_frame_equal(there.row_counts, here.row_counts)
    postgres_server.execute(f"UPDATE {schema}.customers SET merged_into = 'C1' WHERE "
                            "customer_id = 'C4'")  # fmt: skip
    with pytest.raises(DataError, match="a chain of merges that ends at a customer"):
        load(url, as_of="2024-04-30")


def test_text_is_ordered_by_code_points_and_comes_out_as_it_is(postgres_server, schema, tmp_path):
    odd = ['a"b', "Z", "a\nb", "é", "客户", "b,c", "B", ""]
    customers = [["customer_id", "created_at", "occupation"]]
    customers += [[f"C{at}", "2024-01-01", text] for at, text in enumerate(odd)]
    url = load_small(postgres_server, schema, tmp_path, customers=customers)
    rows = check(connect(url, config=Config())).tables["customers"]
    assert rows.get_backend().compile(rows).count('COLLATE "C"') == 2, "whatever the database has"
    frame = collect(rows.select("occupation").order_by("occupation"))
    assert list(frame["occupation"]) == [*sorted(odd[:-1]), None]


def test_a_text_of_megabytes_comes_out_whole(postgres_server, schema, tmp_path):
    url = load_small(postgres_server, schema, tmp_path)
    postgres_server.execute(
        f"UPDATE {schema}.customers SET kind = repeat('a\n\"', 1000000) || customer_id"
    )
    rows = connect(url, config=Config()).tables["customers"].rows
    found = collect(rows.select("customer_id", "kind").order_by("customer_id"))
    assert [len(text) for text in found["kind"]] == [3_000_002] * 8
    assert list(found["kind"].str[-2:]) == list(found["customer_id"])


def test_a_view_that_fails_on_a_row_is_one_sentence(postgres_server, schema, tmp_path):
    url = load_small(postgres_server, schema, tmp_path)
    postgres_server.execute(
        f"ALTER TABLE {schema}.leads RENAME TO old_leads",
        f"CREATE VIEW {schema}.leads AS SELECT lead_id, customer_id, opened_at, status, closed_at, "
        f"product, amount / (amount - 1000) AS amount FROM {schema}.old_leads",
        f"GRANT SELECT ON {schema}.leads TO {READER}",
    )
    with pytest.raises(DataError, match="PostgreSQL says: division by zero; mend the view"):
        load(url, as_of="2024-04-30")


def test_a_statement_that_runs_out_of_time_is_one_sentence(postgres_server, schema, tmp_path):
    url = load_small(postgres_server, schema, tmp_path)
    postgres_server.execute(
        f"ALTER TABLE {schema}.customers RENAME TO old_customers",
        f"CREATE VIEW {schema}.customers AS SELECT * FROM {schema}.old_customers, "
        "LATERAL (SELECT 1 AS waited FROM pg_sleep(5)) AS slow",
        "DROP ROLE IF EXISTS hasty", "CREATE ROLE hasty LOGIN",
        "ALTER ROLE hasty SET statement_timeout = '200ms'",
        f"GRANT USAGE ON SCHEMA {schema} TO hasty",
        "GRANT CONNECT ON DATABASE postgres TO hasty",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO hasty",
    )  # fmt: skip
    try:
        with pytest.raises(SourceLost, match=r"stopped a statement .* raise statement_timeout"):
            load(url.replace(READER, "hasty"), as_of="2024-04-30")
    finally:
        postgres_server.execute("DROP OWNED BY hasty", "DROP ROLE hasty")


def test_what_cannot_be_opened_is_one_sentence(postgres_server, schema, tmp_path, monkeypatch):
    url = load_small(postgres_server, schema, tmp_path)
    refused = {
        url.replace(f"schema={schema}", "schema=nowhere"): "no schema 'nowhere' .* GRANT USAGE",
        url.replace("/postgres?", "/nowhere?"): 'database "nowhere" does not exist',
        url.replace(READER, "nobody"): 'role "nobody" does not exist',
    }
    for wrong, words in refused.items():
        with pytest.raises(UsageError, match=words):
            connect(wrong, config=Config())
    with pytest.raises(SourceLost, match="cannot be reached") as caught:
        connect("postgres://ann@127.0.0.1:1/crm", config=Config())
    assert caught.value.exit_code == 4
    postgres_server.execute(f"REVOKE SELECT ON ALL TABLES IN SCHEMA {schema} FROM {READER}")
    with pytest.raises(UsageError, match=r"may not read customers, .* GRANT SELECT ON ALL TABLES"):
        connect(url, config=Config())
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError, match=r"pip install 'crm_analysis\[postgres\]'"):
        connect(url, config=Config())


def test_a_column_that_may_not_be_read_counts_as_absent(postgres_server, schema, tmp_path):
    url = load_small(postgres_server, schema, tmp_path)
    postgres_server.execute(
        f"REVOKE SELECT ON {schema}.customers FROM {READER}",
        f"GRANT SELECT (customer_id, created_at) ON {schema}.customers TO {READER}",
    )
    known = load(url, as_of="2024-04-30")
    assert known.given_columns["customers"] == {"customer_id", "created_at"}


def test_a_table_that_may_not_be_read_is_told(postgres_server, schema, tmp_path):
    url = load_small(postgres_server, schema, tmp_path)
    postgres_server.execute(f"REVOKE SELECT ON {schema}.order_lines FROM {READER}")
    source = connect(url, config=Config())
    [fault] = check(source).faults.to_dict("records")
    source.close()
    assert (fault["table"], fault["rule"], fault["severity"]) == (
        "order_lines", "unreadable", "warning"
    )  # fmt: skip
    assert "SELECT from order_lines" in fault["allowed"]


@pytest.mark.parametrize(
    ("kind", "value", "n_known"),
    [
        ("numeric(18, 2)", "1e15", 1), ("numeric(18, 4)", "NaN", 1), ("numeric", "Infinity", 1),
        ("numeric", "99999999999999.99996", 1), ("numeric(38, 10)", "99999999999999.99996", 1),
    ],
)  # fmt: skip
def test_an_amount_that_is_none_costs_its_row_only(
    postgres_server, schema, tmp_path, kind, value, n_known
):
    url = load_small(postgres_server, schema, tmp_path, {"order_lines.amount": kind})
    postgres_server.execute(
        f"UPDATE {schema}.order_lines SET amount = '{value}' WHERE line_id = 'O1'"
    )
    known = load(url, as_of="2024-03-20", config=Config(max_excluded_share=0.5))
    orders = known.table("order_lines")
    [left] = collect_rows(orders.aggregate(n=orders.count(), total=orders.amount.sum()))
    assert (left["n"], str(left["total"])) == (n_known, "-50.2500")


def test_a_number_that_is_none_is_missing(postgres_server, schema, tmp_path):
    types = {"customers.income_annual": "numeric(12, 2)", "interactions.minutes": "numeric"}
    url = load_small(postgres_server, schema, tmp_path, types)
    postgres_server.execute(
        f"UPDATE {schema}.customers SET income_annual = 'NaN' WHERE customer_id = 'C1'",
        f"UPDATE {schema}.interactions SET minutes = 'NaN' WHERE interaction_id = 'I1'",
    )
    report = check(connect(url, config=Config()))
    assert len(report.faults) == 0
    people, contacts = report.tables["customers"], report.tables["interactions"]
    [n] = collect_rows(people.aggregate(given=people.income_annual.count()))
    [longest] = collect_rows(contacts.aggregate(most=contacts.minutes.max()))
    assert (n["given"], longest["most"]) == (7, 30.0)


def test_configuration_comes_from_a_file_or_its_defaults(demo_in_postgres, tmp_path):
    assert find_config(demo_in_postgres) == Config()
    (tmp_path / "own.toml").write_text('currency = "EUR"\n')
    assert find_config(demo_in_postgres, str(tmp_path / "own.toml")).currency == "EUR"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A server of its own that asks for passwords, and that may be stopped."""
    with a_server() as server:
        server.execute(
            "CREATE ROLE ann LOGIN PASSWORD 'open sesame'",
            "GRANT CONNECT ON DATABASE postgres TO ann",
        )
        rules = Path(server.handle.pgdata) / "pg_hba.conf"
        rules.write_text("local all ann scram-sha-256\n" + rules.read_text())
        server.execute("SELECT pg_reload_conf()")
        folder = write_folder(tmp_path_factory.mktemp("guarded") / "crm")
        load_folder(server, folder, schema="crm")
        server.execute(
            "GRANT USAGE ON SCHEMA crm TO ann", "GRANT SELECT ON ALL TABLES IN SCHEMA crm TO ann"
        )
        yield server


def test_a_password_comes_by_environment_or_pgpass_only(guarded, tmp_path, monkeypatch):
    url = guarded.url(schema="crm", role="ann")
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))
    with pytest.raises(SourceLost, match=r"PGPASSWORD or in ~/.pgpass"):
        connect(url, config=Config())
    monkeypatch.setenv("PGPASSWORD", "shut sesame")
    with pytest.raises(SourceLost, match="password authentication failed") as caught:
        connect(url, config=Config())
    assert "sesame" not in str(caught.value)
    monkeypatch.setenv("PGPASSWORD", "open sesame")
    source = connect(url, config=Config())
    assert n_customers(source) == 8
    assert "sesame" not in repr(source)
    monkeypatch.delenv("PGPASSWORD")
    (tmp_path / "pgpass").write_text("*:*:*:ann:open sesame\n")
    (tmp_path / "pgpass").chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    assert n_customers(connect(url, config=Config())) == 8


def test_a_server_that_stops_is_one_sentence(guarded):
    source = connect(guarded.url(schema="crm"), config=Config())
    check(source)
    guarded.handle.stop()
    with pytest.raises(SourceLost, match="connection to PostgreSQL was lost") as caught:
        check(source)
    assert "\n" not in str(caught.value)
    with pytest.raises(SourceLost, match="cannot be reached"):
        connect(guarded.url(schema="crm"), config=Config())
    guarded.handle.ensure_postgres_running()
