"""States of a lead that come and go: pencil lives, clocks, and the same cut by hand in pandas."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd
import pytest

from crm_analysis.features.switching import ever_states, state_episodes
from crm_analysis.survival.spells import lead_spells
from crm_analysis.survival.time_varying import start_stop

AS_OF = date(2026, 3, 31)
OPENED = pd.Timestamp("2026-01-01 10:00")


def day(number: float) -> pd.Timestamp:
    return OPENED + pd.Timedelta(days=number)


def tables(questions=(), promises=(), closed: float | None = 20):
    engine = ibis.duckdb.connect()
    leads = pd.DataFrame(
        {
            "lead_id": ["a"], "customer_id": ["1"], "rep_id": ["r"], "product": ["p"],
            "opened_at": [OPENED],
            "closed_at": pd.to_datetime([None if closed is None else day(closed)]),
            "status": ["open" if closed is None else "lost"],
        }
    )  # fmt: skip
    asked = pd.DataFrame(questions, columns=["asked_at", "known_at", "answered_at"])
    contacts = asked.assign(
        at=asked["asked_at"], lead_id="a", customer_id="1", round_id="", direction="in"
    )
    issues = pd.DataFrame(promises, columns=["resolved_at", "known_at", "outcome"]).assign(
        customer_id="1", kind="promise"
    )
    made = {"leads": leads, "contacts": contacts, "issues": issues}
    times = {"asked_at", "known_at", "answered_at", "at", "resolved_at", "opened_at", "closed_at"}
    for name, frame in made.items():
        typed = {
            column: "datetime64[us]" if column in times else "string" for column in frame.columns
        }
        made[name] = engine.create_table(name, frame.astype(typed))
    contacts = made["contacts"].mutate(round_id=ibis.null("string"))
    return made["leads"], contacts, made["issues"]


def lives(questions=(), promises=(), closed: float | None = 20) -> list[list[int]]:
    leads, contacts, issues = tables(questions, promises, closed)
    spells = lead_spells(leads, as_of=AS_OF)
    frame = state_episodes(
        spells, leads, interactions=contacts, issues=issues, as_of=AS_OF
    ).execute()
    columns = ["entry_days", "exit_days", "question_open", "promise_broken", "cause", "n"]
    return frame[columns].sort_values("entry_days").to_numpy().tolist()


def test_a_question_is_open_from_the_day_it_is_asked_to_the_day_it_is_answered():
    asked = [(day(3), day(3), day(8))]
    assert lives(asked) == [[0, 3, 0, 0, 0, 1], [3, 8, 1, 0, 0, 1], [8, 20, 0, 0, 1, 1]]


def test_one_typed_later_begins_when_it_was_known_and_one_typed_after_the_end_never():
    assert lives([(day(3), day(5), day(8))])[1][:3] == [5, 8, 1]
    assert lives([(day(3), day(21), None)]) == [[0, 20, 0, 0, 1, 1]]
    assert lives([(day(3), day(9), day(8))]) == [[0, 20, 0, 0, 1, 1]]


def test_two_open_questions_are_one_state_until_both_are_answered():
    asked = [(day(2), day(2), day(10)), (day(5), day(5), day(7))]
    assert [row[:3] for row in lives(asked)] == [
        [0, 2, 0], [2, 5, 1], [5, 7, 1], [7, 10, 1], [10, 20, 0]
    ]  # fmt: skip


def test_a_question_on_the_first_day_is_there_at_the_start_and_an_unanswered_one_stays():
    assert lives([(OPENED, OPENED, None)]) == [[0, 20, 1, 0, 1, 1]]
    assert lives([(day(25), day(25), None)], closed=None)[-1] == [25, 89, 1, 0, 0, 1]


@pytest.mark.parametrize(
    ("resolved", "outcome", "expected"),
    [
        (day(6), "broken", [[0, 6, 0, 0, 0, 1], [6, 20, 0, 1, 1, 1]]),
        (day(-30), "broken", [[0, 20, 0, 1, 1, 1]]),
        (day(-400), "broken", [[0, 20, 0, 0, 1, 1]]),
        (day(6), "kept", [[0, 20, 0, 0, 1, 1]]),
    ],
)
def test_a_broken_promise_counts_from_its_breaking_and_for_a_year(resolved, outcome, expected):
    assert lives(promises=[(resolved, resolved, outcome)]) == expected


def test_a_lead_closed_on_its_first_day_keeps_one_row():
    assert lives([(OPENED, OPENED, None)], closed=0) == [[0, 0, 1, 0, 1, 1]]


def test_ever_asks_of_the_whole_life():
    leads, contacts, issues = tables([(day(3), day(3), day(8))])
    spells = lead_spells(leads, as_of=AS_OF)
    frame = ever_states(spells, leads, interactions=contacts, issues=issues, as_of=AS_OF).execute()
    columns = ["duration_days", "cause", "question_open", "promise_broken", "n"]
    assert frame[columns].to_numpy().tolist() == [[20, 1, 1, 0, 1]]


def test_episodes_equal_those_cut_one_lead_at_a_time(crm, frames):
    """The counts of the engine add up to the start-stop rows made by hand in pandas."""
    leads = crm.table("leads").mutate(
        status=crm.table("leads").closed_at.isnull().ifelse("open", "lost"),
        rep_id=ibis.literal("r"), product=ibis.literal("p"),
    )  # fmt: skip
    asked = crm.table("interactions").filter(lambda t: t.lead_id.notnull())
    spells = lead_spells(leads, as_of=AS_OF)
    found = state_episodes(spells, leads, interactions=asked, as_of=AS_OF).execute()
    by_hand = _by_hand(spells.execute(), frames["interactions"], frames["leads"])
    keys = ["entry_days", "exit_days", "question_open", "cause"]
    found["exit_days"] = found["exit_days"].astype(float).replace(0.0, 0.5)
    left = found.groupby(keys)["n"].sum().astype(float)
    right = by_hand.groupby(keys).size().astype(float)
    assert len(left) > 50
    pd.testing.assert_series_equal(
        left.sort_index(), right.sort_index(), check_names=False, check_index_type=False
    )


def _by_hand(spells: pd.DataFrame, contacts: pd.DataFrame, leads: pd.DataFrame) -> pd.DataFrame:
    told = contacts[contacts["lead_id"].notna() & (contacts["direction"] == "in")]
    rows = told.merge(spells[["lead_id", "opened", "duration_days"]], on="lead_id")
    rows = rows.merge(leads[["lead_id", "opened_at"]], on="lead_id")
    opened = pd.to_datetime(rows["opened"])
    end = opened + pd.to_timedelta(rows["duration_days"] + 1, unit="D")
    rows = rows[rows["asked_at"].notna() & rows["at"].notna() & (rows["known_at"] < end)]
    rows = rows[rows["at"] >= rows["opened_at"]]
    rows = rows[rows["answered_at"].isna() | (rows["answered_at"] > rows["known_at"])]
    opened = pd.to_datetime(rows["opened"])
    begin = (rows[["asked_at", "known_at"]].max(axis=1).dt.normalize() - opened).dt.days
    until = (rows["answered_at"].dt.normalize() - opened).dt.days
    moves = pd.concat(
        [
            pd.DataFrame({"lead_id": rows["lead_id"], "day": begin.clip(lower=0), "step": 1}),
            pd.DataFrame({"lead_id": rows["lead_id"], "day": until.clip(lower=0), "step": -1}),
        ]
    ).dropna()
    daily = moves.groupby(["lead_id", "day"], as_index=False)["step"].sum()
    daily["n_open"] = daily.groupby("lead_id")["step"].cumsum()
    daily["question_open"] = (daily["n_open"] > 0).astype(float)
    cut = start_stop(
        spells[["lead_id", "duration_days", "cause"]].assign(event=spells["cause"] > 0),
        daily[["lead_id", "day", "question_open"]],
        start={"question_open": 0},
    )
    cut["cause"] = cut["cause"].where(cut["event"], 0)
    return cut
