"""The committed demo world is what the code makes, to the byte, small and quick."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from crm_analysis.contract import TABLES
from crm_analysis.world import demo_world, write

COMMITTED = Path(__file__).parents[2] / "data" / "demo"


def test_made_again_it_is_the_same(tmp_path):
    start = time.perf_counter()
    write(demo_world(), tmp_path)
    assert time.perf_counter() - start < 10
    for path in sorted(tmp_path.iterdir()):
        assert (COMMITTED / path.name).exists(), f"{path.name} is not committed"
        if path.suffix == ".parquet":
            assert pq.read_table(path).equals(pq.read_table(COMMITTED / path.name)), path.name
        else:
            assert path.read_bytes() == (COMMITTED / path.name).read_bytes()


def test_bytes_are_the_same_under_the_versions_that_wrote_them(tmp_path):
    write(demo_world(), tmp_path)
    for path in sorted(tmp_path.glob("*.parquet")):
        written_by = pq.read_metadata(COMMITTED / path.name).created_by
        if written_by == pq.read_metadata(path).created_by:
            assert path.read_bytes() == (COMMITTED / path.name).read_bytes(), path.name


def test_it_is_small():
    assert sum(path.stat().st_size for path in COMMITTED.iterdir()) < 5_000_000


def test_types_are_the_contracts():
    fits = {
        "str": pa.types.is_string,
        "list": pa.types.is_string,
        "int": pa.types.is_int64,
        "num": pa.types.is_float64,
        "share": pa.types.is_float64,
        "money": pa.types.is_float64,
        "bool": pa.types.is_boolean,
        "date": pa.types.is_date32,
        "ts": lambda kind: kind == pa.timestamp("us"),
    }
    for name, table in TABLES.items():
        schema = pq.read_schema(COMMITTED / f"{name}.parquet")
        assert schema.metadata is None
        for column in table.columns:
            if column.name in schema.names:
                kind = schema.field(column.name).type
                assert fits[column.type](kind), (name, column.name, kind)


def test_seed_changes_the_world():
    one, other = demo_world(seed=1), demo_world(seed=2)
    for name in TABLES:
        assert not one.tables[name].equals(other.tables[name]), name
    assert one.truth["seed"] == 1


def test_empty_cells_are_nulls_not_words():
    for name in TABLES:
        frame = pd.read_parquet(COMMITTED / f"{name}.parquet")
        for column in frame.select_dtypes("object"):
            texts = frame[column].dropna()
            texts = texts[texts.map(lambda value: isinstance(value, str))]
            assert not texts.isin(["", "nan", "None", "NaT", "<NA>"]).any(), (name, column)


def test_truth_file_tells_at_least_14_stories():
    truth = json.loads((COMMITTED / "truth.json").read_text(encoding="utf-8"))
    stories = truth["stories"]
    assert truth["as_of"] == "2026-10-31"
    assert [story["number"] for story in stories] == list(range(1, len(stories) + 1))
    assert len(stories) >= 14
    for story in stories:
        for field in ("title_en", "title_zh", "planted", "where", "size", "naive"):
            assert story[field], (story["number"], field)
    rows = [row for story in stories for row in story["estimates"]]
    keys = [(row["quantity"], row["segment"]) for row in rows]
    assert len(set(keys)) == len(keys) >= 25
    assert all(row["tolerance"] > 0 for row in rows)
