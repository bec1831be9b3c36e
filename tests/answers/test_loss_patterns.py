"""Notebook 20 in words: signs that stand, the list they make, and when there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from crm_analysis.answers import loss_patterns
from crm_analysis.answers.loss_open import open_part
from crm_analysis.answers.loss_patterns import NOTEBOOK, answer, brief_text
from crm_analysis.answers.loss_signs import read_signs
from crm_analysis.config import Config, Tracks
from crm_analysis.deals.advice.advice import ADVICE
from crm_analysis.deals.advice.open_list import LIST_COLUMNS
from crm_analysis.deals.signs import SIGNS
from crm_analysis.deals.tracks import FAMILY as SIGN_FAMILY
from crm_analysis.deals.typology.rules import TYPES
from crm_analysis.estimates import Estimate, is_finding, read_segment, says_causes
from crm_analysis.language import Text
from crm_analysis.results import to_json
from crm_analysis.state import Alarm, Round, empty_book
from tests.answers.worlds import faults, known
from tests.deals.small_world import AS_OF, SmallWorld, small_world

OF_OPEN_DEALS = (
    *("open_leads_with_sign_count", "open_deals_on_track_count", "open_deals_advised_count"),
    *("open_deals_with_obstacle_count", "margin_at_stake", "contact_value_at_most"),
    "margin_at_stake_on_track",
    *("contact_break_even_share", "lost_deals_to_reapproach_count", "lost_deals_due_count"),
    *("lost_deals_not_to_disturb_count", "open_leads_with_pattern_count"),
    *("open_leads_lost_expected", "open_leads_unscored_count"),
)
"""What is not told where the data are stale."""


def falling(seed: int, n: int = 900) -> SmallWorld:
    """Lost leads are marked down in their last three weeks, and one open lead in ten now."""
    world = small_world(seed, n=n)
    leads, rows = world.leads, world.assessments
    lost = leads.loc[leads["status"] == "lost"].set_index("lead_id")["closed_at"]
    near = ((rows["lead_id"].map(lost) - rows["at"]).dt.days < 21).fillna(False)
    marked = set(leads.loc[leads["status"] == "open", "lead_id"].iloc[::10])
    now = rows["lead_id"].isin(marked) & (rows["at"] > pd.Timestamp(AS_OF) - pd.Timedelta("21D"))
    value = np.where(near | now, 0.1, 0.6)
    return SmallWorld(leads, world.interactions, rows.assign(value_num=value), world.customers)


def seen(world: SmallWorld, *, without: tuple[str, ...] = (), **given: object):
    views = {name: view for name, view in world.tables().items() if name not in without}
    leads = views["leads"]
    views["leads"] = leads.mutate(state=leads.status, amount=leads.lead_id.length().cast("float64"))
    return known(views, **{"as_of": AS_OF, **given})


def asked(world: SmallWorld, **given: object):
    return answer(seen(world, **given))


def open_deals(world: SmallWorld, **given: object):
    """The part of open deals alone, where a falling probability stands."""
    world_seen = seen(world, **given)
    return open_part(world_seen, world_seen.config, standing=("probability_fallen",))


@pytest.fixture(scope="module")
def found():
    return asked(falling(21))


@pytest.fixture(scope="module")
def nothing():
    return asked(small_world(22, n=900))


def the_list(result, name="open_deals"):
    [one] = [one for one in result.lists if one.name == name]
    return one


def number(result, quantity, of=""):
    [row] = [row for row in result.estimates if (row.quantity, row.segment) == (quantity, of)]
    return row


def test_signs_that_stand_head_the_page_and_make_the_list(found):
    assert found.notebook == NOTEBOOK
    assert "preceded most clearly" in found.headline.en
    assert {one.name for one in found.lists} == {"open_deals", "reapproach"}
    frame = the_list(found).frame
    tracked = frame["pattern_en"].notna()
    count = number(found, "open_deals_on_track_count")
    assert count.estimate == tracked.sum() > 0
    assert f"{tracked.sum()} of {count.n} open deals" in found.headline.en
    assert count.n == (falling(21).leads["status"] == "open").sum()
    assert count.estimate == number(found, "open_leads_with_sign_count", "sign=any").estimate


def test_the_list_gives_advice_reasons_and_no_verdict(found):
    frame = the_list(found).frame
    assert tuple(frame.columns) == LIST_COLUMNS
    assert frame["lead_id"].is_unique
    assert frame["advice_en"].str.contains("advice, not a verdict").all()
    assert frame["advice_zh"].str.contains("非定论").all()
    assert (frame["override"] == "").all()
    assert frame["reason_zh"].str.endswith("。").all()
    words = " ".join([*frame["reason_en"], *frame["advice_en"], the_list(found).purpose.en])
    assert "will be lost" not in words
    assert "–" not in words
    for advice in ADVICE:
        listed = (frame["advice"] == advice).sum()
        row = number(found, "open_deals_advised_count", f"advice={advice}")
        assert row.estimate == listed
    turns = [list(ADVICE).index(one) for one in frame["advice"].replace("let_go", "wait")]
    assert turns == sorted(turns)


def test_alarms_are_raised_of_deals_on_a_track_only(found):
    frame = the_list(found).frame
    day, *alarms = found.alarms
    assert isinstance(day, Round)
    assert day.n_watched == number(found, "open_deals_on_track_count").n
    assert all(isinstance(one, Alarm) for one in alarms)
    on_track = frame.loc[frame["pattern_en"].notna(), "lead_id"]
    assert sorted(one.name for one in alarms) == sorted(on_track)
    assert {one.as_of for one in alarms} == {AS_OF}


def test_a_slice_kept_back_by_lot_is_written_down_and_not_shown():
    book = replace(empty_book(is_kept=True), salt="pepper")
    all_said = open_deals(falling(21)).alarms
    result = open_deals(falling(21), alarms=book, config=Config(unwarned_share=0.3, n_boot=100))
    said = {one.name: one.warned for one in result.alarms if isinstance(one, Alarm)}
    shown = set(the_list(result).frame["lead_id"])
    held = {name for name, warned in said.items() if not warned}
    assert 0 < len(held) < len(said)
    assert not held & shown
    assert {name for name, warned in said.items() if warned} <= shown
    assert set(said) == {one.name for one in all_said if isinstance(one, Alarm)}
    told = len(held) if len(held) >= 5 else "< 5"
    assert f"to measure what warning does: {told}" in the_list(result).purpose.en


def test_findings_carry_interval_size_and_action(found):
    by_key = {row.key: row for row in found.estimates}
    assert 1 <= len(found.findings) <= 7
    for finding in found.findings:
        row = by_key[finding.estimate_key]
        assert is_finding(row, 0.05)
        is_ratio = row.quantity.endswith("log_hazard_ratio")
        number = f"{np.exp(row.estimate):.2f}" if is_ratio else f"{100 * row.estimate:.0f} %"
        assert number in finding.sentence.en
        assert not says_causes(finding.sentence)
        assert finding.action.zh


def test_where_nothing_stands_nobody_is_listed(nothing):
    assert nothing.headline.en.startswith("No regularity found")
    assert nothing.headline.zh.startswith("没有发现规律")
    assert nothing.findings == ()
    frame = the_list(nothing).frame
    assert frame["pattern_en"].isna().all()
    assert not frame["advice"].isin(["act", "let_go"]).any()
    assert not any(isinstance(one, Alarm) for one in nothing.alarms)
    assert tuple(frame.columns) == LIST_COLUMNS


def row_of(quantity: str, estimate: float, **given: object) -> Estimate:
    options = {"module": "M04", "segment": "", "method": "count", "n": 214, **given}
    return Estimate(quantity=quantity, estimate=estimate, **options)  # type: ignore[arg-type]


STOOD = {
    "sign of won deals": row_of("track_log_hazard_ratio", 0.4, family=SIGN_FAMILY, p_adj=0.001),
    "type of lost deals": row_of(
        "track_type_lost_difference", 0.3, family="track types", p_adj=0.001
    ),
    "nothing": row_of("track_type_lost_difference", 0.0, family="track types", p_adj=0.9),
}


@pytest.mark.parametrize("stood", STOOD)
@pytest.mark.parametrize("standing", [(), ("probability_fallen",)])
@pytest.mark.parametrize("tracked", [0, 25, None])
def test_the_headline_tells_the_count_of_the_list_whatever_stands(stood, standing, tracked):
    rows = [STOOD[stood]]
    if tracked is not None:
        rows.append(row_of("open_deals_on_track_count", tracked))
    told = brief_text(rows, standing, [], q=0.05)
    assert ("25 of 214 open deals are on a track" in told.en) == (tracked == 25)
    assert ("214 个未结束商机中有 25 个" in told.zh) == (tracked == 25)
    assert ("none of 214 open deals is on a track" in told.en) == (tracked == 0)
    assert ("均不处于丢单轨迹" in told.zh) == (tracked == 0)
    assert ("not fresh" in told.en) == (tracked is None)
    assert "no open deal is called" not in told.en


def test_the_headline_tells_that_no_deal_is_open():
    rows = [STOOD["nothing"], row_of("open_deals_on_track_count", 0, n=0)]
    assert "no deal is open" in brief_text(rows, (), [], q=0.05).en


def test_pages_have_all_their_columns_and_a_stable_narrative(found):
    assert not faults(found)
    assert to_json(found) == to_json(asked(falling(21)))


def test_with_neither_contacts_nor_assessments_it_is_off_in_two_sentences():
    result = asked(small_world(23, n=50), without=("interactions", "assessments"))
    assert result.status == "off"
    assert result.headline.en.count(".") == 2
    assert answer(known()).status == "off"


@pytest.mark.parametrize(
    ("missing", "said", "sign"),
    [
        ("interactions", "Silence is not judged", "sudden_drop"),
        ("assessments", "Falling probabilities are not judged", "customer_silent"),
    ],
)
def test_one_source_of_signs_is_enough_and_captions_name_the_level(missing, said, sign):
    result = asked(small_world(23, n=300), without=(missing,), config=Config(alpha=0.1, n_boot=100))
    assert any(said in text.en for text in result.does_not_show)
    assert any(f"sign={sign}" in row.segment for row in result.estimates)
    assert not faults(result)
    captions = [part.caption for part in (*result.tables, *result.pictures)]
    written = " ".join(caption.en + caption.zh for caption in captions)
    assert "90 % interval" in written
    assert "90 % 区间" in written
    assert "95 %" not in written


def test_track_thresholds_of_the_configuration_bite():
    world = seen(falling(21), config=Config(tracks=Tracks(drawdown=0.9)))
    strict = read_signs(world, world.config)
    [row] = [
        row
        for row in strict.part.estimates
        if row.segment == "cause=lost;sign=probability_fallen" and row.role == "result"
    ]
    assert row.status == "not_estimable"


def found_days(result):
    """Name the days of calls that a result judges."""
    pairs = (
        read_segment(row.segment) for row in result.estimates if row.quantity == "early_call_auc"
    )
    return {pair["landmark_days"] for pair in pairs}


def test_stale_data_end_follow_up_with_the_data_and_give_no_list_nor_alarm(found):
    late = Text("The export ends two months before.", "导出早两个月结束。")
    later = AS_OF + timedelta(days=60)
    result = asked(falling(21), as_of=later, observed_until=AS_OF, stale=late)
    # Calls at the ages of the open deals are tried only where open deals are told of.
    days = {f"landmark_days={day}" for day in found_days(result)}
    past = [
        row
        for row in found.estimates
        if row.quantity not in OF_OPEN_DEALS
        and (not row.quantity.startswith("early_call") or row.segment in days)
    ]
    assert list(result.estimates) == past
    assert result.status == "weak"
    assert result.lists == ()
    assert result.alarms == ()
    assert late in result.does_not_show
    assert "not fresh" in result.headline.en
    assert not any("list of open deals" in text.en for text in result.todo)


def test_who_asked_for_no_more_contact_or_left_is_not_listed():
    world = falling(21)
    before = the_list(open_deals(world))
    listed = before.frame["customer_id"].unique()
    assert len(listed) > 3
    day, later = pd.Timestamp(AS_OF), pd.Timestamp(AS_OF) + pd.Timedelta(days=1)
    ids = world.customers["customer_id"]
    customers = world.customers.assign(
        opted_out_at=ids.map({listed[0]: day, listed[2]: later}),
        left_at=ids.map({listed[1]: day}),
    )
    rows = SmallWorld(world.leads, world.interactions, world.assessments, customers)
    part = open_deals(rows)
    actions = the_list(part)
    gone = before.frame["customer_id"].isin(listed[:2])
    assert set(actions.frame["customer_id"]) == set(listed) - set(listed[:2])
    assert not {one.person for one in part.alarms if isinstance(one, Alarm)} & set(listed[:2])
    told = gone.sum() if gone.sum() >= 5 else "< 5"
    assert f"Not listed: {told} " in actions.purpose.en
    assert f"未列入：{told} " in actions.purpose.zh
    assert "Not listed" not in before.purpose.en


def test_a_type_of_track_that_is_a_standing_sign_is_told_once(monkeypatch):
    """`swings` is the sign of tracks that oscillate: the playbook has one line for both."""
    monkeypatch.setattr(loss_patterns, "loss_types", lambda rows, q: ("oscillation", "steady"))
    types = SimpleNamespace(estimates=(), kind="deal_probability")

    def names(*signs, patterns=()):
        read = SimpleNamespace(standing=signs)
        kept = tuple(SimpleNamespace(pattern=SimpleNamespace(name=name)) for name in patterns)
        grammar = SimpleNamespace(patterns=SimpleNamespace(before_losses=kept))
        return loss_patterns._standing(Config(), read, grammar, types).names

    assert names("swings") == ("swings", "track:steady")
    assert names(patterns=["swings"]) == ("swings", "track:steady")
    assert names("sudden_drop") == ("sudden_drop", "track:oscillation", "track:steady")


@pytest.mark.parametrize("kind", [one for one in TYPES.values() if one.sign])
def test_the_sign_of_a_type_of_track_exists(kind):
    assert kind.sign in SIGNS
