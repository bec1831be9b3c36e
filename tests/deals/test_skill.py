"""The verdict: can the lost be told beforehand, judged on later quarters only?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from crm_analysis.deals.skill import Judged, auc_of, forecast_skill

LAST_DAY = 20_000
OPTIONS = {"landmark_days": 14, "horizon_days": 60, "last_day": LAST_DAY}


def leads(n=3000, *, seed=0, slope=0.0, drift=0.0):
    rng = np.random.default_rng(seed)
    opened = LAST_DAY - rng.integers(0, 900, n)
    x = rng.normal(size=n)
    hazard = 0.012 * np.exp(slope * x + drift * (opened < LAST_DAY - 500))
    life = 14 + rng.exponential(1, n) / hazard
    follow_up = LAST_DAY - opened
    kept = follow_up > 14
    frame = pd.DataFrame(
        {
            "opened_day": opened,
            "duration_days": np.ceil(np.minimum(life, follow_up)),
            "cause": (life <= follow_up).astype(int),
            "x": x,
            "noise": rng.normal(size=n),
        }
    )
    return frame[kept].sort_values("opened_day", ignore_index=True)


def judged_by(frame: pd.DataFrame, columns: list[str]) -> Judged:
    """Judge the columns in two tables, the second with the leads in another order."""
    tables = [frame[columns[:1]], frame[columns[1:]].sample(frac=1, random_state=1)]
    return forecast_skill(frame, tables=tables, **OPTIONS)


def test_the_auc_is_scikit_learns():
    rng = np.random.default_rng(1)
    lost = rng.random(400) < 0.3
    scores = np.round(rng.normal(size=400) + lost, 1)
    assert auc_of(scores, lost)[0] == pytest.approx(roc_auc_score(lost, scores), abs=1e-12)


def test_delongs_error_is_the_spread_of_the_auc():
    rng = np.random.default_rng(2)
    found = []
    for _ in range(400):
        lost = np.arange(200) < 60
        found.append(auc_of(rng.normal(size=200) + 0.8 * lost, lost))
    spread, told = np.std([auc for auc, _ in found], ddof=1), np.mean([se for _, se in found])
    assert told == pytest.approx(spread, rel=0.1)


def test_a_planted_effect_is_seen_on_later_quarters():
    judged = judged_by(leads(slope=0.8), ["x", "noise"])
    assert judged.estimate.ci_lo > 0.6
    assert len(judged.quarters) >= 4


def test_noise_is_no_better_than_no_information():
    rows = [judged_by(leads(seed=s), ["x", "noise"]) for s in range(20)]
    assert sum(row.estimate.ci_lo > 0.5 for row in rows) <= 3
    assert np.mean([row.estimate.estimate for row in rows]) == pytest.approx(0.5, abs=0.015)


def test_only_what_was_known_by_a_quarters_start_is_learned_from():
    """Fates that are turned round at the end of the data change no earlier quarter."""
    frame = leads(slope=0.8)
    judged = judged_by(frame, ["x"])
    start = judged.quarters["start_day"].iloc[-1]
    late = frame["opened_day"] + 14 >= start
    turned = frame.assign(x=np.where(late, -5 * frame["x"], frame["x"]))
    again = judged_by(turned, ["x"])
    pd.testing.assert_frame_equal(judged.quarters.iloc[:-1], again.quarters.iloc[:-1])
    assert judged.quarters["auc"].iloc[-1] > 0.5 > again.quarters["auc"].iloc[-1]


def test_too_little_is_refused_and_an_empty_column_is_survived():
    few = judged_by(leads(60), ["x"])
    assert few.estimate.status == "not_estimable"
    frame = leads().assign(x=np.nan)
    judged = judged_by(frame, ["x"])
    assert judged.estimate.estimate == pytest.approx(0.5)


def test_no_leads_at_all_is_refused():
    judged = judged_by(leads().iloc[:0], ["x"])
    assert judged.estimate.status == "not_estimable"
