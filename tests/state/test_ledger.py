"""The alarm ledger: only added to, each key once, chained, and read as of earlier days."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.errors import DataError, SourceLost
from crm_analysis.state import CodeEntry, State, said_frame, said_from_frame
from crm_analysis.state.file import _FORMS
from tests.state.alarms import APRIL, EVER, MARCH, MAY, a_round, alarm, settlement


def run_sql(state, *statements):
    with closing(sqlite3.connect(state.file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def ask(state, question):
    with closing(sqlite3.connect(state.file)) as connection:
        return connection.execute(question).fetchall()


def test_a_folder_without_state_has_an_empty_ledger_and_stays_as_it_is(tmp_path):
    book = State.at(tmp_path / "none").alarms(MAY)
    assert (len(book.alarms), len(book.rounds), book.salt) == (0, 0, "")
    assert not (tmp_path / "none").exists()


def test_what_was_said_is_read_by_later_days_only(tmp_path):
    state = State.at(tmp_path)
    state.add_alarms([a_round(), alarm(), alarm("L2", APRIL)])
    assert state.alarms(MARCH).alarms.empty
    assert state.alarms(APRIL).alarms["name"].tolist() == ["L1"]
    assert state.alarms(MAY).alarms["name"].tolist() == ["L1", "L2"]


def test_the_same_day_is_said_once_and_the_first_word_stays(tmp_path):
    state = State.at(tmp_path)
    said = [a_round(), alarm(), alarm("L2")]
    assert state.add_alarms(said).n_stored == 3
    again = state.add_alarms([a_round(n_watched=99), alarm(score=0.1, warned=False), alarm("L3")])
    assert (again.n_stored, again.n_there) == (1, 2)
    book = state.alarms(EVER)
    assert book.alarms.set_index("name")["score"].to_dict() == {"L1": 0.7, "L2": 0.7, "L3": 0.7}
    assert book.alarms["warned"].all()
    assert book.rounds["n_watched"].tolist() == [10]
    assert state.add_alarms([alarm("L4"), alarm("L4", score=0.2)]).n_stored == 1


def test_one_lead_may_be_warned_of_on_another_day_and_for_another_kind(tmp_path):
    state = State.at(tmp_path)
    found = state.add_alarms([alarm(), alarm(day=APRIL), alarm(kind="customer")])
    assert found.n_stored == 3
    assert state.alarms(EVER).alarms["subject"].nunique() == 2


def test_settlements_add_up_and_the_earlier_ones_stay(tmp_path):
    state = State.at(tmp_path)
    state.add_alarms([alarm()])
    [subject] = state.alarms(EVER).alarms["subject"]
    first, second = settlement(subject), settlement(subject, MAY, "won", date(2026, 5, 2))
    state.add_alarms([first])
    state.add_alarms([first, second])
    assert state.alarms(EVER).settlements["outcome"].tolist() == ["lost", "won"]
    assert state.alarms(MAY).settlements["outcome"].tolist() == ["lost"]


@pytest.mark.parametrize("table", ["ledger", "salt"])
@pytest.mark.parametrize("change", ["UPDATE {} SET rowid = 7", "DELETE FROM {}"])
def test_the_file_itself_refuses_changes_and_removals(tmp_path, table, change):
    state = State.at(tmp_path)
    state.add_alarms([alarm()])
    with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
        run_sql(state, change.format(table))


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE ledger SET said = replace(said, '0.7', '0.1') WHERE entry = 2",
        "UPDATE ledger SET subject = 'another' WHERE entry = 3",
        "DELETE FROM ledger WHERE entry = 1",
        "DELETE FROM ledger WHERE entry = 2",
        "DELETE FROM ledger WHERE entry = 3",
        "DELETE FROM ledger WHERE entry >= 2",
        "DELETE FROM ledger",
        "INSERT INTO ledger (what, kind, subject, raised, as_of, said, chain) "
        "SELECT what, kind, 'made up', raised, as_of, said, 'made up' FROM ledger WHERE entry = 2",
    ],
)
def test_a_ledger_that_was_tampered_with_does_not_verify(tmp_path, tampering):
    state = State.at(tmp_path)
    state.add_alarms([a_round(), alarm(), alarm("L2")])
    assert state.prepare() == {"open_deal": MARCH}
    run_sql(state, "DROP TRIGGER ledger_stay", "DROP TRIGGER ledger_last", tampering)
    with pytest.raises(DataError, match="does not verify") as told:
        state.prepare()
    assert told.value.exit_code == 3


def test_a_ledger_whose_end_is_gone_says_how_much_and_what_to_do(tmp_path):
    state = State.at(tmp_path)
    state.add_alarms([a_round(), alarm(), alarm("L2")])
    run_sql(state, "DROP TRIGGER ledger_last", "DELETE FROM ledger WHERE entry >= 2")
    with pytest.raises(DataError, match=r"of 3 .* the last 2 are gone; restore the state from a b"):
        state.prepare()
    with pytest.raises(DataError, match="are gone"):
        state.forget("L2")


def test_a_writing_that_was_given_up_is_no_missing_end(tmp_path, monkeypatch):
    state = State.at(tmp_path)
    state.add_alarms([alarm()])
    with monkeypatch.context() as patch:
        patch.setattr("crm_analysis.state.people.add_people", _fail)
        with pytest.raises(RuntimeError):
            state.add_alarms([alarm("L2")])
    state.add_alarms([alarm("L3")])
    assert state.prepare() == {"open_deal": MARCH}


def _fail(*_):
    raise RuntimeError("out of disk")


def test_an_older_file_is_read_as_it_is_and_grows_when_written_to(tmp_path):
    state = State.at(tmp_path)
    run_sql(state, *_FORMS[1], "PRAGMA user_version = 1")
    run_sql(
        state,
        "INSERT INTO codes (reason_id, coder, codes, recorded_at, codebook) "
        "VALUES ('Y1', 'code_a', 'price', '2026-03-31', '1')",
    )
    assert state.codes(MAY) == {("Y1", "code_a"): "price"}
    assert state.alarms(MAY).alarms.empty
    assert ask(state, "PRAGMA user_version") == [(1,)]
    state.add_alarms([alarm()])
    assert ask(state, "PRAGMA user_version") == [(2,)]
    entry = CodeEntry(reason_id="Y2", coder="code_a", codes="speed", recorded_at=APRIL)
    state.add_codes([entry], codebook="1")
    assert state.codes(MAY) == {("Y1", "code_a"): "price", ("Y2", "code_a"): "speed"}
    assert len(state.alarms(MAY).alarms) == 1


def test_only_its_owner_may_look_into_it(tmp_path):
    state = State.at(tmp_path / "state")
    state.prepare()
    assert state.folder.stat().st_mode & 0o777 == 0o700
    assert state.file.stat().st_mode & 0o777 == 0o600


def test_a_state_that_cannot_be_made_is_lost(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SourceLost, match="cannot be written"):
        State.at(tmp_path / "file").prepare()


def test_a_fault_half_way_writes_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    state = State.at(tmp_path)
    state.add_alarms([alarm()])
    monkeypatch.setattr("crm_analysis.state.people.add_people", full)
    with pytest.raises(SourceLost, match="disk is full"):
        state.add_alarms([alarm("L2")])
    assert len(state.alarms(EVER).alarms) == 1
    state.prepare()


TEXTS = st.sampled_from(["L1", "客户'1", "a\x1fb", 'q"', ""])
SAID = st.lists(
    st.one_of(
        st.builds(
            alarm, TEXTS, st.sampled_from([MARCH, APRIL]), advice=TEXTS, warned=st.booleans(),
            score=st.one_of(st.none(), st.floats(0, 1)),
        ),
        st.builds(a_round, st.sampled_from([MARCH, APRIL]), st.integers(0, 10**6)),
        st.builds(
            settlement, TEXTS, outcome=st.sampled_from(["open", "won"]),
            ended_on=st.one_of(st.none(), st.just(APRIL)),
        ),
    ),
    max_size=8,
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(SAID)
def test_what_is_published_is_read_back_as_it_was(tmp_path_factory, said):
    file = tmp_path_factory.mktemp("said") / "alarms.parquet"
    said_frame(said).to_parquet(file, index=False)
    found = said_from_frame(pd.read_parquet(file))
    assert len(found) == len(said)
    for one, other in zip(found, said, strict=True):
        if getattr(other, "score", None) is not None:
            assert one.score == pytest.approx(other.score, rel=1e-11)
            continue
        assert one == other


@settings(max_examples=30, deadline=None)
@given(SAID, st.integers(0, 8))
def test_written_at_once_or_in_two_parts_the_ledger_says_the_same(tmp_path_factory, said, at):
    whole, parts = (State.at(tmp_path_factory.mktemp("state")) for _ in range(2))
    whole.add_alarms(said, salt="s")
    parts.add_alarms(said[:at], salt="s")
    parts.add_alarms(said, salt="s")
    for name in ("alarms", "settlements", "rounds"):
        one, other = (getattr(state.alarms(EVER, salt="s"), name) for state in (whole, parts))
        pd.testing.assert_frame_equal(one, other)
    parts.prepare(salt="s")
