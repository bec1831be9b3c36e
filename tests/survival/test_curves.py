"""Kaplan–Meier, Nelson–Aalen and log-rank: pencil tables, witnesses, edges."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.survival.curves import kaplan_meier, log_rank
from crm_analysis.survival.risk_table import compress


def table(durations, causes, **columns):
    frame = pd.DataFrame({"duration_days": durations, "cause": causes, **columns})
    return compress(frame, list(columns))


def test_pencil():
    """Events on 1, 3, 3; censored on 3 and 4: S = 4/5, then 4/5 · 2/4."""
    curve = kaplan_meier(table([1, 3, 3, 3, 4], [1, 1, 2, 0, 0]))
    np.testing.assert_allclose(curve.survival, [0.8, 0.4, 0.4])
    np.testing.assert_allclose(curve.cumulative_hazard, [0.2, 0.7, 0.7])
    np.testing.assert_allclose(curve.hazard_variance, [0.04, 0.165, 0.165])
    np.testing.assert_allclose(curve.variance, [0.64 / 20, 0.16 * (1 / 20 + 2 / 8), 0.048])
    assert curve.median_days == 3


def test_equals_lifelines():
    from lifelines import KaplanMeierFitter, NelsonAalenFitter

    rng = np.random.default_rng(2)
    days, event = rng.integers(1, 30, 500), rng.random(500) < 0.6
    curve = kaplan_meier(table(days, event.astype(int)))
    km = KaplanMeierFitter().fit(days, event)
    na = NelsonAalenFitter(nelson_aalen_smoothing=False).fit(days, event)
    bounds = km.confidence_interval_.loc[curve.times].to_numpy()
    inside = curve.survival < 1
    np.testing.assert_allclose(
        curve.survival, km.survival_function_.loc[curve.times].iloc[:, 0], atol=1e-12
    )
    np.testing.assert_allclose(
        np.column_stack([curve.ci_lo, curve.ci_hi])[inside], bounds[inside], atol=1e-8
    )
    np.testing.assert_allclose(
        curve.cumulative_hazard, na.cumulative_hazard_.loc[curve.times].iloc[:, 0], atol=1e-12
    )


def test_causes_choose_what_an_event_is():
    risk = table([1, 2, 3, 4], [1, 2, 3, 0])
    assert kaplan_meier(risk).at(4).estimate == pytest.approx(0.25)
    assert kaplan_meier(risk, causes=(1,)).at(4).estimate == pytest.approx(0.75)


def test_all_censored_stays_at_1():
    curve = kaplan_meier(table([2] * 20, [0] * 20))
    found = curve.at(2)
    assert (found.estimate, found.ci_hi, found.events) == (1, 1, 0)
    assert found.ci_lo == pytest.approx(0.025 ** (1 / 20))
    assert curve.median_days is None
    assert curve.median_ci_days == (None, None)


def test_one_subject_steps_to_0():
    curve = kaplan_meier(table([3], [1]))
    assert (curve.at(2).estimate, curve.at(3).estimate) == (1, 0)
    assert curve.at(3).ci_hi == pytest.approx(0.975)


def test_no_subjects():
    curve = kaplan_meier(table([], []))
    assert (curve.n, curve.at(5).estimate, curve.at(5).shown) == (0, 1, False)
    assert curve.median_days is None


def test_shown_only_where_ten_are_at_risk():
    curve = kaplan_meier(table([1] * 5 + [3] * 9, [1] * 14))
    assert curve.at(1).shown
    assert not curve.at(2).shown
    assert curve.last_shown_day() == 1


def test_log_rank_pencil():
    """a ends on 1, b on 2, b open till 3: O-E of a = 1 - 1/3, variance 2/9."""
    test = log_rank(table([1, 2, 3], [1, 1, 0], rep=["a", "b", "b"]), "rep")
    assert test.groups == ("a", "b")
    np.testing.assert_allclose(test.observed, [1, 1])
    np.testing.assert_allclose(test.expected, [1 / 3, 5 / 3])
    assert test.statistic == pytest.approx((2 / 3) ** 2 / (2 / 9))
    assert test.df == 1


@pytest.fixture(scope="module")
def grouped():
    rng = np.random.default_rng(8)
    n = 600
    return pd.DataFrame(
        {
            "duration_days": rng.integers(0, 25, n),
            "cause": rng.choice([0, 1, 2], n),
            "rep": rng.choice(list("abcd"), n),
            "quarter": rng.choice(["q1", "q2", "q3"], n),
        }
    )


def test_k_groups_equal_lifelines(grouped):
    from lifelines.statistics import multivariate_logrank_test

    found = log_rank(compress(grouped, ["rep"]), "rep", causes=(1,))
    witness = multivariate_logrank_test(
        grouped["duration_days"], grouped["rep"], grouped["cause"] == 1
    )
    assert (found.statistic, found.p, found.df) == pytest.approx(
        (witness.test_statistic, witness.p_value, 3), abs=1e-8
    )


def test_strata_equal_statsmodels(grouped):
    from statsmodels.duration.survfunc import survdiff

    risk = compress(grouped, ["rep", "quarter"])
    found = log_rank(risk, "rep", causes=(1,), strata=["quarter"])
    statistic, p = survdiff(
        grouped["duration_days"].to_numpy(),
        (grouped["cause"] == 1).astype(int).to_numpy(),
        grouped["rep"].to_numpy(),
        strata=grouped["quarter"].to_numpy(),
    )
    assert (found.statistic, found.p) == pytest.approx((statistic, p), abs=1e-8)
    plain = log_rank(risk, "rep", causes=(1,))
    assert found.statistic != pytest.approx(plain.statistic, abs=1e-3)


@pytest.mark.parametrize(
    ("durations", "causes", "reps"),
    [
        ([1, 2, 3], [1, 1, 1], ["a", "a", "a"]),
        ([1, 2, 3], [0, 0, 0], ["a", "b", "b"]),
        ([1, 2], [1, 0], ["a", None]),
        ([], [], []),
        ([1, 1], [1, 1], ["a", "b"]),
    ],
    ids=["one group", "no event", "missing group", "nobody", "all end together"],
)
def test_no_log_rank_where_there_is_none(durations, causes, reps):
    assert log_rank(table(durations, causes, rep=reps), "rep") is None
