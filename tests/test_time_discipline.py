"""No fact from after the as-of date, ever: whole answers do not move when the future is planted."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from crm_analysis.answers import failure_causes, loss_patterns, winback_evaluation
from crm_analysis.contract import TABLES
from crm_analysis.estimates import estimates_frame
from crm_analysis.source import load
from tests.ground.made_files import ROOT

DEMO = ROOT / "data" / "demo"
AS_OF = pd.Timestamp("2026-10-31")
LATER = AS_OF + pd.Timedelta(days=5, hours=9)


def future_rows(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Copy 300 rows under new keys, all that they tell dated and recorded after as_of."""
    table = TABLES[name]
    rows = frame.head(300).copy()
    for column in table.columns_of_type("ts", "date"):
        if column in rows.columns:
            rows[column] = LATER.floor("D") if column in table.columns_of_type("date") else LATER
    rows[table.key[0]] = [f"future-{i}" for i in range(len(rows))]
    return rows


def late_columns_filled(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Fill what is still empty in old rows with what became known after as_of."""
    filled = frame.copy()
    if name == "leads":
        still_open = filled["status"] == "open"
        filled.loc[still_open, "status"] = "lost"
        filled.loc[still_open, "lost_to"] = "other_brand"
        for column in ("closed_at", "closed_recorded_at"):
            filled.loc[still_open, column] = LATER
    for column in ("answered_at", "issue_closed_at", "opted_out_at", "paid_at"):
        if column in filled.columns and name != "surveys":
            kind = LATER.floor("D") if column == "paid_at" else LATER
            asked = filled.get("asked_at", pd.Series(AS_OF, index=filled.index)).notna()
            filled.loc[filled[column].isna() & asked, column] = kind
    if name == "issues":
        still_open = filled["outcome"] == "open"
        filled.loc[still_open, "outcome"] = "unresolved"
        filled.loc[still_open, "resolved_at"] = LATER
    return filled


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("poisoned")
    for path in sorted(DEMO.glob("*.parquet")):
        frame = pd.read_parquet(path)
        parts = [late_columns_filled(path.stem, frame)]
        if path.stem not in ("targets", "actions", "assessments"):
            parts.append(future_rows(path.stem, frame))
        pd.concat(parts, ignore_index=True).astype(frame.dtypes.to_dict()).to_parquet(
            folder / path.name, coerce_timestamps="us"
        )
    return folder


@pytest.fixture(scope="module")
def views(poisoned):
    return (load(str(DEMO), as_of="2026-10-31"), load(str(poisoned), as_of="2026-10-31"))


def test_the_poison_is_in_the_files(poisoned):
    before, after = (
        len(pd.read_parquet(folder / "interactions.parquet")) for folder in (DEMO, poisoned)
    )
    assert after == before + 300


def test_as_of_views_are_the_same_to_the_bit(views):
    clean, poisoned = views
    assert clean.fingerprint == poisoned.fingerprint
    assert clean.future_rows != poisoned.future_rows


@pytest.mark.parametrize(
    "answer", [failure_causes, loss_patterns, winback_evaluation], ids=lambda m: m.__name__
)
def test_no_number_and_no_list_moves(views, answer):
    results = [answer.answer(known) for known in views]
    frames = [estimates_frame(result.estimates, notebook="x", as_of=AS_OF) for result in results]
    pd.testing.assert_frame_equal(*frames, check_exact=True)
    for lists in zip(*(result.lists for result in results), strict=True):
        pd.testing.assert_frame_equal(lists[0].frame, lists[1].frame, check_exact=True)
