"""Advice on open deals: by pencil, and what must hold whatever the numbers are."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_analysis.config import Config
from crm_analysis.deals.advice.advice import (
    ADVICE,
    Chance,
    Deal,
    advise,
    break_even,
    contact_value,
    most_turned,
)
from crm_analysis.deals.advice.effort import Effort, next_channels, remaining_days
from crm_analysis.deals.advice.told import CHANNELS, COLUMNS, advice_columns, reason_text
from crm_analysis.language import Text
from crm_analysis.survival.curves import kaplan_meier
from tests.deals.advice.tables import AS_OF, lead, tables

FALLEN = Text("deal probability down from 80 % to 30 %", "成交概率由 80 % 降至 30 %")
CONCERN = Text("stated concern: price", "说出的顾虑：价格")
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
    # .6 · 270 = 162 at stake; a call of 8 pays from a share of 8/162; .5 of such
    # deals are won at the better end: .5 · 270 - 8 = 127.
    assert break_even(deal()) == pytest.approx(8 / 162)
    assert contact_value(deal()) == pytest.approx(127.0)
    # Drawn by lot: one loss in ten is turned. .06 · 270 - 8 = 8.2
    assert contact_value(deal(), effect=0.1) == pytest.approx(8.2)
    # A hopeless deal: of .95 lost .06 are won at the better end, 16.2 less the call.
    hopeless = deal(loss=Chance(estimate=0.95, lo=0.94, hi=0.97))
    assert contact_value(hopeless) == pytest.approx(8.2)
    assert most_turned(hopeless.loss) == pytest.approx(0.06)


def test_each_advice_by_pencil():
    assert advise(deal()) == "act"
    assert advise(deal(obstacle=QUESTION)) == "remove_obstacle"
    assert advise(deal(obstacle=QUESTION, pattern=None)) == "remove_obstacle"
    assert advise(deal(idle_days=2.0)) == "wait"
    assert advise(deal(idle_days=3.0)) == "act"
    assert advise(deal(pattern=None)) == "wait"
    # .5 · 270 = 135 assumed at most: a contact of 140 is asked for only where it is owed.
    assert advise(deal(contact_cost=130.0)) == "act"
    assert advise(deal(contact_cost=140.0)) == "wait"
    assert advise(deal(contact_cost=140.0, obstacle=CONCERN)) == "wait"
    assert advise(deal(contact_cost=140.0, obstacle=QUESTION, is_owed=True)) == "remove_obstacle"
    # .06 · 270 = 16.2 at best, the usual effort costs 24.
    hopeless = Chance(estimate=0.95, lo=0.94, hi=0.97)
    assert advise(deal(loss=hopeless, obstacle=QUESTION)) == "let_go"
    assert advise(deal(loss=hopeless, obstacle=QUESTION, is_owed=True)) == "remove_obstacle"
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


def test_letting_go_and_waiting_are_judged_at_the_same_end_of_the_interval():
    # .9 · 455 likely lost; at the point .1 · 455 = 45.5 are won, at the better end .24 · 455 = 109.
    likely = deal(loss=Chance(estimate=0.9, lo=0.76, hi=0.96), margin=455.0, contact_cost=60.0)
    assert advise(likely) == "act"
    assert contact_value(likely) == pytest.approx(0.24 * 455 - 60)
    # .02 lost (.01 to .05): .05 at the better end, 13.5, pays a call; .02, 5.4, does not.
    safe = deal(loss=Chance(estimate=0.02, lo=0.01, hi=0.05))
    assert advise(safe) == "act"
    assert break_even(safe) is None
    told = reason_text(safe, "act", currency="CNY")
    assert "pays only at the better end of the interval" in told.en
    assert "较有利的一端" in told.zh


def test_a_safe_deal_is_not_let_go():
    # .001 lost: a call is not worth it, but .999 · 270 are won, far more than the usual effort.
    safe = deal(loss=Chance(estimate=0.001, lo=0.0, hi=0.002))
    assert advise(safe) == "wait"
    assert advise(replace(safe, effort_cost=271.0)) == "let_go"


def test_a_contact_that_costs_more_than_it_brings_says_by_which_channel_and_on_what_ground():
    dear = deal(contact_cost=400.0, channel="wechat")
    assert break_even(dear) is None
    told = reason_text(dear, "wait", currency="CNY")
    assert "a message by WeChat, the cheapest contact, costs CNY 400.00" in told.en
    assert "135.00, assumed at most" in told.en
    assert "一条微信" in told.zh
    assert "假定最多 135.00" in told.zh
    assert "owed" not in told.en
    assert contact_value(dear) < 0
    owed = replace(dear, obstacle=QUESTION, is_owed=True)
    assert reason_text(owed, advise(owed), currency="CNY").en.endswith("is owed an answer.")
    hopeless = deal(loss=Chance(estimate=0.95, lo=0.94, hi=0.97))
    let_go = reason_text(hopeless, "let_go", currency="CNY")
    assert "assumed at most" in let_go.en
    assert "假定最多" in let_go.zh


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
    obstacle = draw(st.sampled_from([None, QUESTION]))
    return Deal(
        loss=Chance(estimate=p, lo=lo, hi=hi),
        margin=draw(money),
        contact_cost=draw(money),
        effort_cost=draw(money),
        pattern=draw(st.sampled_from([None, FALLEN])),
        obstacle=obstacle,
        is_owed=obstacle is not None and draw(st.booleans()),
        idle_days=draw(st.one_of(st.none(), st.floats(0, 400))),
    )


@given(deals(), money)
def test_more_money_never_makes_a_deal_be_let_go(one, more):
    richer = replace(one, margin=one.margin + more)
    assert advise(one) in ADVICE
    if advise(one) in {"act", "remove_obstacle"}:
        assert advise(richer) == advise(one)
    assert advise(richer) != "let_go" or advise(one) == "let_go"
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


@given(deals(), shares)
def test_no_point_of_the_interval_is_worth_more_than_what_is_assumed_at_most(one, weight):
    p = one.loss.lo + weight * (one.loss.hi - one.loss.lo)
    assert contact_value(one) >= min(p, 1 - p) * one.margin - one.contact_cost - 1e-5
    ends = (one.loss.hi, 1 - one.loss.lo)
    assert contact_value(one) <= min(ends) * one.margin - one.contact_cost + 1e-5


@given(deals())
def test_who_is_owed_an_answer_is_never_kept_waiting(one):
    if one.is_owed:
        assert advise(one) == "remove_obstacle"


@given(deals(), money)
def test_a_cheaper_channel_never_turns_a_contact_into_waiting(one, less):
    cheaper = replace(one, contact_cost=max(one.contact_cost - less, 0.0))
    if advise(one) != "wait":
        assert advise(cheaper) == advise(one)


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


def contact(number: int, lead_id: str, channel: str, **given: object) -> dict[str, object]:
    return {
        "interaction_id": f"I{number}",
        "customer_id": f"C{lead_id[1:]}",
        "lead_id": lead_id,
        "at": "2026-06-01 10:00",
        "direction": "out",
        "channel": channel,
        "reached": None,
        **given,
    }


COST = {"meet": 60.0, "call": 8.0, "wechat": 2.0, "email": 1.0, "sms": 0.1, "event": 0.0}
CONTACTS = [
    contact(1, "L1", "wechat"),
    contact(2, "L1", "meet", at="2026-06-20 10:00"),  # the last one is not what counts
    contact(3, "L1", "call"),
    contact(4, "L2", "meet"),  # nothing cheaper than a call
    contact(5, "L3", "email", reached=False),  # tried in vain
    contact(6, "L3", "wechat", reached=True),
    contact(7, "L4", "sms", direction="in"),
    contact(8, "L4", "email"),
    contact(9, "L5", "event"),  # speaks to many
    contact(10, "L5", "email", at="2026-04-01 10:00"),  # before the deal
]


def channels_of(cost: dict[str, float]) -> dict[object, object]:
    leads = [lead(f"L{i}", f"C{i}", "2026-05-01 09:00") for i in range(1, 6)]
    views = tables(leads=leads, interactions=CONTACTS)
    return next_channels(
        views["leads"], views["interactions"], contact_cost=cost, as_of=AS_OF
    ).to_dict()


def test_the_next_contact_goes_by_the_cheapest_channel_that_served():
    assert channels_of(COST) == {"L1": "wechat", "L3": "wechat", "L4": "sms"}
    assert channels_of({**COST, "wechat": 9.0}) == {"L4": "sms"}
    assert channels_of({"call": 0.0, "email": 0.0}) == {}
    views = tables(leads=[lead("L1", "C1", "2026-05-01 09:00")])
    assert next_channels(views["leads"], None, contact_cost=COST, as_of=AS_OF).empty


def test_every_channel_that_can_be_told_has_a_name():
    assert set(Config().contact_cost) - {"blog", "other"} == set(CHANNELS)
