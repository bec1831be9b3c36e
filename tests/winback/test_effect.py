"""Effects on all assigned: pencil, method by design, maturity, refusal, traps."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crm_analysis.winback import checks, effect, money
from crm_analysis.winback.verdict import judge, overall
from tests.winback.rounds import frame

AS_OF = date(2026, 10, 31)


def _difference(rows: pd.DataFrame, **options):
    (row,) = effect.differences(rows, effect.RETURN, horizon_days=90, **options)
    return row


def test_one_cell_uses_newcombe_and_equals_the_difference_of_shares():
    rows = frame(400, effect=0.1)
    row = _difference(rows)
    back = rows["return_days"].notna().groupby(rows["arm"]).mean()
    assert row.method == "newcombe"
    assert row.estimate == pytest.approx(back["treat"] - back["control"])
    assert (row.n, row.evidence, row.status) == (800, "randomised", "ok")


def test_strata_change_the_method_and_a_repeated_customer_the_variance():
    rows = frame(400).assign(stratum=["a", "b"] * 400)
    assert _difference(rows).method == "strata_hc1"
    twice = pd.concat([rows, rows.assign(round_id="R2")])
    assert _difference(twice).method == "strata_cluster"
    once = pd.concat([rows, rows.assign(round_id="R2", customer_id=rows["customer_id"] + "x")])
    # the same customers twice are no more information than once
    width = [row.ci_hi - row.ci_lo for row in map(_difference, (rows, twice, once))]
    assert width[1] == pytest.approx(width[0], rel=0.02)
    assert width[2] < 0.75 * width[0]


def test_rounds_drawn_with_other_shares_are_compared_within():
    # round 1 treats 20 % and everyone returns, round 2 treats 80 % and nobody does
    shape = {"R1": (20, 80, 5.0), "R2": (80, 20, np.nan)}
    parts = []
    for name, (treated, control, days) in shape.items():
        part = frame(50).assign(round_id=name, return_days=days, p_treat=treated / 100)
        part["arm"] = ["treat"] * treated + ["control"] * control
        part["customer_id"] = name + part["customer_id"]
        parts.append(part)
    row = _difference(pd.concat(parts))
    assert row.estimate == pytest.approx(0.0, abs=1e-12)


def test_the_horizon_decides_what_counts():
    rows = frame(200)
    (early,) = effect.differences(rows, effect.RETURN, horizon_days=10)
    assert early.status == "not_estimable"
    assert early.note == "too_few_events"
    assert _difference(rows).status == "ok"


def test_a_round_is_mature_as_a_whole_or_not_at_all():
    rows = frame(5)
    late = rows.copy()
    late.loc[3, "assigned_on"] = pd.Timestamp("2026-08-03")
    assert len(effect.mature(late, horizon_days=90, observed_until=AS_OF)) == 0
    late.loc[3, "assigned_on"] = pd.Timestamp("2026-08-02")
    assert len(effect.mature(late, horizon_days=90, observed_until=AS_OF)) == 10


def test_rounds_without_draw_or_control_are_left_out():
    rows = frame(5)
    assert len(effect.drawn(rows)) == 10
    assert effect.drawn(rows.assign(randomised=False)).empty
    assert effect.drawn(rows.assign(arm="treat")).empty
    assert effect.drawn(rows.assign(arm="control")).empty


def test_treated_only_is_a_naive_row_beside_the_controls():
    told = effect.shares(frame(200), horizon_days=90)
    by_role = {(row.segment, row.role): row for row in told}
    naive = by_role["arm=treat;horizon_days=90", "naive"]
    assert (naive.note, naive.method) == ("treated_only", "treated_only")
    assert ("arm=control;horizon_days=90", "naive") not in by_role


def test_effect_per_reached_divides_by_reach_and_the_naive_row_is_marked():
    rows = frame(3000, effect=0.1)
    told = {row.role: row for row in effect.per_reached(rows, horizon_days=90)}
    itt, share = _difference(rows), rows.loc[rows["arm"] == "treat", "was_reached"].mean()
    assert told["result"].estimate == pytest.approx(itt.estimate / share)
    assert told["naive"].note == "selected_group"
    nobody = effect.per_reached(rows.assign(was_reached=False), horizon_days=90)
    assert [(row.status, row.note) for row in nobody] == [("not_estimable", "no_one_reached")]


def test_each_arm_meets_the_controls_of_its_own_rounds():
    one = frame(100)
    other = frame(100, seed=2).assign(round_id="R2")
    other["arm"] = other["arm"].replace("treat", "care")
    both = pd.concat([one, other])
    told = {row.segment: row.n for row in effect.differences(both, effect.RETURN, horizon_days=90)}
    assert told == {"arm=care;horizon_days=90": 200, "arm=treat;horizon_days=90": 200}


def test_sample_ratio_sees_a_lost_arm_and_passes_a_fair_draw():
    fair = frame(500)
    (row,) = checks.sample_ratio(fair)
    assert (row.status, row.estimate) == ("ok", 0.0)
    lost = fair.drop(fair.index[(fair["arm"] == "treat")][:150])
    (row,) = checks.sample_ratio(lost)
    assert (row.status, row.note) == ("weak", "sample_ratio_mismatch")
    assert checks.failed_rounds([row]) == 1
    (row,) = checks.sample_ratio(fair.assign(p_treat=np.nan))
    assert (row.status, row.note) == ("not_estimable", "no_assignment_share")


def test_sample_ratio_of_unequal_arms_uses_their_own_shares():
    rows = frame(300)
    rows["arm"] = ["a"] * 200 + ["b"] * 100 + ["control"] * 300
    uneven = rows.assign(p_arm=np.where(rows["arm"] == "a", 1 / 3, 1 / 6))
    assert checks.sample_ratio(uneven)[0].estimate == pytest.approx(0.0, abs=1e-9)
    assert checks.sample_ratio(rows)[0].status == "weak"


def test_balance_is_in_standard_deviations():
    rows = frame(4).assign(past_orders=[1, 2, 3, 4, 0, 1, 2, 3])
    (row,) = checks.balance(rows)
    assert row.estimate == pytest.approx(1 / np.std([1, 2, 3, 4], ddof=1))


def test_contaminated_controls_are_counted():
    rows = frame(10)
    rows.loc[rows.index[-2:], "was_contacted"] = True
    told = {row.quantity: row for row in checks.reach(rows)}
    assert told["controls_contacted_share"].events == 2
    assert told["reach_share"].n == 10


def test_immature_customers_are_counted_by_round():
    rows = frame(5).assign(assigned_on=pd.Timestamp("2026-10-10"))
    told = checks.immature(rows, horizons=(14, 90), observed_until=AS_OF)
    assert [(row.segment, row.estimate) for row in told] == [("round_id=R1;horizon_days=90", 10.0)]


def test_net_margin_by_hand():
    rows = frame(2).assign(
        margin_90=[30, 0, 10, 0],
        amount_no_margin_90=[0, 100, 0, 0],
        offer_cost=[1, 1, 0, 0],
        contact_cost_90=[5, 5, 0, 0],
    )
    net, cost = money.net_margin(rows, horizon_days=90, default_margin_rate=0.3)
    assert net.tolist() == [24, 24, 10, 0]
    assert cost.tolist() == [6, 6, 0, 0]
    more = pd.concat([rows] * 5).assign(
        customer_id=[f"C{k}" for k in range(20)], return_days=[20.0, 20, 20, np.nan] * 5
    )
    told = money.differences(more, horizon_days=90, default_margin_rate=0.3, n_boot=100)
    assert told[0].estimate == pytest.approx(24 - 5)
    assert told[0].note == "default_margin"
    assert told[1].estimate == 6
    few = money.differences(rows, horizon_days=90, default_margin_rate=0.3, n_boot=100)
    assert (few[0].status, few[0].estimate) == ("not_estimable", None)


def test_alpha_widens_the_money_interval():
    options = {"horizon_days": 90, "default_margin_rate": 0.3, "n_boot": 300}
    wide, narrow = (money.differences(frame(200), alpha=a, **options)[0] for a in (0.01, 0.2))
    assert wide.ci_hi - wide.ci_lo > narrow.ci_hi - narrow.ci_lo


def test_bootstrap_covers_as_the_sandwich_does_and_repeats_itself():
    rows = frame(1500)
    options = {"horizon_days": 90, "default_margin_rate": 0.3, "n_boot": 500}
    one, other = (money.differences(rows, **options)[0] for _ in range(2))
    assert one == other
    assert money.differences(rows, seed=1, **options)[0] != one
    net, _ = money.net_margin(rows, horizon_days=90, default_margin_rate=0.3)
    treated = (rows["arm"] == "treat").to_numpy()
    se = np.sqrt(net[treated].var() / 1500 + net[~treated].var() / 1500)
    assert (one.ci_hi - one.ci_lo) == pytest.approx(2 * 1.96 * se, rel=0.1)


def test_bootstrap_draws_customers_not_rows():
    rows = frame(300)
    twice = pd.concat([rows, rows.assign(round_id="R2")])
    options = {"horizon_days": 90, "default_margin_rate": 0.3, "n_boot": 500}
    once, both = (money.differences(one, **options)[0] for one in (rows, twice))
    assert both.ci_hi - both.ci_lo == pytest.approx(once.ci_hi - once.ci_lo, rel=0.1)


def test_the_rule_in_numbers():
    rows = frame(50)
    row = money.differences(rows, horizon_days=90, default_margin_rate=0.3, n_boot=100)[0]

    def word(lo: float, hi: float) -> str:
        from dataclasses import replace

        return judge("treat", replace(row, ci_lo=lo, ci_hi=hi)).word

    assert [word(1, 2), word(-2, -1), word(-1, 1)] == ["continue", "stop", "change"]
    assert judge("treat", None).word == "not_estimable"
    assert judge("treat", row, draw_failed=True).word == "not_estimable"
    assert overall([judge("treat", None)]) == "not_estimable"


def test_money_is_refused_where_too_few_bought_and_weak_where_few_did():
    options = {"horizon_days": 90, "default_margin_rate": 0.3, "n_boot": 100}

    def told(n_buyers: int, **given):
        rows = frame(100).assign(margin_90=0.0, return_days=np.nan)
        rows.loc[rows.index[:n_buyers], ["return_days", "margin_90"]] = [20.0, 30.0]
        return money.differences(rows.assign(**given), **options)[0]

    assert [told(n).status for n in (0, 4, 5, 9, 10)] == [
        *("not_estimable", "not_estimable", "weak", "weak", "ok")
    ]
    assert (told(0).note, told(0).events, told(9).note) == ("too_few_events", 0, "too_few_events")
    assert judge("treat", told(0)).word == "not_estimable"
    # bought, but earned all the same: an interval without width is no interval
    assert told(50, margin_90=30.0).note == "no_variation"


def test_controls_beside_an_arm_are_those_of_its_own_rounds():
    one = frame(100)
    other = frame(50, seed=2).assign(round_id="R2", return_days=20.0)
    other["arm"] = other["arm"].replace("treat", "care")
    told = {
        (row.quantity, row.segment): row
        for row in effect.shares(pd.concat([one, other]), horizon_days=90)
        if row.role == "result"
    }
    care = told["control_return_share", "arm=care;horizon_days=90"]
    treat = told["control_return_share", "arm=treat;horizon_days=90"]
    assert (care.n, care.estimate) == (50, 1.0)
    assert treat.n == 100
    assert treat.estimate == one.loc[one["arm"] == "control", "return_days"].notna().mean()
    assert told["return_share", "arm=control;horizon_days=90"].n == 150


def test_alpha_widens_the_interval_of_a_round():
    wide, narrow = (
        effect.by_round(frame(300), effect.RETURN, horizon_days=90, alpha=alpha)[0]
        for alpha in (0.01, 0.2)
    )
    assert wide.ci_hi - wide.ci_lo > narrow.ci_hi - narrow.ci_lo
