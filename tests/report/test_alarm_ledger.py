"""Alarms go into the ledger once they are published: never before, never twice, never later."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import time
from datetime import date
from pathlib import Path

import pytest

from crm_analysis.errors import DataError, SourceLost
from crm_analysis.language import Text
from crm_analysis.report import publish
from crm_analysis.report.alarms import Ledger
from crm_analysis.report.run import run
from crm_analysis.results import NotebookResult
from crm_analysis.state import Round, State
from tests.report.tiny import AS_OF, alarms_said, ledger_of, prepare, request, start

NOVEMBER, SEPTEMBER = date(2026, 11, 30), date(2026, 9, 30)
ONLY = ("20_loss_patterns",)
SAID = [("L2", "2026-10-31", "1"), ("L3", "2026-10-31", "1")]


def go(base: Path, **changes):
    """Run the notebook that raises alarms, and those that always run."""
    return run(
        request(base, **{"only": ONLY, "languages": ("en",), **changes}), tell=lambda _: None
    )


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """One published month with two alarms."""
    base = prepare(tmp_path_factory.mktemp("alarms"))
    started = time.monotonic()
    assert go(base).failed == {}
    (base / "seconds").write_text(str(time.monotonic() - started), encoding="utf-8")
    return base


@pytest.fixture
def month(first, tmp_path):
    """A copy of it that a test may change."""
    subprocess.run(["cp", "-a", f"{first}/.", str(tmp_path)], check=True)
    return tmp_path


def stored(base: Path) -> list[tuple]:
    """Read every entry of the ledger as it lies in the file."""
    with sqlite3.connect(base / "reports/.state/state.sqlite") as connection:
        rows = connection.execute("SELECT * FROM ledger").fetchall()
    connection.close()
    return rows


def test_what_is_published_is_written_down_without_ids(first):
    assert alarms_said(first) == ledger_of(first) == SAID
    entries = stored(first)
    assert [row[1] for row in entries] == ["round", "alarm", "alarm"]
    assert not {"L2", "L3", "C2", "C3"} & {str(value) for row in entries for value in row}
    assert not (first / "reports/2026-10-31/private/alarms").exists()


def test_neither_salt_nor_digest_is_published(first):
    with sqlite3.connect(first / "reports/.state/state.sqlite") as connection:
        [(salt,)] = connection.execute("SELECT value FROM salt WHERE name = 'made'").fetchall()
    connection.close()
    secrets = [salt, *(row[3] for row in stored(first) if row[3])]
    assert len(secrets) == 3
    published = [path for path in (first / "reports/.runs").rglob("*") if path.is_file()]
    assert published
    for path in published:
        content = path.read_bytes()
        assert not any(word.encode() in content for word in secrets), path


def test_a_rerun_says_what_was_said_first(month):
    before = stored(month)
    assert go(month, settings=("size=2",)).failed == {}
    assert alarms_said(month) == SAID
    assert stored(month) == before


def test_a_run_killed_after_publication_is_written_down_by_the_next(month, monkeypatch):
    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "commit", die)
        with pytest.raises(KeyboardInterrupt):
            go(month, as_of=NOVEMBER, settings=("size=2",))
    new = [("L2", "2026-11-30", "2"), ("L3", "2026-11-30", "2")]
    assert (alarms_said(month, NOVEMBER), ledger_of(month)) == (new, SAID)
    assert go(month, settings=("size=3",)).failed == {}
    assert ledger_of(month) == sorted([*SAID, *new])
    assert alarms_said(month) == SAID


@pytest.mark.parametrize("name", ["50_leadership_summary", "20_loss_patterns"])
def test_what_is_not_published_was_not_said(month, name):
    published = go(month, as_of=NOVEMBER, settings=(f"fail={name}",))
    assert set(published.failed) == {name}
    assert alarms_said(month, NOVEMBER) == []
    assert ledger_of(month) == SAID


@pytest.mark.parametrize("moment", [0.75])
def test_a_run_killed_at_any_moment_loses_and_doubles_no_alarm(month, moment):
    kill_at(month, moment)


@pytest.mark.nightly
@pytest.mark.parametrize("moment", [0.5 + place / 40 for place in range(20)])
def test_a_run_killed_at_any_later_moment_loses_and_doubles_no_alarm(month, moment):
    kill_at(month, moment)


def kill_at(base: Path, moment: float) -> None:
    """Kill a day's first run at a share of its usual time; what it has published stays said."""
    usual = 1.3 * float((base / "seconds").read_text("utf-8"))  # a fresh process imports first
    process = start(base, "size=2", as_of=NOVEMBER, only=ONLY[0])
    time.sleep(moment * usual)
    process.send_signal(signal.SIGKILL)
    process.wait()
    said = alarms_said(base, NOVEMBER)
    assert len(said) in (0, 2)
    assert go(base, as_of=NOVEMBER, settings=("size=3",)).failed == {}
    now = alarms_said(base, NOVEMBER)
    assert len(now) == 2
    assert {rule for _, _, rule in now} == ({"2"} if said else {"3"})
    assert ledger_of(base) == sorted([*SAID, *now])


def test_a_day_that_the_ledger_has_passed_raises_no_alarm(month):
    (month / "crm/leads.csv").write_text(
        "lead_id,customer_id,opened_at,status,closed_at\nL1,C1,2026-09-01,open,\n", "utf-8"
    )
    before = stored(month)
    assert go(month, as_of=SEPTEMBER, settings=("size=4",)).failed == {}
    assert (month / "reports/2026-09-30/index.html").is_file()
    assert alarms_said(month, SEPTEMBER) == []
    assert stored(month) == before


def test_nothing_runs_without_its_state(month, tmp_path):
    state = tmp_path / "elsewhere"
    state.mkdir()
    (state / "state.sqlite").write_bytes(b"no database at all, but as long as a page of one" * 99)
    with pytest.raises(SourceLost, match="not a database"):
        go(month, as_of=NOVEMBER, state=str(state))
    assert not (month / "reports/2026-11-30").exists()


def test_a_ledger_that_does_not_verify_stops_the_run(month):
    with sqlite3.connect(month / "reports/.state/state.sqlite") as connection:
        connection.execute("DROP TRIGGER ledger_last")
        connection.execute("DELETE FROM ledger WHERE entry = 2")
    connection.close()
    with pytest.raises(DataError, match="does not verify") as told:
        go(month, as_of=NOVEMBER)
    assert told.value.exit_code == 3
    assert not (month / "reports/2026-11-30").exists()


def test_a_state_lost_after_publication_is_said_with_what_comes_next(month, monkeypatch):
    def lost(*_, **__):
        raise SourceLost("the state is gone")

    ledger = Ledger.catch_up(month / "reports", State.at(month / "reports/.state"), salt="")
    monkeypatch.setattr(State, "add_alarms", lost)
    with pytest.raises(SourceLost, match="the next run writes its alarms down"):
        ledger.commit(month / "reports/2026-10-31")


def test_a_notebook_run_by_hand_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    day = Round(kind="open_deal", as_of=AS_OF, rule_version="1", horizon_days=90, n_watched=1)
    result = NotebookResult(
        notebook=ONLY[0], as_of=AS_OF, headline=Text("said", "已说"), alarms=(day,)
    )
    publish(result, "")
    assert list(tmp_path.iterdir()) == []
