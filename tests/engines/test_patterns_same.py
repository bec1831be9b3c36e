"""The pattern search says the same on PostgreSQL as on DuckDB, and only counts leave the engine."""

from __future__ import annotations

import pandas as pd
import pytest

from crm_analysis.answers.loss_grammar import grammar_part
from crm_analysis.deals.patterns.states import open_states
from crm_analysis.deals.patterns.weekly_checks import week_counts
from crm_analysis.source import load
from crm_analysis.source.frames import watch_leaving
from crm_analysis.source.known import Known

AS_OF = "2026-10-31"


@pytest.fixture(scope="module")
def on_duckdb() -> Known:
    return load("demo:", as_of=AS_OF)


@pytest.fixture(scope="module")
def on_postgres(demo_in_postgres):
    known = load(demo_in_postgres, as_of=AS_OF)
    yield known
    known.table("leads").get_backend().disconnect()


def test_weeks_are_counted_the_same(on_duckdb, on_postgres):
    one, other = (week_counts(known, known.config) for known in (on_duckdb, on_postgres))
    assert (one.states, one.turn) == (other.states, other.turn)
    assert one.frame["n"].sum() > 10_000
    pd.testing.assert_frame_equal(one.frame, other.frame)


def test_open_leads_are_in_the_same_states(on_duckdb, on_postgres):
    one, other = (open_states(known, known.config) for known in (on_duckdb, on_postgres))
    shown = one.drop(columns=["lead_id", "model_switched"])  # nobody in the demo switches
    assert shown.eq(1).any().all()
    pd.testing.assert_frame_equal(one, other)


def test_patterns_estimates_and_matches_are_the_same(on_duckdb, on_postgres):
    one, other = (grammar_part(known, known.config) for known in (on_duckdb, on_postgres))
    assert one.patterns == other.patterns
    assert one.patterns.kept
    assert one.part.estimates == other.part.estimates
    assert len(one.matches)
    pd.testing.assert_frame_equal(one.matches, other.matches)


def test_only_counts_and_open_leads_leave_the_engine(on_duckdb):
    left: list[tuple[list[str], int]] = []
    with watch_leaving(lambda rows, n: left.append((list(rows.columns), n))):
        grammar_part(on_duckdb, on_duckdb.config)
    n_events = int(on_duckdb.row_counts.set_index("table").loc["assessments", "n_known"])
    for columns, n_rows in left:
        assert "n" in columns or columns[0] == "lead_id", columns
        assert n_rows < n_events / 4, columns
