"""States of price, model, stage and questions: pencil lives on both clocks."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd
import pytest

from crm_analysis.deals.signs import checks_at
from crm_analysis.features.pattern_states import (
    model_states,
    pay_states,
    question_states,
    stage_states,
)

AS_OF = date(2026, 6, 30)
OPENED = pd.Timestamp("2026-01-01 10:00")
DAYS = [7, 14, 21, 28, 35, 42]


def day(number: float | None) -> pd.Timestamp:
    return pd.NaT if number is None else OPENED + pd.Timedelta(days=number)


def lead(**own: object) -> list[dict]:
    return [{"lead_id": "a", "customer_id": "1", "opened_at": OPENED, **own}]


LEADS = {
    "lead_id": "string", "customer_id": "string", "opened_at": "datetime64[us]",
    "closed_at": "datetime64[us]", "quoted_price": "float64", "quoted_at": "datetime64[us]",
}  # fmt: skip
TOLD = {
    "lead_id": "string", "at": "datetime64[us]", "known_at": "datetime64[us]", "kind": "string",
    "value_num": "float64", "value_text": "string",
}  # fmt: skip
ASKED = {
    "lead_id": "string", "customer_id": "string", "round_id": "string", "direction": "string",
    "at": "datetime64[us]", "known_at": "datetime64[us]", "asked_at": "datetime64[us]",
    "answered_at": "datetime64[us]",
}  # fmt: skip


def told(kind: str, *rows: tuple) -> list[dict]:
    """Write (day, number, text[, day known])."""
    return [
        {
            "lead_id": "a", "kind": kind, "at": day(row[0]), "value_num": row[1],
            "value_text": row[2], "known_at": day(row[3] if len(row) > 3 else row[0]),
        }
        for row in rows
    ]  # fmt: skip


def read(kind: str, rows: list[dict], **own: object) -> pd.DataFrame:
    engine = ibis.duckdb.connect()
    leads = engine.create_table("leads", pd.DataFrame(lead(**own), columns=LEADS).astype(LEADS))
    columns = ASKED if kind == "question" else TOLD
    events = engine.create_table("events", pd.DataFrame(rows, columns=columns).astype(columns))
    checks = checks_at(leads, days=DAYS, as_of=AS_OF)
    made = {
        "pay": lambda: pay_states(checks, leads, events),
        "model": lambda: model_states(checks, events),
        "stage": lambda: stage_states(checks, events, stuck_days=14),
        "question": lambda: question_states(checks, events),
    }
    return made[kind]().execute().set_index("check_days").sort_index()


def seen(frame: pd.DataFrame, name: str) -> str:
    """Write a state over the checks: 1, 0, or ? where unknown."""
    values = frame[name].reindex(DAYS)
    return "".join("?" if pd.isna(value) else str(int(value)) for value in values)


def test_a_price_is_held_against_the_quote_only_once_both_are_known():
    rows = told("willingness_to_pay", (3, 95.0, None), (16, 90.0, None), (30, 91.0, None))
    frame = read("pay", rows, quoted_price=100.0, quoted_at=day(9))
    assert seen(frame, "pay_below_quote") == "?01100"
    assert seen(read("pay", rows, quoted_price=100.0), "pay_below_quote") == "??????"


def test_a_price_has_fallen_when_it_is_a_tenth_below_the_highest_told():
    rows = told("willingness_to_pay", (9, 80.0, None), (16, 100.0, None), (23, 90.0, None))
    assert seen(read("pay", rows), "pay_fallen") == "?00111"


def test_a_price_typed_in_later_counts_from_then_and_in_that_order():
    rows = told("willingness_to_pay", (3, 100.0, None), (5, 80.0, None, 20), (16, 100.0, None))
    assert seen(read("pay", rows), "pay_fallen") == "001111"


def test_a_model_told_again_is_no_switch_and_one_that_comes_back_stays_switched():
    rows = told("model_interest", (8, None, "x"), (15, None, "x"), (22, None, "y"), (29, None, "x"))
    assert seen(read("model", rows), "model_switched") == "?00111"


def test_a_stage_told_again_is_still_the_same_one():
    rows = told("stage", (1, 0.2, "contact"), (12, 0.2, "contact"), (23, 0.6, "offer"))
    assert seen(read("stage", rows), "stage_stuck") == "001001"
    assert seen(read("stage", rows), "stage_back") == "000000"


def test_a_stage_before_the_farthest_is_set_back_until_it_is_reached_again():
    rows = told("stage", (1, 0.2, "c"), (8, 0.6, "o"), (15, 0.2, "c"), (29, 0.6, "o"))
    assert seen(read("stage", rows), "stage_back") == "001100"
    without = told("stage", (1, None, "c"), (8, None, "o"), (15, None, "c"))
    frame = read("stage", without)
    assert seen(frame, "stage_back") == "??????"
    assert seen(frame, "stage_stuck") == "000011"


def question(asked: float, answered: float | None, known: float | None = None) -> dict:
    return {
        "lead_id": "a", "customer_id": "1", "direction": "in", "at": day(asked),
        "known_at": day(asked if known is None else known), "asked_at": day(asked),
        "answered_at": day(answered),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "want"),
    [
        ([question(5, None)], "011111"),
        ([question(5, 22)], "011000"),
        ([question(5, 7.9)], "000000"),
        ([question(5, None, known=19)], "000111"),
        ([question(5, 16), question(12, 30)], "011100"),
        ([{**question(5, None), "direction": "out"}], "000000"),
        ([], "000000"),
    ],
)
def test_a_question_waits_three_days_after_it_is_asked_and_known_until_it_is_answered(rows, want):
    assert seen(read("question", rows), "question_waiting") == want


def test_a_question_without_a_lead_waits_on_every_lead_of_its_customer():
    rows = [{**question(5, None), "lead_id": None}]
    assert seen(read("question", rows), "question_waiting") == "011111"
    other = [{**question(5, None), "lead_id": None, "customer_id": "2"}]
    assert seen(read("question", other), "question_waiting") == "000000"


@pytest.mark.parametrize("kind", ["pay", "model", "stage", "question"])
def test_what_was_before_the_opening_does_not_count(kind):
    rows = {
        "pay": told("willingness_to_pay", (-3, 200.0, None), (1, 100.0, None)),
        "model": told("model_interest", (-3, None, "x"), (1, None, "y")),
        "stage": told("stage", (-3, 0.9, "x"), (1, 0.1, "y")),
        "question": [question(-3, None)],
    }[kind]
    frame = read(kind, rows)
    names = {
        "pay": "pay_fallen",
        "model": "model_switched",
        "stage": "stage_back",
        "question": "question_waiting",
    }
    assert seen(frame, names[kind]) == "000000"
