"""Reasons by segment and quarter: a table by hand, planted differences, chance, and small cells."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from math import erfc, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_analysis.estimates import adjust_families, is_finding, read_segment
from crm_analysis.reasons.segments import (
    FAMILY,
    churn_estimates,
    segment_estimates,
    trend_estimates,
)
from tests.reasons.reasons_frame import EVENT, coded_reasons

AS_OF = date(2026, 3, 31)
Q = 0.05


def notes(main, *, event=EVENT, delay=1.0, customer=None, **segments) -> pd.DataFrame:
    """Write notes as `segment_frame` hands them over, each of a customer of its own."""
    frame = pd.DataFrame({"main": main, "event_at": event, "delay_days": delay, **segments})
    subject = [f"L{at}" for at in range(len(frame))]
    return frame.assign(subject=subject, customer=subject if customer is None else customer)


def drawn(seed: int, p: dict[str, float], *, n: int = 900) -> pd.DataFrame:
    """Draw notes of three regions, with the share of "price" in each."""
    rng = np.random.default_rng(seed)
    region = rng.choice(sorted(p), n)
    price = rng.random(n) < np.array([p[one] for one in region])
    other = rng.choice(["speed", "quality"], n)
    return notes(np.where(price, "price", other), region=region)


def by_pair(rows) -> dict[tuple[str, str], object]:
    pairs = [(read_segment(row.segment), row) for row in rows]
    return {(one["level"], one["code"]): row for one, row in pairs}


def test_a_table_by_hand():
    """North 30 of 60 price, elsewhere 20 of 100: chi-square 160 * 1800**2 / 33e6."""
    frame = notes(
        ["price"] * 30 + ["speed"] * 30 + ["price"] * 20 + ["speed"] * 80,
        region=["north"] * 60 + ["south"] * 50 + ["west"] * 50,
    )
    row = by_pair(segment_estimates(frame))["north", "price"]
    assert row.estimate == pytest.approx(0.30)
    assert (row.n, row.events, row.family, row.status) == (60, 30, FAMILY, "ok")
    assert row.p == pytest.approx(erfc(sqrt(160 * 1800**2 / 33e6 / 2)), rel=1e-9)
    assert row.ci_lo < 0.30 < row.ci_hi


def test_one_region_that_differs_is_found_and_is_the_clearest():
    rows = adjust_families(segment_estimates(drawn(1, {"north": 0.5, "south": 0.25, "west": 0.25})))
    found = [row for row in rows if is_finding(row, Q)]
    best = min(found, key=lambda row: row.p_adj)
    assert read_segment(best.segment) == {"code": "price", "factor": "region", "level": "north"}
    assert best.ci_lo < 0.25 < best.ci_hi


def test_regions_that_are_alike_give_a_finding_no_oftener_than_declared():
    """Null: over 60 worlds some finding in at most one of ten."""
    alike = {"north": 0.3, "south": 0.3, "west": 0.3}
    worlds = [adjust_families(segment_estimates(drawn(seed, alike))) for seed in range(60)]
    assert sum(any(is_finding(row, Q) for row in rows) for rows in worlds) <= 6


def loyal(seed: int, *, n_customers: int = 150, n_deals: int = 5) -> pd.DataFrame:
    """Draw customers of one region each, who give one reason for all of their deals: a null."""
    rng = np.random.default_rng(seed)
    region = rng.choice(["north", "south", "west"], n_customers)
    reason = rng.choice(["price", "speed", "quality"], n_customers)
    who = np.repeat(np.arange(n_customers), n_deals)
    return notes(reason[who], region=region[who], customer=who)


def test_customers_lost_again_and_again_do_not_make_their_region_differ():
    """Null: over 60 worlds some finding in at most one of ten; by deal it is most of them."""
    found = {
        name: sum(
            any(is_finding(row, Q) for row in adjust_families(segment_estimates(frame)))
            for frame in worlds
        )
        for name, worlds in {
            "by customer": [loyal(seed) for seed in range(60)],
            "by deal": [loyal(seed).assign(customer=range(750)) for seed in range(60)],
        }.items()
    }
    assert found["by customer"] <= 6
    assert found["by deal"] > 30


def test_a_deal_told_twice_of_one_customer_proves_what_it_proved_once():
    once = drawn(1, {"north": 0.4, "south": 0.3}, n=400)
    twice = pd.concat([once, once], ignore_index=True)
    for told in (segment_estimates, lambda rows: trend_estimates(rows, as_of=AS_OF)):
        pairs = [{row.segment: row.p for row in told(rows)} for rows in (once, twice)]
        assert pairs[0] == pytest.approx(pairs[1])


def test_a_trend_of_customers_lost_each_quarter_is_not_made_by_a_few_of_them():
    """By hand: a customer's four deals weigh -1.5, -.5, .5 and 1.5 times the same: nothing."""
    frame = quarters(1, [0.3] * 4, n=40)
    who = np.tile(np.arange(40), 4)
    same = frame.assign(customer=who, main=np.where(who < 12, "price", "speed"))
    [price] = [one for one in trend_estimates(same, as_of=AS_OF) if "price" in one.segment]
    assert (price.estimate, price.p) == (pytest.approx(0.0), pytest.approx(1.0))
    rising = frame.assign(customer=np.repeat(np.arange(40), 4))
    assert {row.events for row in trend_estimates(rising, as_of=AS_OF)} == {
        row.events for row in trend_estimates(frame, as_of=AS_OF)
    }


def test_small_cells_are_refused_and_rare_codes_are_not_asked_about():
    frame = notes(
        ["price"] * 50 + ["speed"] * 50 + ["staff"] * 4 + ["price"] * 8,
        region=["north"] * 52 + ["south"] * 52 + ["tiny"] * 8,
    )
    rows = by_pair(segment_estimates(frame))
    assert rows["tiny", "price"].status == "not_estimable"
    assert rows["tiny", "price"].estimate is None
    assert "too_few_notes" in rows["tiny", "price"].note
    assert not any(code == "staff" for _, code in rows)


def test_two_levels_are_compared_once_and_many_or_one_not_at_all():
    frame = notes(
        ["price", "speed"] * 60,
        region=["north", "south", "south", "north"] * 30,
        x_one="same",
        x_many=[f"v{at % 20}" for at in range(120)],
        x_none=None,
    )
    pairs = [read_segment(row.segment) for row in segment_estimates(frame)]
    assert {(one["factor"], one["level"]) for one in pairs} == {("region", "north")}


@given(st.permutations(range(120)))
def test_the_order_of_rows_does_not_matter(order):
    frame = drawn(3, {"north": 0.5, "south": 0.3}, n=120)
    assert segment_estimates(frame.iloc[list(order)]) == segment_estimates(frame)


def quarters(seed: int, shares: list[float], *, n: int = 150) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    starts = [EVENT + pd.DateOffset(months=3 * at) for at in range(len(shares))]
    price = np.concatenate([rng.random(n) < share for share in shares])
    event = np.repeat(np.array(starts, dtype="datetime64[ns]"), n)
    return notes(np.where(price, "price", "speed"), event=event)


def test_a_trend_by_hand_is_the_slope_of_the_shares():
    """Shares .2, .3, .4, .5 in equal quarters rise by .1 a quarter; se is √(.35·.65/(5·20))."""
    price = [flag for n in (4, 6, 8, 10) for flag in [True] * n + [False] * (20 - n)]
    frame = quarters(1, [0, 0, 0, 0], n=20).assign(main=np.where(price, "price", "speed"))
    row = next(one for one in trend_estimates(frame, as_of=AS_OF) if "price" in one.segment)
    assert row.estimate == pytest.approx(0.10)
    se = np.sqrt(0.35 * 0.65 / (20 * 5))
    assert row.ci_hi - row.estimate == pytest.approx(1.959964 * se, rel=1e-5)


def test_trends_are_found_where_planted_and_hardly_by_chance():
    found = adjust_families(trend_estimates(quarters(1, [0.2, 0.3, 0.4, 0.5]), as_of=AS_OF))
    assert all(is_finding(row, Q) for row in found)
    chance = [
        adjust_families(trend_estimates(quarters(seed, [0.3] * 4), as_of=AS_OF))
        for seed in range(60)
    ]
    assert sum(any(is_finding(row, Q) for row in rows) for rows in chance) <= 6


def test_notes_typed_late_and_losses_of_yesterday_make_no_trend():
    """Old quarters have late notes, which say price; the newest has prompt ones only."""
    frame = quarters(1, [0.3, 0.3, 0.3, 0.3])
    late = frame.assign(main="price", delay_days=200.0)
    late = late[late["event_at"] < EVENT + pd.DateOffset(months=6)]
    young = frame.assign(main="price", event_at=pd.Timestamp(AS_OF) - pd.Timedelta(days=2))
    rows = trend_estimates(pd.concat([frame, late, young], ignore_index=True), as_of=AS_OF)
    assert rows == trend_estimates(frame, as_of=AS_OF)


def test_three_quarters_are_too_few_for_a_trend():
    rows = trend_estimates(quarters(1, [0.2, 0.4, 0.6]), as_of=AS_OF)
    assert {row.status for row in rows} == {"not_estimable"}


def test_customers_who_left_are_counted_once_by_what_could_be_read():
    said = [(), ("price",), ("speed",), ("price",), ("speed", "price")]
    who = ["C1", "C1", "C1", "C2", "C3"]
    rows = [
        {
            "about": "churn",
            "codes": codes,
            "customer_id": customer,
            "recorded_at": EVENT + pd.Timedelta(days=at),
        }
        for at, (codes, customer) in enumerate(zip(said, who, strict=True))
    ]
    found = churn_estimates(coded_reasons([*rows, {"about": "lead_loss"}]))
    assert [(row.segment, row.events, row.n) for row in found] == [
        ("code=price", 2, 3), ("code=speed", 1, 3)
    ]  # fmt: skip
    assert {row.role for row in found} == {"naive"}
    assert all(one.events >= two.events for one, two in pairwise(found))
    assert churn_estimates(coded_reasons([{"about": "lead_loss"}])) == ()
