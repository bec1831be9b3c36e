"""Advice on open deals: by pencil, and what must hold whatever the numbers are."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_analysis.deals.advice.advice import (
    ADVICE,
    COLUMNS,
    Chance,
    Deal,
    advice_columns,
    advise,
    break_even,
    contact_value,
    most_turned,
    reason_text,
)
from crm_analysis.deals.advice.effort import Effort, remaining_days
from crm_analysis.language import Text
from crm_analysis.survival.curves import kaplan_meier

FALLEN = Text("deal probability down from 80 % to 30 %", "成交概率由 80 % 降至 30 %")
QUESTION = Text("a question stands unanswered for 5 days", "提问已 5 天未答复")


def deal(**given: object) -> Deal:
    """A deal of 900 on a track: 60 % lost, 270 margin, a call costs 8, the usual effort 24."""
    options: dict[str, object] = {
        "loss": Chance(estimate=0.6, lo=0.5, hi=0.7),
        "margin": 270.0,
        "contact_cost": 8.0,
        "effort_cost": 24.0,
        "pattern": FALLEN,
        "idle_days": 10.0,
    }
    return Deal(**{**options, **given})  # type: ignore[arg-type]


def test_values_by_pencil():
    # .6 · 270 = 162 at stake; a call of 8 pays from a share of 8/162; at most .4 · 270 - 8 = 100.
    assert break_even(deal()) == pytest.approx(8 / 162)
    assert contact_value(deal()) == pytest.approx(100.0)
    # Drawn by lot: one loss in ten is turned. .06 · 270 - 8 = 8.2
    assert contact_value(deal(), effect=0.1) == pytest.approx(8.2)
    # A hopeless deal: of .95 lost only .05 are won at all, 13.5 less the call.
    hopeless = deal(loss=Chance(estimate=0.95, lo=0.94, hi=0.97))
    assert contact_value(hopeless) == pytest.approx(5.5)
    assert most_turned(hopeless.loss) == pytest.approx(0.06)


def test_each_advice_by_pencil():
    assert advise(deal()) == "act"
    assert advise(deal(obstacle=QUESTION)) == "remove_obstacle"
    assert advise(deal(obstacle=QUESTION, pattern=None)) == "remove_obstacle"
    assert advise(deal(idle_days=2.0)) == "wait"
    assert advise(deal(idle_days=3.0)) == "act"
    assert advise(deal(pattern=None)) == "wait"
    # .4 · 270 = 108 at most: a contact of 110 is not asked for, whatever stands in the way.
    assert advise(deal(contact_cost=110.0)) == "wait"
    assert advise(deal(contact_cost=110.0, obstacle=QUESTION)) == "wait"
    # .06 · 270 = 16.2 at best, the usual effort costs 24.
    hopeless = Chance(estimate=0.95, lo=0.94, hi=0.97)
    assert advise(deal(loss=hopeless, obstacle=QUESTION)) == "let_go"
    # .09 · 270 = 24.3: at the better end it pays just.
    assert advise(deal(loss=Chance(estimate=0.95, lo=0.91, hi=0.97))) == "act"


@pytest.mark.parametrize("unknown", ["loss", "margin"])
def test_nothing_is_let_go_without_probability_or_amount(unknown):
    lost = deal(loss=Chance(estimate=0.99, lo=0.98, hi=1.0))
    assert advise(lost) == "let_go"
    blind = replace(lost, **{unknown: None})
    assert advise(blind) == "act"
    assert contact_value(blind) is None
    assert break_even(blind) is None


def test_a_contact_that_costs_more_than_the_stake_says_so():
    dear = deal(contact_cost=400.0)
    assert break_even(dear) is None
    assert "costs more than it can bring at most" in reason_text(dear, "act", currency="CNY").en
    assert contact_value(dear) < 0


def test_reasons_are_one_sentence_in_both_languages():
    for advice, options in {
        "act": {},
        "remove_obstacle": {"obstacle": QUESTION},
        "let_go": {"loss": Chance(estimate=0.95, lo=0.94, hi=0.97)},
        "wait": {"idle_days": 1.0},
    }.items():
        told = reason_text(deal(**options), advice, currency="CNY")
        assert told.en.endswith(".")
        assert told.en.count(". ") == 0
        assert told.zh.endswith("。")
        assert told.zh.count("。") == 1
        assert "down from 80 % to 30 %" in told.en
    act = reason_text(deal(), "act", currency="CNY")
    assert "lost with a probability of 60 % (50 % to 70 %)" in act.en
    assert "a call pays if it turns one such loss in 20" in act.en  # 162 / 8 = 20.25
    assert "contacted yesterday" in reason_text(deal(idle_days=1.0), "wait", currency="CNY").en


def test_columns_leave_the_override_empty_and_give_no_verdict():
    frame = advice_columns({"L1": deal(), "L2": deal(obstacle=QUESTION)}, currency="CNY")
    assert tuple(frame.columns) == COLUMNS
    assert frame["override"].tolist() == ["", ""]
    assert frame["advice_en"].str.contains("advice, not a verdict").all()
    assert frame["advice_zh"].str.contains("非定论").all()
    assert not frame["reason_en"].str.contains("will be lost").any()
    assert advice_columns({}, currency="CNY").columns.tolist() == list(COLUMNS)


shares = st.floats(0, 1, allow_nan=False)
money = st.floats(0, 1e7, allow_nan=False)


@st.composite
def deals(draw: st.DrawFn) -> Deal:
    lo, p, hi = sorted(draw(st.tuples(shares, shares, shares)))
    return Deal(
        loss=Chance(estimate=p, lo=lo, hi=hi),
        margin=draw(money),
        contact_cost=draw(money),
        effort_cost=draw(money),
        pattern=draw(st.sampled_from([None, FALLEN])),
        obstacle=draw(st.sampled_from([None, QUESTION])),
        idle_days=draw(st.one_of(st.none(), st.floats(0, 400))),
    )


@given(deals(), money)
def test_more_money_never_makes_a_deal_be_let_go(one, more):
    richer = replace(one, margin=one.margin + more)
    assert advise(one) in ADVICE
    if advise(one) != "let_go":
        assert advise(richer) == advise(one)
    assert contact_value(richer) >= contact_value(one)
    if break_even(one) is not None:
        assert break_even(richer) <= break_even(one)


@given(deals(), money)
def test_dearer_effort_never_saves_a_deal(one, more):
    dearer = replace(one, effort_cost=one.effort_cost + more)
    if advise(one) == "let_go":
        assert advise(dearer) == "let_go"
    costlier = replace(one, contact_cost=one.contact_cost + more)
    assert contact_value(costlier) <= contact_value(one)


@given(deals(), shares)
def test_what_was_found_by_lot_is_never_worth_more_than_all_losses(one, effect):
    bound = one.loss.estimate * one.margin - one.contact_cost
    assert contact_value(one, effect=effect) <= bound + 1e-5
    assert contact_value(one) <= bound + 1e-5


@given(deals(), st.floats(0.01, 1000))
def test_the_unit_of_money_does_not_matter(one, factor):
    other = replace(
        one,
        margin=one.margin * factor,
        contact_cost=one.contact_cost * factor,
        effort_cost=one.effort_cost * factor,
    )
    first, second = break_even(one), break_even(other)
    if first is not None and second is not None:
        assert first == pytest.approx(second, rel=1e-6)


def test_remaining_days_and_effort_by_pencil():
    # Four deals end after 10, 20, 20 and 40 days.
    risk = pd.DataFrame({"time_days": [10, 20, 40], "cause": [1, 2, 1], "n": [1, 2, 1]})
    curve = kaplan_meier(risk)
    assert remaining_days(curve, 0, 90) == pytest.approx((10 + 20 + 20 + 40) / 4)
    assert remaining_days(curve, 15, 90) == pytest.approx((5 + 5 + 25) / 3)
    assert remaining_days(curve, 0, 15) == pytest.approx((10 + 15 * 3) / 4)
    assert remaining_days(curve, 50, 90) == 0.0
    effort = Effort(cost_per_day=0.5, curve=curve)
    assert effort.ahead([0, 15], horizon_days=90).tolist() == pytest.approx([11.25, 35 / 6])
    assert Effort(cost_per_day=1.0, curve=None).ahead([3.0], horizon_days=90).tolist() == [0.0]
