"""All factors together: AUC, skill on later leads, and a column that gives the ending away."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from crm_analysis.deals.comparison.factor import Factor, FactorTable
from crm_analysis.deals.profile.factor_leaks import factor_leaks, leak_rows
from crm_analysis.deals.profile.factor_model import auc, fit_factors, later_auc
from crm_analysis.language import Text

SOURCE = Factor(name="source", label=Text("source", "来源"), kind="levels")
SIZE = Factor(name="x_size", label=Text("size", "规模"), kind="number", time_known=False)
TOLD = Factor(name="x_told", label=Text("told", "告知"), kind="number", time_known=False)


def table(seed: int, *, effect: float = 0.0, leak: float = 0.0, n: int = 1600) -> FactorTable:
    """Closed leads of a year: size moves the odds by `effect`; the ending writes `told`."""
    rng = np.random.default_rng(seed)
    size = rng.normal(size=n)
    lost = rng.random(n) < 1 / (1 + np.exp(-effect * size))
    frame = pd.DataFrame(
        {
            "lead_id": np.arange(n),
            "duration_days": rng.integers(1, 20, n),
            "cause": np.where(lost, 1, 2),
            "opened_day": pd.Timestamp("2025-01-01")
            + pd.to_timedelta(np.sort(rng.integers(0, 365, n)), unit="D"),
            "source": pd.Series(rng.choice(["a", "b", "c"], n)).where(rng.random(n) < 0.9),
            "x_size": np.where(rng.random(n) < 0.9, size, np.nan),
            "x_told": rng.normal(size=n) + leak * lost,
        }
    )
    frame["opened_month"] = frame["opened_day"].dt.month
    return FactorTable(frame=frame, factors=(SOURCE, SIZE, TOLD))


def test_auc_equals_scikit_learn_with_ties_and_its_interval_covers():
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        lost = rng.random(150) < 0.4
        score = np.round(rng.normal(size=150) + lost, 1)
        found = auc(score, lost)
        assert found.estimate == pytest.approx(roc_auc_score(lost, score), abs=1e-12)
        covered += found.lo <= 0.7602 <= found.hi  # P(N(1, 1) > N(0, 1)) = Phi(1 / sqrt 2)
    assert covered >= 182


def test_the_ridge_is_that_of_scikit_learn():
    one = table(3, effect=0.7)
    model = fit_factors(one.frame, [SIZE])
    x = one.frame["x_size"]
    design = np.column_stack((((x - x.mean()) / x.std(ddof=0)).fillna(0), x.isna()))
    there = LogisticRegression(C=1.0, tol=1e-10, max_iter=5000).fit(design, one.frame["cause"] == 1)
    np.testing.assert_allclose(model.coef, there.coef_[0], atol=1e-4)
    assert model.intercept == pytest.approx(there.intercept_[0], abs=1e-4)


def test_skill_on_later_leads_is_seen_where_it_is_and_not_where_it_is_not():
    seen = later_auc(table(1, effect=1.0))
    assert seen.lo > 0.5
    found = [later_auc(table(seed)) for seed in range(20)]
    assert sum(one.lo <= 0.5 <= one.hi for one in found) >= 17
    assert later_auc(table(1, n=60)) is None


def test_levels_never_seen_before_and_missing_values_are_scored():
    one = table(2, effect=0.5)
    model = fit_factors(one.frame, one.factors)
    new = one.frame.head(2).assign(source=["never seen", None], x_size=[None, 1.0])
    assert np.isfinite(model.score(new)).all()


def test_a_column_written_by_the_ending_is_named_and_a_cause_is_not():
    (leak,) = factor_leaks(table(4, effect=0.8, leak=2.5))
    assert leak.factor.name == "x_told"
    assert leak.gap > 0.10
    assert leak_rows([leak])[0].note == "leak_suspected"
    assert factor_leaks(table(4, effect=0.8)) == ()
    assert factor_leaks(table(4, leak=2.5, n=100)) == ()
