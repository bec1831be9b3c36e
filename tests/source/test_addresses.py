"""Addresses of databases: what they say, what is refused, and what never shows."""

from __future__ import annotations

import pytest

from crm_analysis.config import Config
from crm_analysis.errors import UsageError
from crm_analysis.source import connect
from crm_analysis.source.addresses import engine_name, read_address

PASSWORD = "PGPASSWORD or in ~/.pgpass"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgres://ann:secret@host/crm", PASSWORD),
        ("postgresql+psycopg://ann:secret@host/crm", PASSWORD),
        ("postgres://ann@host/crm?password=secret", PASSWORD),
        ("postgres://ann@host/crm?schema=crm&PASSWD=secret", PASSWORD),
        ("postgres://ann:se/cret@host/crm", PASSWORD),
        ("postgres://ann:se@cret@host/crm", PASSWORD),
        ("postgres://ann:se?cret@host/crm", "is no address; write postgres://"),
        ("postgres://ann@host/crm?scheme=secret", "unknown option scheme"),
        ("postgres://ann@host:port/crm", "is no address"),
        ("postgres://ann:secret/crm", "is no address"),
        ("postgres://ann@127.0.0.1:1/crm?sslmode=secure", 'invalid sslmode value: "secure"; check'),
    ],
)
def test_a_refused_address_is_one_sentence_without_the_secret(url, words):
    with pytest.raises(UsageError) as caught:
        connect(url, config=Config())
    message = str(caught.value)
    assert words in message
    assert "cret" not in message
    assert "\n" not in message


def test_an_address_names_place_database_and_schema():
    address = read_address(
        "postgresql://a%40b@db.example.org:5433/sales?schema=crm&sslmode=require"
    )
    assert (address.host, address.port, address.user) == ("db.example.org", 5433, "a@b")
    assert (address.database, address.schema) == ("sales", "crm")
    assert address.options == (("sslmode", "require"),)


def test_what_is_left_out_is_left_to_libpq():
    address = read_address("postgres:///sales")
    assert (address.host, address.port, address.user, address.schema) == ("", None, "", "public")


def test_folders_are_no_addresses():
    for place in ("postgres", "/data/postgres:/x", "demo:", "localities"):
        assert engine_name(place) == ""


def test_views_belong_to_folders(tmp_path):
    views = tmp_path / "views.sql"
    views.write_text("CREATE VIEW customers AS SELECT 1")
    with pytest.raises(UsageError, match="make these views in a schema of the database"):
        connect("postgres://ann@host/crm", views=views, config=Config())
