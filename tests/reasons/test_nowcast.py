"""The nowcast: a pencil table, what came in later in drawn worlds, and its invariants."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.reasons.credibility import nowcast_estimates
from crm_analysis.reasons.nowcast import LONGEST_DAYS, nowcast, share_in_by

AS_OF = date(2026, 6, 30)
END = pd.Timestamp(AS_OF)


def test_the_share_in_by_each_delay_by_hand():
    """30 deals of age 1, all delay 0; 30 of age 9: 15 after 0, 10 after 1, 5 after 3 days."""
    delay = np.repeat([0, 0, 1, 3], [30, 15, 10, 5])
    age = np.repeat([1, 9, 9, 9], [30, 15, 10, 5])
    share = share_in_by(delay, age)
    by_two = 1 - 5 / 30
    assert share[3] == share[LONGEST_DAYS] == 1.0
    assert share[1] == share[2] == pytest.approx(by_two)
    assert share[0] == pytest.approx(by_two * (1 - 10 / 55))


def drawn(seed: int, *, mean_delay: float = 25.0, n: int = 3000) -> tuple[pd.DataFrame, pd.Series]:
    """Draw reasons over two years; return those typed by as_of, and all by month."""
    rng = np.random.default_rng(seed)
    event = END - pd.to_timedelta(rng.integers(0, 730, n), unit="D")
    delay = np.floor(rng.exponential(mean_delay, n))
    pairs = pd.DataFrame({"rep": "price", "event_at": event, "delay_days": delay})
    seen = delay <= (END - pairs["event_at"]).dt.days
    everything = pairs["event_at"].dt.to_period("M").astype(str).value_counts()
    return pairs[seen], everything


def test_what_comes_in_later_lies_in_the_interval_at_its_rate():
    held, biases, naive = [], [], []
    for seed in range(40):
        seen, everything = drawn(seed)
        found = nowcast(seen, as_of=AS_OF, n_months=3, seed=seed)
        assert found["status"].eq("ok").all()
        truth = everything.reindex(found["month"]).to_numpy()
        held += list((found["lo"] <= truth) & (truth <= found["hi"]))
        biases += list(found["completed"] / truth - 1)
        naive += list(found["observed"].iloc[-1:] / truth[-1:] - 1)
    assert np.mean(naive) < -0.4
    assert abs(np.mean(biases)) < 0.03
    assert 0.90 <= np.mean(held) <= 0.99


def test_without_delay_nothing_is_added_and_months_are_mature():
    seen, everything = drawn(1, mean_delay=1e-9)
    found = nowcast(seen, as_of=AS_OF)
    assert found["observed"].tolist() == everything.reindex(found["month"]).tolist()
    assert found["completed"].tolist() == found["observed"].tolist()
    assert not found["immature"].any()
    assert found["hi"].tolist() == found["observed"].tolist()


def test_recent_months_are_marked_and_an_empty_one_is_refused():
    seen, _ = drawn(2)
    without = seen[seen["event_at"].dt.to_period("M") != pd.Period("2026-05")]
    found = nowcast(without, as_of=AS_OF, n_months=6).set_index("month")
    assert found.loc["2026-06", "immature"]
    assert not found.loc["2026-01", "immature"]
    assert found.loc["2026-05", ["observed", "status"]].tolist() == [0, "not_estimable"]


def test_nothing_known_gives_no_rows():
    assert nowcast(drawn(1)[0].iloc[:0], as_of=AS_OF).empty
    assert nowcast(drawn(1)[0].assign(delay_days=np.nan), as_of=AS_OF).empty


ROWS = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=80)


@settings(max_examples=50, deadline=None)
@given(ROWS)
def test_shares_rise_to_one_and_completing_never_takes_away(rows):
    pairs = pd.DataFrame(
        {
            "rep": "price",
            "event_at": [END - pd.Timedelta(days=max(age, delay)) for age, delay in rows],
            "delay_days": [float(min(age, delay)) for age, delay in rows],
        }
    )
    age = np.array([max(pair) for pair in rows])
    share = share_in_by(pairs["delay_days"].to_numpy(int), age)
    assert (np.diff(share) >= -1e-12).all()
    assert share[-1] == 1.0
    found = nowcast(pairs, as_of=AS_OF, n_boot=20)
    if len(found):
        assert (found["completed"] >= found["observed"] - 1e-9).all()
        assert (found["lo"] >= found["observed"]).all()


def test_reasons_typed_after_more_than_a_year_are_left_out():
    seen, _ = drawn(3)
    late = seen.head(50).assign(delay_days=400.0, event_at=END - pd.Timedelta(days=500))
    with_late = nowcast(pd.concat([seen, late]), as_of=AS_OF)
    pd.testing.assert_frame_equal(with_late, nowcast(seen, as_of=AS_OF))
    assert nowcast(late, as_of=AS_OF).empty


def test_there_are_never_more_reasons_than_losses():
    seen, everything = drawn(4)
    free = nowcast(seen, as_of=AS_OF)
    losses = {month: int(n) + 1 for month, n in everything.items()}
    bound = nowcast(seen, as_of=AS_OF, losses=losses)
    limit = [losses[month] for month in bound["month"]]
    assert (bound["completed"] <= limit).all() and (bound["hi"] <= limit).all()
    assert (free["hi"] > limit).any()
    at_once = nowcast(seen, as_of=AS_OF, losses=dict.fromkeys(losses, 0))
    assert at_once["completed"].tolist() == at_once["observed"].tolist()


def test_a_month_too_young_to_complete_says_why():
    month = {
        "month": "2026-06", "observed": 2, "completed": np.nan, "lo": np.nan, "hi": np.nan,
        "completeness": 0.1, "immature": True, "status": "not_estimable",
    }  # fmt: skip
    [row] = nowcast_estimates(pd.DataFrame([month]))
    assert (row.status, row.note) == ("not_estimable", "too_few_in")
