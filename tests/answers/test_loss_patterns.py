"""Notebook 20 in words: signs that stand, the list they make, and when there is none."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from crm_analysis.answers.loss_patterns import NOTEBOOK, answer
from crm_analysis.config import Config, Tracks
from crm_analysis.estimates import is_finding, says_causes
from crm_analysis.language import Text
from crm_analysis.results import to_json
from tests.answers.worlds import faults, known
from tests.deals.small_world import AS_OF, SmallWorld, small_world


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


def asked(world: SmallWorld, *, without: tuple[str, ...] = (), **given: object):
    views = {name: view for name, view in world.tables().items() if name not in without}
    leads = views["leads"]
    views["leads"] = leads.mutate(state=leads.status, amount=leads.lead_id.length().cast("float64"))
    return answer(known(views, **{"as_of": AS_OF, **given}))


@pytest.fixture(scope="module")
def found():
    return asked(falling(21))


@pytest.fixture(scope="module")
def nothing():
    return asked(small_world(22, n=900))


def test_signs_that_stand_head_the_page_and_make_the_list(found):
    assert found.notebook == NOTEBOOK
    assert "preceded most clearly" in found.headline.en
    (listed,) = found.lists
    assert listed.name == "open_deals"
    assert len(listed.frame) > 0
    count = next(row for row in found.estimates if row.segment == "sign=any")
    assert count.estimate == len(listed.frame)
    assert str(len(listed.frame)) in found.headline.en


def test_the_list_gives_reasons_and_no_verdict(found):
    frame = found.lists[0].frame
    assert frame["lead_id"].is_unique
    assert frame["reason_en"].str.contains("hint").all()
    assert frame["reason_zh"].str.contains("仅为提示").all()
    words = " ".join([*frame["reason_en"], *frame["action_en"], found.lists[0].purpose.en])
    assert "will be lost" not in words
    assert frame["n_signs"].is_monotonic_decreasing


def test_findings_carry_interval_size_and_action(found):
    by_key = {row.key: row for row in found.estimates}
    assert 1 <= len(found.findings) <= 7
    for finding in found.findings:
        row = by_key[finding.estimate_key]
        assert is_finding(row, 0.05)
        assert f"{np.exp(row.estimate):.2f}" in finding.sentence.en
        assert not says_causes(finding.sentence)
        assert finding.action.zh


def test_where_nothing_stands_nobody_is_listed(nothing):
    assert nothing.headline.en.startswith("No regularity found")
    assert nothing.headline.zh.startswith("没有发现规律")
    assert nothing.findings == ()
    assert nothing.lists[0].frame.empty
    assert {"lead_id", "reason_en", "reason_zh"} <= set(nothing.lists[0].frame.columns)


def test_pages_have_all_their_columns_and_a_stable_narrative(found):
    assert not faults(found)
    assert to_json(found) == to_json(asked(falling(21)))


def test_stale_data_give_no_list_and_say_why():
    late = Text("The export ends two weeks before.", "导出早两周结束。")
    result = asked(falling(21), stale=late)
    assert result.lists == ()
    assert not any("list of open deals" in text.en for text in result.todo)
    assert late in result.does_not_show
    assert not any(row.quantity == "open_leads_with_sign_count" for row in result.estimates)


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
def test_one_source_of_signs_is_enough(missing, said, sign):
    result = asked(small_world(23, n=300), without=(missing,))
    assert any(said in text.en for text in result.does_not_show)
    assert any(f"sign={sign}" in row.segment for row in result.estimates)


def test_track_thresholds_of_the_configuration_bite():
    strict = asked(falling(21), config=Config(tracks=Tracks(drawdown=0.9)))
    row = next(
        row for row in strict.estimates if row.segment == "cause=lost;sign=probability_fallen"
    )
    assert row.status == "not_estimable"


def test_in_a_stale_export_follow_up_ends_with_the_data(found):
    late = Text("The export ends two months before.", "导出早两个月结束。")
    later = AS_OF + timedelta(days=60)
    result = asked(falling(21), as_of=later, observed_until=AS_OF, stale=late)
    past = [row for row in found.estimates if row.quantity != "open_leads_with_sign_count"]
    assert list(result.estimates) == past
    assert result.status == "weak"


def test_who_asked_for_no_more_contact_or_left_is_not_listed(found):
    world = falling(21)
    listed = found.lists[0].frame["customer_id"].unique()
    assert len(listed) > 3
    day, later = pd.Timestamp(AS_OF), pd.Timestamp(AS_OF) + pd.Timedelta(days=1)
    ids = world.customers["customer_id"]
    customers = world.customers.assign(
        opted_out_at=ids.map({listed[0]: day, listed[2]: later}),
        left_at=ids.map({listed[1]: day}),
    )
    rows = SmallWorld(world.leads, world.interactions, world.assessments, customers)
    (actions,) = asked(rows).lists
    gone = found.lists[0].frame["customer_id"].isin(listed[:2])
    assert set(actions.frame["customer_id"]) == set(listed) - set(listed[:2])
    assert f"Not listed: {gone.sum()} " in actions.purpose.en
    assert f"未列入：{gone.sum()} " in actions.purpose.zh
    assert "Not listed" not in found.lists[0].purpose.en


def test_captions_name_the_level_of_the_configuration():
    result = asked(small_world(22, n=300), config=Config(alpha=0.1))
    captions = [part.caption for part in (*result.tables, *result.pictures)]
    written = " ".join(caption.en + caption.zh for caption in captions)
    assert "90 % interval" in written
    assert "90 % 区间" in written
    assert "95 %" not in written
