"""Ranks under censoring: pencil tables, two witnesses, planted censoring, invariants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from crm_analysis.deals.early_call.followed import follow
from crm_analysis.deals.early_call.ranking import weighted_auc
from crm_analysis.deals.skill import auc_of


def test_fates_and_weights_are_those_of_the_pencil():
    """Horizon 10. Watched for 20, 20, 12, 6 and 3 days; three of five can be watched for 10.

    A: lost on day 4 (four of five could be watched so long): 5/4.
    B: won on day 9 (three of five): 5/3.
    C: open still on day 10: 5/3, and not lost, though it was lost on day 11.
    D: open when observation ended on day 6: not known.
    E: void on day 2 (all five): 1.
    """
    fates = follow(
        np.array([4.0, 9.0, 11.0, 6.0, 2.0]),
        np.array([1, 2, 1, 0, 3]),
        np.array([20.0, 20.0, 12.0, 6.0, 3.0]),
        horizon_days=10,
    )
    assert fates.weight == pytest.approx([5 / 4, 5 / 3, 5 / 3, 0, 1])
    assert fates.lost.tolist() == [True, False, False, False, False]
    assert fates.share == pytest.approx(3 / 5)


def test_an_end_on_the_last_day_of_the_horizon_counts_and_the_day_after_does_not():
    times, watched = np.array([10.0, 11.0]), np.array([30.0, 30.0])
    fates = follow(times, np.array([1, 1]), watched, horizon_days=10)
    assert fates.lost.tolist() == [True, False]
    assert fates.known.all()


def test_the_weighted_auc_is_that_of_the_pencil():
    """Case .5 (weight 2) lies above .2 (3) and ties with .5 (1); case .1 (1) lies below both.

    Pairs: 2·3 + 2·1/2 = 7 of (2 + 1)·(3 + 1) = 12.
    """
    found = weighted_auc(
        np.array([0.5, 0.1, 0.2, 0.5]),
        np.array([True, True, False, False]),
        np.array([2.0, 1.0, 3.0, 1.0]),
    )
    assert found.auc == pytest.approx(7 / 12)


def test_without_censoring_it_is_scikit_learns_auc_and_delongs_error():
    rng = np.random.default_rng(1)
    lost = rng.random(300) < 0.4
    score = np.round(rng.normal(size=300) + lost, 1)
    found = weighted_auc(score, lost, np.ones(300))
    auc, se = auc_of(score, lost)
    assert found.auc == pytest.approx(roc_auc_score(lost, score), abs=1e-12)
    assert (found.auc, found.se) == pytest.approx((auc, se), abs=1e-12)


def test_weights_undo_a_censoring_that_the_plain_auc_is_misled_by():
    """Early losses are told by the score, late ones are not; short follow-up shows early ones."""
    rng = np.random.default_rng(2)
    n = 40_000
    early, late = rng.random(n) < 0.25, rng.random(n) < 0.33
    time = np.where(early, rng.uniform(0, 10, n), np.where(late, rng.uniform(30, 60, n), 99))
    score = rng.normal(size=n) + 2.5 * early
    cause = (time <= 60).astype(int)
    truth = weighted_auc(score, cause == 1, np.ones(n)).auc
    watched = rng.uniform(0, 120, n)
    seen = time <= watched
    fates = follow(
        np.where(seen, time, watched), np.where(seen, cause, 0), watched, horizon_days=60
    )
    plain = weighted_auc(score, fates.lost, np.ones(n)).auc
    assert weighted_auc(score, fates.lost, fates.weight).auc == pytest.approx(truth, abs=0.01)
    assert abs(plain - truth) > 0.03


def test_it_is_scikit_survivals_dynamic_auc_under_censoring():
    """There the share watched is estimated by Kaplan-Meier, here it is counted."""
    metrics = pytest.importorskip("sksurv.metrics")
    rng = np.random.default_rng(7)
    score = rng.normal(size=4000)
    life, watched = rng.exponential(60 * np.exp(-score)), rng.uniform(5, 140, 4000)
    time, event = np.minimum(life, watched), life <= watched
    outcome = np.array(list(zip(event, time, strict=True)), dtype=[("event", "?"), ("time", "f8")])
    (theirs,), _ = metrics.cumulative_dynamic_auc(outcome, outcome, score, [60.0])
    fates = follow(time, event.astype(int), watched, horizon_days=60)
    assert weighted_auc(score, fates.lost, fates.weight).auc == pytest.approx(theirs, abs=0.005)


def test_the_error_of_a_gain_is_the_spread_of_the_gain():
    rng = np.random.default_rng(3)
    gains, told = [], []
    for _ in range(300):
        lost = np.arange(240) < 90
        level = rng.normal(size=240) + 0.5 * lost
        track = level + rng.normal(size=240) + 0.9 * lost
        one, other = (weighted_auc(score, lost, np.ones(240)) for score in (track, level))
        gains.append(one.auc - other.auc)
        told.append(np.sqrt(((one.influence - other.influence) ** 2).sum()))
    assert np.mean(told) == pytest.approx(np.std(gains, ddof=1), rel=0.12)


fates_of_leads = st.lists(
    st.tuples(st.integers(0, 5), st.booleans(), st.integers(1, 4)), min_size=4, max_size=30
).filter(lambda rows: len({lost for _, lost, _ in rows}) == 2)


@given(fates_of_leads, st.randoms(use_true_random=False))
def test_order_and_scale_change_nothing_and_weights_are_repetitions(rows, random):
    score, lost, weight = (np.array(part) for part in zip(*rows, strict=True))
    found = weighted_auc(score.astype(float), lost, weight.astype(float))
    assert 0 <= found.auc <= 1
    assert found.influence.sum() == pytest.approx(0, abs=1e-9)
    order = random.sample(range(len(rows)), len(rows))
    moved = weighted_auc(np.exp(score[order]) - 7, lost[order], weight[order] / 3)
    assert moved.auc == pytest.approx(found.auc, abs=1e-12)
    again = np.repeat(np.arange(len(rows)), weight)
    each = weighted_auc(score[again].astype(float), lost[again], np.ones(len(again)))
    assert each.auc == pytest.approx(found.auc, abs=1e-12)
    assert weighted_auc(-score.astype(float), lost, weight).auc == pytest.approx(1 - found.auc)


times = st.lists(
    st.tuples(st.integers(1, 90), st.integers(0, 3), st.integers(1, 120)), min_size=1, max_size=40
)


@given(times, st.integers(5, 80))
def test_known_fates_stand_for_all_leads_where_no_lead_is_cut_short(rows, horizon):
    time, cause, watched = (np.array(part) for part in zip(*rows, strict=True))
    cut = np.minimum(time, watched).astype(float)
    fates = follow(cut, np.where(time <= watched, cause, 0), watched.astype(float),
                   horizon_days=horizon)  # fmt: skip
    assert (fates.weight[fates.known] >= 1).all()
    assert not (fates.lost & ~fates.known).any()
    whole = np.full(len(time), 500.0)
    full = follow(time.astype(float), np.where(cause == 0, 2, cause), whole, horizon_days=horizon)
    assert full.weight == pytest.approx(np.ones(len(time)))
