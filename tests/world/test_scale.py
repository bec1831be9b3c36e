"""Worlds of any size: as many rows as ordered, the same for a seed, right by contract and truth."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pytest

from crm_analysis.answers import failure_causes, loss_patterns, winback_evaluation
from crm_analysis.cli import main
from crm_analysis.config import Config
from crm_analysis.errors import UsageError
from crm_analysis.source import check, connect, load
from crm_analysis.world.ordered import Order
from crm_analysis.world.scale import Scale, write_scale_world
from crm_analysis.world.scale.write import EVENT_TABLES, TABLES

SMALL = Scale(customers=1500, months=24, events=30, seed=7)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("scale")
    write_scale_world(SMALL, path)
    return path


def rows(folder: Path, sql: str) -> list[tuple]:
    with duckdb.connect() as connection:
        for path in folder.glob("*.parquet"):
            connection.read_parquet(str(path)).create_view(path.stem)
        return connection.execute(sql).fetchall()


def test_exactly_as_many_events_as_ordered(folder):
    counted = [rows(folder, f"SELECT count(*) FROM {name}")[0][0] for name in EVENT_TABLES]
    assert sum(counted) == 1500 * 30
    assert rows(folder, "SELECT count(*), count(DISTINCT customer_id) FROM customers") == [
        (1500, 1500)
    ]
    assert min(counted) > 1500  # every kind of event is there


def test_the_contract_finds_no_fault(folder):
    report = check(connect(str(folder), config=Config()))
    assert report.problem() == ""
    assert len(report.counts) == 0, report.counts
    assert set(report.row_counts["table"]) >= set(TABLES)


def test_the_same_seed_gives_the_same_bytes_whatever_the_threads(folder, tmp_path, monkeypatch):
    kept = duckdb.connect

    def one_thread(**given):
        return kept(config={**given["config"], "threads": 1})

    monkeypatch.setattr("crm_analysis.world.scale.write.duckdb.connect", one_thread)
    write_scale_world(SMALL, tmp_path)
    for name in (*(f"{table}.parquet" for table in TABLES), "truth.json"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_another_seed_gives_other_rows(folder, tmp_path):
    write_scale_world(Scale(customers=1500, months=24, events=30, seed=8), tmp_path)
    ours, other = (
        {row[0] for row in rows(path, "SELECT opened_at FROM leads")} for path in (folder, tmp_path)
    )
    assert len(ours & other) < 0.01 * len(ours)


def test_a_customer_is_the_same_in_a_larger_world(tmp_path):
    """Random numbers are by row, so chunks and their ends change nothing of a lead."""
    worlds = []
    for n in (600, 25_000):
        path = tmp_path / str(n)
        write_scale_world(Scale(customers=n, months=13, events=2, seed=3), path)
        sql = "SELECT * FROM leads WHERE customer_id < 'C00000600' ORDER BY lead_id"
        worlds.append(rows(path, sql))
    assert worlds[0] == worlds[1]
    assert len(worlds[0]) > 10


def test_rows_are_sorted_by_customer_and_ids_are_unique(folder):
    [(n, distinct)] = rows(
        folder, "SELECT count(*), count(DISTINCT interaction_id) FROM interactions"
    )
    assert n == distinct
    order = rows(folder, 'SELECT customer_id, "at", interaction_id FROM interactions')
    assert order == sorted(order)


def test_draws_are_uniform_and_independent_between_streams_and_rows():
    from crm_analysis.world.scale.numbers import numbers
    from crm_analysis.world.scale.write import _sql

    with duckdb.connect() as connection:
        connection.execute(_sql("draws", numbers(SMALL)))
        draws = "u('a', i), u('b', i), u('a', i + 1), z('c', i), wait('d', i)"
        sql = f"SELECT {draws} FROM range(200000) t(i)"
        a, b, after, normal, wait = np.array(connection.execute(sql).fetchall()).T
    counts = np.bincount((a * 100).astype(int), minlength=100)
    assert ((counts - 2000) ** 2 / 2000).sum() < 150  # chi-square, 99 degrees: p = .0007
    assert a.min() >= 0
    assert a.max() < 1
    assert np.abs(np.corrcoef([a, b, after, normal, wait]) - np.eye(5)).max() < 0.01
    assert (normal.mean(), normal.std(), wait.mean()) == pytest.approx((0, 1, 1), abs=0.01)


def test_planted_delays_and_sides_are_there(folder):
    late = 'avg((recorded_at > "at" + INTERVAL 1 DAY)::INT)'
    [(care, of_lead)] = rows(
        folder,
        f"SELECT {late} FILTER (lead_id IS NULL AND round_id IS NULL), {late} FILTER (lead_id IS "
        "NOT NULL AND rep_id != 'R04') FROM interactions",
    )
    assert care == pytest.approx(0.05 * np.exp(-0.2), abs=0.01)  # .05 wait five days on average
    assert of_lead < 0.005
    [(back_filled,)] = rows(
        folder,
        'SELECT avg((i.recorded_at > l.closed_at AND i."at" < l.closed_at)::INT) '
        "FROM interactions i JOIN leads l USING (lead_id) "
        "WHERE i.rep_id = 'R04' AND l.status = 'lost'",
    )
    assert back_filled > 0.1


def test_truth_names_size_and_what_was_planted(folder):
    truth = json.loads((folder / "truth.json").read_text())
    assert (truth["as_of"], truth["first_day"]) == ("2026-10-31", "2024-11-01")
    assert (truth["customers"], truth["events_per_customer"]) == (1500, 30)
    planted = {(e["quantity"], e["segment"]) for s in truth["stories"] for e in s["estimates"]}
    assert ("return_share_difference", "arm=discount;horizon_days=90") in planted
    assert all(e["tolerance"] > 0 for s in truth["stories"] for e in s["estimates"])


def test_nothing_half_written_stays_behind(folder):
    allowed = {f"{name}.parquet" for name in TABLES} | {"truth.json"}
    assert {path.name for path in folder.iterdir()} == allowed


def test_a_world_that_breaks_off_leaves_nothing_of_it_and_all_else(tmp_path, monkeypatch):
    (tmp_path / "film.part").write_text("mine")
    monkeypatch.setattr("crm_analysis.world.scale.write.scale_truth", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_scale_world(Scale(customers=20, events=5), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["film.part"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"customers": 0}, "--customers 0: give a number from 1 to"),
        ({"customers": 10, "months": 3}, "--months 3: give a number from 13 to 120"),
        ({"customers": 10, "events": 0.5}, "--events-per-customer 0.5"),
        ({"customers": 10, "seed": -1}, "--seed -1"),
    ],
)
def test_impossible_sizes_are_refused(given, told):
    with pytest.raises(UsageError, match=told):
        Scale(**given)


@pytest.mark.parametrize(
    "given",
    [
        {"months": 24},
        {"events": 10.0},
        {"customers": 5, "scenario": "S01"},
        {"null": True},
    ],
)
def test_what_belongs_to_another_world_is_refused(given):
    with pytest.raises(UsageError, match="--"):
        Order(**given)


def test_the_command_writes_the_world(tmp_path, capsys):
    assert main(["world", "--customers", "50", "--out", str(tmp_path), "--seed", "2"]) == 0
    assert "7 tables with" in capsys.readouterr().out
    assert rows(tmp_path, "SELECT count(*) FROM customers") == [(50,)]


@pytest.mark.parametrize(
    ("customers", "answers"),
    [
        (4_000, (failure_causes, winback_evaluation)),
        pytest.param(
            10_000, (failure_causes, loss_patterns, winback_evaluation), marks=pytest.mark.nightly
        ),
    ],
)
def test_the_suite_recovers_what_was_planted(tmp_path, customers, answers):
    """Each planted number that an answer names lies within the tolerance of the world's size."""
    write_scale_world(Scale(customers=customers, seed=4), tmp_path)
    known = load(str(tmp_path), as_of="2026-10-31")
    found = {
        (row.quantity, row.segment): row.estimate
        for module in answers
        for row in module.answer(known).estimates
        if row.role == "result"
    }
    truth = json.loads((tmp_path / "truth.json").read_text())
    planted = [row for story in truth["stories"] for row in story["estimates"]]
    told = [row for row in planted if (row["quantity"], row["segment"]) in found]
    assert len(told) >= 20
    missed = {
        (row["quantity"], row["segment"]): (found[row["quantity"], row["segment"]], row["value"])
        for row in told
        if abs(found[row["quantity"], row["segment"]] - row["value"]) > row["tolerance"]
    }
    assert missed == {}


@pytest.mark.nightly
def test_memory_stays_bounded(tmp_path):
    """150,000 customers with 7.5 million events: below the 1.5 GB that any size may take."""
    code = (
        "import sys; from pathlib import Path; from crm_analysis.world.scale import *; "
        "write_scale_world(Scale(customers=150_000), Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    assert peak < 1.5e9
