"""What stands in the way of open deals, by hand."""

from __future__ import annotations

import pytest

from crm_analysis.deals.advice.obstacles import COLUMNS, open_obstacles
from crm_analysis.deals.open_deals import open_leads
from crm_analysis.reasons.codebook import read_codebook
from tests.deals.advice.tables import AS_OF, lead, tables

LEADS = [
    lead("L1", "C1", "2026-05-01 09:00"),
    lead("L2", "C2", "2026-05-01 09:00"),
    lead("L3", "C3", "2026-05-01 09:00"),
    lead("L4", "C4", "2026-05-01 09:00"),
    lead("L5", "C5", "2026-05-01 09:00"),
    lead("L6", "C1", "2026-01-01 09:00", status="lost", closed_at="2026-02-01 09:00"),
]


def issue(issue_id: str, customer_id: str, opened_at: str, kind: str, **given: object):
    return {
        "issue_id": issue_id,
        "customer_id": customer_id,
        "opened_at": opened_at,
        "kind": kind,
        "outcome": "open",
        "code": None,
        "due_at": None,
        "resolved_at": None,
        **given,
    }


def contact(number: str, lead_id: str, at: str, **given: object):
    return {
        "interaction_id": number,
        "customer_id": f"C{lead_id[1:]}",
        "lead_id": lead_id,
        "at": at,
        "direction": "in",
        "asked_at": None,
        "answered_at": None,
        "issue_left": None,
        "issue_closed_at": None,
        **given,
    }


ISSUES = [
    # C1: an old question, a complaint, and a promise that is overdue: the promise is named.
    issue("I1", "C1", "2026-05-10 09:00", "question"),
    issue("I2", "C1", "2026-05-11 09:00", "complaint", code="quality"),
    issue("I3", "C1", "2026-06-01 09:00", "promise", code="speed", due_at="2026-06-20 09:00"),
    # C2: settled; and one from more than a year ago.
    issue("I4", "C2", "2026-05-11 09:00", "complaint", resolved_at="2026-05-20 09:00"),
    issue("I5", "C2", "2025-05-11 09:00", "complaint"),
]
CONTACTS = [
    contact("A1", "L1", "2026-06-01 09:00", asked_at="2026-06-01 09:00"),
    contact("A2", "L2", "2026-06-20 09:00", asked_at="2026-06-20 09:00"),
    contact("A3", "L2", "2026-06-25 09:00", asked_at="2026-06-25 09:00"),
    contact(
        "A4",
        "L3",
        "2026-06-20 09:00",
        asked_at="2026-06-20 09:00",
        answered_at="2026-06-21 09:00",
        issue_left="=cmd()\n sample missing " + "x" * 100,
    ),
    contact("A5", "L4", "2026-06-29 09:00", asked_at="2026-06-29 09:00"),  # asked yesterday
    contact(
        "A6",
        "L4",
        "2026-06-20 09:00",
        issue_left="quote",
        issue_closed_at="2026-06-21 09:00",
    ),
]
CUSTOMERS = [
    {
        "customer_id": f"C{number}",
        "created_at": "2026-01-01",
        "concerns": concerns,
        "profile_recorded_at": typed,
    }
    for number, concerns, typed in (
        (1, "价格", "2026-01-02"),
        (4, "价格", "2026-01-02"),
        (5, "价格", "2026-07-02"),
    )
]


def asked(**left_out):
    views = tables(leads=LEADS, issues=ISSUES, interactions=CONTACTS, customers=CUSTOMERS)
    views = {name: view for name, view in views.items() if name not in left_out}
    frame = open_obstacles(open_leads(views["leads"]), views, as_of=AS_OF, codebook=read_codebook())
    return frame.set_index("lead_id")


def test_the_most_pressing_obstacle_is_named():
    found = asked()
    assert found["obstacle"].to_dict() == {
        "L1": "open_case",
        "L2": "question",
        "L3": "matter_left",
        "L4": "concern",
    }
    assert found.loc["L1", "obstacle_en"] == "overdue promise (speed), 29 days old"
    assert found.loc["L2", "obstacle_en"] == (
        "2 questions of the customer stand unanswered, the oldest for 10 days"
    )
    assert found.loc["L4", "obstacle_en"] == "stated concern: price"
    assert "价格" in found.loc["L4", "obstacle_zh"]


def test_what_people_wrote_is_cut_to_one_short_line():
    said = asked().loc["L3", "obstacle_en"]
    assert said.startswith("left open after the contact 10 days ago: “=cmd() sample missing x")
    assert "\n" not in said
    assert len(said) < 100


def test_a_missing_table_takes_its_obstacles_away_and_no_more():
    assert asked(issues=True).loc["L1", "obstacle"] == "question"
    assert asked(issues=True, interactions=True)["obstacle"].tolist() == ["concern", "concern"]
    views = tables(leads=LEADS)
    none = open_obstacles(open_leads(views["leads"]), views, as_of=AS_OF, codebook=read_codebook())
    assert none.empty
    assert tuple(none.columns) == COLUMNS


@pytest.mark.parametrize("known_at", ["2026-06-30 23:59:59", "2026-07-01 00:00"])
def test_only_what_was_known_by_as_of_counts(known_at):
    rows = [issue("I1", "C1", "2026-06-01 09:00", "fault") | {"known_at": known_at}]
    views = tables(leads=LEADS, issues=rows)
    frame = open_obstacles(open_leads(views["leads"]), views, as_of=AS_OF, codebook=read_codebook())
    assert len(frame) == (known_at < "2026-07")


def test_a_reason_stated_of_the_deal_goes_before_the_profile():
    said = [
        {"reason_id": "Y1", "lead_id": "L4", "customer_id": "C4", "recorded_at": day, "text": text}
        for day, text in (("2026-06-01", "太远了"), ("2026-05-01", "太贵了"))
    ]
    views = tables(leads=LEADS, customers=CUSTOMERS, reasons=said)
    frame = open_obstacles(open_leads(views["leads"]), views, as_of=AS_OF, codebook=read_codebook())
    assert frame.set_index("lead_id").loc["L4", "obstacle_en"] == "stated concern: distance"
