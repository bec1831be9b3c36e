"""One row per round and customer: pencil tables for each rule of `assigned`."""

from __future__ import annotations

import pandas as pd
import pytest

from crm_analysis.winback.assigned import assigned
from tests.winback.rounds import assignment, day, order, tables

HORIZONS = (30, 90)


def _one(customer: str = "A", costs: dict[str, float] | None = None, **rows) -> pd.Series:
    rows.setdefault("winback", [assignment("A"), assignment("B", "control")])
    expression = assigned(tables(**rows), horizons=HORIZONS, contact_cost=costs)
    return expression.execute().set_index("customer_id").loc[customer]


def test_everyone_assigned_stays_in_also_without_any_event():
    made = assigned(
        tables(winback=[assignment("A"), assignment("B", "control")], order_lines=[]),
        horizons=HORIZONS,
    ).execute()
    assert sorted(made["customer_id"]) == ["A", "B"]
    assert made["return_days"].isna().all()


def test_the_first_order_after_assignment_is_the_return():
    lines = [order("A", -5), order("A", 12.4), order("A", 40), order("B", 3)]
    assert _one(order_lines=lines)["return_days"] == 12
    assert _one("B", order_lines=lines)["return_days"] == 3


def test_an_order_before_assignment_on_the_same_day_is_not_a_return():
    assert pd.isna(_one(order_lines=[order("A", -0.1)])["return_days"])
    assert _one(order_lines=[order("A", 0.1)])["return_days"] == 0


def test_an_order_sent_back_in_full_is_no_return():
    lines = [
        order("A", 10, 80, order_id="O1", line_id="1"),
        order("A", 15, -80, order_id="O1", line_id="2"),
        order("A", 50, 20),
    ]
    assert _one(order_lines=lines)["return_days"] == 50


def test_goods_sent_back_of_an_old_order_are_no_return_but_cost_margin():
    lines = [
        order("A", -20, 80, order_id="O1", line_id="1", margin=30),
        order("A", 5, -40, order_id="O1", line_id="2", margin=-15),
    ]
    row = _one(order_lines=lines)
    assert pd.isna(row["return_days"])
    assert row["margin_30"] == -15


def test_money_is_summed_by_horizon_and_without_margin_kept_apart():
    lines = [
        order("A", 10, 100, margin=40),
        order("A", 31, 50, margin=20),
        order("A", 60, 70),
        order("A", 91, 999, margin=500),
    ]
    row = _one(order_lines=lines)
    assert (float(row["margin_30"]), float(row["margin_90"])) == (40, 60)
    assert float(row["amount_no_margin_90"]) == 70
    assert float(row["amount_no_margin_30"] or 0) == 0


def test_the_past_looks_back_one_year():
    lines = [order("A", -10), order("A", -300, 40), order("A", -400, 7)]
    row = _one(order_lines=lines)
    assert (row["past_orders"], float(row["past_amount"]), row["past_days"]) == (2, 140, 10)


def _contact(customer: str, days: float, **given: object) -> dict[str, object]:
    row = {"interaction_id": f"{customer}{days}", "customer_id": customer, "at": day(days)}
    return {**row, "direction": "out", "channel": "call", "round_id": "R1", **given}


def test_contacts_of_the_round_are_counted_and_their_cost_summed():
    contacts = [
        _contact("A", 2, cost=4, reached=False),
        _contact("A", 40, cost=6, reached=True),
        _contact("A", 3, cost=100, round_id="R0"),
    ]
    row = _one(interactions=contacts)
    assert row["n_contacts"] == 2
    assert (float(row["contact_cost_30"]), float(row["contact_cost_90"])) == (4, 10)
    assert bool(row["was_reached"]) is True


@pytest.mark.parametrize(("given", "expected"), [(None, 8.0), (0, 0.0), (3, 0.0)])
def test_channel_cost_is_assumed_only_where_the_round_tells_no_cost(given, expected):
    row = _one(
        costs={"call": 8.0},
        winback=[assignment("A", cost=given), assignment("B", "control")],
        interactions=[_contact("A", 2), _contact("A", 3, direction="in")],
    )
    assert float(row["contact_cost_30"] or 0) == expected
    assert row["n_assumed_costs"] == (1 if expected else 0)


def test_a_control_counts_as_contacted_by_its_round_or_a_stray_winback_call():
    by_round = _one("B", interactions=[_contact("B", 2)])
    stray = _one("B", interactions=[_contact("B", 2, round_id=None, purpose="winback")])
    late = _one("B", interactions=[_contact("B", 95, round_id=None, purpose="winback")])
    care = _one("B", interactions=[_contact("B", 2, round_id=None, purpose="care")])
    assert [bool(row["was_contacted"]) for row in (by_round, stray)] == [True, True]
    assert [bool(row["was_contacted"] or 0) for row in (late, care)] == [False, False]


def test_engagement_is_the_customers_act_not_our_invitation():
    events = [
        {"event_id": "1", "customer_id": "A", "at": day(4), "kind": "event_invited"},
        {"event_id": "2", "customer_id": "A", "at": day(9), "kind": "post"},
    ]
    assert _one(engagement=events)["engagement_days"] == 9
    inbound = [_contact("A", 6, direction="in", round_id=None)]
    assert _one(engagement=events, interactions=inbound)["engagement_days"] == 6


def test_opt_outs_after_assignment_only():
    people = [
        {"customer_id": "A", "opted_out_at": day(30)},
        {"customer_id": "B", "opted_out_at": day(-3)},
    ]
    assert _one(customers=people)["opt_out_days"] == 30
    assert pd.isna(_one("B", customers=people)["opt_out_days"])


def test_a_customer_of_two_rounds_has_two_rows():
    rounds = [assignment("A"), assignment("A", round_id="R2", assigned_at=day(60))]
    made = assigned(
        tables(winback=rounds, order_lines=[order("A", 70)]), horizons=HORIZONS
    ).execute()
    assert dict(zip(made["round_id"], made["return_days"], strict=True)) == {"R1": 70, "R2": 10}
