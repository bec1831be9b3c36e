"""Cohorts: pencil counts, maturity, and no decline where leads are only young."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.deals.funnel.activity import activity_estimates, exact_rate
from crm_analysis.deals.funnel.cohorts import cohort_estimates, trend_estimates, window_estimates
from crm_analysis.deals.funnel.days import still_untyped, typing_margin
from crm_analysis.deals.funnel.sources import conversion_estimates
from tests.deals.funnel.pencil import book, stages

UNTIL = (pd.Timestamp("2026-10-31") - pd.Timestamp(0)).days


def steady(seed: int, *, fall: float = 0.0, n: int = 4000):
    """Leads come evenly over two years; a third is won; `fall` in the last five months."""
    rng = np.random.default_rng(seed)
    opened = UNTIL - rng.integers(0, 730, n)
    life = rng.integers(10, 80, n)
    share = np.where(opened > UNTIL - 190, 1 / 3 - fall, 1 / 3)
    won = rng.random(n) < share
    ended = opened + life
    return stages(
        [
            {
                "opened_day": int(opened[i]),
                "status": ("won" if won[i] else "lost") if ended[i] <= UNTIL else "open",
                "closed_day": float(ended[i]) if ended[i] <= UNTIL else np.nan,
            }
            for i in range(n)
        ]
    )


def rows_by_segment(rows):
    return {(row.quantity, row.segment): row for row in rows}


def test_young_cohorts_are_marked_and_old_ones_counted_exactly():
    frame = steady(1)
    rows = rows_by_segment(cohort_estimates(book(frame, until=UNTIL), horizons_days=(90,)))
    newest = rows["won_by_day_share", "cohort=2026-10;horizon_days=90"]
    assert (newest.note, newest.estimate) == ("too_young", None)
    months = pd.to_datetime(frame["opened_day"], unit="D").dt.strftime("%Y-%m")
    part = frame[months == "2026-03"]
    old = rows["won_by_day_share", "cohort=2026-03;horizon_days=90"]
    assert old.note == ""
    assert old.estimate == pytest.approx((part["status"] == "won").mean())
    count = rows["funnel_leads_count", "cohort=2026-03;stage=received"]
    assert count.estimate == len(part)


def test_young_cohorts_are_no_decline_and_a_decline_is_found():
    """In 17 of 20 steady worlds nothing is said; where a third fewer are won it is."""
    quiet, seen = 0, 0
    for seed in range(20):
        calm, _ = trend_estimates(book(steady(seed), until=UNTIL), horizons_days=(90,))
        world = book(steady(seed, fall=0.14), until=UNTIL)
        fallen, deals = trend_estimates(world, horizons_days=(90,))
        assert deals.estimate == pytest.approx(fallen.estimate * deals.n)
        assert (deals.role, deals.p) == ("diagnostic", None)
        quiet += calm.p > 0.05
        seen += fallen.p < 0.05 and fallen.estimate < 0
    assert quiet >= 17
    assert seen >= 17


def test_windows_count_by_day():
    frame = stages(
        [
            {"opened_day": UNTIL, "filed_day": float(UNTIL)},
            {"opened_day": UNTIL - 1, "last_contact_day": float(UNTIL)},
            {"opened_day": UNTIL - 8, "filed_day": float(UNTIL - 6)},
        ]
    )
    rows = rows_by_segment(window_estimates(book(frame, until=UNTIL)))
    wanted = {"today": (1, 1, 0, 1), "7_days": (2, 1, 1, 1), "all": (3, 2, 1, 1)}
    for window, counts in wanted.items():
        found = [
            rows["funnel_leads_count", f"window={window};stage={stage}"].estimate
            for stage in ("received", "filed", "not_filed", "contacted")
        ]
        assert found == list(counts)
    assert rows["filing_delay_median_days", ""].estimate == 1.0


def test_wins_not_typed_in_yet_are_expected():
    """Half is typed in on its day, half a day later: of 10 typed today, 10 more are to come."""
    past = [
        {"opened_day": 0, "status": "won", "closed_day": 100.0, "closed_known_day": 100.0 + i % 2}
        for i in range(100)
    ]
    today = [{"opened_day": 0, "status": "won", "closed_day": 300.0}] * 10
    frame = stages(past + today)
    assert still_untyped(frame, first=290, last=300, until=300) == pytest.approx(10)
    assert still_untyped(frame, first=290, last=300, until=301) == pytest.approx(0)
    assert typing_margin(frame, until=300) == 1


def test_rates_are_exact_and_a_steady_rate_gives_no_finding():
    assert exact_rate(0, 10)[1:] == pytest.approx((0.0, 0.3689), abs=1e-4)
    p = []
    for seed in range(20):
        rows = activity_estimates(book(steady(seed), until=UNTIL - 80))
        p += [row.p for row in rows if row.quantity == "deals_rate_ratio"]
    assert sum(value < 0.05 for value in p) <= 3


def test_ends_of_the_margin_that_are_typed_in_by_now_count():
    """20 of 40 won at an age of 108 days, 15 days ago, typed in 5 days ago; the margin is 10."""
    end = {"opened_day": UNTIL - 123, "closed_day": UNTIL - 15.0, "closed_known_day": UNTIL - 5.0}
    frame = stages([{**end, "status": status} for status in ("won", "lost") * 20])
    made = cohort_estimates(book(frame, until=UNTIL, margin=10), horizons_days=(110,))
    share = rows_by_segment(made)["won_by_day_share", "cohort=2026-06;horizon_days=110"]
    assert share.estimate == pytest.approx(0.5)


def test_a_source_is_not_read_past_its_last_follow_up():
    """Of 40 leads of 45 days 16 were won; what they do by day 90 is not known until all ended."""
    won = {"opened_day": UNTIL - 45, "status": "won", "closed_day": UNTIL - 5.0}
    lost = {**won, "status": "lost"}
    for others, wanted in (({"opened_day": UNTIL - 45}, None), (lost, 0.4)):
        frame = stages([won] * 16 + [others] * 24)
        sources = frame[["lead_id"]].assign(source="advert")
        found = conversion_estimates(book(frame, until=UNTIL), sources, horizon_days=90)
        share = rows_by_segment(found)["won_by_day_share", "source=advert;horizon_days=90"]
        assert share.estimate == (None if wanted is None else pytest.approx(wanted))


def shaken(seed: int, *, sd: float, fall: float = 1.0):
    """Some 60 deals a month, each month's number moved by a shock of its own."""
    rng = np.random.default_rng(seed)
    month = np.repeat(np.arange(13), rng.poisson(60 * np.exp(rng.normal(0, sd, 13))))
    kept = (month >= 3) | (rng.random(len(month)) < fall)
    closed = UNTIL - month[kept] * 30 - rng.integers(0, 30, int(kept.sum()))
    return stages(
        [{"opened_day": int(day) - 40, "status": "won", "closed_day": float(day)} for day in closed]
    )


def change(frame):
    found = activity_estimates(book(frame, until=UNTIL))
    return next(row for row in found if row.quantity == "deals_rate_ratio")


def test_months_that_differ_are_no_change_and_half_the_deals_are_one():
    calm = [change(shaken(seed, sd=0.2)).p < 0.05 for seed in range(100)]
    assert np.mean(calm) <= 0.08
    half = [change(shaken(seed, sd=0.05, fall=0.5)) for seed in range(20)]
    assert np.mean([row.estimate for row in half]) == pytest.approx(0.5, abs=0.05)
    assert sum(row.p < 0.05 for row in half) >= 18
