"""The store of a run: what a notebook reads from it is what it would have worked out itself."""

from __future__ import annotations

import dataclasses
import stat
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import date
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from crm_analysis.answers.winback_evaluation import answer
from crm_analysis.config import Config
from crm_analysis.errors import MemoryFull, SourceLost, UsageError
from crm_analysis.report.publish import write_result
from crm_analysis.source import Store, check, collect, connect, cut, fill_store, load
from crm_analysis.source.duck import Limits, open_engine
from crm_analysis.source.engine import digest
from crm_analysis.source.shared import SharedFrames, share_frames, shared_frames
from crm_analysis.source.store import memory_share
from tests.source.folders import write_folder

DAY = "2026-10-31"


def fill(results: Path, url: str, *, day: str = DAY, config: Config | None = None) -> Store:
    """Do what a run does before its notebooks start."""
    config = config or Config()
    store = Store.make(results, config=config, n_jobs=2)
    source = connect(url, config=config, store=store)
    known = cut(source, check(source), as_of=date.fromisoformat(day))
    fill_store(store, source, known, views="")
    source.close()
    return store


@pytest.fixture(scope="module")
def demo_run(tmp_path_factory):
    """A results folder with the store of a run over the demo world."""
    folder = tmp_path_factory.mktemp("run")
    fill(folder, "demo:")
    return folder


@pytest.fixture(scope="module")
def alone():
    """The demo world as a notebook loads it that is opened by hand."""
    return load("demo:", as_of=DAY)


@pytest.fixture(scope="module")
def stored(demo_run):
    """The demo world as a notebook of a run loads it."""
    return load("demo:", as_of=DAY, results_dir=str(demo_run))


def test_a_stored_view_equals_one_worked_out_anew(alone, stored):
    assert list(stored.tables) == list(alone.tables)
    for name, rows in alone.tables.items():
        mine = stored.tables[name]
        assert mine.schema() == rows.schema()
        assert digest(mine.get_backend(), mine) == digest(rows.get_backend(), rows)
    for name in ("audit", "row_counts"):
        pd.testing.assert_frame_equal(getattr(stored, name), getattr(alone, name))
    same = {
        field.name: getattr(alone, field.name)
        for field in dataclasses.fields(alone)
        if field.name not in ("tables", "audit", "row_counts", "results_dir", "alarms")
    }
    assert {name: getattr(stored, name) for name in same} == same


def test_a_notebook_gives_the_same_bytes_with_and_without_a_store(alone, stored, tmp_path):
    files = {}
    for name, known in (("alone", alone), ("stored", stored)):
        without = dataclasses.replace(known, results_dir=None)
        write_result(answer(without, known.config), tmp_path / name)
        files[name] = {
            str(path.relative_to(tmp_path / name)): path.read_bytes()
            for path in (tmp_path / name).rglob("*.*")
        }
    assert files["alone"]
    assert files["stored"] == files["alone"]


def test_loading_from_a_store_opens_no_source(demo_run, monkeypatch):
    module = sys.modules["crm_analysis.source.load"]
    monkeypatch.setattr(module, "connect", lambda *_, **__: pytest.fail("opened"))
    assert load("demo:", as_of=DAY, results_dir=str(demo_run)).has("leads")


def test_a_store_answers_no_other_question(tmp_path):
    crm = write_folder(tmp_path / "crm")
    fill(tmp_path, str(crm), day="2024-03-20")
    earlier = load(str(crm), as_of="2024-03-04", results_dir=str(tmp_path))
    assert earlier.as_of == date(2024, 3, 4)
    assert len(collect(earlier.table("leads"))) == 4
    assert len(collect(earlier.table("order_lines"))) == 0 if earlier.has("order_lines") else True
    elsewhere = Config(tz="Europe/Berlin")
    other = load(str(crm), as_of="2024-03-20", config=elsewhere, results_dir=str(tmp_path))
    assert other.config == elsewhere


def test_only_the_owner_looks_into_a_store(tmp_path):
    store = fill(tmp_path, str(write_folder(tmp_path / "crm")), day="2024-03-20")
    folders = [store.folder, *(path for path in store.folder.iterdir() if path.is_dir())]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_steps_on_the_way_are_not_left_in_a_store(tmp_path):
    store = fill(tmp_path, str(write_folder(tmp_path / "crm")), day="2024-03-20")
    names = {path.stem for path in store.tables.iterdir()}
    assert names == {"known_customers", "known_leads_states", "known_interactions",
                     "known_order_lines"}  # fmt: skip


def test_a_removed_store_takes_its_spilled_files_along(tmp_path):
    config = Config(temp_dir=str(tmp_path / "fast"))
    (tmp_path / "out/.staging-0001-7").mkdir(parents=True)
    killed = Store.make(tmp_path / "out/.staging-0001-7", config=config, n_jobs=1)
    (Path(killed.limits.spill) / "left.tmp").write_text("spilled", encoding="utf-8")
    (tmp_path / "out/.staging-0001-8").mkdir()
    store = Store.make(tmp_path / "out/.staging-0001-8", config=config, n_jobs=1)
    assert list(Path(store.limits.spill).iterdir()) == []
    assert store.limits.spill == killed.limits.spill
    store.remove()
    assert list((tmp_path / "fast").iterdir()) == []
    assert not store.folder.exists()


def test_a_folder_to_spill_into_that_cannot_be_made_is_a_fault_of_the_configuration(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match=r"temp_dir = .*give a folder"):
        Store.make(tmp_path / "run", config=Config(temp_dir=str(tmp_path / "file")), n_jobs=1)


def test_a_store_that_cannot_be_removed_stops_the_run(tmp_path):
    store = Store.make(tmp_path, config=Config(), n_jobs=1)
    with pytest.raises(SourceLost, match="nothing was published"):
        store.raise_if_left()
    store.remove()
    store.raise_if_left()


@pytest.fixture
def engine():
    """An engine with one small table."""
    connection = ibis.duckdb.connect()
    connection.con.execute("CREATE TABLE numbers AS SELECT unnest([3, 1, 2]) AS n")
    yield connection
    connection.disconnect()


def test_a_frame_is_drawn_once_for_two_notebooks_at_once(tmp_path):
    drawn = []

    def draw() -> pa.Table:
        drawn.append(1)
        time.sleep(0.3)
        return pa.table({"n": [1, 2]})

    frames = SharedFrames(tmp_path, "known")
    found: list[pa.Table] = []
    both = [
        threading.Thread(target=lambda: found.append(frames.draw("SELECT 1", draw)))
        for _ in range(2)
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(drawn) == 1
    assert [table.to_pydict() for table in found] == [{"n": [1, 2]}] * 2


@pytest.mark.parametrize("change", ["known", "statement"])
def test_other_knowledge_or_another_statement_is_another_frame(tmp_path, monkeypatch, change):
    monkeypatch.setattr("crm_analysis.source.shared._WORTH_SECONDS", 0.0)
    first = SharedFrames(tmp_path, "a").draw("SELECT 1", lambda: pa.table({"n": [1]}))
    known, statement = ("b", "SELECT 1") if change == "known" else ("a", "SELECT 2")
    other = SharedFrames(tmp_path, known).draw(statement, lambda: pa.table({"n": [2]}))
    again = SharedFrames(tmp_path, "a").draw("SELECT 1", lambda: pytest.fail("drawn again"))
    assert first.equals(again)
    assert not other.equals(first)


def test_a_half_written_frame_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr("crm_analysis.source.shared._WORTH_SECONDS", 0.0)
    frames = SharedFrames(tmp_path, "known")

    def stop(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pyarrow.feather.write_feather", stop)
        with pytest.raises(KeyboardInterrupt):
            frames.draw("SELECT 1", lambda: pa.table({"n": [1]}))
    assert frames.draw("SELECT 1", lambda: pa.table({"n": [2]})).to_pydict() == {"n": [2]}


def test_only_frames_of_shared_tables_are_shared(engine, tmp_path):
    rows = engine.table("numbers")
    assert shared_frames(engine, rows) is None
    share_frames(engine, SharedFrames(tmp_path, "known"))
    assert shared_frames(engine, rows) is not None
    own = engine.create_table("own", rows.filter(rows.n > 1), temp=True)
    assert shared_frames(engine, own.join(rows, "n")) is None
    listed = rows.semi_join(ibis.memtable({"n": [1]}), "n")
    assert shared_frames(engine, listed) is None


def test_a_frame_from_the_store_equals_the_one_drawn(engine, tmp_path, monkeypatch):
    monkeypatch.setattr("crm_analysis.source.shared._WORTH_SECONDS", 0.0)
    rows = engine.table("numbers")
    mixed = rows.select(
        number=rows.n,
        share=(rows.n / 3).nullif(1.0),
        money=rows.n.cast("decimal(18, 4)"),
        text=ibis.ifelse(rows.n == 2, ibis.null("string"), rows.n.cast("string")),
        moment=(ibis.timestamp("2026-01-01 00:00:00.000001") + rows.n.as_interval("D")),
        day=ibis.date("2026-01-01"),
        yes=(rows.n > 1).nullif(False),
        none=ibis.null("float64"),
    ).order_by("number")
    without = collect(mixed)
    share_frames(engine, SharedFrames(tmp_path, "known"))
    drawn, read = collect(mixed), collect(mixed)
    assert list(tmp_path.glob("*.arrow"))
    pd.testing.assert_frame_equal(drawn, without)
    pd.testing.assert_frame_equal(read, without)
    assert read.dtypes.tolist() == without.dtypes.tolist()


def test_too_little_memory_is_no_lost_source(tmp_path):
    connection = open_engine(Config(memory_limit="20MB", temp_dir=str(tmp_path)))
    connection.con.execute("SET max_temp_directory_size = '1MB'")
    many = connection.sql("SELECT range AS n, hash(range) AS h FROM range(5_000_000) ORDER BY h")
    with pytest.raises(MemoryFull, match="raise memory_limit") as caught:
        collect(many)
    assert caught.value.exit_code == 4


def test_a_small_memory_limit_spills_and_gives_the_same(tmp_path):
    n_rows = 3_000_000
    statement = (
        "SELECT count(*), sum(place) FROM (SELECT text, row_number() OVER (ORDER BY mixed) "
        "AS place FROM (SELECT hash(i) AS mixed, repeat('x', 120) || i AS text "
        f"FROM range({n_rows}) AS numbers(i))) WHERE text > 'x'"
    )
    limits = Limits(memory="256MB", spill=str(tmp_path))
    small = open_engine(Config(), limits=limits)
    spilled: list[int] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            with suppress(FileNotFoundError):  # gone since it was listed
                spilled.append(sum(path.stat().st_size for path in _files(tmp_path)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    found = small.con.execute(statement).fetchall()
    done.set()
    watcher.join()
    small.disconnect()
    assert max(spilled) > 10_000_000
    assert found == [(n_rows, n_rows * (n_rows + 1) // 2)]
    assert not list(_files(tmp_path))


_IDLE = """
import os, time
from crm_analysis.config import Config
from crm_analysis.source.duck import open_engine

def resident():
    pages = int(open("/proc/self/statm").read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

engine, sizes = open_engine(Config()), [resident()]
words = "SELECT i // 2 AS k, string_agg(i::VARCHAR, '-') AS s FROM range(3000000) t(i) GROUP BY k"
engine.con.execute(f"SELECT max(length(s)) FROM ({words})").fetchall()
for _ in range(100):
    sizes.append(resident())
    if sizes[-1] - sizes[0] < (sizes[1] - sizes[0]) / 2:
        break
    time.sleep(0.2)
print(*sizes)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_an_idle_engine_gives_its_memory_back():
    run = subprocess.run([sys.executable, "-c", _IDLE], capture_output=True, text=True, check=True)
    before, largest, *_, after = map(float, run.stdout.split())
    assert largest - before > 100
    assert after - before < (largest - before) / 2


def _files(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.rglob("*") if path.is_file()]
    except FileNotFoundError:
        return []


def test_configured_limits_win_and_each_engine_spills_apart(tmp_path):
    config = Config(memory_limit="512MB", temp_dir=str(tmp_path))
    engines = [open_engine(config, limits=Limits(memory="1GB")) for _ in range(2)]
    asked = "SELECT current_setting('memory_limit'), current_setting('temp_directory')"
    found = [one.con.execute(asked).fetchall()[0] for one in engines]
    assert [memory for memory, _ in found] == ["488.2 MiB"] * 2
    assert len({place for _, place in found}) == 2
    assert {Path(place).parent for _, place in found} == {tmp_path}


def test_jobs_share_the_memory_of_a_run():
    sizes = [int(memory_share(n).removesuffix("MB")) for n in (1, 2, 4)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] // 2 in (sizes[1], max(sizes[1], 256))
    assert min(sizes) >= 256
