"""Who is meant: digests with one salt, a slice by lot, and people who can be forgotten."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from crm_analysis.cli import main
from crm_analysis.errors import UsageError
from crm_analysis.state import State, is_held_back, subject_of
from tests.state.alarms import APRIL, EVER, a_round, alarm


def test_a_forgotten_person_is_gone_and_the_chain_verifies(tmp_path):
    state = State.at(tmp_path)
    state.add_alarms([a_round(), alarm("LEAD-7"), alarm("LEAD-8"), alarm("LEAD-7", APRIL)])
    before = state.alarms(EVER).alarms
    assert b"LEAD-7" in state.file.read_bytes()
    assert state.forget("C-LEAD-7") == 1
    after = state.alarms(EVER).alarms
    assert b"LEAD-7" not in state.file.read_bytes()
    assert after["subject"].tolist() == before["subject"].tolist()
    assert after["name"].tolist() == [None, "LEAD-8", None]
    state.prepare()
    assert state.forget("C-LEAD-7") == 0


def test_what_was_published_does_not_bring_a_forgotten_person_back(tmp_path):
    state = State.at(tmp_path)
    state.add_alarms([alarm("LEAD-7")])
    state.forget("LEAD-7")
    state.add_alarms([alarm("LEAD-7")])
    assert state.alarms(EVER).alarms["name"].tolist() == [None]


def test_the_command_says_what_it_removed_and_what_not(tmp_path, capsys):
    State.at(tmp_path).add_alarms([alarm("LEAD-7"), alarm("LEAD-7", APRIL), alarm("LEAD-8")])
    assert main(["forget", "C-LEAD-7", "--state", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "Removed 1 key" in said
    assert "private/" in said
    assert main(["forget", "C-LEAD-7", "--state", str(tmp_path / "none")]) == 2
    assert "there is no state" in capsys.readouterr().err


def test_forgetting_in_a_folder_without_state_makes_none(tmp_path):
    assert State.at(tmp_path / "none").forget("C1") == 0
    assert not (tmp_path / "none").exists()


def test_a_salt_is_made_once(tmp_path):
    state = State.at(tmp_path)
    state.prepare()
    salt = state.alarms(EVER).salt
    assert len(salt) == 32
    state.prepare()
    assert state.alarms(EVER).salt == salt
    other = State.at(tmp_path / "other")
    other.prepare()
    assert other.alarms(EVER).salt != salt


def test_an_own_salt_is_not_kept_and_no_other_is_taken_for_it(tmp_path):
    state = State.at(tmp_path)
    state.add_alarms([alarm()], salt="our own secret")
    assert b"our own secret" not in state.file.read_bytes()
    assert state.alarms(EVER, salt="our own secret").salt == "our own secret"
    for salt, words in (("another", "is not the salt"), ("", "is missing now")):
        for attempt in (state.prepare, lambda salt: state.alarms(EVER, salt=salt)):
            with pytest.raises(UsageError, match=words):
                attempt(salt=salt)
    assert len(state.alarms(EVER, salt="our own secret").alarms) == 1


def test_a_ledger_begun_without_an_own_salt_takes_none_later(tmp_path):
    state = State.at(tmp_path)
    state.add_alarms([alarm()])
    with pytest.raises(UsageError, match="is not the salt"):
        state.add_alarms([alarm("L2")], salt="new")


def test_the_ledger_holds_no_id(tmp_path):
    state = State.at(tmp_path)
    state.add_alarms([alarm("LEAD-7"), a_round()])
    with closing(sqlite3.connect(state.file)) as connection:
        rows = connection.execute("SELECT * FROM ledger").fetchall()
    assert "LEAD-7" not in str(rows)


def test_the_slice_is_as_large_as_asked_and_drawn_apart_from_the_digest():
    names = [f"L{number}" for number in range(20_000)]
    held = [is_held_back("s", kind="open_deal", name=name, share=0.2) for name in names]
    assert sum(held) / len(held) == pytest.approx(0.2, abs=0.01)
    low = [subject_of("s", kind="open_deal", name=name) < "8" for name in names]
    both = sum(one and two for one, two in zip(held, low, strict=True))
    assert both / sum(held) == pytest.approx(0.5, abs=0.03)


def test_a_larger_slice_holds_the_smaller_one_and_without_salt_there_is_none():
    names = [f"L{number}" for number in range(500)]

    def held(share, salt="s"):
        return {
            name for name in names if is_held_back(salt, kind="open_deal", name=name, share=share)
        }

    assert held(0.1) < held(0.3) < held(0.9) < set(names)
    assert held(0.3) != held(0.3, "t")
    assert held(0.3, "") == held(0.0) == set()
