"""What the stories of customers and rounds claim is in the tables: measured with simple code."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from crm_analysis.world import leaving, orders, winback
from crm_analysis.world.surveys import DAMAGE
from tests.world.measure import days, share


@pytest.fixture(scope="module")
def bought(demo, end):
    """Orders known at as_of: one row each."""
    lines = demo.tables["order_lines"]
    return lines[lines["at"] < end].drop_duplicates("order_id")


@pytest.fixture(scope="module")
def followed(demo, bought):
    """Every assigned customer with the days to the first order after the assignment."""
    rounds = demo.tables["winback"]
    later = rounds.merge(bought[["customer_id", "at"]], on="customer_id")
    later = later[later["at"] > later["assigned_at"]].groupby("customer_id")["at"].min()
    wait = days(rounds["customer_id"].map(later), rounds["assigned_at"])
    out = rounds["customer_id"].map(
        demo.tables["customers"].set_index("customer_id")["opted_out_at"]
    )
    return rounds.assign(wait=wait, back=wait <= 90, opted_out=out.notna())


def test_07_slow_buyers_are_silent_for_half_a_year_without_being_lost(demo, bought, end):
    gaps = bought.sort_values("at").groupby("customer_id")["at"].diff().dropna()
    per = bought.groupby("customer_id")["at"].agg(["min", "max", "size"])
    mean = days(per["max"], per["min"]) / (per["size"] - 1)
    normal = gaps.dt.total_seconds() / 86400
    by = bought.loc[gaps.index, "customer_id"].map(mean)
    quick = normal[(by < 45) & (by.index.isin(gaps.index))]
    ratio = quick / by[quick.index]
    assert ratio.std() == pytest.approx(0.5, abs=0.12)  # gamma of shape 4: CV .5
    slow = per[(mean > 130) & (per["size"] >= 4)]
    assert len(slow) > 40
    silent = days(pd.Series(end, index=slow.index), slow["max"]) > 180
    assert silent.mean() > 0.10


def test_08_silent_buyers_stay_in_the_forum(demo, bought, end):
    last_order = bought.groupby("customer_id")["at"].max()
    quiet = last_order[last_order < end - pd.Timedelta(days=365)].index
    posts = demo.tables["engagement"]
    recent = posts[(posts["at"] >= end - pd.Timedelta(days=180)) & (posts["at"] < end)]
    recent = recent[recent["kind"].isin(["post", "reply", "answer"])]
    active = recent["customer_id"].value_counts()
    n = int((active.reindex(quiet).fillna(0) >= 4).sum())
    assert 0.7 * leaving.N_SILENT <= n <= 1.1 * leaving.N_SILENT


def test_09_treated_return_splendidly_and_the_effect_is_small(followed):
    shares = followed.groupby("arm")["back"].mean()
    assert shares["control"] == pytest.approx(0.21, abs=0.02)
    assert shares["care"] == pytest.approx(0.21, abs=0.02)
    assert shares["discount"] == pytest.approx(0.27, abs=0.02)
    treated = followed["arm"] != "control"
    assert share(followed["back"][treated]) == pytest.approx(0.24, abs=0.015)
    effect = share(followed["back"][treated]) - shares["control"]
    assert effect == pytest.approx(0.03, abs=0.02)
    assert share(treated) == pytest.approx(2 / 3, abs=0.02)
    assert (followed["p_treat"] == followed["p_treat"].iloc[0]).all()


def test_09_money_is_lost(demo, followed):
    lines = demo.tables["order_lines"].drop_duplicates()
    rows = followed[["customer_id", "assigned_at"]].merge(lines, on="customer_id")
    wait = days(rows["at"], rows["assigned_at"])
    margin = rows[(wait > 0) & (wait <= 90)].groupby("customer_id")["margin"].sum()
    contacts = demo.tables["interactions"].drop_duplicates().dropna(subset="round_id")
    cost = contacts.groupby("customer_id")["cost"].sum()
    ids = followed["customer_id"]
    net = ids.map(margin).fillna(0) - ids.map(cost).fillna(0) - followed["cost"]
    by_arm = net.groupby(followed["arm"]).mean()
    for arm in ("discount", "care"):
        found = by_arm[arm] - by_arm["control"]
        assert found == pytest.approx(winback.expected_net(arm), abs=8)
        assert found < -5


def test_10_discount_buyers_come_back_less_often_at_full_price(demo, followed, bought):
    back = followed[followed["back"]].copy()
    rows = back.merge(bought[["customer_id", "at"]], on="customer_id")
    wait = days(rows["at"], rows["assigned_at"])
    again = rows[(wait > rows["wait"] + 20) & (wait < rows["wait"] + 60)]["customer_id"]
    shares = back["customer_id"].isin(again).groupby(back["arm"]).mean()
    assert shares["care"] - shares["discount"] == pytest.approx(0.15, abs=0.08)
    first = demo.tables["order_lines"].dropna(subset="round_id")
    paid = (first["amount"] / first["list_amount"]).groupby(
        first["customer_id"].map(followed.set_index("customer_id")["arm"])
    )
    assert paid.mean()["discount"] == pytest.approx(0.75, abs=0.005)
    assert paid.mean()["care"] == pytest.approx(1.0, abs=0.005)


def test_11_third_contact_lowers_returns_and_raises_opt_outs(followed):
    open_after_two = followed[(followed["arm"] != "control") & ~(followed["wait"] < 30)]
    arms = open_after_two.groupby("stop_after")
    assert arms["back"].mean()[3] - arms["back"].mean()[2] == pytest.approx(-0.04, abs=0.02)
    assert arms["opted_out"].mean()[3] - arms["opted_out"].mean()[2] == pytest.approx(
        0.06, abs=0.02
    )
    sizes = followed["stop_after"].value_counts()
    assert abs(sizes[2] - sizes[3]) <= 1


def test_11_contacts_follow_the_cap_and_controls_get_none(demo, followed):
    contacts = demo.tables["interactions"].drop_duplicates().dropna(subset="round_id")
    counts = contacts.groupby("customer_id").size()
    n = followed["customer_id"].map(counts).fillna(0)
    assert (n[followed["arm"] == "control"] == 0).all()
    treated = followed["arm"] != "control"
    assert (n[treated] <= followed["stop_after"][treated].astype(float)).all()
    first = contacts[contacts["attempt_no"] == 1]
    assert (first["purpose"] == "survey").all()


def test_14_supply_break_hits_one_region_in_one_month(demo, bought):
    region = bought["customer_id"].map(demo.tables["customers"].set_index("customer_id")["region"])
    month = bought["at"].dt.strftime("%Y-%m")
    table = pd.crosstab(region, month)
    around = table[["2025-07", "2025-08", "2025-10", "2025-11"]].mean(axis=1)
    ratio = table["2025-09"] / around
    assert ratio["South"] == pytest.approx(orders.BREAK[3], abs=0.12)
    assert ratio.drop("South").min() > 0.75
    action = demo.tables["actions"].set_index("kind").loc["supply_break"]
    assert (action["scope_region"], str(action["start_at"])[:10]) == ("South", "2025-09-01")


def test_15_to_17_hazards_of_leaving_follow_promises_rivals_and_escalations():
    from crm_analysis.world import customers, issues
    from crm_analysis.world.streams import streams

    ratios = {"promise": [], "rival": []}
    for seed in range(3):
        made = streams(seed)
        people = customers.people(made["customers"])
        trouble = issues.issues(people, made["issues"])
        people = leaving.leave(people, trouble, made["leaving"])
        shop = people[people["_shop"]]
        stop = shop["_left"].fillna(914.0).clip(upper=914.0)
        start = shop["_created"].clip(lower=0) + 5
        broken = shop["customer_id"].map(trouble.groupby("customer_id")["_broken_at"].min())
        ratios["promise"].append(rate_ratio(start, stop, broken, shop["_left"] < 914))
        near = pd.Series(np.where(shop["_rival"], customers.RIVAL_OPENED, np.nan), shop.index)
        ratios["rival"].append(rate_ratio(start, stop, near, shop["_left"] < 914))
    assert np.mean(ratios["promise"]) == pytest.approx(np.log(leaving.HR_PROMISE), abs=0.25)
    assert np.mean(ratios["rival"]) == pytest.approx(np.log(leaving.HR_RIVAL), abs=0.25)


def rate_ratio(start, stop, since, left) -> float:
    """Log ratio of leavers per day after a moment to those before it or without it."""
    change = since.fillna(np.inf).clip(lower=start)
    before = (np.minimum(stop, change) - start).clip(lower=0).sum()
    after = (stop - np.minimum(stop, change)).clip(lower=0).sum()
    n_after = (left & (stop > change)).sum()
    return float(np.log(n_after / after) - np.log((left.sum() - n_after) / before))


def test_16_escalation_follows_handling(demo):
    rows = demo.tables["issues"]
    risky = rows[rows["kind"].isin(["complaint", "fault", "dispute"])]
    escalated = risky["escalated"].astype(float)
    assert escalated[risky["tone"].notna()].mean() > 2 * escalated[risky["tone"].isna()].mean()
    assert escalated[risky["repairs"] >= 2].mean() > escalated[risky["repairs"] == 0].mean()
    assert 15 <= escalated.sum() <= 150


def test_17_about_a_third_of_the_promises_is_broken(demo):
    rows = demo.tables["issues"]
    due = rows[(rows["kind"] == "promise") & rows["outcome"].isin(["kept", "broken"])]
    assert share(due["outcome"] == "broken") == pytest.approx(0.35, abs=0.06)


def test_18_sick_partners_pay_late_and_stop_complying(demo):
    people = demo.tables["customers"].set_index("customer_id")
    lines = demo.tables["order_lines"].dropna(subset=["due_at", "paid_at"])
    late = days(lines["paid_at"], lines["due_at"]) > 15
    recent = lines["at"] >= pd.Timestamp("2025-11-01")
    strained = lines["customer_id"].map(people["funds_status"]) == "strained"
    assert share(late[recent & strained]) > 0.6
    assert share(late[recent & ~strained]) < 0.15
    assert share(late[~recent]) < 0.02
    rows = demo.tables["actions"].dropna(subset="complied")
    bad = rows["customer_id"].map(people["funds_status"]) == "strained"
    new = rows["start_at"] >= pd.Timestamp("2025-11-01")
    assert rows["complied"][bad & new].astype(float).mean() < 0.6
    assert rows["complied"][~bad].astype(float).mean() > 0.8


def test_20_some_leave_for_no_reason():
    from crm_analysis.world import customers, issues
    from crm_analysis.world.streams import streams

    made = streams(1)
    people = customers.people(made["customers"])
    people = leaving.leave(people, issues.issues(people, made["issues"]), made["leaving"])
    gone = people[people["_left"].notna()]
    assert share(gone["_why"] == "") == pytest.approx(leaving.UNEXPLAINED, abs=0.02)


def test_20_reasons_say_so_too(demo):
    churn = demo.tables["reasons"][lambda f: f["about"] == "churn"]
    nameless = churn["text"].str.contains("说不清|說不清|就是不想去|no particular|cannot say")
    assert 0.04 < share(nameless) < 0.10


def test_21_damage_of_the_issues_is_as_planted(demo):
    rows = demo.tables["surveys"]
    rows = rows[rows["answered_at"].notna() & (rows["nps"] <= 10)]
    ticked = rows["issue_codes"].fillna("").str.split(";")
    design = np.column_stack(
        [np.ones(len(rows)), *(ticked.map(lambda codes, c=c: c in codes) for c in DAMAGE)]
    ).astype(float)
    fit, *_ = np.linalg.lstsq(design, rows["nps"].to_numpy(float), rcond=None)
    found = dict(zip(DAMAGE, -fit[1:], strict=True))
    assert set(sorted(found, key=found.get)[-3:]) == {"promise_broken", "speed", "quality"}
    for code in ("speed", "quality", "price", "range_few"):
        assert found[code] == pytest.approx(DAMAGE[code][1], abs=0.5)
    answered = demo.tables["surveys"]["answered_at"].notna()
    assert 0.35 < share(answered) < 0.6


def test_truth_names_only_what_json_can_hold(demo):
    again = json.loads(json.dumps(demo.truth, ensure_ascii=False))
    assert again == demo.truth
