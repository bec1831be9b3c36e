"""One body for all engines: what DuckDB says of the demo, PostgreSQL and Spark say too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import NamedTuple

import pandas as pd
import pytest

from crm_analysis.answers import leadership_summary
from crm_analysis.answers.summary_inputs import read_inputs
from crm_analysis.deals.leak_audit import SHOWN
from crm_analysis.results import NotebookResult
from crm_analysis.source import load
from crm_analysis.source.frames import collect, watch_leaving
from crm_analysis.source.known import Known
from crm_analysis.survival.risk_table import risk_table
from crm_analysis.survival.spells import count_spells, lead_spells
from tests.engines.equal import assert_equal
from tests.engines.families import FAMILIES
from tests.engines.spark import LEFT_OPEN

AS_OF = "2026-10-31"
ELSEWHERE = ["postgres", pytest.param("spark", marks=[pytest.mark.spark, LEFT_OPEN])]
EVENT_KEYS = {"interaction_id", "line_id", "assessment_id", "event_id"}


class Said(NamedTuple):
    """What an engine said: what was known, the answers by notebook, and the rows that left it."""

    known: Known
    answers: dict[str, NotebookResult]
    left: list[tuple[list[str], int]]


def ask(url: str) -> Said:
    """Load the demo from an engine and answer all notebooks' questions, each once."""
    left: list[tuple[list[str], int]] = []
    known = load(url, as_of=AS_OF)
    with watch_leaving(lambda rows, n: left.append((list(rows.columns), n))):
        inputs = read_inputs(known, known.config)
    answers = {result.notebook: result for result in inputs.results}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leadership_summary, "read_inputs", lambda *_: inputs)
        summary = leadership_summary.answer(known)
    return Said(known, {**answers, summary.notebook: summary}, left)


@pytest.fixture(scope="module")
def on_duckdb() -> Said:
    return ask("demo:")


@pytest.fixture(scope="module", params=ELSEWHERE)
def elsewhere(request: pytest.FixtureRequest) -> Iterator[Said]:
    said = ask(request.getfixturevalue(f"demo_in_{request.param}"))
    yield said
    said.known.table("leads").get_backend().disconnect()


@pytest.mark.parametrize("name", FAMILIES)
def test_each_family_is_the_same_row_by_row(on_duckdb, elsewhere, name):
    """Views as of a day, features, states, spells: dates and missing values included."""
    wanted = collect(FAMILIES[name](on_duckdb.known))
    assert len(wanted)
    assert_equal(collect(FAMILIES[name](elsewhere.known)), wanted, what=name)


@pytest.mark.parametrize("by", [(), ("rep_id",), ("product", "rep_id")])
def test_risk_tables_are_the_same_in_the_same_order(on_duckdb, elsewhere, by):
    """They are sorted on leaving, a missing level last."""
    tables = [
        risk_table(lead_spells(said.known.table("leads"), as_of=said.known.as_of), by)
        for said in (on_duckdb, elsewhere)
    ]
    pd.testing.assert_frame_equal(*tables)
    assert (
        tables[0]["n"].sum()
        == count_spells(elsewhere.known.table("leads"), as_of=elsewhere.known.as_of).n_spells
    )


def test_the_same_is_known(on_duckdb, elsewhere):
    """What was excluded, repaired, merged and left for later, and up to when it was watched."""
    one, other = elsewhere.known, on_duckdb.known
    pd.testing.assert_frame_equal(one.row_counts, other.row_counts)
    pd.testing.assert_frame_equal(one.audit, other.audit)
    for name in ("as_of", "observed_until", "given_columns", "future_rows", "stale"):
        assert getattr(one, name) == getattr(other, name), name


@pytest.mark.parametrize(
    "notebook",
    [
        "00_data_fitness", "10_failure_causes", "11_sales_funnel", "20_loss_patterns",
        "41_winback_evaluation", "50_leadership_summary",
    ],
)  # fmt: skip
def test_estimates_refusals_and_lists_of_a_run_are_the_same(on_duckdb, elsewhere, notebook):
    """Every estimate to 1e-9, the refused ones with their reasons, sentences and lists."""
    one, other = elsewhere.answers[notebook], on_duckdb.answers[notebook]
    if notebook != "50_leadership_summary":
        assert other.estimates
    assert_equal(_frame(one), _frame(other), what=notebook)
    assert [_refusal(row) for row in one.estimates] == [_refusal(row) for row in other.estimates]
    assert one.headline == other.headline
    assert [finding.sentence for finding in one.findings] == [
        finding.sentence for finding in other.findings
    ]
    assert [table.name for table in one.lists] == [table.name for table in other.lists]
    for found, wanted in zip(one.lists, other.lists, strict=True):
        pd.testing.assert_frame_equal(found.frame, wanted.frame, rtol=1e-9, atol=0)


def test_something_is_refused_and_something_listed(on_duckdb):
    """Else the test above could not see a refusal or a list that is lost."""
    rows = [row for result in on_duckdb.answers.values() for row in result.estimates]
    assert any(row.status == "not_estimable" for row in rows)
    assert sum(len(table.frame) for r in on_duckdb.answers.values() for table in r.lists) > 100


def test_raw_events_stay_in_the_engine(on_duckdb, elsewhere):
    """No frame that leaves is as long as a table of events, or names single events at length."""
    known = elsewhere.known
    n_events = min(
        int(known.row_counts.set_index("table").loc[name, "n_known"])
        for name in ("interactions", "order_lines", "assessments", "engagement")
    )
    for columns, n_rows in elsewhere.left:
        assert n_rows < n_events, columns
        if EVENT_KEYS & set(columns):
            assert n_rows <= SHOWN, columns
    assert sum(n for _, n in elsewhere.left) == sum(n for _, n in on_duckdb.left)


def _frame(result: NotebookResult) -> pd.DataFrame:
    frame = pd.DataFrame([asdict(row) for row in result.estimates])
    numbers = ["estimate", "ci_lo", "ci_hi", "n", "events", "p", "p_adj"]
    return frame.astype(dict.fromkeys(numbers, "float64")) if len(frame) else frame


def _refusal(row: object) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in ("key", "status", "note", "evidence"))
