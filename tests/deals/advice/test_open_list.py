"""The list of open deals: what puts a deal on it, what is said of it, and what it adds up to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crm_analysis.answers.advice_shown import advice_limits
from crm_analysis.answers.loss_open import effect_by_lot
from crm_analysis.deals.advice.margins import margin_rate
from crm_analysis.deals.advice.open_list import (
    LIST_COLUMNS,
    Beside,
    Costs,
    advised,
    on_track,
)
from crm_analysis.deals.advice.totals import advice_estimates
from crm_analysis.estimates import Estimate
from tests.deals.advice.tables import tables

COSTS = Costs(margin_rate=0.3, contact_cost={"call": 8.0, "meet": 60.0}, currency="CNY")


def frame() -> pd.DataFrame:
    """Seven open deals of 1000, as `open_signs` gives them."""
    n = 7
    return pd.DataFrame(
        {
            "lead_id": [f"L{i}" for i in range(1, n + 1)],
            "customer_id": [f"C{i}" for i in range(1, n + 1)],
            "rep_id": "R1",
            "product": "A",
            "opened": "2026-05-01",
            "age_days": 60,
            "amount": [1000.0] * 6 + [np.nan],
            "quiet_days": 20.0,
            "idle_days": [20.0, 20.0, 1.0, 20.0, 20.0, 20.0, 20.0],
            "last_value": 0.3,
            "peak_value": 0.8,
            "probability_fallen": [1, 1, 1, 0, 0, 0, 1],
            "swings": 1,
        }
    )


def beside() -> Beside:
    return Beside(
        chances=pd.DataFrame(
            {
                "lead_id": ["L1", "L2", "L4"],
                "loss_probability": [0.6, 0.99, 0.5],
                "lo": [0.5, 0.98, 0.4],
                "hi": [0.7, 1.0, 0.6],
            }
        ),
        patterns=pd.DataFrame(
            {
                "lead_id": ["L1", "L4"],
                "pattern": ["probability_fallen+price_below_quote", "price_below_quote"],
                "pattern_en": ["fallen while price below quote", "price below quote"],
                "pattern_zh": ["下跌，同时价格低于报价", "价格低于报价"],
            }
        ),
        types=pd.DataFrame(
            {
                "lead_id": ["L1", "L5", "L6"],
                "track_type": ["sudden_drop", "plateau_fall", "rise"],
                "type_en": ["drops in one step", "holds, then slides", "rises"],
                "type_zh": ["骤降", "先平后跌", "上升"],
                "is_loss": [True, True, False],
            }
        ),
        obstacles=pd.DataFrame(
            {
                "lead_id": ["L5", "L6"],
                "obstacle": ["question", "concern"],
                "obstacle_en": ["a question", "stated concern: price"],
                "obstacle_zh": ["提问", "顾虑：价格"],
            }
        ),
        channels=pd.Series({"L1": "meet"}, dtype=object),
    )


@pytest.fixture
def listed() -> pd.DataFrame:
    tracked = on_track(frame(), ["probability_fallen"], beside())
    return advised(tracked, beside(), COSTS, effort_cost=[24.0] * 7)


def test_what_stands_puts_a_deal_on_the_list_and_nothing_else(listed):
    # L6 rises and has but a concern; swings do not stand.
    by_lead = listed.set_index("lead_id")
    assert by_lead["advice"].to_dict() == {
        "L1": "act",
        "L4": "act",
        "L7": "act",
        "L5": "remove_obstacle",
        "L3": "wait",
        "L2": "let_go",
    }
    assert tuple(listed.columns[: len(LIST_COLUMNS)]) == LIST_COLUMNS
    assert on_track(frame(), [], beside())["pattern"].notna().sum() == 3


def test_the_track_is_named_by_pattern_then_sign_then_type(listed):
    by_lead = listed.set_index("lead_id")
    assert by_lead["pattern_en"].to_dict() == {
        "L1": "fallen while price below quote",
        "L4": "price below quote",
        "L7": "deal probability well below its peak",
        "L5": "holds, then slides",
        "L3": "deal probability well below its peak",
        "L2": "deal probability well below its peak",
    }
    assert by_lead.loc["L1", ["track_type_en", "track_type_zh"]].tolist() == [
        "drops in one step",
        "骤降",
    ]
    said = by_lead.loc["L1", "reason_en"]
    assert said.startswith(
        "Fallen while price below quote; deal probability down from 80 % to 30 %; "
        "lost with a probability of 60 %"
    )
    assert "drops in one step" not in said


def test_money_by_pencil(listed):
    by_lead = listed.set_index("lead_id")
    # L1: margin 300, a meeting costs 60; .5 won at the better end; L4: no channel, so a call.
    assert by_lead.loc["L1", "contact_value_at_most"] == pytest.approx(0.5 * 300 - 60)
    assert by_lead.loc["L1", "break_even_share"] == pytest.approx(60 / 180)
    assert by_lead.loc["L4", "contact_value_at_most"] == pytest.approx(0.5 * 300 - 8)
    assert by_lead.loc[["L3", "L5", "L7"], "contact_value_at_most"].isna().all()
    rows = {(row.quantity, row.segment): row for row in advice_estimates(listed, n_open=7)}
    assert by_lead["contact_value_by_lot"].isna().all()
    assert rows["margin_at_stake", ""].estimate == pytest.approx(180 + 297 + 150)
    assert rows["margin_at_stake", ""].n == 3
    assert rows["margin_at_stake", "advice=act"].estimate == pytest.approx(180 + 150)
    assert rows["contact_value_at_most", "advice=act"].estimate == pytest.approx(90 + 142)
    assert rows["contact_break_even_share", ""].estimate == pytest.approx(68 / 330)
    assert rows["open_deals_on_track_count", ""].estimate == 6
    assert rows["open_deals_on_track_count", "advice=act"].estimate == 3
    assert rows["open_deals_with_obstacle_count", "obstacle=question"].estimate == 1
    counts = [row.estimate for key, row in rows.items() if key[0] == "open_deals_advised_count"]
    assert sum(counts) == len(listed)


@pytest.mark.parametrize(
    ("obstacle", "want"),
    [
        ("question", "remove_obstacle"),
        ("open_case", "remove_obstacle"),
        ("matter_left", "wait"),
        ("concern", "wait"),
    ],
)
def test_no_cost_keeps_a_question_or_a_case_waiting(obstacle, want):
    known = beside()
    low = pd.DataFrame({"lead_id": ["L5"], "loss_probability": [0.001], "lo": [0.0], "hi": [0.002]})
    known = replace(
        known, chances=low, obstacles=known.obstacles.assign(obstacle=[obstacle, "concern"])
    )
    # .002 · 300 = .6 at the better end, a call costs 8.
    tracked = on_track(frame(), [], known)
    rows = advised(tracked, known, COSTS, effort_cost=[0.0] * 7).set_index("lead_id")
    assert rows.loc["L5", "contact_value_at_most"] == pytest.approx(0.6 - 8)
    assert rows.loc["L5", "advice"] == want


@pytest.mark.parametrize(
    "quantity", ["margin_at_stake", "margin_at_stake_on_track", "contact_value_at_most"]
)
def test_the_parts_of_money_add_up_to_the_whole_of_the_same_deals(quantity):
    known = beside()
    chances = pd.concat(
        [
            known.chances,
            pd.DataFrame({"lead_id": ["L5"], "loss_probability": [0.4], "lo": [0.3], "hi": [0.5]}),
        ]
    )
    # L5 is listed for its obstacle only: its track loses no more than others.
    types = known.types.assign(is_loss=False)
    known = replace(known, chances=chances, types=types)
    tracked = on_track(frame(), ["probability_fallen"], known)
    listed = advised(tracked, known, COSTS, effort_cost=[24.0] * 7)
    assert listed["pattern"].isna().sum() == 1
    rows = [row for row in advice_estimates(listed, n_open=7) if row.quantity == quantity]
    [whole] = [row for row in rows if not row.segment]
    parts = [row for row in rows if row.segment]
    assert whole.n == sum(row.n for row in parts) > 0
    assert whole.estimate == pytest.approx(sum(row.estimate for row in parts))


def test_without_anything_known_the_list_is_empty_and_adds_up_to_nothing():
    nothing = Beside(
        chances=pd.DataFrame(columns=["lead_id", "loss_probability", "lo", "hi"]),
        patterns=pd.DataFrame(columns=["lead_id", "pattern", "pattern_en", "pattern_zh"]),
        types=pd.DataFrame(columns=["lead_id", "track_type", "type_en", "type_zh", "is_loss"]),
        obstacles=pd.DataFrame(columns=["lead_id", "obstacle", "obstacle_en", "obstacle_zh"]),
        channels=pd.Series(dtype=object),
    )
    empty = advised(on_track(frame(), [], nothing), nothing, COSTS, effort_cost=[0.0] * 7)
    assert empty.empty
    assert all(row.estimate == 0 for row in advice_estimates(empty, n_open=7))


def test_the_order_of_rows_changes_nothing(listed):
    mixed = frame().sample(frac=1, random_state=1)
    tracked = on_track(mixed, ["probability_fallen"], beside())
    again = advised(tracked, beside(), COSTS, effort_cost=[24.0] * 7)
    pd.testing.assert_frame_equal(again, listed)


@pytest.mark.parametrize(
    ("margins", "want"), [((3.0, None), 0.3), ((None, None), 0.25), ((-1.0, 0.5), 0.25)]
)
def test_margins_are_read_where_lines_tell_them(margins, want):
    lines = [
        {"line_id": f"O{i}", "customer_id": "C1", "order_id": f"O{i}", "at": "2026-01-01",
         "amount": 10.0, "margin": margin}
        for i, margin in enumerate(margins)
    ]  # fmt: skip
    rate = margin_rate(tables(order_lines=lines)["order_lines"], default=0.25)
    assert rate.share == pytest.approx(want)
    assert rate.is_assumed == (want == 0.25)
    assert margin_rate(None, default=0.25).is_assumed


def test_an_effect_drawn_by_lot_takes_the_place_of_the_bound():
    tracked = on_track(frame(), ["probability_fallen"], beside())
    known_effect = replace(COSTS, effect=0.2)
    listed = advised(tracked, beside(), known_effect, effort_cost=[24.0] * 7)
    by_lead = listed.set_index("lead_id")
    assert by_lead.loc["L1", "contact_value_by_lot"] == pytest.approx(0.2 * 180 - 60)
    assert by_lead.loc["L4", "contact_value_by_lot"] == pytest.approx(0.2 * 150 - 8)
    assert by_lead.loc["L1", "contact_value_at_most"] == pytest.approx(0.5 * 300 - 60)
    rows = {
        (row.quantity, row.segment): row for row in advice_estimates(listed, n_open=7, by_lot=True)
    }
    # L1 does not pay and is not contacted for it.
    assert rows["contact_value_by_lot", "advice=act"].estimate == pytest.approx(22)
    assert not any(quantity == "contact_value_at_most" for quantity, _ in rows)


@pytest.mark.parametrize(("p_adj", "want"), [(0.01, 0.2), (0.2, None)])
def test_only_a_draw_by_lot_that_stands_gives_an_effect(p_adj, want):
    row = Estimate(
        module="M13",
        quantity="unwarned_loss_difference",
        segment="",
        method="newcombe",
        estimate=0.1,
        p_adj=p_adj,
        evidence="randomised",
    )
    precision = replace(row, quantity="alarm_precision", estimate=0.4, p_adj=None)
    assert effect_by_lot([row, precision], q=0.05) == want
    assert effect_by_lot([precision], q=0.05) is None
    said = advice_limits(False, has_chances=True, effect=want)[0].en
    assert ("drawn by lot: 20 %" in said) == (want is not None)
    assert ("is not known: no contact" in said) == (want is None)
