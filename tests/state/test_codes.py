"""The state: entries are only added, the newest by a day counts, and faults are one sentence."""

from __future__ import annotations

import sqlite3
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.errors import SourceLost
from crm_analysis.state import CodeEntry, State

MARCH, APRIL = date(2026, 3, 31), date(2026, 4, 30)


def entry(reason_id="Y1", codes="price", *, coder="code_a", day=MARCH):
    return CodeEntry(reason_id=reason_id, coder=coder, codes=codes, recorded_at=day)


def test_a_folder_without_state_has_no_codes_and_stays_as_it_is(tmp_path):
    assert State.at(tmp_path / "none").codes(APRIL) == {}
    assert not (tmp_path / "none").exists()


def test_what_counts_on_a_day_is_the_newest_entry_by_then(tmp_path):
    state = State.at(tmp_path)
    state.add_codes([entry(), entry("Y2", "speed", coder="code_b")], codebook="1")
    found = state.add_codes([entry(codes="speed;price", day=APRIL)], codebook="1")
    assert found.changed == {("Y1", "code_a"): "price"}
    assert state.codes(date(2026, 3, 30)) == {}
    assert state.codes(MARCH)["Y1", "code_a"] == "price"
    assert state.codes(APRIL) == {("Y1", "code_a"): "speed;price", ("Y2", "code_b"): "speed"}


def test_a_file_imported_twice_adds_nothing(tmp_path):
    state = State.at(tmp_path)
    state.add_codes([entry(), entry("Y2")], codebook="1")
    again = state.add_codes([entry(), entry("Y2")], codebook="1")
    assert (again.n_stored, again.n_there, again.changed) == (0, 2, {})


def test_an_older_list_that_comes_back_late_changes_no_newer_word(tmp_path):
    state = State.at(tmp_path)
    state.add_codes([entry(codes="speed", day=APRIL)], codebook="1")
    state.add_codes([entry(codes="price", day=MARCH)], codebook="1")
    assert state.codes(APRIL)["Y1", "code_a"] == "speed"
    assert state.codes(MARCH)["Y1", "code_a"] == "price"


def test_the_file_itself_refuses_changes_and_removals(tmp_path):
    state = State.at(tmp_path)
    state.add_codes([entry()], codebook="1")
    connection = sqlite3.connect(state.file)
    for statement in ("UPDATE codes SET codes = 'speed'", "DELETE FROM codes"):
        with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
            connection.execute(statement)
    connection.close()


def test_only_its_owner_may_look_into_it(tmp_path):
    state = State.at(tmp_path / "state")
    state.add_codes([entry()], codebook="1")
    assert state.folder.stat().st_mode & 0o777 == 0o700
    assert state.file.stat().st_mode & 0o777 == 0o600


def test_a_fault_half_way_stores_nothing(tmp_path):
    state = State.at(tmp_path)
    state.add_codes([entry()], codebook="1")
    with pytest.raises(SourceLost, match="CHECK"):
        state.add_codes([entry("Y2"), entry("Y3", codes="")], codebook="1")
    assert set(state.codes(APRIL)) == {("Y1", "code_a")}


def test_a_busy_state_is_named_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("crm_analysis.state.file._WAIT_SECONDS", 0.05)
    state = State.at(tmp_path)
    state.add_codes([entry()], codebook="1")
    other = sqlite3.connect(state.file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        for attempt in (
            lambda: state.codes(APRIL),
            lambda: state.add_codes([entry("Y2")], codebook="1"),
        ):
            with pytest.raises(SourceLost, match=r"busy.*try again") as told:
                attempt()
            assert told.value.exit_code == 4
    finally:
        other.close()
    assert set(state.codes(APRIL)) == {("Y1", "code_a")}


def test_a_file_that_is_no_state_or_a_newer_one_is_refused(tmp_path):
    state = State.at(tmp_path)
    state.file.write_bytes(b"not a database at all, but long enough to be read as a page" * 20)
    with pytest.raises(SourceLost, match="not a database"):
        state.codes(APRIL)
    state.file.unlink()
    state.add_codes([entry()], codebook="1")
    connection = sqlite3.connect(state.file)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SourceLost, match="newer version"):
        state.codes(APRIL)


def test_an_empty_file_that_a_killed_first_import_left_is_an_empty_state(tmp_path):
    state = State.at(tmp_path)
    state.file.touch()
    assert state.codes(APRIL) == {}
    state.add_codes([entry()], codebook="1")
    assert len(state.codes(APRIL)) == 1


ENTRIES = st.lists(
    st.builds(
        entry,
        st.sampled_from(["Y1", "Y2", "客户'1"]),
        st.sampled_from(["price", "speed", "price;speed"]),
        coder=st.sampled_from(["code_a", "code_b"]),
        day=st.sampled_from([MARCH, APRIL]),
    ),
    max_size=12,
    unique_by=lambda one: (one.key, one.recorded_at),
)


@settings(max_examples=25, deadline=None)
@given(ENTRIES, st.integers(0, 12))
def test_entries_of_one_file_count_the_same_in_one_import_or_in_two(tmp_path_factory, entries, at):
    whole, parts = (State.at(tmp_path_factory.mktemp("state")) for _ in range(2))
    whole.add_codes(entries, codebook="1")
    parts.add_codes(entries[:at], codebook="1")
    parts.add_codes(entries[at:], codebook="1")
    for day in (MARCH, APRIL):
        expected = {}
        for one in sorted(entries, key=lambda one: one.recorded_at):
            if one.recorded_at <= day:
                expected[one.key] = one.codes
        assert whole.codes(day) == parts.codes(day) == expected


def test_a_file_of_another_program_is_refused_and_stays_as_it_is(tmp_path):
    state = State.at(tmp_path)
    with sqlite3.connect(state.file) as connection:
        connection.execute("CREATE TABLE visits (url TEXT)")
    connection.close()
    before = state.file.read_bytes()
    for attempt in (
        lambda: state.codes(APRIL),
        lambda: state.add_codes([entry()], codebook="1"),
    ):
        with pytest.raises(SourceLost, match="another program"):
            attempt()
    assert state.file.read_bytes() == before


def test_what_the_database_has_rolled_back_by_itself_is_told_as_it_was(tmp_path, monkeypatch):
    def full(connection, *_):
        connection.execute("ROLLBACK")
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("crm_analysis.state.state.add_codes", full)
    with pytest.raises(SourceLost, match="disk is full"):
        State.at(tmp_path).add_codes([entry()], codebook="1")
