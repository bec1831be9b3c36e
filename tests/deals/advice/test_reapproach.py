"""Lost deals to take up again, by hand."""

from __future__ import annotations

from datetime import date

import pytest

from crm_analysis.answers.loss_reapproach import due_step
from crm_analysis.deals.advice.reapproach import (
    COLUMNS,
    reapproach_estimates,
    reapproach_list,
    wishes,
)
from tests.deals.advice.tables import AS_OF, lead, tables


def lost(number: int, closed_at: str, lost_to: str | None, **given: object):
    return lead(
        f"L{number}",
        f"C{number}",
        str(given.pop("opened_at", "2026-01-01 09:00")),
        status="lost",
        closed_at=closed_at,
        lost_to=lost_to,
        **{"amount": 100.0 * number, "visited_store": True, "budget": 5.0, **given},
    )


LEADS = [
    lost(1, "2026-02-01 09:00", "postponed", next_buy_at="2026-08-01"),
    lost(2, "2026-02-01 09:00", "postponed", next_buy_at="2026-06-30"),
    lost(3, "2025-12-01 09:00", "not_planning", opened_at="2025-11-01 09:00"),
    lost(4, "2026-02-01 09:00", "other_brand"),
    lost(5, "2026-02-01 09:00", "other_brand", budget=None),  # one signal only
    lost(6, "2026-02-01 09:00", None),  # has bought since
    lost(7, "2026-02-01 09:00", None),  # has a newer lead
    lead("L8", "C7", "2026-05-01 09:00"),
    lost(9, "2026-02-01 09:00", "unknown", visited_store=False),  # price and model
    lost(10, "2026-02-01 09:00", "other_brand"),  # asked for no more contact
]
TALKS = [
    {"customer_id": "C9", "lead_id": "L9", "at": "2026-01-10", "kind": "model_interest"},
    {"customer_id": "C1", "lead_id": "L1", "at": "2026-01-10", "kind": "model_interest"},
    {"customer_id": "C5", "lead_id": "L5", "at": "2026-03-10", "kind": "model_interest"},
    {"customer_id": "C4", "lead_id": "L4", "at": "2026-01-10", "kind": "willingness_to_pay"},
]
LINES = [
    {"customer_id": "C6", "line_id": "O1", "order_id": "O1", "at": "2026-03-01", "amount": 5.0},
    {"customer_id": "C1", "line_id": "O2", "order_id": "O2", "at": "2026-01-20", "amount": 5.0},
]


@pytest.fixture
def frame():
    return wishes(tables(leads=LEADS, assessments=TALKS, order_lines=LINES))


def test_signals_before_the_loss_count_and_who_came_back_is_left_out(frame):
    by_lead = frame.set_index("lead_id")
    assert set(by_lead.index) == {"L1", "L2", "L3", "L4", "L5", "L9", "L10"}
    signals = by_lead[["visited", "talked_price", "talked_model"]].sum(axis=1).to_dict()
    assert signals == {"L1": 3, "L2": 2, "L3": 2, "L4": 2, "L5": 1, "L9": 2, "L10": 2}


def test_who_is_due_comes_first_and_nobody_is_disturbed(frame):
    listed = reapproach_list(frame, gone=frozenset({"C10"}), as_of=AS_OF)
    assert tuple(listed.columns) == COLUMNS
    assert listed["lead_id"].tolist() == ["L3", "L2", "L1", "L9", "L4"]
    assert listed["due"].tolist()[:3] == [date(2026, 6, 1), date(2026, 6, 30), date(2026, 8, 1)]
    assert listed["due_basis_en"].tolist() == [
        "assumed: half a year after the loss",
        "named by the customer",
        "named by the customer",
        None,
        None,
    ]
    assert listed["due_basis_zh"].notna().tolist() == listed["due"].notna().tolist()
    assert listed["is_due"].tolist() == [True, True, False, False, False]
    assert listed["signals_en"].iloc[2] == (
        "came to the shop; talked about the price; talked about a model"
    )
    assert (listed["override"] == "").all()


def test_counts_by_where_they_went(frame):
    listed = reapproach_list(frame, gone=frozenset({"C10"}), as_of=AS_OF)
    rows = {
        (row.quantity, row.segment): row.estimate
        for row in reapproach_estimates(listed, n_lost=8, n_spared=1)
    }
    assert rows[("lost_deals_to_reapproach_count", "")] == 5
    assert rows[("lost_deals_to_reapproach_count", "lost_to=postponed")] == 2
    assert rows[("lost_deals_to_reapproach_count", "lost_to=unknown")] == 1
    assert rows[("lost_deals_due_count", "")] == 2
    assert rows[("lost_deals_due_count", "day=named")] == 1
    assert rows[("lost_deals_due_count", "day=assumed")] == 1
    assert rows[("lost_deals_not_to_disturb_count", "")] == 1


def test_a_day_long_past_says_how_long_ago(frame):
    later = reapproach_list(frame, gone=frozenset(), as_of=date(2027, 11, 5)).set_index("lead_id")
    # Named for 2026-06-30, 16 months before; assumed for 2026-06-01, 17 months before.
    assert later.loc["L2", "due_basis_en"] == "named by the customer, 16 months ago"
    assert later.loc["L2", "due_basis_zh"] == "客户所说，已过 16 个月"
    assert later.loc["L3", "due_basis_en"].endswith("after the loss, 17 months ago")
    assert later.loc[["L2", "L3"], "due_basis"].tolist() == ["named", "assumed"]
    rows = reapproach_estimates(later.reset_index(), n_lost=8, n_spared=0)
    due = {row.segment: row.estimate for row in rows if row.quantity == "lost_deals_due_count"}
    assert due == {"": 3, "day=named": 2, "day=assumed": 1}


@pytest.mark.parametrize(
    ("left", "said", "unsaid"),
    [
        (
            ["L2", "L3"],
            ["1 whose named day to buy has come (how long", "and 1 who named no day", "assumed"],
            [],
        ),
        (["L2"], ["1 whose named day"], ["assumed"]),
        (["L3"], ["named no day", "the day is assumed"], ["has come"]),
    ],
)
def test_the_step_says_where_the_day_is_but_assumed(frame, left, said, unsaid):
    kept = frame[frame["lead_id"].isin(left)]
    listed = reapproach_list(kept, gone=frozenset(), as_of=AS_OF)
    [step] = due_step(reapproach_estimates(listed, n_lost=8, n_spared=0))
    assert all(words in step.en for words in said)
    assert not any(words in step.en for words in unsaid)
    assert ("推定" in step.zh) == ("assumed" in step.en)
    nobody = reapproach_list(kept.iloc[:0], gone=frozenset(), as_of=AS_OF)
    assert due_step(reapproach_estimates(nobody, n_lost=8, n_spared=0)) == []


def test_without_assessments_the_budget_and_the_visit_are_read():
    told = wishes(tables(leads=LEADS)).set_index("lead_id")
    assert told["talked_model"].sum() == 0
    assert told.loc["L1", "talked_price"] == 1
    assert "L6" in told.index


def test_of_no_lost_deals_nothing_is_listed():
    empty = reapproach_list(
        wishes(tables(leads=[lead("L1", "C1", "2026-01-01")])), gone=frozenset(), as_of=AS_OF
    )
    assert empty.empty
    assert tuple(empty.columns) == COLUMNS
