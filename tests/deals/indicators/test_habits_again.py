"""The other readings of a contact habit: all landmarks, beside others, under checks, by dose."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pytest

from crm_analysis.deals.comparison.coarse import cloglog_one_by_one, is_tied
from crm_analysis.deals.indicators import supermodel
from crm_analysis.deals.indicators.dose import dose_bands, dose_estimates
from crm_analysis.deals.indicators.habits import column_estimates
from crm_analysis.deals.indicators.joint import joint_model
from crm_analysis.deals.indicators.robustness import Settings, robustness_rows, silent_leads
from crm_analysis.deals.indicators.supermodel import supermodel_estimates
from crm_analysis.deals.indicators.switching import ever_estimates, state_estimates
from crm_analysis.deals.profile.attainment import (
    case_estimates,
    goal_estimates,
    next_route_estimates,
    reach_estimates,
)
from crm_analysis.estimates import Estimate, read_segment
from crm_analysis.survival.cox import cox_efron
from crm_analysis.survival.discrete import discrete_cloglog

PLACE = {"cause": "lost", "landmark_days": 14}


def frame_of(seed: int, *, n: int = 1200, effect: float = 0.5) -> pd.DataFrame:
    """Leads at day 14: contacts drive loss, the probability noted drives contacts."""
    rng = np.random.default_rng(seed)
    judged = rng.normal(size=n)
    contacts = np.round(6 + 2 * judged + rng.normal(size=n) * 2)
    z = (contacts - contacts.mean()) / contacts.std()
    life = 15 + np.floor(rng.exponential(40 / np.exp(effect * z)))
    censor = rng.integers(20, 120, n)
    return pd.DataFrame(
        {
            "lead_id": [f"L{i:05d}" for i in range(n)],
            "duration_days": np.minimum(life, censor),
            "cause": np.where(life <= censor, np.where(rng.random(n) < 0.8, 1, 2), 0),
            "n_contacts": contacts,
            "gap_cv": rng.random(n),
            "opened": pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 365, n), "D"),
            "rep_id": rng.choice([f"R{i}" for i in range(25)], n),
            "last_probability": np.where(rng.random(n) < 0.8, judged, np.nan),
        }
    )


def row_of(frame: pd.DataFrame, name: str = "n_contacts") -> Estimate:
    blank = Estimate(
        module="M03",
        quantity="log_hazard_ratio_per_sd",
        segment="cause=lost;landmark_days=14",
        method="cox_efron",
        evidence="associational",
    )
    [row] = column_estimates(frame, [name], blank=blank, cause_code=1, limits=(10, 0.05))
    return row


def test_the_supermodel_equals_the_general_fit_of_the_stack():
    early, late = frame_of(1), frame_of(2).iloc[:700]
    late["lead_id"] = early["lead_id"].iloc[:700].to_numpy()
    rows = supermodel_estimates({7: early, 14: late}, names=["n_contacts"])
    stack = pd.concat([early.assign(day=7), late.assign(day=14)])
    stack["x"] = stack["n_contacts"] / stack["n_contacts"].std(ddof=0)
    stack["event"] = stack["cause"] == 1
    witness = cox_efron(stack, covariates=["x"], strata=["day"], cluster="lead_id").term("x")
    lost = next(row for row in rows if row.segment.startswith("cause=lost"))
    assert lost.estimate == pytest.approx(witness.coef, abs=1e-6)
    assert lost.ci_hi == pytest.approx(witness.ci_hi, abs=1e-5)
    assert (lost.role, lost.family, lost.n) == ("sensitivity", None, 1200)


def test_an_indicator_that_one_landmark_lacks_is_not_stacked_and_no_frames_give_no_rows():
    frames = {7: frame_of(1), 14: frame_of(2).drop(columns="gap_cv")}
    rows = supermodel_estimates(frames, names=["n_contacts", "gap_cv"])
    assert {read_segment(row.segment)["indicator"] for row in rows} == {"n_contacts"}
    assert supermodel_estimates({}) == ()


def test_clusters_of_representatives_change_the_interval_and_not_the_estimate():
    frame = frame_of(3)
    plain = row_of(frame)
    blank = Estimate(
        module="M03", quantity="log_hazard_ratio_per_sd", segment="cause=lost", method="cox_efron"
    )
    options = {"blank": blank, "cause_code": 1, "limits": (10, 0.05), "cluster": "rep_id"}
    [many] = column_estimates(frame, ["n_contacts"], **options)
    assert many.estimate == pytest.approx(plain.estimate, abs=1e-9)
    assert many.ci_hi != pytest.approx(plain.ci_hi, abs=1e-4)
    few = frame.assign(rep_id=frame["rep_id"].str[:2])  # ten of them: too few to be trusted
    [own] = column_estimates(few, ["n_contacts"], **options)
    assert own.ci_hi == pytest.approx(plain.ci_hi, abs=1e-9)


def test_crowded_endings_take_the_grouped_model():
    frame = frame_of(4, n=600)
    monthly = frame.assign(duration_days=30 * np.ceil(frame["duration_days"] / 30))
    row = row_of(monthly)
    assert row.method == "cloglog"
    rows = monthly.assign(
        event=monthly["cause"] == 1,
        x=monthly["n_contacts"] / monthly["n_contacts"].std(ddof=0),
    )
    witness = discrete_cloglog(rows, covariates=["x"]).term("x")
    assert row.estimate == pytest.approx(witness.coef, abs=1e-6)
    assert row.ci_lo == pytest.approx(witness.ci_lo, abs=1e-5)
    assert row_of(frame).method == "cox_efron"
    days, event = np.array([30.0, 30, 60]), np.ones(3, dtype=bool)
    assert not is_tied(days, event)
    assert not cloglog_one_by_one(np.ones((3, 1)), days, event).converged[0]


def test_a_group_is_tested_whole_and_only_its_best_member_is_needed():
    frame = frame_of(5)
    rng = np.random.default_rng(5)
    frame["mean_gap_days"] = frame["n_contacts"] + rng.normal(size=len(frame)) * 0.5
    group = ("n_contacts", "mean_gap_days")
    joint = joint_model(
        frame, [*group, "gap_cv"], [group], cause_code=1, place=PLACE, limits=(10, 0.05, 0.05)
    )
    by_quantity = {row.quantity: row for row in joint.rows if "gap_cv" not in row.segment}
    assert joint.needed == ("n_contacts",)
    assert by_quantity["group_importance_share"].estimate == pytest.approx(1, abs=0.1)
    assert by_quantity["minimal_indicators_count"].estimate == 1
    within = [row for row in joint.rows if row.method == "cox_efron_within_group"]
    assert [row.note for row in within] == ["within_group"] * 2
    assert all(row.role == "diagnostic" and row.family is None for row in joint.rows)


def test_nothing_planted_needs_nothing_and_too_few_endings_say_nothing():
    frame = frame_of(6, effect=0.0)
    names = ["n_contacts", "gap_cv"]
    assert joint_model(frame, names, [], cause_code=1, place=PLACE).needed == ()
    assert joint_model(frame.head(15), names, [], cause_code=1, place=PLACE).rows == ()


def checks(frame: pd.DataFrame, silent: pd.Series | None = None) -> dict[str, Estimate]:
    none = pd.Series(dtype=float)
    settings = Settings(silent=none if silent is None else silent)
    rows = robustness_rows(row_of(frame), frame, settings=settings)
    return {
        f"{row.note or row.quantity}{read_segment(row.segment).get('bound', '')}": row
        for row in rows
    }


def test_beside_the_assessment_a_confounded_habit_fades():
    frame = frame_of(7, effect=0.0)
    rng = np.random.default_rng(7)
    hopeless = frame["last_probability"].fillna(0.0)
    life = 15 + np.floor(rng.exponential(40 / np.exp(0.8 * hopeless)))
    frame = frame.assign(duration_days=life, cause=1, last_probability=hopeless)
    found = checks(frame)
    alone, beside = row_of(frame), found["assessment_adjusted"]
    assert alone.estimate is not None
    assert beside.estimate is not None
    assert alone.estimate > 0.3
    assert abs(beside.estimate) < 0.1
    assert (beside.role, beside.evidence) == ("sensitivity", "adjusted")


def test_silent_leads_move_the_answer_within_the_extreme_answers():
    frame = frame_of(8)
    still = frame.loc[frame["cause"] == 0, "lead_id"]
    silent = pd.Series(20.0, index=still)
    found = checks(frame, silent)
    low, middle, high = (
        found[name].estimate for name in ("dormant_boundlow", "dormant_lost", "dormant_boundhigh")
    )
    assert low is not None
    assert middle is not None
    assert high is not None
    assert low < middle < high
    assert found["dormant_lost"].events == (row_of(frame).events or 0) + len(still)
    assert "dormant_lost" not in checks(frame)


def test_a_drifting_ratio_is_compared_within_quarters_and_a_bend_is_seen():
    frame = frame_of(9)
    assert checks(frame)["e_value"].estimate > 1.5
    z = (frame["n_contacts"] - frame["n_contacts"].mean()) / frame["n_contacts"].std()
    rng = np.random.default_rng(9)
    first = rng.exponential(30 / np.exp(1.2 * z))
    drifting = frame.assign(
        cause=1, duration_days=15 + np.floor(np.where(first < 15, first, 15 + rng.exponential(30)))
    )
    found = checks(drifting)
    assert found["proportionality_p"].estimate < 0.05
    assert found["by_quarter"].method == "cox_efron_by_quarter"
    bent = frame.assign(
        cause=1, duration_days=15 + np.floor(rng.exponential(40 / np.exp(0.6 * z**2)))
    )
    assert checks(bent)["linearity_p"].estimate < 0.001


def test_errors_by_representative_follow_the_rule_of_the_habits():
    frame = frame_of(10)
    few = frame.assign(rep_id=[f"R{i % 19:02d}" for i in range(len(frame))])
    refused = checks(few)["by_representative;few_representatives"]
    assert (refused.status, refused.estimate, refused.n) == ("not_estimable", None, len(frame))
    many = frame.assign(rep_id=[f"R{i % 25:02d}" for i in range(len(frame))])
    found, told = checks(many)["by_representative"], one_by_one(many)
    assert found.ci_lo == pytest.approx(told.ci_lo, abs=1e-9)
    assert found.p == pytest.approx(told.p, rel=1e-6)


def one_by_one(frame: pd.DataFrame) -> Estimate:
    """Fit the habit as the family does, by representative."""
    blank = Estimate(
        module="M03", quantity="log_hazard_ratio_per_sd",
        segment="cause=lost;landmark_days=14", method="cox_efron",
    )  # fmt: skip
    (row,) = column_estimates(
        frame, ["n_contacts"], blank=blank, cause_code=1, limits=(10, 0.05), cluster="rep_id"
    )
    return row


def test_a_single_lead_that_carries_the_answer_is_seen():
    frame = frame_of(11, effect=0.0).assign(cause=1)
    calm = checks(frame)["largest_influence_se"]
    assert (calm.role, calm.p, calm.family) == ("diagnostic", None, None)
    frame.loc[0, ["n_contacts", "duration_days"]] = [80.0, 15.0]
    assert checks(frame)["largest_influence_se"].estimate > 3 * calm.estimate


def test_silence_is_dated_from_the_last_contact():
    engine = ibis.duckdb.connect()
    opened = pd.Timestamp("2026-01-01 09:00")
    leads = pd.DataFrame(
        {
            "lead_id": ["a", "b", "c"], "customer_id": ["1", "2", "3"], "opened_at": opened,
            "state": ["dormant", "dormant", "open"],
        }
    )  # fmt: skip
    contacts = pd.DataFrame(
        {
            "lead_id": ["a", None], "customer_id": ["1", "1"],
            "at": [opened + pd.Timedelta(days=4), opened + pd.Timedelta(days=9)],
            "round_id": pd.Series([None, None], dtype="string"),
        }
    )  # fmt: skip
    found = silent_leads(
        engine.create_table("leads", leads),
        engine.create_table("contacts", contacts),
        dormant_days=60,
        as_of=date(2026, 6, 30),
    ).execute()
    assert found.set_index("lead_id")["lost_days"].to_dict() == {"a": 69, "b": 60}


def test_doses_rise_with_a_planted_effect_and_equal_values_stay_together():
    rows = dose_estimates(frame_of(10, n=3000), "n_contacts", landmark_days=14, horizon_days=40)
    shares = [row.estimate or 0.0 for row in rows]
    assert len(shares) >= 4
    assert shares == sorted(shares)
    assert sum(row.n or 0 for row in rows) == 3000
    bands, n = dose_bands(np.array([5.0] * 10))
    assert (set(bands.tolist()), n) == ({0}, 1)
    empty = frame_of(10, n=50).assign(n_contacts=np.nan)
    assert dose_estimates(empty, "n_contacts", landmark_days=14, horizon_days=40) == ()


def test_states_equal_the_uncompressed_fit_and_ever_is_a_warning():
    rng = np.random.default_rng(11)
    n = 900
    starts = rng.integers(1, 40, n)
    has = rng.random(n) < 0.5
    life = np.ceil(rng.exponential(40, n))
    later = starts + np.ceil(rng.exponential(40 / 2.2, n))
    life = np.where(has & (life > starts), later, life)
    first = pd.DataFrame(
        {
            "entry_days": 0, "exit_days": np.where(has, np.minimum(life, starts), life),
            "promise_broken": 0, "cause": np.where(has & (life > starts), 0, 1),
        }
    )  # fmt: skip
    second = pd.DataFrame(
        {"entry_days": starts, "exit_days": life, "promise_broken": 1, "cause": 1}
    )[has & (life > starts)]
    rows = pd.concat([first, second]).assign(question_open=0)
    keys = ["entry_days", "exit_days", "question_open", "promise_broken", "cause"]
    counts = rows.groupby(keys).size().rename("n").reset_index()
    rows_found = state_estimates(counts)
    found = [row for row in rows_found if row.quantity == "state_log_hazard_ratio"]
    [extra] = [row for row in rows_found if row.quantity == "state_extra_endings"]
    n_broken = int((rows["promise_broken"] * (rows["cause"] == 1)).sum())
    assert extra.n == n_broken
    assert extra.estimate == pytest.approx(n_broken * (1 - np.exp(-found[0].estimate)))
    assert [read_segment(row.segment)["state"] for row in found] == ["promise_broken"] * 2
    witness = cox_efron(
        rows.assign(event=rows["cause"] == 1), covariates=["promise_broken"],
        duration="exit_days", entry="entry_days",
    ).term("promise_broken")  # fmt: skip
    assert found[0].estimate == pytest.approx(witness.coef, abs=1e-8)
    assert found[0].estimate == pytest.approx(np.log(2.2), abs=0.25)
    assert found[1].status == "not_estimable"  # nobody was won
    ever = pd.DataFrame(
        {"duration_days": life, "cause": 1, "question_open": 0, "n": 1,
         "promise_broken": (has & (life > starts)).astype(int)}
    )  # fmt: skip
    [naive, *_] = ever_estimates(ever)
    assert naive.estimate is not None
    assert naive.estimate < found[0].estimate - 0.5
    assert (naive.role, naive.note) == ("naive", "ever_state")


def test_goals_reach_and_cases_by_pencil():
    goals = goal_estimates(
        pd.DataFrame({"place": [1, 2, 12], "n_judged": [10, 4, 2], "n_met": [5, 1, 2]})
    )
    assert [(row.segment, row.estimate) for row in goals] == [
        ("place=1", 0.5), ("place=2", 0.25), ("place=10+", 1.0)
    ]  # fmt: skip
    reach = reach_estimates(pd.DataFrame({"channel": ["call"], "n_tries": [8], "n_reached": [6]}))
    assert (reach[0].estimate, reach[0].n) == (0.75, 8)
    few = pd.DataFrame(
        {"n_same": [1], "n_same_reached": [1], "n_other": [1], "n_other_reached": [0]}
    )
    assert next_route_estimates(few)[-1].status == "not_estimable"
    cases = pd.DataFrame({"time_days": [2, 5, 9], "cause": [1, 1, 0], "n": [20, 20, 10]})
    [median] = case_estimates(cases)
    assert (median.estimate, median.n, median.events) == (5.0, 50, 40)
    assert case_estimates(cases.head(0)) == ()


def test_the_same_leads_are_kept_at_every_landmark(monkeypatch):
    monkeypatch.setattr(supermodel, "MOST_LEADS", 40)
    later = frame_of(1, n=100).iloc[30:]
    frames = {7: frame_of(1, n=100), 14: later.sample(frac=1, random_state=1)}
    thinned = supermodel._thinned(frames)
    kept = {f"L{i:05d}" for i in range(0, 100, 3)}
    for day, frame in frames.items():
        assert thinned[day].equals(frame[frame["lead_id"].isin(kept)])
    monkeypatch.setattr(supermodel, "MOST_LEADS", 100)
    assert all(supermodel._thinned(frames)[day] is frame for day, frame in frames.items())
