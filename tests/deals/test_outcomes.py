"""How leads end: R12's toy by hand, naive rows beside, refusals, and the drawn curve."""

from __future__ import annotations

import pandas as pd
import pytest

from crm_analysis.deals.outcomes import curve_numbers, leads_counts, outcome_estimates


def risk(*rows: tuple[int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["time_days", "cause", "n"])


TWENTY = risk((10, 1, 5), (20, 2, 5), (40, 0, 10))  # lost on day 10, won on day 20, open


def found(rows, segment: str, role: str):
    return next(row for row in rows if (row.segment, row.role) == (segment, role))


def test_shares_by_hand_with_the_naive_numbers_beside():
    rows = outcome_estimates(TWENTY, horizons_days=[30])
    assert found(rows, "cause=lost;horizon_days=30", "result").estimate == pytest.approx(0.25)
    assert found(rows, "cause=won;horizon_days=30", "result").estimate == pytest.approx(0.25)
    naive = found(rows, "cause=won;horizon_days=30", "naive")
    assert naive.estimate == pytest.approx(5 / 15)
    assert naive.note == "competing_ignored"
    closed = found(rows, "cause=lost", "naive")
    assert closed.estimate == pytest.approx(0.5)
    assert closed.note == "not_a_probability"


def test_a_cause_that_never_came_has_no_rows():
    rows = outcome_estimates(TWENTY, horizons_days=[30])
    assert not any("void" in row.segment for row in rows)


def test_fewer_than_ten_at_risk_is_refused_not_guessed():
    rows = outcome_estimates(TWENTY, horizons_days=[30, 60])
    late = found(rows, "cause=lost;horizon_days=60", "result")
    assert late.estimate is None
    assert late.status == "not_estimable"
    assert late.note == "few_at_risk"


def test_a_horizon_given_twice_is_one_row():
    rows = outcome_estimates(TWENTY, horizons_days=[30, 30])
    assert len({row.key for row in rows}) == len(rows)


def test_counts_sum_to_all_leads():
    rows = leads_counts(TWENTY)
    assert sum(row.estimate or 0 for row in rows) == 20
    assert {row.n for row in rows} == {20}


def test_the_curve_starts_at_zero_and_stops_where_few_are_at_risk():
    numbers = curve_numbers(risk((5, 1, 12), (50, 0, 8), (60, 1, 1)))
    assert numbers["x"].min() == 0
    assert numbers["y"].iloc[0] == 0
    assert numbers["x"].max() == 5
    assert set(numbers["series_en"]) == {"lost"}


def test_no_ending_gives_no_curve():
    assert curve_numbers(risk((5, 0, 30))).empty
