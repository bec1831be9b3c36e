"""The leaks of a gap: pencil table, exact sum whatever the leads, and chance worlds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_analysis.deals.funnel.leaks import LEAKS, gap_estimates, gap_of
from crm_analysis.deals.funnel.targets import Period
from tests.deals.funnel.pencil import book, stages

PERIOD = Period(first=1000, last=1029, target=8.0)


def decided(day: int, status: str, reached: int) -> dict[str, object]:
    """One lead decided on a day; reached 0 nothing, 1 filed, 2 contacted, 3 assessed."""
    names = ("filed_day", "contact_day", "assessed_day")
    return {
        "opened_day": day - 5,
        "closed_day": float(day),
        "status": status,
        **{name: float(day - 4) for name in names[:reached]},
    }


def test_pencil_table():
    """The year before 5 of 10 won, 1 unfiled, 4 lost; now 4 of 10 won, 3 unfiled, 3 lost."""
    before = [decided(900, "won", 3)] * 5 + [decided(900, "lost", 0)]
    before += [decided(900, "lost", 3)] * 4
    now = [decided(1010, "won", 3)] * 4 + [decided(1010, "lost", 0)] * 3
    now += [decided(1010, "lost", 3)] * 3
    found = gap_of(book(stages(before + now), until=1029), PERIOD)
    assert (found.gap, found.decided, found.usual_share) == (4.0, 10, 0.5)
    assert found.leaks == pytest.approx(
        {
            "volume": 8 - 10 * 0.5,
            "not_filed": 3 - 1,
            "not_contacted": 0,
            "not_assessed": 0,
            "lost": 3 - 4,
            "void": 0,
        }
    )


LEADS = st.tuples(
    st.integers(640, 1040), st.sampled_from(["won", "lost", "void"]), st.integers(0, 3)
)


@given(st.lists(LEADS, min_size=1, max_size=60), st.floats(0.1, 500))
def test_leaks_sum_exactly_to_the_gap(leads, target):
    """Every lead stands at one place, so nothing is left over: up to rounding of floats."""
    frame = stages([decided(*lead) for lead in leads])
    period = Period(first=1000, last=1029, target=target)
    found = gap_of(book(frame, until=1029), period)
    if found is None:
        assert not any(lead[1] == "won" and lead[0] < 1000 for lead in leads)
        return
    assert sum(found.leaks.values()) == pytest.approx(found.gap, abs=1e-9)
    rows = {row.segment: row.estimate for row in gap_estimates(book(frame, until=1029), period)}
    assert sum(rows[f"leak={name}"] for name in LEAKS) == pytest.approx(rows["leak=total"])


def test_without_a_year_before_it_is_refused():
    frame = stages([decided(1010, "won", 3)])
    rows = gap_estimates(book(frame, until=1029), PERIOD)
    assert {row.status for row in rows} == {"not_estimable"}
    assert gap_estimates(book(frame, until=1029), None) == ()


def test_a_win_typed_in_after_the_last_day_is_not_known():
    late = {**decided(1010, "won", 3), "closed_known_day": 1030.0}
    before = [decided(900, "won", 3), decided(900, "lost", 3)]
    found = gap_of(book(stages([*before, late]), until=1029), PERIOD)
    assert (found.won, found.decided) == (0, 0)
    assert found.leaks["volume"] == pytest.approx(8.0)


def test_nothing_leaks_where_nothing_changed():
    rng = np.random.default_rng(1)
    kinds = [("won", 3), ("lost", 3), ("lost", 1), ("void", 2)]
    days = [*range(700, 1000), *range(1000, 1030)]
    leads = [decided(day, *kinds[i]) for day in days for i in rng.integers(0, 4, 4)]
    found = gap_of(book(stages(leads), until=1029), PERIOD)
    sd = 2 * np.sqrt(found.decided)
    assert all(abs(found.leaks[name]) < sd for name in list(LEAKS)[1:])


def test_a_stage_that_the_source_keeps_is_kept_in_both_years():
    """The year before nobody was contacted, now all are: the 4 lost then were never contacted."""
    before = [decided(900, "won", 1)] * 4 + [decided(900, "lost", 1)] * 4
    now = [decided(1010, "won", 2)] * 4 + [decided(1010, "lost", 2)] * 4
    found = gap_of(book(stages(before + now), until=1029), PERIOD)
    assert (found.leaks["not_contacted"], found.leaks["lost"]) == (-4.0, 4.0)
