"""The leaks of a gap: pencil table, exact sum whatever the leads, and chance worlds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_analysis.deals.funnel.leaks import LEAKS, Gap, gap_estimates, gap_of
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
    for name, (low, high) in found.intervals().items():
        wide = found.intervals(alpha=0.01)[name]
        assert wide[0] <= low <= found.leaks[name] + 1e-9
        assert found.leaks[name] - 1e-9 <= high <= wide[1]


def test_intervals_by_pencil():
    """200 decided, 40 won and 100 unfiled; the year before 1,000, 300 won and 400 unfiled.

    Alpha .05 by six leaks gives z = 2.638. Wilson then puts 100 of 200 in .4083 to .5917, 400 of
    1,000 in .3598 to .4416 and 300 of 1,000 in .2633 to .3396; Garwood puts 200 in 164.5 to 240.6.
    """
    found = Gap(
        target=70.0, won=40, decided=200, usual_share=0.3,
        leaks={"volume": 70 - 200 * 0.3, "not_filed": 100 - 200 * 0.4},
        here={"won": 40, "not_filed": 100, "lost": 60},
        before={"won": 300, "not_filed": 400, "lost": 300},
    )  # fmt: skip
    ends = found.intervals(alpha=0.05)
    low = 20 - 200 * np.hypot(0.5 - 0.4083, 0.4416 - 0.4)
    high = 20 + 200 * np.hypot(0.5917 - 0.5, 0.4 - 0.3598)
    assert ends["not_filed"] == pytest.approx((low, high), abs=0.05)
    low = 10 - np.hypot(0.3 * (240.6 - 200), 200 * (0.3396 - 0.3))
    high = 10 + np.hypot(0.3 * (200 - 164.5), 200 * (0.3 - 0.2633))
    assert ends["volume"] == pytest.approx((low, high), abs=0.1)


PLACES = ("won", *list(LEAKS)[1:])
USUAL = np.array([0.25, 0.10, 0.10, 0.15, 0.30, 0.10])
LEAKING = np.array([0.17, 0.25, 0.08, 0.15, 0.27, 0.08])


def drawn(rng: np.random.Generator, shares: np.ndarray, *, decided: float, before: int) -> Gap:
    """Draw the period's leads and those of the year before, and split the gap of 60."""
    here = rng.multinomial(rng.poisson(decided), shares)
    year = rng.multinomial(before, USUAL)
    n, usual = int(here.sum()), year / year.sum()
    return Gap(
        target=60.0, won=int(here[0]), decided=n, usual_share=usual[0],
        leaks={
            "volume": 60 - n * usual[0],
            **{PLACES[i]: here[i] - n * usual[i] for i in range(1, len(PLACES))},
        },
        here=dict(zip(PLACES, map(int, here), strict=True)),
        before=dict(zip(PLACES, map(int, year), strict=True)),
    )  # fmt: skip


def held(found: Gap, shares: np.ndarray, *, decided: float) -> dict[str, bool]:
    """Say which leaks lie in their intervals: what the true shares make of the leads decided."""
    truth = {"volume": 60 - decided * USUAL[0]}
    truth |= {PLACES[i]: found.decided * (shares - USUAL)[i] for i in range(1, len(PLACES))}
    return {name: low <= truth[name] <= high for name, (low, high) in found.intervals().items()}


@pytest.mark.parametrize("shares", [USUAL, LEAKING], ids=["nothing changed", "leaking"])
@pytest.mark.parametrize("n_worlds", [400, pytest.param(4000, marks=pytest.mark.nightly)])
def test_intervals_hold_all_leaks_at_once(shares, n_worlds):
    """95 % of worlds or a little more, within three standard errors of so many worlds."""
    held_all = [
        all(held(drawn(rng, shares, decided=200, before=2400), shares, decided=200).values())
        for rng in map(np.random.default_rng, range(n_worlds))
    ]
    error = 3 * np.sqrt(0.95 * 0.05 / n_worlds)
    assert 0.95 - error <= np.mean(held_all) <= 0.96 + error


def test_a_place_that_leaks_is_told_apart_and_an_unchanged_one_not():
    worlds = [drawn(np.random.default_rng(seed), LEAKING, decided=200, before=2400)
              for seed in range(20)]  # fmt: skip
    ends = [found.intervals() for found in worlds]
    assert sum(each["not_filed"][0] > 0 for each in ends) >= 19
    assert sum(each["not_assessed"][0] > 0 for each in ends) <= 1


def test_a_place_where_nobody_ever_stayed_has_an_interval_all_the_same():
    found = gap_of(
        book(stages([decided(900, "won", 3)] * 9 + [decided(1010, "won", 3)] * 9), until=1029),
        PERIOD,
    )
    low, high = found.intervals()["void"]
    assert low < 0 < high


def test_without_a_decided_lead_only_the_volume_has_an_interval():
    found = gap_of(book(stages([decided(900, "won", 3)] * 9), until=1029), PERIOD)
    assert set(found.intervals()) == {"volume"}
    assert found.intervals()["volume"][1] == pytest.approx(8.0)


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
