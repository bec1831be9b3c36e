"""The ledger that analyses see: earlier days only, and the same with a run's store as without."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from crm_analysis.config import Config
from crm_analysis.errors import SourceLost
from crm_analysis.source import Store, check, connect, cut, fill_store, load
from crm_analysis.state import State
from tests.report.tiny import AS_OF, source
from tests.state.alarms import a_round, alarm, settlement

SEPTEMBER, AUGUST = date(2026, 9, 30), date(2026, 8, 31)
FRAMES = ("alarms", "settlements", "rounds")


@pytest.fixture
def state(tmp_path):
    """Alarms of two days, one of them settled and one of a forgotten lead, and one of as_of."""
    kept = State.at(tmp_path / "state")
    early = [alarm("L1", AUGUST), alarm("gone", AUGUST, score=None), a_round(AUGUST)]
    kept.add_alarms([*early, alarm("L2", SEPTEMBER), alarm("L2", AS_OF)])
    [subject, *_] = kept.alarms(SEPTEMBER).alarms["subject"]
    kept.add_alarms([settlement(subject, SEPTEMBER), settlement(subject, AS_OF, "won")])
    kept.forget("gone")
    return kept


def test_only_what_was_said_before_the_day_is_known(tmp_path, state):
    known = load(str(source(tmp_path / "crm")), as_of=AS_OF, state=str(state.folder))
    assert known.alarms.alarms["name"].tolist() == ["L1", None, "L2"]
    assert known.alarms.settlements["outcome"].tolist() == ["lost"]
    assert known.alarms.is_kept
    assert not load(str(tmp_path / "crm"), as_of=AS_OF).alarms.is_kept


@pytest.mark.parametrize("filled", [True, False])
def test_a_notebook_with_a_store_sees_the_same_ledger(tmp_path, state, filled):
    url, folder = str(source(tmp_path / "crm")), str(state.folder)
    if not filled:
        folder = str(tmp_path / "empty")
        State.at(folder).prepare()
    results = tmp_path / "results"
    results.mkdir()
    store = Store.make(results, config=Config(), n_jobs=1)
    opened = connect(url, config=Config(), store=store)
    fill_store(
        store, opened, cut(opened, check(opened), as_of=AS_OF, state=folder), views="", state=folder
    )
    stored = load(url, as_of=AS_OF, state=folder, results_dir=str(results)).alarms
    alone = load(url, as_of=AS_OF, state=folder).alarms
    assert len(alone.alarms) == (3 if filled else 0)
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(stored, name), getattr(alone, name))
    assert (stored.salt, stored.is_kept) == (alone.salt, True)
    store.remove()


def test_a_state_that_cannot_be_read_is_lost(tmp_path, state):
    state.file.write_bytes(b"no database at all, but as long as a page of one" * 99)
    with pytest.raises(SourceLost, match="not a database"):
        load(str(source(tmp_path / "crm")), as_of=AS_OF, state=str(state.folder))
