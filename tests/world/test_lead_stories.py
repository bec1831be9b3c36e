"""What the stories of leads claim is in the tables: measured with simple code."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from crm_analysis.world import interactions, leads, reasons
from crm_analysis.world.customers import REPS
from crm_analysis.world.leads import FIRST_CLOSING, HARD_REP, HR_REP, ended_share
from tests.world.measure import days, log_rate_slope, share


@pytest.fixture(scope="module")
def exposed(lives):
    """Leads answered and alive after day 3, with their exposure."""
    frame = lives[(lives["life"] > FIRST_CLOSING) & lives["response"].notna()].copy()
    frame["x"] = np.log2(frame["response"] / leads.MEDIAN_HOURS)
    frame["at_risk"] = frame["life"] - FIRST_CLOSING
    return frame


@pytest.mark.parametrize(
    ("cause", "slope"), [("lost", leads.SLOPE_LOSS), ("won", leads.SLOPE_WIN), ("void", 0.0)]
)
def test_01_response_time_moves_the_hazards_as_planted(exposed, cause, slope):
    events = (exposed["cause"] == cause).to_numpy(float)
    found, se = log_rate_slope(exposed["x"].to_numpy(), events, exposed["at_risk"].to_numpy())
    assert abs(found - slope) < max(0.05, 3 * se)


def test_01_shares_by_day_are_those_of_the_truth(lives):
    old = lives[lives["opened_at"] < lives["opened_at"].max() - pd.Timedelta(days=100)]
    calendar = (old["closed_at"].dt.normalize() - old["opened_at"].dt.normalize()).dt.days
    for cause in ("lost", "won", "void"):
        for horizon in (30, 60, 90):
            found = share((old["cause"] == cause) & (calendar <= horizon))
            assert found == pytest.approx(ended_share(cause, horizon), abs=0.03)


def test_02_contacts_have_no_effect_but_look_protective_over_the_whole_life(demo, lives):
    contacts = demo.tables["interactions"].dropna(subset=["lead_id", "at"])
    contacts = contacts[contacts["recorded_at"] - contacts["at"] < pd.Timedelta(days=2)]
    opened = lives.set_index("lead_id")["opened_at"]
    age = days(contacts["at"], contacts["lead_id"].map(opened))
    early = contacts[age < 14].groupby("lead_id").size()
    whole = contacts.groupby("lead_id").size()
    alive = lives[lives["life"] > 14]
    n_early = alive["lead_id"].map(early).fillna(0).to_numpy()
    lost = (alive["cause"] == "lost").to_numpy(float)
    effect, se = log_rate_slope(n_early, lost, alive["life"].to_numpy() - 14)
    assert abs(effect) < 3 * se
    total = lives["lead_id"].map(whole).fillna(0).to_numpy()
    naive, _ = log_rate_slope(
        total, (lives["cause"] == "lost").to_numpy(float), lives["life"].to_numpy()
    )
    assert naive < -0.1


def test_03_customers_fall_silent_before_a_loss_and_only_then(demo, lives):
    contacts = demo.tables["interactions"].dropna(subset=["lead_id", "at"])
    rows = contacts.merge(lives[["lead_id", "cause", "closed_at", "rep_id"]], on="lead_id")
    rows = rows[rows["rep_id_y"] != interactions.BACKFILL_REP]
    rows["left"] = days(rows["closed_at"], rows["at"])
    inbound = rows["direction"] == "in"
    quiet = (rows["cause"] == "lost") & (rows["left"] < interactions.QUIET_DAYS - 1)
    before_win = (rows["cause"] == "won") & (rows["left"] < interactions.QUIET_DAYS)
    assert share(inbound[quiet]) < 0.08
    assert 0.25 < share(inbound[before_win]) < 0.45
    out = ~inbound
    first = rows.groupby("lead_id")["at"].transform("min") == rows["at"]
    assert share(rows["reached"][quiet & out & ~first]) == pytest.approx(0.25, abs=0.05)
    assert share(rows["reached"][before_win & out & ~first]) == pytest.approx(0.80, abs=0.05)


def test_04_probability_falls_before_a_loss_and_not_before_a_win(demo, lives):
    marks = demo.tables["assessments"]
    marks = marks[marks["kind"] == "deal_probability"].sort_values("at", kind="stable")
    grouped = marks.groupby("lead_id")["value_num"]
    drop = grouped.max() - grouped.last()
    cause = lives.set_index("lead_id")["cause"]
    enough = grouped.size()[grouped.size() >= 5].index
    fallen = (drop.reindex(enough) >= 0.3).groupby(cause.reindex(enough)).mean()
    assert fallen["lost"] > 0.5
    assert fallen["won"] < 0.25
    steps = (marks["value_num"] * 10).round(6) % 1
    assert (steps == 0).all()


def test_05_one_rep_has_the_planted_hazard_and_the_others_do_not(exposed):
    lost = exposed["cause"] == "lost"
    rate = lost.groupby(exposed["rep_id"]).sum() / exposed.groupby("rep_id")["at_risk"].sum()
    others = rate.drop(HARD_REP)
    assert len(rate) == len(REPS)
    assert math.log(rate[HARD_REP] / others.mean()) == pytest.approx(math.log(HR_REP), abs=0.3)
    assert abs(np.log(others / others.mean())).max() < 0.4


@pytest.mark.parametrize("factor", ["product", "x_hall", "region", "kind", "source", "gender"])
def test_06_factors_without_effect_have_none(demo, lives, factor):
    frame = lives.merge(
        demo.tables["customers"].drop(columns=["created_at"]), on="customer_id", how="left"
    )
    closed = frame[frame["cause"].isin(["lost", "won"])]
    table = pd.crosstab(closed[factor], closed["cause"]).to_numpy(float)
    expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / table.sum()
    chi2, df = ((table - expected) ** 2 / expected).sum(), table.shape[0] - 1
    assert chi2 < df + 4 * math.sqrt(2 * df)


def test_12_late_reasons_turn_into_price(demo):
    rows = demo.tables["reasons"]
    rep = rows[(rows["about"] == "lead_loss") & (rows["source"] == "rep_opinion")]
    price = rep["text"].str.contains("价|價|expensive|price")
    late = days(rep["recorded_at"], rep["event_at"]) > reasons.LATE_DAYS
    assert 0.3 < share(late) < 0.7
    assert share(price[late]) == pytest.approx(0.6 + 0.4 * 0.20, abs=0.06)
    assert share(price[~late]) == pytest.approx(0.20, abs=0.05)
    by_day = rep["recorded_at"].dt.normalize().value_counts()
    assert set(by_day.index[:2].strftime("%Y-%m-%d")) == {"2025-06-30", "2026-06-30"}
    call = rows[(rows["about"] == "lead_loss") & (rows["source"] == "callback")]
    told = share(call["text"].str.contains("价|價|expensive|price"))
    assert told == pytest.approx(0.92 * 0.20 + 0.08 / 6, abs=0.05)


def test_13_price_gap_is_the_same_for_lost_and_won(lives):
    gap = np.log(lives["quoted_price"] / lives["rival_price"])
    lost, won = gap[lives["cause"] == "lost"].dropna(), gap[lives["cause"] == "won"].dropna()
    se = math.sqrt(lost.var() / len(lost) + won.var() / len(won))
    assert abs(lost.mean() - won.mean()) < 3 * se


def test_19_only_one_rep_types_after_the_closing(demo, lives):
    contacts = demo.tables["interactions"].dropna(subset=["lead_id", "at"])
    rows = contacts.merge(lives[["lead_id", "closed_at", "closed_recorded_at"]], on="lead_id")
    backfilled = rows[
        (rows["at"] < rows["closed_at"])
        & (rows["recorded_at"] > rows["closed_recorded_at"])
        & (days(rows["recorded_at"], rows["closed_at"]) > 3)
    ]
    by_rep = backfilled["rep_id"].value_counts()
    assert by_rep.index[0] == interactions.BACKFILL_REP
    assert by_rep.iloc[0] > 150
    assert by_rep.iloc[1:].sum() < 10


def test_22_forgotten_leads_are_not_contacted_and_end_like_others(demo, lives, end):
    last = demo.tables["interactions"].groupby("lead_id")["at"].max()
    silence = days(lives["closed_at"].fillna(end), lives["lead_id"].map(last))
    dormant = (lives["cause"] == "open") & (silence > 60)
    assert 3 <= dormant.sum() <= 30
    forgotten, others = lives[silence > 60], lives[(silence <= 60) & (lives["life"] > 105)]
    lost = [share(rows["cause"] == "lost") for rows in (forgotten, others)]
    assert len(forgotten) > 25
    assert lost[0] == pytest.approx(lost[1], abs=0.2)
