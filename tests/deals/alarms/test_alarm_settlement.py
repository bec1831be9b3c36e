"""What became of alarms: by hand, and what must hold whatever is recorded and however late."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.deals.alarms.raised import OPEN_DEAL, raise_alarms
from crm_analysis.deals.alarms.settlement import balance, settle
from crm_analysis.state import OUTCOMES, Settlement, State

MARCH, APRIL, MAY, JULY = (
    date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31), date(2026, 7, 31)
)  # fmt: skip


def raise_for(names, day, *, horizon=90):
    """Raise an alarm for each lead."""
    rows = pd.DataFrame({"lead_id": list(names), "customer_id": [f"C{name}" for name in names]})
    return raise_alarms(
        rows, as_of=day, rule_version="1", horizon_days=horizon, n_watched=len(rows)
    ).said


def endings(**given):
    """Say how leads stand: name=(status, day or None)."""
    rows = [(name, status, pd.Timestamp(day)) for name, (status, day) in given.items()]
    frame = pd.DataFrame(rows, columns=["lead_id", "status", "closed"])
    return frame.astype({"closed": "datetime64[s]"})


def settled(state, frame, day):
    """Settle as a run would, and write down what is new."""
    found = settle(state.alarms(day), frame, as_of=day, kind=OPEN_DEAL)
    state.add_alarms(found.news)
    return found


def outcomes(found):
    return dict(zip(found.alarms["name"], found.alarms["outcome"], strict=True))


def test_each_way_to_end_by_hand(tmp_path):
    state = State.at(tmp_path)
    state.add_alarms(raise_for("LWVOXG", MARCH, horizon=30))
    known = endings(
        L=("lost", "2026-04-10"),
        W=("won", "2026-04-30"),  # the last day of the horizon
        V=("void", "2026-04-02"),
        O=("open", None),
        X=("lost", "2026-05-01"),  # a day too late
    )
    early = settle(state.alarms(date(2026, 4, 15)), known.assign(
        status=["lost", "open", "void", "open", "open"],
        closed=known["closed"].where(known["status"].isin(["lost", "void"]))
    ), as_of=date(2026, 4, 15), kind=OPEN_DEAL)  # fmt: skip
    assert outcomes(early) == {
        "L": "lost", "W": "open", "V": "void", "O": "open", "X": "open", "G": "void"
    }  # fmt: skip
    late = settle(state.alarms(MAY), known, as_of=MAY, kind=OPEN_DEAL)
    assert outcomes(late) == {
        "L": "lost", "W": "won", "V": "void", "O": "expired", "X": "expired", "G": "void"
    }  # fmt: skip
    [row] = balance(late).to_dict("records")
    assert row == {
        "month": "2026-03", "raised": 6, "lost": 1, "won": 1, "void": 2, "expired": 2, "open": 0,
        "kept_back": 0, "corrected": 0,
    }  # fmt: skip


def test_a_changed_past_is_a_correction_and_nothing_is_rewritten(tmp_path):
    state = State.at(tmp_path)
    state.add_alarms(raise_for("AB", MARCH))
    first = settled(state, endings(A=("lost", "2026-04-10"), B=("open", None)), APRIL)
    assert first.corrections.empty
    second = settled(state, endings(A=("won", "2026-04-12"), B=("open", None)), MAY)
    [change] = second.corrections[["seen", "was", "now"]].to_dict("records")
    assert change == {"seen": pd.Timestamp(MAY), "was": "lost", "now": "won"}
    assert balance(second)["corrected"].tolist() == [1]
    third = settled(state, endings(A=("open", None), B=("lost", "2026-06-01")), JULY)
    assert outcomes(third) == {"A": "expired", "B": "lost"}
    assert third.corrections["now"].tolist() == ["won", "expired"]
    said = state.alarms(date(2100, 1, 1)).settlements
    told = list(zip(said["as_of"].dt.month, said["outcome"], strict=True))
    assert told == [(4, "lost"), (5, "won"), *sorted([(7, "expired"), (7, "lost")], key=told.index)]


def test_an_ending_before_the_alarm_that_was_typed_in_later_is_a_correction(tmp_path):
    state = State.at(tmp_path)
    state.add_alarms(raise_for("A", MARCH))
    found = settled(state, endings(A=("lost", "2026-03-20")), APRIL)
    assert found.alarms["had_ended"].tolist() == [True]
    assert found.corrections[["was", "now"]].values.tolist() == [["open", "lost"]]
    assert len(settled(state, endings(A=("lost", "2026-03-20")), MAY).corrections) == 1


def test_what_is_said_twice_adds_nothing(tmp_path):
    state = State.at(tmp_path)
    state.add_alarms(raise_for("AB", MARCH))
    known = endings(A=("lost", "2026-04-10"), B=("open", None))
    assert len(settled(state, known, APRIL).news) == 1
    assert settled(state, known, MAY).news == ()
    expired = settled(state, known, JULY).news
    assert [one.outcome for one in expired] == ["expired"]


def test_a_deal_that_left_the_data_keeps_what_was_said(tmp_path):
    state = State.at(tmp_path)
    state.add_alarms(raise_for("AB", MARCH))
    settled(state, endings(A=("lost", "2026-04-10"), B=("open", None)), APRIL)
    assert state.forget("CA") == 1
    found = settled(state, endings(), MAY)
    assert dict(zip(found.alarms["name"].fillna("?"), found.alarms["outcome"], strict=True)) == {
        "?": "lost", "B": "void"
    }  # fmt: skip
    state.prepare()


def test_facts_of_later_days_are_not_read(tmp_path):
    state = State.at(tmp_path)
    state.add_alarms(raise_for("A", APRIL))
    late = Settlement(
        kind=OPEN_DEAL, subject=state.alarms(MAY).alarms["subject"][0], raised=APRIL, as_of=JULY,
        outcome="lost", ended_on=JULY,
    )  # fmt: skip
    state.add_alarms([late, *raise_for("B", MAY)])
    book = state.alarms(MAY)
    assert (len(book.alarms), len(book.settlements), len(book.rounds)) == (1, 0, 1)
    assert state.alarms(APRIL).alarms.empty


LEADS = ("A", "B", "客户'1")
MOMENTS = st.integers(0, 240).map(lambda n: date(2026, 1, 1) + timedelta(days=n))
FATES = st.tuples(st.sampled_from(["open", "lost", "won", "void"]), MOMENTS)
WORLDS = st.lists(
    st.tuples(st.sets(st.sampled_from(LEADS)), st.dictionaries(st.sampled_from(LEADS), FATES)),
    min_size=1, max_size=6,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(WORLDS, st.integers(1, 120))
def test_raised_is_settled_and_open_in_every_month(tmp_path_factory, world, horizon):
    """Whatever is recorded, changed or removed between runs, no alarm is lost or counted twice."""
    state = State.at(tmp_path_factory.mktemp("state"))
    day, n_raised = date(2026, 1, 31), {}
    for number, (names, fates) in enumerate(world):
        known = endings(
            **{name: (how, None if how == "open" else when) for name, (how, when) in fates.items()}
        )
        found = settle(state.alarms(day), known, as_of=day, kind=OPEN_DEAL)
        table = balance(found).set_index("month")
        assert (table[list(OUTCOMES)].sum(axis=1) == table["raised"]).all()
        assert table["raised"].to_dict() == n_raised
        said = (*raise_for(sorted(names), day, horizon=horizon), *found.news)
        before = state.alarms(date(2100, 1, 1)).settlements
        state.add_alarms(said)
        assert state.add_alarms(said).n_stored == 0
        after = state.alarms(date(2100, 1, 1)).settlements
        pd.testing.assert_frame_equal(after.head(len(before)), before)
        if names:
            n_raised[day.strftime("%Y-%m")] = len(names)
        day += timedelta(days=31 if number % 2 else 28)


@pytest.mark.parametrize("horizon", [1, 30, 90])
def test_an_alarm_expires_on_the_last_day_of_its_horizon_and_not_before(tmp_path, horizon):
    state = State.at(tmp_path)
    state.add_alarms(raise_for("A", MARCH, horizon=horizon))
    last = MARCH + timedelta(days=horizon)
    for day, outcome in ((last - timedelta(days=1), "open"), (last, "expired")):
        if day > MARCH:
            found = settle(state.alarms(day), endings(A=("open", None)), as_of=day, kind=OPEN_DEAL)
            assert outcomes(found) == {"A": outcome}


def test_a_list_without_deals_keeps_its_columns_and_is_a_round():
    rows = pd.DataFrame({"lead_id": [], "customer_id": [], "amount": []})
    raised = raise_alarms(
        rows, as_of=date(2026, 1, 31), rule_version="1", horizon_days=90, n_watched=4
    )
    assert list(raised.listed.columns) == ["lead_id", "customer_id", "amount"]
    assert [type(one).__name__ for one in raised.said] == ["Round"]


@pytest.mark.parametrize(("day", "had_ended"), [("2026-04-20", False), ("2026-03-20", True)])
def test_another_day_of_the_same_ending_is_a_correction_told_once(tmp_path, day, had_ended):
    state = State.at(tmp_path)
    state.add_alarms(raise_for("A", MARCH))
    assert settled(state, endings(A=("lost", "2026-04-10")), APRIL).corrections.empty
    for seen in (MAY, JULY):
        found = settled(state, endings(A=("lost", day)), seen)
        assert found.corrections[["was", "now"]].values.tolist() == [["lost", "lost"]]
        assert found.corrections["seen"].tolist() == [pd.Timestamp(MAY)]
        assert found.alarms["had_ended"].tolist() == [had_ended]
