"""Codes of the state laid over T5: by day, the CRM's own first, and part of the fingerprint."""

from __future__ import annotations

from datetime import date

import pytest

from crm_analysis.source import Store, collect, load
from crm_analysis.source.load import fill_store, store_key
from crm_analysis.state import CodeEntry, State
from tests.source.folders import write_folder

AS_OF = date(2024, 3, 31)
REASONS = [
    ["reason_id", "customer_id", "lead_id", "about", "event_at", "recorded_at", "source", "text",
     "code_a"],
    ["Y1", "C2", "L2", "lead_loss", "2024-03-09 10:00:00", "2024-03-09 11:00:00", "rep_opinion",
     "too dear", "price"],
    ["Y2", "C2", "L2", "lead_loss", "2024-03-09 10:00:00", "2024-03-20 11:00:00", "callback",
     "nobody called", ""],
    ["Y3", "C2", "", "churn", "2024-03-09 10:00:00", "2024-05-20 11:00:00", "callback",
     "later", ""],
]  # fmt: skip


def entry(reason_id, codes, *, coder="code_a", day=AS_OF):
    return CodeEntry(reason_id=reason_id, coder=coder, codes=codes, recorded_at=day)


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "crm", reasons=REASONS)


@pytest.fixture
def state(tmp_path):
    state = State.at(tmp_path / "state")
    state.add_codes(
        [entry("Y1", "speed"), entry("Y1", "price", coder="code_b"), entry("Y2", "speed;attitude")],
        codebook="1",
    )
    return state


def codes_of(known):
    frame = collect(known.table("reasons")).set_index("reason_id")
    return {row.Index: (row.code_a, row.code_b) for row in frame.itertuples()}


def test_empty_codes_are_filled_and_the_crms_own_stand(folder, state):
    known = load(str(folder), as_of=AS_OF, state=str(state.folder))
    assert codes_of(known) == {"Y1": ("price", "price"), "Y2": ("speed;attitude", None)}
    assert known.has("reasons", "code_a", "code_b")
    told = known.audit[known.audit["rule"] == "code_conflict"]
    assert told[["column", "severity", "n_rows"]].values.tolist() == [["code_a", "warning", 1]]


def test_an_entry_counts_from_the_day_of_its_list_on(folder, state):
    state.add_codes([entry("Y2", "price", day=date(2024, 4, 30))], codebook="1")
    before = load(str(folder), as_of=date(2024, 3, 30), state=str(state.folder))
    assert codes_of(before) == {"Y1": ("price", None), "Y2": (None, None)}
    then = load(str(folder), as_of=AS_OF, state=str(state.folder))
    assert codes_of(then)["Y2"] == ("speed;attitude", None)
    later = load(str(folder), as_of=date(2024, 4, 30), state=str(state.folder))
    assert codes_of(later)["Y2"] == ("price", None)


def test_codes_are_part_of_the_fingerprint_and_no_state_changes_nothing(folder, state, tmp_path):
    plain = load(str(folder), as_of=AS_OF)
    assert not plain.has("reasons", "code_b")
    coded = load(str(folder), as_of=AS_OF, state=str(state.folder))
    again = load(str(folder), as_of=AS_OF, state=str(state.folder))
    empty = load(str(folder), as_of=AS_OF, state=str(tmp_path / "none"))
    assert coded.fingerprint == again.fingerprint != plain.fingerprint == empty.fingerprint


def test_a_code_of_a_reason_that_is_gone_is_told(folder, state):
    state.add_codes([entry("Y9", "speed")], codebook="1")
    known = load(str(folder), as_of=AS_OF, state=str(state.folder))
    told = known.audit.set_index("rule").loc["code_without_reason"]
    assert told["n_rows"] == 1


@pytest.mark.parametrize("strange", ["it's", 'a"b', "客户;1", "back\\slash", "a,b", "{x}", "%s"])
def test_strange_ids_are_found(tmp_path, strange):
    rows = [[*REASONS[0]], [strange, *REASONS[2][1:]]]
    folder = write_folder(tmp_path / "crm", reasons=rows)
    state = State.at(tmp_path / "state")
    state.add_codes([entry(strange, "speed")], codebook="1")
    known = load(str(folder), as_of=AS_OF, state=str(state.folder))
    assert codes_of(known) == {strange: ("speed", None)}


def test_a_runs_store_answers_for_its_own_state_only(folder, state, tmp_path):
    from crm_analysis.config import Config
    from crm_analysis.source import check, connect, cut

    config, results = Config(), tmp_path / "results"
    store = Store.make(results, config=config, n_jobs=1)
    source = connect(str(folder), config=config, store=store)
    known = cut(source, check(source), as_of=AS_OF, state=str(state.folder))
    fill_store(store, source, known, views="", state=str(state.folder))
    read = load(str(folder), as_of=AS_OF, state=str(state.folder), results_dir=str(results))
    assert codes_of(read)["Y2"] == ("speed;attitude", None)
    assert read.has("reasons", "code_b")
    other = load(str(folder), as_of=AS_OF, results_dir=str(results))
    assert codes_of(other)["Y2"] == (None, None)
    keys = {
        store_key(str(folder), views="", as_of=AS_OF, config=config, state=one)
        for one in ("", str(state.folder))
    }
    assert len(keys) == 2
