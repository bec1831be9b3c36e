"""One body for all engines: what DuckDB says of the demo, PostgreSQL and Spark say too."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import asdict

import pandas as pd
import pytest

from crm_analysis.answers import leadership_summary
from crm_analysis.answers.summary_inputs import TITLES, Inputs
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
WIDE_ELSEWHERE = [
    "postgres",
    pytest.param("spark", marks=[pytest.mark.spark, pytest.mark.nightly, LEFT_OPEN]),
]
SUMMARY = "50_leadership_summary"
NARROW = ("00_data_fitness", "20_loss_patterns", "41_winback_evaluation")
WIDE = ("10_failure_causes", "11_sales_funnel", SUMMARY)
EVENT_KEYS = {"interaction_id", "line_id", "assessment_id", "event_id"}


class Said:
    """What an engine says: what was known, answers as they are asked for, rows that left it."""

    def __init__(self, url: str) -> None:
        self.left: dict[str, list[tuple[list[str], int]]] = {}
        self.known: Known = load(url, as_of=AS_OF)
        self._answers: dict[str, NotebookResult] = {}

    def answer(self, notebook: str) -> NotebookResult:
        """Answer a notebook's question, once; the summary from the answers of all others."""
        if notebook not in self._answers:
            if notebook == SUMMARY:
                told = Inputs(results=tuple(self.answer(name) for name in TITLES))
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(leadership_summary, "read_inputs", lambda *_: told)
                    self._answers[notebook] = leadership_summary.answer(self.known)
            else:
                left = self.left.setdefault(notebook, [])
                module = importlib.import_module(f"crm_analysis.answers.{notebook[3:]}")
                with watch_leaving(lambda rows, n: left.append((list(rows.columns), n))):
                    self._answers[notebook] = module.answer(self.known)
        return self._answers[notebook]


@pytest.fixture(scope="module")
def on_duckdb() -> Said:
    return Said("demo:")


@pytest.fixture(scope="module")
def opened() -> Iterator[dict[str, Said]]:
    """The engines that were asked so far: each answers a notebook once for all tests."""
    engines: dict[str, Said] = {}
    yield engines
    for said in engines.values():
        said.known.table("leads").get_backend().disconnect()


@pytest.fixture(scope="module", params=ELSEWHERE)
def elsewhere(request: pytest.FixtureRequest, opened: dict[str, Said]) -> Said:
    return _said(request, opened)


@pytest.fixture(scope="module", params=WIDE_ELSEWHERE)
def widely(request: pytest.FixtureRequest, opened: dict[str, Said]) -> Said:
    """An engine that is asked the notebooks of many questions too: on Spark a matter of a night."""
    return _said(request, opened)


def _said(request: pytest.FixtureRequest, opened: dict[str, Said]) -> Said:
    engine = request.param
    if engine not in opened:
        opened[engine] = Said(request.getfixturevalue(f"demo_in_{engine}"))
    return opened[engine]


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


@pytest.mark.parametrize("notebook", NARROW)
def test_estimates_refusals_and_lists_of_a_run_are_the_same(on_duckdb, elsewhere, notebook):
    _assert_same(elsewhere.answer(notebook), on_duckdb.answer(notebook), notebook)


@pytest.mark.parametrize("notebook", WIDE)
def test_estimates_refusals_and_lists_of_wide_notebooks_are_the_same(on_duckdb, widely, notebook):
    _assert_same(widely.answer(notebook), on_duckdb.answer(notebook), notebook)


def _assert_same(one: NotebookResult, other: NotebookResult, notebook: str) -> None:
    """Every estimate to 1e-9, the refused ones with their reasons, sentences and lists."""
    if notebook != SUMMARY:
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
    """Else the tests above could not see a refusal or a list that is lost."""
    results = [on_duckdb.answer(notebook) for notebook in NARROW]
    rows = [row for result in results for row in result.estimates]
    assert any(row.status == "not_estimable" for row in rows)
    assert sum(len(table.frame) for result in results for table in result.lists) >= 50


def test_raw_events_stay_in_the_engine(on_duckdb, elsewhere):
    _assert_events_stay(elsewhere, on_duckdb, NARROW)


def test_raw_events_of_wide_notebooks_stay_in_the_engine(on_duckdb, widely):
    _assert_events_stay(widely, on_duckdb, ("10_failure_causes", "11_sales_funnel"))


def _assert_events_stay(said: Said, on_duckdb: Said, notebooks: tuple[str, ...]) -> None:
    """No frame that leaves is as long as a table of events, or names single events at length."""
    n_events = min(
        int(said.known.row_counts.set_index("table").loc[name, "n_known"])
        for name in ("interactions", "order_lines", "assessments", "engagement")
    )
    for notebook in notebooks:
        said.answer(notebook)
        on_duckdb.answer(notebook)
        for columns, n_rows in said.left[notebook]:
            assert n_rows < n_events, columns
            if EVENT_KEYS & set(columns):
                assert n_rows <= SHOWN, columns
        there, here = (sum(n for _, n in one.left[notebook]) for one in (said, on_duckdb))
        assert there == here, notebook


def _frame(result: NotebookResult) -> pd.DataFrame:
    frame = pd.DataFrame([asdict(row) for row in result.estimates])
    numbers = ["estimate", "ci_lo", "ci_hi", "n", "events", "p", "p_adj"]
    return frame.astype(dict.fromkeys(numbers, "float64")) if len(frame) else frame


def _refusal(row: object) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in ("key", "status", "note", "evidence"))
