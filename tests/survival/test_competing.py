"""Aalen–Johansen: pencil tables, statsmodels as witness, and each edge of the docstring."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.survival.competing import aalen_johansen, contrast
from crm_analysis.survival.risk_table import compress


def shares(durations, ended_by, **how):
    return aalen_johansen(
        compress(pd.DataFrame({"duration_days": durations, "cause": ended_by})), **how
    )


def test_pencil():
    """Four leads: lost on day 1, open till 2, won on 3, open till 4.

    Lost 1/4; of the 3/4 still open one of two is won on day 3: 3/8.
    """
    found = shares([1, 2, 3, 4], [1, 0, 2, 0])
    assert found.cif[0].tolist() == [0.25] * 4
    assert found.cif[1].tolist() == [0, 0, 0.375, 0.375]
    assert found.survival.tolist() == [0.75, 0.75, 0.375, 0.375]


def test_without_censoring_the_variance_is_binomial():
    found = shares([1] * 3 + [2] * 2 + [3] * 5, [1] * 3 + [2] * 2 + [1] * 5)
    for row in (0, 1):
        share = found.cif[row]
        np.testing.assert_allclose(found.variance[row], share * (1 - share) / 10, atol=1e-15)


@pytest.mark.parametrize("interval", ["log_log", "plain"])
def test_equals_statsmodels_on_1000_leads(interval):
    from statsmodels.duration.survfunc import CumIncidenceRight

    rng = np.random.default_rng(5)
    days = rng.integers(0, 40, 1000)
    cause = rng.choice([0, 1, 2, 3], 1000, p=[0.5, 0.3, 0.15, 0.05])
    days[0], cause[0] = 60, 0  # statsmodels has no variance once nobody is left
    witness = CumIncidenceRight(days, cause)
    found = shares(days, cause, interval=interval)
    np.testing.assert_array_equal(found.times, witness.times)
    for row in range(3):
        np.testing.assert_allclose(found.cif[row], witness.cinc[row], atol=1e-8)
        np.testing.assert_allclose(np.sqrt(found.variance[row]), witness.cinc_se[row], atol=1e-8)


def test_intervals_differ_as_they_say():
    durations, causes = [1, 2, 3, 4, 5, 6], [1, 0, 1, 0, 1, 0]
    plain = shares(durations, causes, interval="plain").at(3, 1)
    log_log = shares(durations, causes).at(3, 1)
    assert plain.estimate == log_log.estimate == pytest.approx(1 / 6 + 5 / 6 / 4)
    half = 1.959964 * plain.se
    assert plain.ci_hi == pytest.approx(plain.estimate + half, abs=1e-6)
    width = half / (plain.estimate * np.log(plain.estimate))
    expected = sorted(plain.estimate ** np.exp(sign * width) for sign in (1, -1))
    assert (log_log.ci_lo, log_log.ci_hi) == pytest.approx(tuple(expected), abs=1e-6)
    assert 0 < log_log.ci_lo < log_log.ci_hi < 1


def test_alpha_widens():
    wide, narrow = (shares([1, 2, 3, 4], [1, 0, 1, 0], alpha=a).at(3, 1) for a in (0.01, 0.2))
    assert wide.ci_lo < narrow.ci_lo < narrow.ci_hi < wide.ci_hi


def test_a_cause_without_events_has_share_0_and_an_exact_upper_bound():
    found = shares([1] * 20, [0] * 20).at(1, 1)
    assert (found.estimate, found.ci_lo, found.events) == (0, 0, 0)
    assert found.ci_hi == pytest.approx(1 - 0.025 ** (1 / 20))


def test_share_1_has_an_exact_lower_bound():
    found = shares([3] * 12, [1] * 12).at(3, 1)
    assert (found.estimate, found.se, found.ci_hi) == (1, 0, 1)
    assert found.ci_lo == pytest.approx(0.025 ** (1 / 12))


def test_one_lead():
    found = shares([0], [2])
    assert found.at(0, 2).estimate == 1
    assert found.at(0, 1).estimate == 0
    assert not found.at(0, 2).shown


def test_an_empty_table():
    found = shares([], []).at(30, 1)
    assert (found.estimate, found.ci_lo, found.ci_hi, found.at_risk) == (0, 0, 1, 0)
    assert not found.shown


def test_shown_only_where_ten_are_at_risk():
    found = shares([1] * 5 + [2] * 9 + [2], [1] * 5 + [0] * 10)
    assert found.at(2, 1).shown
    assert found.at(2, 1).at_risk == 10
    assert not found.at(3, 1).shown
    assert found.last_shown_day() == 2
    assert found.last_shown_day(16) == 0


def test_before_the_first_time_nothing_has_ended():
    found = shares([4] * 10, [1] * 10).at(3, 1)
    assert (found.estimate, found.ci_lo, found.at_risk) == (0, 0, 10)


def test_an_unasked_cause_in_the_table_still_competes():
    assert shares([1, 2], [7, 1], causes=(1,)).causes == (1, 7)


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="allowed are"):
        shares([1], [1], interval="loglog")
    with pytest.raises(ValueError, match="cause 9: allowed are"):
        shares([1], [1]).at(1, 9)
    with pytest.raises(ValueError, match="alpha"):
        shares([1], [1], alpha=5)


def test_contrast_of_two_groups_adds_variances():
    a, b = (
        shares([1] * 50 + [2] * 50, [1] * 50 + [0] * 50),
        shares([1] * 30 + [2] * 70, [1] * 30 + [0] * 70),
    )
    found = contrast(a, b, day=1, cause=1)
    assert found.difference == pytest.approx(0.2)
    assert found.se == pytest.approx(np.sqrt(0.25 / 100 + 0.21 / 100))
    assert found.p == pytest.approx(0.00318, abs=1e-4)
    assert found.shown


def test_contrast_without_events_has_no_p():
    none = shares([1] * 20, [0] * 20)
    assert contrast(none, none, day=1, cause=1).p is None


def test_recovers_planted_shares():
    """Constant daily hazards .008 and .004: share lost by day t is 2/3 (1 - exp(-.012 t))."""
    rng = np.random.default_rng(11)
    n = 20_000
    end, gone = rng.exponential(1 / 0.012, n), rng.exponential(80, n)
    cause = np.where(gone < end, 0, np.where(rng.random(n) < 2 / 3, 1, 2))
    found = shares(np.ceil(np.minimum(end, gone)).astype(int), cause)
    for day in (30, 60, 90):
        truth = 2 / 3 * (1 - np.exp(-0.012 * day))
        assert found.at(day, 1).estimate == pytest.approx(truth, abs=0.012)
