"""Interaction indicators on a lead small enough for pencil and paper, and their invariants."""

from __future__ import annotations

import re
from datetime import date

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.contract import TABLES
from crm_analysis.features import assessments, interactions, profile, purchases
from crm_analysis.features.interactions import CHANNELS

AS_OF = date(2026, 1, 31)
OPENED = pd.Timestamp("2026-01-01 10:00")


def _leads(con, *, closed=None):
    frame = pd.DataFrame(
        {
            "lead_id": ["a", "b"],
            "customer_id": ["1", "2"],
            "opened_at": [OPENED, OPENED],
            "closed_at": pd.to_datetime([closed, "2026-01-08 23:00"]),
        }
    )
    return con.create_table("leads", frame, overwrite=True)


def _contacts(con, rows):
    names = ["interaction_id", "lead_id", "at", "known_at", "direction", "channel"]
    frame = pd.DataFrame(rows, columns=names).assign(
        customer_id="1", round_id="", goal="", issue_left=""
    )
    frame["at"], frame["known_at"] = pd.to_datetime(frame["at"]), pd.to_datetime(frame["known_at"])
    for name in ("issue_closed_at", "asked_at", "answered_at"):
        frame[name] = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[ns]")
    texts = {name: "string" for name in names if name not in ("at", "known_at")}
    table = con.create_table("contacts", frame.astype(texts), overwrite=True)
    empty = {name: table[name].nullif("") for name in ("lead_id", "round_id", "goal", "issue_left")}
    return table.mutate(**empty, goal_met=ibis.null("boolean"))


def _row(rows, *, closed=None, landmark_days=7):
    con = ibis.duckdb.connect()
    found = interactions.at_landmark(
        _leads(con, closed=closed), _contacts(con, rows), landmark_days=landmark_days, as_of=AS_OF
    ).execute()
    assert found.lead_id.tolist() == ["a"], "b was closed on the landmark day"
    return found.iloc[0]


def test_pencil_table():
    """Contacts on days 0, 2 and 6 count; one typed in on day 11 does not."""
    row = _row(
        [
            ("i1", "a", "2026-01-01 13:30", "2026-01-01 13:30", "out", "call"),
            ("i2", "", "2026-01-03 09:00", "2026-01-03 09:00", "in", "qq"),
            ("i3", "a", "2026-01-07 09:00", "2026-01-08 23:59", "out", "call"),
            ("i4", "a", "2026-01-02 09:00", "2026-01-12 09:00", "out", "sms"),
        ]
    )
    assert row.first_response_hours == 3.5
    assert (row.first_contact_hour, row.first_contact_weekday) == (13, 3)
    assert (row.n_contacts, row.contacts_per_week) == (3, 3)
    assert (row.days_since_last_contact, row.contact_span_days) == (1, 6)
    assert (row.mean_gap_days, row.longest_gap_days, row.gap_trend_days) == (3, 4, 2)
    assert row.gap_cv == pytest.approx(2**0.5 / 3)
    assert row.outbound_share == pytest.approx(2 / 3)
    assert (row.last_by_customer, row.first_channel, row.n_channels) == (0, "call", 2)
    assert (row.call_share, row.qq_share, row.sms_share) == pytest.approx((2 / 3, 1 / 3, 0))


def test_no_contact_means_no_contact():
    """Counts are 0; what cannot be known is missing, never 0."""
    row = _row([("i1", "a", "2026-01-20", "2026-01-20", "out", "call")])
    assert (row.n_contacts, row.n_channels, row.n_unanswered, row.n_open_issues) == (0, 0, 0, 0)
    missing = ["first_response_hours", "days_since_last_contact", "mean_gap_days", "outbound_share"]
    assert row[missing].isna().all()


@pytest.mark.parametrize(
    ("moment", "counts"),
    [
        ("2026-01-01 09:59:59", 0),
        ("2026-01-01 10:00:00", 1),
        ("2026-01-08 23:59:59", 1),
        ("2026-01-09 00:00:00", 0),
    ],
)
def test_window_edges(moment, counts):
    """The window runs from the moment of opening to the end of the landmark day."""
    assert _row([("i1", "a", moment, moment, "out", "call")]).n_contacts == counts


def test_a_lead_that_has_not_reached_its_landmark_gets_no_row():
    """Opened 30 days before as_of: in at landmark 30, out at 31."""
    con = ibis.duckdb.connect()
    leads, contacts = _leads(con), _contacts(con, [("i", "a", OPENED, OPENED, "out", "call")])
    for landmark_days, n in ((30, 1), (31, 0)):
        expr = interactions.at_landmark(leads, contacts, landmark_days=landmark_days, as_of=AS_OF)
        assert len(expr.execute()) == n


def test_end_of_life_counts_what_the_landmark_does_not():
    """The naive total sees contacts up to the closing, whenever typed."""
    con = ibis.duckdb.connect()
    leads = _leads(con, closed="2026-01-20 12:00")
    days = ["2026-01-02", "2026-01-15", "2026-01-25"]
    contacts = _contacts(con, [(d, "a", d, "2026-01-30", "out", "call") for d in days])
    found = interactions.end_of_life(leads, contacts, as_of=AS_OF).execute().set_index("lead_id")
    assert found.n_contacts.to_dict() == {"a": 2, "b": 0}


CONTACT = st.tuples(
    st.integers(0, 20 * 24),
    st.integers(0, 10),
    st.sampled_from(["in", "out"]),
    st.sampled_from(CHANNELS),
)


def _made(contacts):
    rows = []
    for i, (hour, delay, direction, channel) in enumerate(contacts):
        at = OPENED + pd.Timedelta(hours=hour)
        rows.append((f"i{i:02d}", "a", at, at + pd.Timedelta(days=delay), direction, channel))
    return rows


@settings(max_examples=15)
@given(st.lists(CONTACT, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_order_of_rows_and_later_contacts_change_nothing(contacts, shuffler):
    """Rows permuted, and contacts from after the landmark added: the same indicators."""
    rows = _made(contacts)
    later = [("z", "a", "2026-01-09 00:00", "2026-01-09 00:00", "out", "meet")]
    mixed = rows + later
    shuffler.shuffle(mixed)
    pd.testing.assert_series_equal(_row(rows), _row(mixed))


@settings(max_examples=15)
@given(st.lists(CONTACT, min_size=1, max_size=8))
def test_indicators_are_consistent(contacts):
    """Shares add to one, the longest gap is at least the mean, the span is the sum of gaps."""
    row = _row(_made(contacts))
    if row.n_contacts == 0:
        return
    assert sum(row[f"{name}_share"] for name in CHANNELS) == pytest.approx(1)
    if row.n_contacts > 1:
        assert row.longest_gap_days >= row.mean_gap_days
        assert row.mean_gap_days * (row.n_contacts - 1) == pytest.approx(row.contact_span_days)


def test_channels_are_the_contracts():
    """A channel added to the contract must be added here."""
    assert set(TABLES["interactions"].column("channel").allowed) == set(CHANNELS)


def test_features_are_sql_for_postgres_too(crm):
    """No feature uses what other engines lack: first/last, asof_join, mode, memtable."""
    leads, customers = crm.table("leads"), crm.table("customers")
    at = {"landmark_days": 14, "as_of": AS_OF}
    expressions = [
        interactions.at_landmark(leads, crm.table("interactions"), **at),
        assessments.at_landmark(leads, crm.table("assessments"), **at),
        purchases.summary(customers, crm.table("order_lines"), as_of=AS_OF),
        profile.completeness(customers, as_of=AS_OF),
    ]
    for expr in expressions:
        sql = str(ibis.to_sql(expr, dialect="postgres")).upper()
        assert "SELECT" in sql
        lacking = r"\b(FIRST|LAST|FIRST_VALUE|LAST_VALUE|MODE)\(|\bASOF\b"
        assert re.search(lacking, sql) is None
