"""Where the lost went: Goodman, the stratified test, later purchases, gaps to rivals and tiers."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.proportion import multinomial_proportions_confint

from crm_analysis.deals.comparison.limits import Limits
from crm_analysis.deals.outcome_kinds.kinds import kind_estimates, kind_shares, stratified_chi2
from crm_analysis.deals.outcome_kinds.later_purchase import (
    curve_frame,
    follow_up,
    later_purchase_estimates,
)
from crm_analysis.deals.outcome_kinds.lost_leads import lost_leads
from crm_analysis.deals.outcome_kinds.rivals import is_close, price_gaps, rival_estimates
from crm_analysis.deals.profile.factors import Factor, FactorTable
from crm_analysis.estimates import Estimate, is_finding
from crm_analysis.language import Text
from crm_analysis.proportions import goodman
from tests.answers.worlds import known

LIMITS = Limits()
UNTIL = date(2026, 6, 30)


@pytest.mark.parametrize("counts", [(56, 72, 73, 59, 62), (200, 3, 40), (5, 0, 1)])
def test_goodman_equals_statsmodels(counts):
    there = multinomial_proportions_confint(counts, alpha=0.05, method="goodman")
    here = np.array([(share.lo, share.hi) for share in goodman(counts)])
    np.testing.assert_allclose(here, np.clip(there, 0, 1), atol=1e-9)


@given(st.lists(st.integers(0, 500), min_size=2, max_size=6).filter(any))
def test_goodman_holds_the_shares_and_they_sum_to_one(counts):
    shares = goodman(counts)
    assert sum(share.estimate for share in shares) == pytest.approx(1)
    assert all(0 <= share.lo <= share.estimate <= share.hi <= 1 for share in shares)


def test_the_stratified_test_of_two_by_two_is_mantel_haenszel():
    rng = np.random.default_rng(1)
    stratum = rng.integers(0, 6, 400)
    level = rng.random(400) < 0.3 + 0.05 * stratum
    kind = np.where(rng.random(400) < 0.4 + 0.1 * level, "a", "b")
    tables = [
        pd.crosstab(level[stratum == place], kind[stratum == place]).to_numpy()
        for place in range(6)
    ]
    there = StratifiedTable(tables).test_null_odds(correction=False)
    x = np.column_stack((level, ~level)).astype(float)
    chi2, df = stratified_chi2(x, pd.Series(kind), pd.Series(stratum))
    assert (chi2, df) == (pytest.approx(there.statistic), 1)


def lost_world(seed: int, *, effect: float, n: int = 1500) -> tuple[pd.DataFrame, FactorTable]:
    """Lost leads of three kinds; with an effect the source `advert` goes to rivals more."""
    rng = np.random.default_rng(seed)
    source = rng.choice(["advert", "friend", "event"], n)
    score = np.column_stack((effect * (source == "advert"), np.zeros(n), np.full(n, -0.3)))
    kind = (score + rng.gumbel(size=(n, 3))).argmax(axis=1)
    names = np.array(["other_brand", "postponed", "not_planning"])
    lost = pd.DataFrame({"lead_id": np.arange(n), "lost_to": names[kind]})
    frame = pd.DataFrame(
        {
            "lead_id": np.arange(n),
            "duration_days": rng.integers(1, 90, n),
            "cause": 1,
            "opened_month": rng.integers(1, 13, n),
            "source": source,
            "x_size": rng.normal(size=n),
            "kind": rng.choice(["individual", "organisation"], n),
        }
    )
    factors = (
        Factor(name="kind", label=Text("kind", "类型"), kind="levels"),
        Factor(name="source", label=Text("source", "来源"), kind="levels"),
        Factor(name="x_size", label=Text("size", "规模"), kind="number"),
    )
    return lost, FactorTable(frame=frame, factors=factors)


def advert_ratio(rows) -> Estimate:
    segment = "lost_to=postponed;factor=source;level=advert"
    return next(row for row in rows if (row.quantity, row.segment) == ("log_kind_ratio", segment))


def test_a_planted_kind_is_found_and_its_odds_are_those_of_the_table():
    lost, table = lost_world(2, effect=0.8)
    rows = kind_estimates(lost, table, limits=LIMITS)
    found = [row for row in rows if is_finding(row, 0.05)]
    assert [row.segment for row in found] == ["factor=source"]
    ratio = advert_ratio(rows)
    assert ratio.method == "multinomial_logit"
    n = pd.crosstab(table.frame["source"] == "advert", lost["lost_to"])
    odds = n["postponed"] / n["other_brand"]  # the commonest kind
    assert ratio.estimate == pytest.approx(np.log(odds[True] / odds[False]), abs=1e-6)


def test_the_interval_holds_the_planted_odds():
    worlds = [kind_estimates(*lost_world(seed, effect=0.8), limits=LIMITS) for seed in range(20)]
    ratios = [advert_ratio(rows) for rows in worlds]
    assert sum(row.ci_lo <= -0.8 <= row.ci_hi for row in ratios) >= 17


def test_kinds_that_go_with_nothing_are_quiet():
    p = [
        row.p
        for seed in range(60)
        for row in kind_estimates(*lost_world(seed, effect=0.0, n=400), limits=LIMITS)
        if row.family == "M05:kinds"
    ]
    assert len(p) == 180
    assert 0.005 <= np.mean(np.array(p) < 0.05) <= 0.11


def test_a_thin_level_gets_a_ridge_and_no_interval():
    lost, table = lost_world(4, effect=3.5, n=220)
    rows = kind_estimates(lost, table, limits=LIMITS)
    thin = [row for row in rows if row.method == "multinomial_logit_ridge"]
    assert thin
    assert all(row.ci_lo is None and "ridge" in row.note for row in thin)


def test_shares_are_of_those_recorded():
    lost = pd.DataFrame({"lost_to": ["postponed"] * 6 + ["other_brand"] * 2 + [None] * 8})
    rows = {row.segment: row for row in kind_shares(lost, alpha=0.05)}
    assert rows["lost_to=postponed"].estimate == 0.75
    assert (rows["lost_to=postponed"].n, rows[""].estimate) == (8, 0.5)
    assert kind_shares(lost.iloc[:0], alpha=0.05) == ()


def at(days: float) -> pd.Timestamp:
    return pd.Timestamp("2026-01-01") + pd.Timedelta(days=days)


def views(leads: pd.DataFrame, orders: pd.DataFrame) -> dict[str, ibis.Table]:
    engine = ibis.duckdb.connect()
    whole = leads.assign(rep_id="R1", product="A").reindex(
        columns=[
            *("lead_id", "customer_id", "rep_id", "product", "opened_at", "closed_at", "status"),
            *("lost_to", "rival", "next_buy_at", "quoted_price", "rival_price"),
        ]
    )
    dates = {"next_buy_at": "datetime64[us]", "rival": "string"}
    prices = {"quoted_price": "float64", "rival_price": "float64"}
    table = engine.create_table("leads", whole.astype(dates | prices))
    return {"leads": table, "order_lines": engine.create_table("order_lines", orders)}


def test_the_clock_of_a_later_purchase_starts_at_the_loss():
    leads = pd.DataFrame(
        {
            "lead_id": ["L1", "L2", "L3"],
            "customer_id": ["C1", "C2", "C3"],
            "opened_at": at(0),
            "closed_at": [at(10), at(20), at(30)],
            "status": "lost",
            "lost_to": ["postponed", "postponed", "not_planning"],
        }
    )
    orders = pd.DataFrame(
        {
            "customer_id": ["C1", "C1", "C1", "C2", "C3"],
            "at": [at(5), at(10.5), at(55), at(20), at(40)],
            "amount": [9.0, 9.0, 9.0, 9.0, -9.0],
        }
    ).assign(known_at=at(60))
    lost = lost_leads(known(views(leads, orders), as_of=UNTIL))
    spells = follow_up(lost, until=UNTIL).set_index("lead_id")
    assert spells.loc["L1", ["duration_days", "cause"]].to_list() == [45, 1]  # the day itself no
    watched = (pd.Timestamp(UNTIL) - at(20)).days
    assert spells.loc["L2", ["duration_days", "cause"]].to_list() == [watched, 0]
    assert spells.loc["L3", "cause"] == 0  # a return is no purchase


def test_the_planted_share_of_later_purchases_comes_out():
    rng = np.random.default_rng(8)
    n = 2000
    closed = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 400, n), unit="D")
    wait = np.ceil(rng.exponential(200, n))
    bought = pd.Series(closed + pd.to_timedelta(wait, unit="D"))
    lost = pd.DataFrame(
        {
            "lead_id": np.arange(n),
            "lost_to": "postponed",
            "closed": closed,
            "first_order_after": bought.where(bought <= pd.Timestamp(UNTIL)),
        }
    )
    rows = later_purchase_estimates(lost, until=UNTIL, alpha=0.05)
    for row, day in zip(rows, (90, 180, 365), strict=True):
        truth = 1 - np.exp(-day / 200)
        assert row.ci_lo <= truth <= row.ci_hi
    curve = curve_frame(lost, until=UNTIL, alpha=0.05)
    assert curve["y"].is_monotonic_increasing
    assert (curve["lo"] <= curve["y"]).all()


def priced(gap: float, *, n: int = 80, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rival = rng.uniform(80, 300, n)
    return pd.DataFrame(
        {
            "lost_to": "same_brand_elsewhere",
            "rival_price": rival,
            "quoted_price": rival * (1 + gap) * np.exp(rng.normal(0, 0.05, n)),
        }
    )


def test_the_price_gap_is_taken_in_pairs():
    same, other = price_gaps(priced(0.10), limits=LIMITS)[::-1]
    assert same.estimate == pytest.approx(0.10, abs=0.02)
    assert same.p < 1e-6
    assert not is_close(same)
    assert (other.status, other.n) == ("not_estimable", 0)
    close, _ = price_gaps(priced(0.0), limits=LIMITS)[::-1]
    assert is_close(close)
    few, _ = price_gaps(priced(0.1, n=4), limits=LIMITS)[::-1]
    assert (few.status, few.note) == ("not_estimable", "too_few_events")


def tiers(effect: float, seed: int = 1):
    rng = np.random.default_rng(seed)
    n = 1500
    spend = np.exp(rng.normal(5, 1, n))
    top = spend >= np.quantile(spend, 0.8)
    to_rival = rng.random(n) < 0.2 + effect * top
    leads = pd.DataFrame(
        {
            "lead_id": [f"L{i}" for i in range(n)],
            "customer_id": [f"C{i}" for i in range(n)],
            "opened_at": at(0),
            "closed_at": at(0)
            + pd.to_timedelta(rng.integers(1, 60, n), unit="D"),  # by day 50: 5/6
            "status": "lost",
            "lost_to": np.where(to_rival, "other_brand", "postponed"),
        }
    )
    orders = pd.DataFrame({"customer_id": leads["customer_id"], "at": at(-30), "amount": spend})
    tables = views(leads, orders.assign(known_at=at(-30)))
    told = known(tables, as_of=UNTIL)
    rows = rival_estimates(told, lost_leads(told), days=50, limits=LIMITS)
    return next(row for row in rows if row.quantity == "rival_loss_difference")


def test_rivals_who_take_the_best_are_seen_and_equal_ones_not():
    planted = tiers(0.25)
    assert planted.ci_lo <= 0.25 * 5 / 6 <= planted.ci_hi
    assert is_finding(planted, 0.05)
    assert not is_finding(tiers(0.0), 0.05)
